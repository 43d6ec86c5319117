/** Writes a report into a folder, in the formats asked for. */
import { createWriteStream } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { OperatingError, causeOf } from '../errors.ts'
import type { Report, UsageRow } from './report.ts'

export const reportFormats = ['html', 'json', 'csv', 'ndjson', 'pdf'] as const

export type ReportFormat = (typeof reportFormats)[number]

/**
 * Writes `report.html`, `report.json`, `<table>.csv`, `usage.ndjson`, `report.pdf` and returns their paths. Throws FILE_UNREADABLE
 * when the folder cannot be written.
 */
export async function writeReportFiles(
  report: Report,
  usage: () => AsyncIterable<UsageRow>,
  folder: string,
  formats: ReadonlySet<ReportFormat>,
  /** Of the PDF, for letters that the shipped ones lack. */
  fonts: readonly string[] = [],
): Promise<string[]> {
  try {
    await mkdir(folder, { recursive: true })
    const files: string[] = []
    const put = async (name: string, text: string | Uint8Array): Promise<void> => {
      await writeFile(join(folder, name), text)
      files.push(join(folder, name))
    }
    if (formats.has('html')) {
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
      await put('report.pdf', await (await import('./pdf.ts')).renderPdf(report, fonts))
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
