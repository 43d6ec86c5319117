import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config/config.ts'
import { readDocument } from '../../src/config/document.ts'
import { valueAt } from '../../src/config/faults.ts'
import { referenceFiles } from '../../src/config/reference.ts'
import { configSchema } from '../../src/config/schema.ts'
import { dotted, fieldsOf } from '../../src/config/shape.ts'
import { temporaryFolder } from './config-parts.ts'

const root = join(import.meta.dirname, '../..')
const folder = temporaryFolder()
const read = (path: string): Promise<string> => readFile(join(root, path), 'utf8')

test.each([...referenceFiles()])(
  '%s is what the schema says; else run node src/config/reference.ts',
  async (path, text) => {
    expect(await read(path)).toBe(text)
  },
)

test('every key has a description', () => {
  const silent = fieldsOf().filter(({ shape }) => shape.description === undefined)
  expect(silent.map(({ path }) => path.join('.'))).toEqual([])
})

test('secrets are marked: passwords, and nothing else', () => {
  const secrets = fieldsOf().filter(({ shape }) => shape.secret === true)
  expect(secrets.map(({ path }) => path.join('.'))).toEqual([
    'ftp.accounts[].password',
    'access.oidc.clientSecret',
    'defender.storage[].connectionString',
    'defender.storage[].sas',
    'defender.storage[].credential.clientSecret',
    'defender.hunting[].credential.clientSecret',
    'defender.eventHubs[].connectionString',
    'defender.eventHubs[].credential.clientSecret',
    'store.password',
    'publish.tenants[].credential.clientSecret',
    'publish.tenants[].credential.token',
    'publish.mail.password',
    'govern.indicators.credential.clientSecret',
    'govern.webhook.secret',
  ])
})

describe('config/gnomon.yaml', () => {
  test('is the defaults, written out', async () => {
    const { config } = await loadConfig({ path: join(root, 'config/gnomon.yaml'), env: {} })
    expect(config).toEqual(configSchema.parse({}))
  })

  test('shows every key: as a default, or as an example that works', async () => {
    const text = await read('config/gnomon.yaml')
    const used = text
      .replaceAll(/^ *(?:folders|accounts|sources|storage|hunting|eventHubs): \[\]\n/gm, '')
      .replaceAll(/^#(?=\S| {2,})/gm, '')
      .replaceAll('/run/secrets', folder.path())
    for (const [, secret] of text.matchAll(/\$\{file:\/run\/secrets\/([^}]+)\}/g))
      await folder.file(secret, 'a long enough secret\n')
    const path = await folder.file('used.yaml', used)
    await loadConfig({ path, env: {} })
    const { value } = await readDocument(used, { env: {}, folder: '/' })
    const shown = (names: readonly string[]): boolean =>
      [0, 1, 2, 3].some(
        (i) =>
          valueAt(
            value,
            names.flatMap((name) => keysOf(name, i)),
          ) !== undefined,
      )
    const missing = fieldsOf().filter(({ path: names }) => !shown(names))
    expect(missing.map(({ path: names }) => names.join('.'))).toEqual([])
  })
})

/** `accounts[]` → `accounts` and the index. */
function keysOf(name: string, index: number): (string | number)[] {
  return name.endsWith('[]') ? [name.slice(0, -2), index] : [name]
}

const examples = (await readdir(join(root, 'config/examples'))).filter(
  (name) => name.endsWith('.yaml') && !name.includes('compose'),
)

test.each(examples)('config/examples/%s is good', async (name) => {
  const text = await read(`config/examples/${name}`)
  for (const [, secret] of text.matchAll(/\$\{file:\/run\/secrets\/([^}]+)\}/g))
    await folder.file(secret, 'a long secret\n')
  const path = await folder.file(
    name,
    text.replaceAll('${file:/run/secrets', `\${file:${folder.path()}`),
  )
  const { config } = await loadConfig({
    path,
    env: { CLICKHOUSE_URL: 'http://clickhouse.example.com:8123' },
  })
  expect(config).not.toEqual(configSchema.parse({}))
})

test.each<[path: (string | number)[], want: string]>([
  [[], ''],
  [['api', 'port'], 'api.port'],
  [['ftp', 'accounts', 0, 'user'], 'ftp.accounts[0].user'],
])('dotted %j', (path, want) => {
  expect(dotted(path)).toBe(want)
})
