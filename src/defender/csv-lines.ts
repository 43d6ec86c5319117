/** The portal's CSV export to JSON lines. Its header names the columns, quoted or not; cells may hold quotes, commas and line ends. */
import { parse } from 'csv-parse'
import { lineLimits } from '../limits.ts'

const delimiters = [',', ';', '\t'] as const

/** Names of a header line, without quotes. */
export function headerCells(line: string): string[] {
  return line.split(delimiterOf(line)).map(cleanName)
}

function delimiterOf(line: string): string {
  const counts = delimiters.map((sign) => ({ sign, count: line.split(sign).length }))
  return counts.reduce((best, one) => (one.count > best.count ? one : best)).sign
}

function cleanName(cell: string): string {
  return cell
    .replaceAll(/["'\uFEFF\r]/g, '')
    .replace(/\s*\[UTC\]$/i, '')
    .trim()
}

/**
 * One line for each row. A row that cannot be read is a line that is no row: it ends as unparsed. The parser is driven chunk by chunk
 * and answers within `write`, so that lines and faults keep their order.
 */
export async function* csvLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let names: string[] | null = null
  let lines: string[] = []
  const onRecord = (cells: unknown): null => {
    if (names === null) names = (cells as string[]).map(cleanName)
    else lines.push(rowLine(names, cells as string[]))
    return null
  }
  const onFault = (fault: Error | undefined): undefined => {
    lines.push(`${JSON.stringify(`a CSV row that cannot be read: ${fault?.message ?? ''}`)}\n`)
  }
  let parser: ReturnType<typeof parse> | null = null
  for await (const chunk of chunks) {
    parser ??= newParser(chunk, onRecord, onFault)
    await written(parser, chunk)
    if (lines.length > 0) yield Buffer.from(lines.join(''))
    lines = []
  }
  if (parser === null) return
  await ended(parser)
  if (lines.length > 0) yield Buffer.from(lines.join(''))
}

function newParser(
  head: Uint8Array,
  onRecord: (cells: unknown) => null,
  onFault: (fault: Error | undefined) => undefined,
): ReturnType<typeof parse> {
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString('utf8')
  const parser = parse({
    bom: true,
    delimiter: delimiterOf(text.slice(0, Math.max(0, text.indexOf('\n')))),
    relax_quotes: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    // a longer line than is read is told as that; only one that has no end is cut here
    max_record_size: lineLimits.batchBytes,
    on_record: onRecord,
    on_skip: onFault,
  })
  parser.resume()
  return parser
}

function written(parser: ReturnType<typeof parse>, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    // the parser keeps what it has not read yet, and the reader may use its buffer again
    parser.write(Buffer.from(chunk), (error) => (error ? reject(error) : resolve()))
  })
}

function ended(parser: ReturnType<typeof parse>): Promise<void> {
  return new Promise((resolve, reject) => {
    parser.once('end', resolve)
    parser.once('error', reject)
    parser.end()
  })
}

function rowLine(names: readonly string[], cells: readonly string[]): string {
  const entries = names.flatMap((name, i) =>
    cells[i] === undefined ? [] : [[name, cells[i]] as const],
  )
  return `${JSON.stringify(Object.fromEntries(entries))}\n`
}
