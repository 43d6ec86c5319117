/** Reports on schedule: made into `<data>/reports/<name>-<day>/`, kept to a number, and sent by mail. */
import { readFile, readdir, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { ScheduledTask } from 'node-cron'
import type { Logger } from 'pino'
import type { MailConfig, PublishConfig, ReportConfig } from '../config/publish-schema.ts'
import { causeOf } from '../errors.ts'
import type { Component } from '../lib/component.ts'
import { version } from '../lib/version.ts'
import { publishLimits } from '../limits.ts'
import { buildReport } from '../report/build-report.ts'
import type { ExpectedAgent } from '../report/freshness.ts'
import { findings } from '../report/findings.ts'
import { formatPeriod } from '../report/format.ts'
import type { Report } from '../report/report.ts'
import { writeReportFiles } from '../report/report-files.ts'
import { usageRows } from '../report/usage-rows.ts'
import type { Store } from '../store/store.ts'
import { atTimes } from './due.ts'
import type { HelpOf } from '../report/format-help.ts'
import { mailTransport } from './mail-transport.ts'

export interface ScheduledReportsOptions {
  dataDir: string
  config: Pick<PublishConfig, 'reports' | 'mail' | 'fonts'>
  store: Store
  catalogVersion: () => string
  /** Sources of agents that feeds bring: hours they left out are told. */
  expected?: () => readonly ExpectedAgent[]
  /** What devices of a format must be told so that their lines say more. */
  helpOf?: HelpOf
  log: Logger
  now: () => number
  /** Calls at the times of a cron expression (default: node-cron, by the machine's clock). */
  at?: (...asked: Parameters<typeof atTimes>) => Promise<Pick<ScheduledTask, 'destroy'>>
}

export interface ScheduledReportsStatus {
  made: number
  mailed: number
  failed: number
  trouble: string | null
}

const dayMs = 86_400_000
/** The end of an edition's folder: day and minute. */
const edition = /^\d{4}-\d\d-\d\dT\d{4}$/

export class ScheduledReports implements Component<ScheduledReportsStatus> {
  readonly #options: ScheduledReportsOptions
  readonly #tasks: Pick<ScheduledTask, 'destroy'>[] = []
  readonly #status: ScheduledReportsStatus = { made: 0, mailed: 0, failed: 0, trouble: null }
  #working: Promise<unknown> = Promise.resolve()

  constructor(options: ScheduledReportsOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    const at = this.#options.at ?? atTimes
    for (const report of this.#options.config.reports)
      this.#tasks.push(await at(report.schedule, report.zone, () => this.#inTurn(report)))
  }

  #inTurn(report: ReportConfig): void {
    this.#working = this.#working.then(async () =>
      this.make(report).catch((error: unknown) => {
        this.#status.failed++
        this.#status.trouble = causeOf(error)
        this.#options.log.error(
          { report: report.name, error: causeOf(error) },
          'publish: a report could not be made or sent',
        )
      }),
    )
  }

  /** Makes one now and sends it; returns its files. Throws when the folder or the mail server will not. */
  async make(config: ReportConfig): Promise<string[]> {
    const { dataDir, store, catalogVersion, expected, helpOf, now, log } = this.#options
    const nowMs = now()
    const toMs = Math.floor(nowMs / dayMs) * dayMs
    const scope = {
      report: 'continuous',
      source: config.source ?? null,
      fromMs: toMs - config.days * dayMs,
      toMs,
    }
    const report = await buildReport(store, {
      ...scope,
      title: config.title ?? config.name,
      catalogVersion: catalogVersion(),
      gnomonVersion: version,
      nowMs,
      expected: expected?.() ?? [],
      ...(helpOf !== undefined && { helpOf }),
    })
    const stamp = new Date(nowMs).toISOString().slice(0, 16).replaceAll(':', '')
    const folder = join(dataDir, 'reports', `${config.name}-${stamp}`)
    const files = await writeReportFiles(
      report,
      () => usageRows(store, scope),
      folder,
      new Set(config.formats),
      this.#options.config.fonts,
    )
    this.#status.made++
    await this.#forget(config)
    const { mail } = this.#options.config
    if (config.to.length > 0 && mail !== undefined) {
      await sendReport(mail, config.to, report, files)
      this.#status.mailed++
    }
    this.#status.trouble = null
    log.info(
      { report: config.name, files: files.length, mailed: config.to.length },
      'publish: a report was made',
    )
    return files
  }

  async #forget({ name, keep }: ReportConfig): Promise<void> {
    const folder = join(this.#options.dataDir, 'reports')
    // `weekly-2` is another report, not an edition of `weekly`
    const mine = (await readdir(folder))
      .filter((entry) => entry.startsWith(`${name}-`) && edition.test(entry.slice(name.length + 1)))
      .toSorted()
    for (const old of mine.slice(0, Math.max(0, mine.length - keep)))
      await rm(join(folder, old), { recursive: true, force: true })
  }

  async stop(): Promise<void> {
    for (const task of this.#tasks.splice(0)) await task.destroy()
    await this.#working
  }

  status(): ScheduledReportsStatus {
    return { ...this.#status }
  }
}

/** One mail to all, with the files; those that are too large for mail stay in the folder, and the mail says so. */
export async function sendReport(
  mail: MailConfig,
  to: readonly string[],
  report: Report,
  files: readonly string[],
): Promise<void> {
  const attachments: { filename: string; content: Buffer }[] = []
  const left: string[] = []
  let bytes = 0
  for (const path of files) {
    const { size } = await stat(path)
    if (bytes + size > publishLimits.mailBytes) left.push(basename(path))
    else {
      attachments.push({ filename: basename(path), content: await readFile(path) })
      bytes += size
    }
  }
  const transport = await mailTransport(mail, publishLimits.mailMs)
  try {
    await transport.sendMail({
      from: mail.from,
      to: [...to],
      subject: oneLine(report.title),
      text: mailText(report, left),
      attachments,
    })
  } finally {
    transport.close()
  }
}

function mailText(report: Report, left: readonly string[]): string {
  const found = findings(report).map(({ text }) => `- ${text}`)
  return [
    report.title,
    formatPeriod(report.from, report.to),
    '',
    ...(found.length === 0 ? ['No transaction was read.'] : found),
    ...(left.length === 0
      ? []
      : ['', `Too large for mail, in the reports folder: ${left.join(', ')}`]),
    '',
  ].join('\n')
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}
