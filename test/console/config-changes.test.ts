/** Changes of the settings form in the order in which they can be made in a YAML text: by the real draft. */
import { expect, test } from 'vitest'
import { ConfigFile } from '../../src/config/config-file.ts'
import { configSchema } from '../../src/config/schema.ts'
import { inOrder } from '../../src/console/data/config-queries.ts'
import type { ConfigChange } from '../../src/console/data/config-queries.ts'

const file = new ConfigFile({ path: '/nowhere', env: {}, config: () => configSchema.parse({}) })

function f(text: string, changes: ConfigChange[], want: string): void {
  expect(file.draft(text, inOrder(changes))).toBe(want)
}

const three = 'sources:\n  - name: a\n  # kept\n  - name: b\n    zone: UTC\n  - name: c\n'

test('entries change, go and come in any order of clicks', () => {
  f(
    three,
    [{ path: ['sources', 1, 'zone'], value: 'Asia/Tokyo' }],
    three.replace('UTC', 'Asia/Tokyo'),
  )
  f(
    three,
    [
      { path: ['sources', 0], value: null },
      { path: ['sources', 2], value: null },
      { path: ['sources', 1, 'zone'], value: 'Asia/Tokyo' },
    ],
    'sources:\n  # kept\n  - name: b\n    zone: Asia/Tokyo\n',
  )
  f(
    three,
    [
      { path: ['sources', 4, 'name'], value: 'e' },
      { path: ['sources', 3, 'name'], value: 'd' },
      { path: ['sources', 1], value: null },
      { path: ['sources', 1, 'zone'], value: 'Asia/Tokyo' },
    ],
    'sources:\n  - name: a\n  - name: c\n  - name: d\n  - name: e\n',
  )
})

test('a list that was not there begins', () => {
  f(
    'access:\n  sessionHours: 8\n',
    [{ path: ['ftp', 'accounts', 0, 'user'], value: 'fw' }],
    'access:\n  sessionHours: 8\nftp:\n  accounts:\n    - user: fw\n',
  )
})
