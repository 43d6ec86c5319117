/** `gnomon snapshot`: a report from files, without a daemon. */
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir, totalmem } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { configSchema } from '../config/schema.ts'
import { agentSource } from '../defender/agent-lines.ts'
import { OperatingError, causeOf } from '../errors.ts'
import { takeFile } from '../intake/file-intake.ts'
import { createLog } from '../lib/log.ts'
import { version } from '../lib/version.ts'
import { snapshotLimits } from '../limits.ts'
import { helpFrom } from '../report/format-help.ts'
import { formatNamed, loadDefinitions, compileFormats, shippedParsers } from '../parse/formats.ts'
import { Pipeline } from '../pipeline.ts'
import { buildReport } from '../report/build-report.ts'
import type { Report } from '../report/report.ts'
import { reportFormats, writeReportFiles } from '../report/report-files.ts'
import type { ReportFormat } from '../report/report-files.ts'
import { renderTerminal } from '../report/terminal.ts'
import { usageRows } from '../report/usage-rows.ts'
import type { Command, CommandIo } from './command.ts'
import { write } from './command.ts'
import { zoneNamed } from './parse.ts'
import { Progress } from './progress.ts'

const help = `gnomon snapshot FILE... [--defender FILE]... [--directory FILE] [--report html|json|csv|ndjson|pdf]... [--out DIR]

Reads logs (plain, gz, zip, tar, zstd), recognises each file's format, and writes a discovery report. No daemon is needed.

  --report    html, json, csv, ndjson, pdf; may be given several times (default html, json and csv)
  --out       folder for the report (default gnomon-report)
  --name      title of the report (default the files' names)
  --format    format id (see gnomon formats) or auto
  --defender  rows of the devices' agents (Defender for Endpoint, Windows events); may be given several times
  --directory CSV of people (Entra's user list, Get-ADUser): which user names are one person
  --zone      IANA zone of stamps that name none (default UTC)
  --json      the report as JSON on standard output instead of the summary

  gnomon snapshot firewall.log
  gnomon snapshot firewall.log --defender events.ndjson --defender devices.ndjson --directory users.csv
  gnomon snapshot --name "Branch, May" --report html --report ndjson --out may *.log.gz
`

interface Plan {
  files: string[]
  /** Files of agent data; they are recognised among `files` too. */
  agentFiles: string[]
  formats: ReadonlySet<ReportFormat>
  out: string
  title: string
  format: string | null
  zone: string | null
  directory: string | null
  json: boolean
}

const reportId = 'snapshot'

async function run(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      report: { type: 'string', multiple: true },
      out: { type: 'string', default: 'gnomon-report' },
      name: { type: 'string' },
      format: { type: 'string', default: 'auto' },
      zone: { type: 'string' },
      defender: { type: 'string', multiple: true, default: [] },
      directory: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help === true) return (await write(io.stdout, help), 0)
  if (positionals.length + values.defender.length === 0) return (await write(io.stderr, help), 2)
  if (values.zone !== undefined) zoneNamed(values.zone)
  const plan: Plan = {
    files: positionals,
    agentFiles: values.defender,
    formats: chosen(values.report ?? ['html', 'json', 'csv']),
    out: values.out,
    title:
      values.name ?? [...positionals, ...values.defender].map((file) => basename(file)).join(', '),
    format: values.format === 'auto' ? null : values.format,
    zone: values.zone ?? null,
    directory: values.directory ?? null,
    json: values.json,
  }
  if (plan.format !== null)
    formatNamed(
      compileFormats(await loadDefinitions([shippedParsers]), { full: false }),
      plan.format,
    )
  const directories = plan.directory === null ? [] : [plan.directory]
  await checkFiles([...plan.files, ...plan.agentFiles, ...directories])
  return inTemporaryFolder((folder) => snapshotIn(folder, plan, io))
}

function chosen(names: readonly string[]): ReadonlySet<ReportFormat> {
  const all = names.flatMap((name) => name.split(','))
  const wrong = all.find((name) => !reportFormats.includes(name as ReportFormat))
  if (wrong !== undefined)
    throw new OperatingError(
      'USAGE',
      `cannot write a report as ${wrong}: choose ${reportFormats.join(', ')}`,
    )
  return new Set(all as ReportFormat[])
}

/** Before anything is begun: a misspelt name is told at once. */
async function checkFiles(files: readonly string[]): Promise<void> {
  for (const file of files) {
    const found = await stat(file).catch((cause: unknown) => {
      throw new OperatingError(
        'FILE_UNREADABLE',
        `cannot read ${file}: ${causeOf(cause)}; check the path`,
        { cause },
      )
    })
    if (!found.isFile())
      throw new OperatingError(
        'FILE_UNREADABLE',
        `cannot read ${file}: not a regular file; name log files`,
      )
  }
}

/** The folder is removed in the end, also when the program is interrupted. */
async function inTemporaryFolder(work: (folder: string) => Promise<number>): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'gnomon-'))
  const interrupted = (signal: NodeJS.Signals): void => {
    void rm(folder, { recursive: true, force: true }).then(() =>
      process.exit(signal === 'SIGINT' ? 130 : 143),
    )
  }
  process.once('SIGINT', interrupted)
  process.once('SIGTERM', interrupted)
  try {
    return await work(folder)
  } finally {
    process.off('SIGINT', interrupted)
    process.off('SIGTERM', interrupted)
    await rm(folder, { recursive: true, force: true })
  }
}

function storeBytes(machineBytes: number): number {
  const { storeMemoryShare, storeBytesMin, storeBytesMax } = snapshotLimits
  const share = Math.floor(machineBytes * storeMemoryShare)
  return Math.min(storeBytesMax, Math.max(storeBytesMin, share))
}

async function snapshotIn(folder: string, plan: Plan, io: CommandIo): Promise<number> {
  const defaults = configSchema.parse({
    spool: { maxBytes: snapshotLimits.spoolBytes, fsync: 'never' },
    merge: plan.directory === null ? {} : { directory: plan.directory },
    store: { maxMemoryBytes: storeBytes(totalmem()) },
  })
  const log = createLog('error')
  const pipeline = await Pipeline.open(folder, defaults, log, Date.now)
  try {
    await pipeline.start()
    const refused = await takeAll(pipeline, plan, io)
    await pipeline.settle()
    const report = await buildReport(pipeline.store, {
      report: reportId,
      source: null,
      fromMs: null,
      toMs: null,
      title: plan.title,
      catalogVersion: pipeline.merge.catalog.version,
      gnomonVersion: version,
      nowMs: Date.now(),
      helpOf: helpFrom(pipeline.ingest.definitions),
    })
    const scope = { report: reportId, source: null, fromMs: null, toMs: null }
    const files = await writeReportFiles(
      report,
      () => usageRows(pipeline.store, scope),
      plan.out,
      plan.formats,
    )
    await tell(report, files, plan, io)
    for (const reason of refused) await write(io.stderr, `gnomon snapshot: ${reason}\n`)
    return refused.length > 0 || report.totals.transactions === 0 ? 1 : 0
  } finally {
    await pipeline.stop()
  }
}

/** Gives the reasons of refused files. */
async function takeAll(pipeline: Pipeline, plan: Plan, io: CommandIo): Promise<string[]> {
  const refused: string[] = []
  const progress = new Progress(io.stderr, Date.now)
  const lines = (): number => pipeline.ingest.status().lines
  for (const [i, path] of [...plan.files, ...plan.agentFiles].entries()) {
    const name = basename(path)
    const agent = i >= plan.files.length
    const stream = {
      key: `file:${i}:${name}`,
      listener: 'upload',
      peer: name,
      source: agent ? agentSource : name,
      format: agent ? null : plan.format,
      zone: plan.zone,
      report: reportId,
    }
    const onProgress = (at: { readBytes: number; totalBytes: number }): void =>
      progress.show(name, at, lines())
    const file = { name, stream, onProgress, agent }
    const summary = await takeFile(path, file, pipeline.files, Date.now)
    if (summary.refused !== undefined) refused.push(summary.refused)
  }
  await pipeline.ingest.idle()
  progress.end(lines())
  return refused
}

async function tell(
  report: Report,
  files: readonly string[],
  plan: Plan,
  io: CommandIo,
): Promise<void> {
  if (report.totals.transactions === 0)
    await write(
      io.stderr,
      'gnomon snapshot: no transaction was read; gnomon parse shows each line with its reason. Columns of an unknown layout can be named: gnomon formats import --help\n',
    )
  if (plan.json) return write(io.stdout, `${JSON.stringify(report)}\n`)
  const out = io.stdout as Partial<NodeJS.WriteStream>
  const colour = out.isTTY === true && io.env['NO_COLOR'] === undefined
  await write(io.stdout, renderTerminal(report, { width: out.columns ?? 100, colour }))
  await write(io.stdout, `\nWritten: ${files.join(', ')}\n`)
}

export const snapshot: Command = {
  summary: 'a discovery report from log files, without a daemon',
  help,
  run,
}
