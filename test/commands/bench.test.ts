/** A short run of the bench, so that it cannot rot: every generated line is read, every figure is there. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { benchParse } from '../../src/bench/parse-bench.ts'
import { formatSamples, generatedSamples, mixed } from '../../src/bench/samples.ts'
import { bench } from '../../src/commands/bench.ts'
import { compileFormats, loadDefinitions, shippedParsers } from '../../src/parse/formats.ts'
import { runCommand } from './run-command.ts'

interface ParseRow {
  name: string
  format: string
  lines: number
  bytes: number
  transactions: number
  cpuSeconds: number
}

function rowsOf(stdout: string): Record<string, unknown>[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

// behind all stamps of the samples
const nowMs = Date.UTC(2027, 0, 1)

test('generated lines of all devices are read, and so is their mixture', async () => {
  const formats = compileFormats(await loadDefinitions([shippedParsers]), { full: false })
  const samples = generatedSamples(nowMs, 300)
  expect(samples.size).toBeGreaterThan(7)
  for (const [name, bytes] of [...samples, ['mixture', mixed(samples)] as const]) {
    const figure = benchParse(bytes, formats, { seconds: 0.01, nowMs })
    const times = figure.bytes / bytes.length
    const heads = name === 'Blue Coat W3C' ? 3 * times : 0
    expect({ name, read: Math.round(figure.transactions + heads) }).toEqual({
      name,
      read: figure.lines,
    })
    expect(figure.bytes / figure.cpuSeconds).toBeGreaterThan(0)
  }
}, 60_000)

test('the sample lines of a format stay its own when they are varied', async () => {
  const definitions = await loadDefinitions([shippedParsers])
  const full = compileFormats(definitions, { full: true })
  const formats = compileFormats(definitions, { full: false })
  const samples = formatSamples(full, 2000, nowMs)
  expect(samples.size).toBeGreaterThan(60)
  const few: string[] = []
  for (const [name, bytes] of samples) {
    const { lines, transactions } = benchParse(bytes, formats, { seconds: 0.001, nowMs })
    if (transactions <= lines / 2) few.push(name)
  }
  expect(few).toEqual([])
}, 60_000)

test("a user's own file", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-test-'))
  try {
    const file = join(folder, 'own.log')
    await writeFile(file, 'a line of nothing')
    const { stdout } = await runCommand(bench, [
      '--only',
      'parse',
      '--seconds',
      '0.01',
      '--rounds',
      '1',
      '--json',
      file,
    ])
    const [row] = rowsOf(stdout).flatMap(({ parse }) => (parse as ParseRow[] | undefined) ?? [])
    expect(row).toMatchObject({ name: file, format: 'none', transactions: 0 })
    expect(row.lines).toBeGreaterThan(0)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test.each([
  [['--seconds', '0']],
  [['--only', 'lunch']],
  [['--formats', 'some']],
  [['--rate', 'all']],
  [['--rounds', '0']],
])('%j is refused with the usage', async (args) => {
  const { code, stderr } = await runCommand(bench, args)
  expect(code).toBe(2)
  expect(stderr).toContain('gnomon bench')
})
