import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { yamlOf } from '../../src/console/data/yaml-text.ts'

test.each([
  [
    {
      api: { port: 8080, host: '::' },
      sources: [{ name: 'hq: a', format: null }, { name: '- x' }],
    },
  ],
  [{ list: [], map: {}, yes: 'yes', text: 'two\nlines', hash: 'a # b', number: '0123', empty: '' }],
  [{ nested: [[1, 2], [{ a: [true] }]], on: 'on', path: '/var/lib/x', star: '*a', at: '${NAME}' }],
])('what is shown means what was given: %j', (value) => {
  expect(parse(yamlOf(value))).toEqual(value)
})
