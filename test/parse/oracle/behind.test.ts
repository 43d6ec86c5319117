/** What lies behind a line must make no difference: the next line does. And quotes are read as csv-parse reads them. */
import { parse as csvParse } from 'csv-parse/sync'
import { expect, test } from 'vitest'
import { dataStart, LineContext } from '../../../src/parse/line-context.ts'
import { readLine } from '../../../src/parse/recognise.ts'
import { newReader } from '../../../src/parse/stream-reader.ts'
import { fullFormats } from '../parse-parts.ts'
import { judgementOf } from './compare.ts'
import { Damage } from './damage.ts'
import { envelopeOf } from './envelope.ts'
import { sampleLines } from './lines.ts'
import { csvRow, delimiterOf } from './rows.ts'
import { seed } from './seed.ts'

const receivedAtMs = Date.UTC(2026, 10, 1)
const lines = sampleLines(fullFormats, receivedAtMs)
const texts = lines.map(({ text }) => text)

test('the format of a line is found without what lies behind it', () => {
  const noise = '"=,:|}]>)%2E0123456789 TCP https://noise.example/ 2031-01-01T00:00:00Z'
  const damage = new Damage(seed)
  const c = new LineContext(1 << 17)
  const read = (line: string, behind: string): unknown => {
    const end = dataStart + c.bytes.write(line, dataStart, 'latin1')
    c.bytes.write(behind, end, 'latin1')
    c.receivedAtMs = receivedAtMs
    return judgementOf(c, readLine(c, dataStart, end, fullFormats, newReader(null)))
  }
  const endMs = performance.now() + 4000
  let count = 0
  for (; performance.now() < endMs && count < 5000; count++) {
    const line = damage.damaged(damage.one(texts), texts).slice(0, 32_768)
    const behind = noise.slice(damage.number(noise.length))
    expect({ seed, line, said: read(line, behind) }).toEqual({
      seed,
      line,
      said: read(line, '\n'.repeat(behind.length)),
    })
  }
  expect(count).toBeGreaterThan(50)
}, 60_000)

test('rows that csv-parse takes have its cells', () => {
  const damage = new Damage(seed)
  let rows = 0
  const csv = lines.filter(({ format }) => format.definition.split.type === 'csv')
  for (let i = 0; i < csv.length * 4; i++) {
    const { text, format } = csv[i % csv.length]
    const { split } = format.definition
    if (split.type !== 'csv' || split.braces) continue
    const line = i < csv.length ? text : damage.damaged(text, texts)
    const start = envelopeOf(line, { receivedAtMs, zone: null }).payload
    const delimiters = [split.delimiter].flat()
    const delimiter = delimiters.length === 1 ? delimiters[0] : delimiterOf(line, start, delimiters)
    if (delimiter === '' || delimiter === ' ' || /[\r\n]/.test(line)) continue
    // no CSV (RFC 4180): csv-parse makes it part of the cell, the splitter lets it go
    // oxlint-disable-next-line no-control-regex -- that is what damage leaves there
    if (/"[\s\0]/.test(line)) continue
    let cells: string[][]
    try {
      cells = csvParse(line.slice(start), { delimiter, relax_column_count: true })
    } catch {
      // quotes of no CSV: a quote within a bare cell, one that stays open
      continue
    }
    if (cells.length !== 1) continue
    rows++
    expect({
      seed,
      line,
      cells: csvRow(line, start, delimiter, { braces: false, most: Infinity }).columns.map(
        (cell) => cell.text,
      ),
    }).toEqual({
      seed,
      line,
      cells: cells[0],
    })
  }
  expect(rows).toBeGreaterThan(csv.length / 2)
})
