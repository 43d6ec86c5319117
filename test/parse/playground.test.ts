/** Trials of definitions in their own thread: what they say, what they refuse, and that none lasts or grows without end. */
import { readFile } from 'node:fs/promises'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { playgroundLimits } from '../../src/limits.ts'
import { loadDefinitions, shippedParsers } from '../../src/parse/formats.ts'
import { OwnDefinitions } from '../../src/parse/own-definitions.ts'
import { Playground } from '../../src/parse/playground.ts'

const receivedAtMs = Date.UTC(2026, 8, 25, 14)
const base = {
  definitions: await loadDefinitions([shippedParsers]),
  definition: null,
  format: 'auto',
  zone: null,
  receivedAtMs,
}
const squid =
  '1758463200.000 90 192.0.2.10 TCP_MISS/200 512 GET http://files.slack.com/ ann HIER_DIRECT/203.0.113.9 text/html'
const manual = await readFile(join(import.meta.dirname, '../../docs/parsers.md'), 'utf8')
const example = /```yaml\n(id: EXAMPLE_GATEWAY[\s\S]*?)```/.exec(manual)?.[1] ?? ''

test('lines of a known format, and one of none', async () => {
  const result = await new Playground().try({ ...base, lines: `${squid}\nno log line\n${squid}` })
  expect(result.rows).toMatchObject([
    { line: 1, outcome: 'transaction', transaction: { user: 'ann', dstHost: 'files.slack.com' } },
    { line: 2, outcome: 'unparsed' },
    { line: 3, outcome: 'transaction' },
  ])
  expect(result.format).toMatch(/^SQUID/)
})

test("the manual's own definition, on a line of its device", async () => {
  const lines =
    'product=gw4 event=request date=2026-09-21 clock=14:13:20 src=192.0.2.7 host=files.example.com port=443 path=/x verdict=pass sent=10'
  const result = await new Playground().try({ ...base, definition: example, lines })
  expect(result).toMatchObject({
    format: 'EXAMPLE_GATEWAY',
    rows: [
      {
        outcome: 'transaction',
        transaction: { srcIp: '192.0.2.7', action: 'allowed', bytesUp: 10 },
      },
    ],
  })
})

test.each([
  ['no YAML', { definition: 'id: [' }, 'DEFINITION_INVALID'],
  ['no definition', { definition: 'id: X' }, 'DEFINITION_INVALID'],
  ['a format that is none', { format: 'NO_SUCH_FORMAT' }, 'USAGE'],
  ['a zone that is none', { zone: 'Nowhere/Land' }, 'USAGE'],
])('%s is refused', async (_name, more, code) => {
  await expect(new Playground().try({ ...base, lines: squid, ...more })).rejects.toMatchObject({
    code,
  })
})

test('rows are bounded, and so are trials at one time', async () => {
  const playground = new Playground()
  const many = { ...base, definition: example, lines: 'x\n'.repeat(playgroundLimits.rows + 100) }
  const running = Array.from({ length: playgroundLimits.atOnce }, () => playground.try(many))
  await expect(playground.try(many)).rejects.toMatchObject({ code: 'PLAYGROUND_REFUSED' })
  for (const { rows } of await Promise.all(running))
    expect(rows).toHaveLength(playgroundLimits.rows)
  expect((await playground.try(many)).rows).toHaveLength(playgroundLimits.rows)
})

describe('definitions made here', () => {
  let own: OwnDefinitions
  beforeAll(async () => {
    own = new OwnDefinitions(await mkdtemp(join(tmpdir(), 'gnomon-definitions-')))
  })
  afterAll(() => rm(join(own.folder, '..'), { recursive: true, force: true }))

  test('kept, listed, replaced, taken away', async () => {
    expect(await own.list()).toEqual([])
    await own.write('MINE', 'one')
    await own.write('MINE', 'two')
    expect([await own.list(), await own.read('MINE'), await own.read('OTHER')]).toEqual([
      ['MINE'],
      'two',
      null,
    ])
    expect([await own.remove('MINE'), await own.remove('MINE')]).toEqual([true, false])
  })

  test.each(['../../etc/passwd', 'a', 'lower', '.', 'A/B', 'A.B', ''])(
    '%s is no id',
    async (id) => {
      await expect(own.write(id, 'x')).rejects.toMatchObject({ code: 'DEFINITION_INVALID' })
      await expect(own.read(id)).rejects.toMatchObject({ code: 'DEFINITION_INVALID' })
    },
  )
})
