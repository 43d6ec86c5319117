/** Parse threads are given what was read once: they start with it, and say so when it does not compile. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseDefinition } from '../../src/parse/formats.ts'
import { ParsePool } from '../../src/parse/parse-pool.ts'

let batchFolder: string
beforeAll(async () => {
  batchFolder = await mkdtemp(join(tmpdir(), 'gnomon-pool-'))
})
afterAll(() => rm(batchFolder, { recursive: true, force: true }))

function poolOf(pattern: string): ParsePool {
  const text = `
id: EXAMPLE
vendor: Example
product: Gateway
documentation: https://example.com/
summary: One kind of line.
enable: nothing
split: { type: pattern }
records:
  - name: request
    kind: web
    when: { contains: ['request'] }
    patterns: ['${pattern}']
`
  const definitions = [parseDefinition(text, 'example.yaml')]
  const times = { pastMsMax: 1, futureMsMax: 1 }
  const options = { workers: 2, definitions, ...times, batchFolder, streams: () => [] }
  return new ParsePool(options, () => undefined)
}

test('threads start with definitions that were read elsewhere', async () => {
  const pool = poolOf('request of {srcIp}')
  await pool.start()
  await pool.stop()
  expect(pool.restarts).toBe(0)
})

test('a definition that does not compile is told as what it is', async () => {
  const pool = poolOf('request of {srcIp')
  await expect(pool.start()).rejects.toMatchObject({
    code: 'DEFINITION_INVALID',
    message: 'cannot compile EXAMPLE: column 12: { is not closed; see docs/parsers.md',
  })
  await pool.stop()
})
