/** Writes a report into a folder, in the formats asked for. */
import { execFile } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { OperatingError, causeOf } from '../errors.ts'
import { findProgram } from '../lib/programs.ts'
import { reportLimits } from '../limits.ts'
import type { Report, UsageRow } from './report.ts'

export const reportFormats = ['html', 'json', 'csv', 'ndjson', 'pdf'] as const

export type ReportFormat = (typeof reportFormats)[number]

/**
 * Writes `report.html`, `report.json`, `<table>.csv`, `usage.ndjson`, `report.pdf` and returns their paths. Throws FILE_UNREADABLE
 * when the folder cannot be written, and when a PDF is asked for where no Chromium is.
 */
export async function writeReportFiles(
  report: Report,
  usage: () => AsyncIterable<UsageRow>,
  folder: string,
  formats: ReadonlySet<ReportFormat>,
): Promise<string[]> {
  try {
    await mkdir(folder, { recursive: true })
    const files: string[] = []
    const put = async (name: string, text: string): Promise<void> => {
      await writeFile(join(folder, name), text)
      files.push(join(folder, name))
    }
    if (formats.has('html') || formats.has('pdf')) {
      const { renderHtml } = await import('./html.ts')
      await put('report.html', renderHtml(report))
    }
    if (formats.has('json'))
      await put('report.json', (await import('./json.ts')).renderJson(report))
    if (formats.has('csv'))
      for (const [name, text] of (await import('./csv.ts')).renderCsv(report)) await put(name, text)
    if (formats.has('ndjson')) {
      const { usageLine } = await import('./usage-ndjson.ts')
      const lines = async function* () {
        for await (const row of usage()) yield usageLine(row)
      }
      await pipeline(Readable.from(lines()), createWriteStream(join(folder, 'usage.ndjson')))
      files.push(join(folder, 'usage.ndjson'))
    }
    if (formats.has('pdf'))
      files.push(await printPdf(join(folder, 'report.html'), join(folder, 'report.pdf')))
    return files
  } catch (cause) {
    if (cause instanceof OperatingError) throw cause
    throw new OperatingError(
      'FILE_UNREADABLE',
      `cannot write the report into ${folder}: ${causeOf(cause)}; choose another folder`,
      { cause },
    )
  }
}

const browsers = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** The HTML file on paper, by a Chromium of this machine. */
async function printPdf(html: string, pdf: string): Promise<string> {
  const program = await findProgram(browsers)
  if (program === null)
    throw new OperatingError(
      'FILE_UNREADABLE',
      `cannot write ${pdf}: no Chromium or Chrome is installed; print ${html} from a browser`,
    )
  const url = pathToFileURL(resolve(html)).href
  const args = [
    '--headless',
    '--disable-gpu',
    '--no-sandbox',
    '--no-pdf-header-footer',
    `--print-to-pdf=${resolve(pdf)}`,
    url,
  ]
  await promisify(execFile)(program, args, { timeout: reportLimits.printMs })
  return pdf
}
