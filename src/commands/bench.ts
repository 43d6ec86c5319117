/** `gnomon bench`: how fast this box reads, on generated lines or on the user's own. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { benchCatalog } from '../bench/catalog-bench.ts'
import { benchParse } from '../bench/parse-bench.ts'
import { benchPath, startAppliance, stopAppliance } from '../bench/path-bench.ts'
import { formatSamples, generatedSamples, mixed, seed } from '../bench/samples.ts'
import { benchSpool } from '../bench/spool-bench.ts'
import { OperatingError, causeOf } from '../errors.ts'
import { compileFormats, loadDefinitions, shippedParsers } from '../parse/formats.ts'
import type { FormatSet } from '../parse/formats.ts'
import { formatBytes, formatCount } from '../report/format.ts'
import type { Command, CommandIo } from './command.ts'
import { write } from './command.ts'
import { markdownLines, tableLines } from './table.ts'

const help = `gnomon bench [--seconds N] [--only parse|catalog|spool|tcp|udp]... [--formats all] [--markdown] [FILE...]

Measures this box: parse alone on one core, the catalog alone, the spool alone, the whole path over TCP and over UDP at rising rates, and the memory it
takes. On generated lines (seed 7, 2,000 people, few of them making most of the traffic), or on your own files.

  --seconds  time for each figure (default 5)
  --only     some of it
  --formats  all: parse alone, for the sample lines of every format, repeated with other addresses and hosts
  --json     as JSON lines
  --markdown tables for a page

  gnomon bench
  gnomon bench --only parse firewall.log
`

const lineCount = 60_000
/** Of each format, for `--formats all`. */
const sampleBytes = 3_000_000

const parts = ['parse', 'catalog', 'spool', 'tcp', 'udp'] as const
type Part = (typeof parts)[number]

async function run(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '5' },
      only: { type: 'string', multiple: true },
      formats: { type: 'string' },
      json: { type: 'boolean', default: false },
      markdown: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help === true) return (await write(io.stdout, help), 0)
  const seconds = Number(values.seconds)
  const only = new Set<string>(values.only ?? parts)
  if (values.formats !== undefined && values.formats !== 'all')
    return (await write(io.stderr, help), 2)
  if (!(seconds > 0) || [...only].some((part) => !parts.includes(part as Part)))
    return (await write(io.stderr, help), 2)
  const tell = async (row: Record<string, unknown>, text: string): Promise<void> =>
    write(io.stdout, values.json ? `${JSON.stringify(row)}\n` : `${text}\n`)
  const [cpu] = cpus()
  await tell(
    { machine: cpu?.model, cores: cpus().length, node: process.version, seed },
    `${cpus().length} × ${cpu?.model}, node ${process.version}, seed ${seed}\n`,
  )
  if (only.has('catalog') && values.formats === undefined) {
    const figure = await benchCatalog({ seconds, now: () => performance.now() })
    const rate = (perSecond: number): string => formatCount(Math.round(perSecond))
    await tell(
      { catalog: figure },
      `\nCatalog, one core: ${rate(figure.warmPerSecond)} lookups/s warm, ${rate(figure.coldPerSecond)} cold; ` +
        `${formatCount(figure.apps)} apps read in ${Math.round(figure.loadMs)} ms`,
    )
  }
  if (only.size === 1 && only.has('catalog')) return 0
  const layout = { seconds, markdown: values.markdown }
  if (values.formats === 'all') {
    const formats = compileFormats(await loadDefinitions([shippedParsers]), { full: true })
    const all = formatSamples(formats, sampleBytes, Date.now())
    if (all.size === 0)
      throw new OperatingError(
        'FILE_UNREADABLE',
        'cannot bench all formats: there is no folder samples/; use a checkout of the repository',
      )
    return (await parseAll(all, layout, tell), 0)
  }
  const samples = await samplesOf(positionals)
  if (only.has('parse')) {
    const mixture = samples.size > 1 ? [[mixtureName, mixed(samples)] as const] : []
    await parseAll(new Map([...samples, ...mixture]), layout, tell)
  }
  const folder = await mkdtemp(join(tmpdir(), 'gnomon-bench-'))
  try {
    if (only.has('spool')) {
      const rate = await benchSpool(folder, { seconds, now: Date.now })
      await tell({ spool: Math.round(rate) }, `\nSpool alone: ${formatBytes(rate)}/s`)
    }
    if (only.has('tcp') || only.has('udp')) await pathAll(folder, samples, { only, seconds }, tell)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return 0
}

type Tell = (row: Record<string, unknown>, text: string) => Promise<void>

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
  { seconds, markdown }: { seconds: number; markdown: boolean },
  tell: Tell,
): Promise<void> {
  const formats: FormatSet = compileFormats(await loadDefinitions([shippedParsers]), {
    full: false,
  })
  const figures = []
  for (const [name, bytes] of samples) {
    const figure = benchParse(bytes, formats, { seconds, nowMs: Date.now() })
    figures.push({ name, ...figure })
  }
  const rows = figures.map((figure) => ({
    ...figure,
    perSecond: figure.bytes / figure.cpuSeconds,
    linesPerSecond: figure.lines / figure.cpuSeconds,
  }))
  const table = (markdown ? markdownLines : tableLines)(
    [
      { title: 'Parse alone, one core', text: ({ name }) => name },
      { title: 'Format', text: ({ format }) => format },
      { title: 'MB/s', right: true, text: ({ perSecond }) => (perSecond / 1e6).toFixed(0) },
      {
        title: 'GB/hour',
        right: true,
        text: ({ perSecond }) => ((perSecond * 3600) / 1e9).toFixed(0),
      },
      {
        title: 'Lines/s',
        right: true,
        text: ({ linesPerSecond }) => formatCount(Math.round(linesPerSecond)),
      },
      {
        title: 'Read',
        right: true,
        text: ({ transactions, lines }) => `${((100 * transactions) / lines).toFixed(1)}%`,
      },
      // what aggregation leaves to encode and store
      { title: 'Flows a line', right: true, text: ({ flowShare }) => flowShare.toFixed(2) },
    ],
    rows,
  )
  await tell({ parse: rows }, table.join('\n'))
}

const mixtureName = 'all of them, line by line'

async function pathAll(
  folder: string,
  samples: ReadonlyMap<string, Buffer>,
  options: { only: ReadonlySet<string>; seconds: number },
  tell: Tell,
): Promise<void> {
  const appliance = await startAppliance(folder)
  try {
    const files: [string, string][] = []
    const own = [...samples.keys()].filter((name) => ['PAN-OS TRAFFIC', 'FortiGate'].includes(name))
    for (const name of own.length > 0 ? own : samples.keys()) {
      const file = join(folder, `${files.length}.log`)
      await writeFile(file, samples.get(name) ?? Buffer.alloc(0))
      files.push([name, file])
    }
    const mixture = join(folder, 'mixed.log')
    await writeFile(mixture, mixed(samples))
    if (samples.size > 1) files.push([mixtureName, mixture])
    if (options.only.has('tcp'))
      for (const [name, file] of files) {
        const figure = await benchPath(appliance, file, { kind: 'tcp', seconds: options.seconds })
        const rate = figure.bytes / figure.storedSeconds
        await tell(
          { tcp: name, ...figure },
          `\nTCP to store, ${name}: ${formatBytes(rate)}/s (${((rate * 3600) / 1e9).toFixed(0)} GB/hour), ` +
            `${formatCount(figure.stored)} of ${formatCount(figure.lines)} lines stored, peak memory ${formatBytes(figure.peakBytes)}`,
        )
      }
    if (options.only.has('udp'))
      for (const rate of [10_000, 30_000, 60_000, 100_000, 150_000]) {
        const how = { kind: 'udp', seconds: options.seconds, rate } as const
        const figure = await benchPath(appliance, files[0][1], how)
        const lost = figure.lines - figure.stored
        const sentRate = figure.lines / (figure.seconds - 0.2)
        await tell(
          { udp: rate, ...figure },
          `UDP ${formatCount(Math.round(sentRate))} datagrams/s of ${Math.round(figure.bytes / figure.lines)} bytes: ` +
            `${formatCount(lost)} lost (${((100 * lost) / figure.lines).toFixed(3)}%), ${formatCount(figure.dropped)} of them in the ledger`,
        )
      }
  } finally {
    await stopAppliance(appliance)
  }
}

export const bench: Command = { summary: 'how fast this box reads', help, run }
