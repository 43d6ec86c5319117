/** The lines both are asked about: all samples, each with the header in force, and the records that lines hold or wrap. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { lineLimits } from '../../../src/limits.ts'
import type { CompiledFormat } from '../../../src/parse/compile.ts'
import { formatOfLine } from '../../../src/parse/format-search.ts'
import type { FormatSet } from '../../../src/parse/formats.ts'
import type { Layout } from '../../../src/parse/layout.ts'
import { dataStart, LineContext } from '../../../src/parse/line-context.ts'
import { readLine, readNext } from '../../../src/parse/recognise.ts'
import { newReader } from '../../../src/parse/stream-reader.ts'
import { headerOf } from './header.ts'
import type { Header } from './rows.ts'

export interface SampleLine {
  text: string
  /** The format that reads it. */
  format: CompiledFormat
  /** The header in force, when it is this format's. */
  headed: { layout: Layout; header: Header } | null
}

const samples = join(import.meta.dirname, '../../../samples')

/** What stands around a line is no part of it. */
export const trimmed = (text: string): string =>
  text
    .replace(/\r$/, '')
    .replace(/[\0 ]+$/, '')
    .replace(/^\xef\xbb\xbf/, '')

export function sampleLines(formats: FormatSet, receivedAtMs: number): SampleLine[] {
  const c = new LineContext(lineLimits.batchBytes)
  c.receivedAtMs = receivedAtMs
  const found: SampleLine[] = []
  for (const file of globSync('**/*.log', { cwd: samples }).toSorted()) {
    const reader = newReader(null)
    for (const raw of readFileSync(join(samples, file), 'latin1').split('\n')) {
      const text = trimmed(raw)
      const end = dataStart + c.bytes.write(text, dataStart, 'latin1')
      let outcome = readLine(c, dataStart, end, formats, reader)
      for (let first = true; outcome >= 0; first = false) {
        const format = formatOfLine()
        const { headed } = reader
        const own =
          headed === null || headed.format !== format
            ? null
            : {
                layout: headed.layout,
                header: headerOf(headed.layout.text, String.fromCharCode(headed.layout.delimiter)),
              }
        if (format !== null) {
          if (first) found.push({ text, format, headed: own })
          const record = c.bytes.toString('latin1', c.lineStart, c.recordStop)
          if (record !== text && c.part === 0) found.push({ text: record, format, headed: own })
        }
        outcome = readNext(c, formats, reader)
      }
    }
  }
  return found
}
