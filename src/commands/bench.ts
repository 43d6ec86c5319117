/** `gnomon bench`: how fast this box reads, on generated lines or on the user's own, and what size of box his rate needs. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import {
  boxColumns,
  curveColumns,
  memoryColumns,
  parseColumns,
  tcpColumns,
  udpColumns,
} from '../bench/bench-tables.ts'
import type { PathRow } from '../bench/bench-tables.ts'
import { boxSize, usualRates } from '../bench/box-size.ts'
import { benchCatalog } from '../bench/catalog-bench.ts'
import { benchMemory } from '../bench/memory-bench.ts'
import { benchParse } from '../bench/parse-bench.ts'
import {
  bytesOfFlow,
  memoryRow,
  mixtureName,
  pathFiles,
  tcpRow,
  udpRows,
} from '../bench/path-all.ts'
import { startAppliance, stopAppliance } from '../bench/path-bench.ts'
import { formatSamples, generatedSamples, mixed, seed } from '../bench/samples.ts'
import { benchSpool } from '../bench/spool-bench.ts'
import { OperatingError, causeOf } from '../errors.ts'
import { compileFormats, loadDefinitions, shippedParsers } from '../parse/formats.ts'
import { formatBytes, formatCount } from '../report/format.ts'
import type { Command, CommandIo } from './command.ts'
import { write } from './command.ts'
import { markdownLines, tableLines } from './table.ts'
import type { TableColumn } from './table.ts'

const help = `gnomon bench [--seconds N] [--rounds N] [--only parse|catalog|spool|tcp|udp|memory]... [--formats all] [--rate N]... [--markdown] [FILE...]

Measures this box: parse alone on one core, the catalog alone, the spool alone, the whole path over TCP and over UDP at rising rates, the memory that
ten million distinct users, hosts and addresses take, and says what size of box a rate of logs needs. On generated lines (seed ${seed}, 2,000
people, few of them making most of the traffic), or on your own files.

  --seconds  time for each figure (default 5), of parse for all rounds of it
  --rounds   rounds of parse and TCP, of which the median is told (default 5)
  --only     some of it
  --formats  all: parse alone, for the sample lines of every format, repeated with other addresses and hosts
  --rate     GB of logs an hour that you have: what size of box they need (with tcp; default ${usualRates.join(', ')})
  --values   distinct values for memory (default 10000000)
  --json     as JSON lines
  --markdown tables for a page

  gnomon bench
  gnomon bench --only parse firewall.log
  gnomon bench --only tcp --rate 120 firewall.log
  gnomon bench --only tcp --rounds 1 --seconds 60
`

const lineCount = 60_000
/** Of each format, for `--formats all`. */
const sampleBytes = 3_000_000

const parts = ['parse', 'catalog', 'spool', 'tcp', 'udp', 'memory'] as const
type Part = (typeof parts)[number]

interface Bench {
  only: ReadonlySet<string>
  seconds: number
  rounds: number
  values: number
  /** GB of logs an hour. */
  rates: readonly number[]
  tell: (row: Record<string, unknown>, text: string) => Promise<void>
  table: <Row>(columns: readonly TableColumn<Row>[], rows: readonly Row[]) => string
}

async function run(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '5' },
      rounds: { type: 'string', default: '5' },
      only: { type: 'string', multiple: true },
      formats: { type: 'string' },
      rate: { type: 'string', multiple: true },
      values: { type: 'string', default: '10000000' },
      json: { type: 'boolean', default: false },
      markdown: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help === true) return (await write(io.stdout, help), 0)
  const bench: Bench = {
    only: new Set<string>(values.only ?? parts),
    seconds: Number(values.seconds),
    rounds: Number(values.rounds),
    values: Number(values.values),
    rates: values.rate?.map(Number) ?? usualRates,
    tell: (row, text) => write(io.stdout, values.json ? `${JSON.stringify(row)}\n` : `${text}\n`),
    table: (columns, rows) =>
      (values.markdown ? markdownLines : tableLines)(columns, rows).join('\n'),
  }
  const { only, tell } = bench
  const counts = [bench.seconds, bench.rounds, bench.values, ...bench.rates]
  if (counts.some((count) => !(count > 0)) || !Number.isInteger(bench.rounds))
    return (await write(io.stderr, help), 2)
  if (values.formats !== undefined && values.formats !== 'all')
    return (await write(io.stderr, help), 2)
  if ([...only].some((part) => !parts.includes(part as Part)))
    return (await write(io.stderr, help), 2)
  const [cpu] = cpus()
  await tell(
    { machine: cpu?.model, cores: cpus().length, node: process.version, seed },
    `${cpus().length} × ${cpu?.model}, node ${process.version}, seed ${seed}\n`,
  )
  if (values.formats === 'all') return (await allFormats(bench), 0)
  if (only.has('catalog')) await catalogAlone(bench)
  // before lines of others lie in this process' memory
  if (only.has('memory')) await threadMemory(bench)
  const asksLines = ['parse', 'tcp', 'udp'].some((part) => only.has(part))
  const samples = asksLines ? await samplesOf(positionals) : new Map<string, Buffer>()
  if (only.has('parse')) {
    const mixture = samples.size > 1 ? [[mixtureName, mixed(samples)] as const] : []
    await parseAll(new Map([...samples, ...mixture]), bench)
  }
  const folder = await mkdtemp(join(tmpdir(), 'gnomon-bench-'))
  try {
    if (only.has('spool')) {
      const rate = await benchSpool(folder, { seconds: bench.seconds, now: Date.now })
      await tell({ spool: Math.round(rate) }, `\nSpool alone: ${formatBytes(rate)}/s`)
    }
    if (['tcp', 'udp', 'memory'].some((part) => only.has(part)))
      await pathAll(folder, samples, bench)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return 0
}

async function catalogAlone({ seconds, tell }: Bench): Promise<void> {
  const figure = await benchCatalog({ seconds, now: () => performance.now() })
  const rate = (perSecond: number): string => formatCount(Math.round(perSecond))
  await tell(
    { catalog: figure },
    `\nCatalog, one core: ${rate(figure.warmPerSecond)} lookups/s warm, ${rate(figure.coldPerSecond)} cold; ` +
      `${formatCount(figure.apps)} apps read in ${Math.round(figure.loadMs)} ms\n`,
  )
}

async function allFormats(bench: Bench): Promise<void> {
  const formats = compileFormats(await loadDefinitions([shippedParsers]), { full: true })
  const all = formatSamples(formats, sampleBytes, Date.now())
  if (all.size === 0)
    throw new OperatingError(
      'FILE_UNREADABLE',
      'cannot bench all formats: there is no folder samples/; use a checkout of the repository',
    )
  await parseAll(all, bench)
}

/** Lines as bytes, by name: those of the named files, or generated ones. */
async function samplesOf(files: readonly string[]): Promise<Map<string, Buffer>> {
  if (files.length === 0) return generatedSamples(Date.now(), lineCount)
  const samples = new Map<string, Buffer>()
  for (const file of files) {
    const bytes = await readFile(file).catch((cause: unknown) => {
      const message = `cannot read ${file}: ${causeOf(cause)}; check the path`
      throw new OperatingError('FILE_UNREADABLE', message, { cause })
    })
    samples.set(file, bytes.at(-1) === 10 ? bytes : Buffer.concat([bytes, Buffer.from('\n')]))
  }
  return samples
}

async function parseAll(
  samples: ReadonlyMap<string, Buffer>,
  { seconds, rounds, tell, table }: Bench,
): Promise<void> {
  const formats = compileFormats(await loadDefinitions([shippedParsers]), { full: false })
  const rows = []
  for (const [name, bytes] of samples)
    rows.push({ name, ...benchParse(bytes, formats, { seconds, rounds, nowMs: Date.now() }) })
  await tell({ parse: rows }, table(parseColumns, rows))
}

async function threadMemory({ values, tell, table }: Bench): Promise<void> {
  const formats = compileFormats(await loadDefinitions([shippedParsers]), { full: false })
  const resident = (): number => process.memoryUsage.rss()
  const figure = benchMemory(formats, { values, nowMs: Date.now(), resident })
  const row = { name: 'one parse thread', ...figure }
  await tell(
    { memory: row },
    `\n${table(memoryColumns, [row])}\n\n${table(curveColumns, figure.curve)}`,
  )
}

async function pathAll(
  folder: string,
  samples: ReadonlyMap<string, Buffer>,
  bench: Bench,
): Promise<void> {
  const { only, seconds, tell, table } = bench
  const appliance = await startAppliance(folder)
  try {
    const files = await pathFiles(folder, samples)
    if (only.has('tcp')) {
      const rows: PathRow[] = []
      for (const file of files) rows.push(await tcpRow(appliance, file, bench))
      await tell({ tcp: rows }, `\n${table(tcpColumns, rows)}`)
      const share = await flowShareOf(samples.get(files[0].name) ?? Buffer.alloc(0))
      await boxes(
        rows[0],
        { flowShare: share, bytesOfFlow: await bytesOfFlow(appliance, folder) },
        bench,
      )
    }
    if (only.has('udp')) {
      const rows = await udpRows(appliance, files[0], seconds)
      await tell({ udp: rows }, `\n${table(udpColumns, rows)}`)
    }
    if (only.has('memory')) {
      const row = await memoryRow(appliance, folder, { values: bench.values, nowMs: Date.now() })
      await tell({ memory: row }, `\n${table(memoryColumns, [row])}`)
    }
  } finally {
    await stopAppliance(appliance)
  }
}

/** Flows for each line of a file that is read once. */
async function flowShareOf(bytes: Buffer): Promise<number> {
  const formats = compileFormats(await loadDefinitions([shippedParsers]), { full: false })
  return benchParse(bytes, formats, { seconds: 0.001, nowMs: Date.now() }).flowShare
}

/** What size of box a rate needs, with the arithmetic of the first one. */
async function boxes(
  row: PathRow,
  store: { flowShare: number; bytesOfFlow: number },
  { rates, tell, table }: Bench,
): Promise<void> {
  const sizes = rates.map((rate) => boxSize({ ...row, ...store }, rate))
  const [first] = sizes
  await tell(
    { boxes: sizes },
    `\n${table(boxColumns, sizes)}\n\nOf ${row.name}; ${first.arithmetic}`,
  )
}

export const bench: Command = { summary: 'how fast this box reads', help, run }
