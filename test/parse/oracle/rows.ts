/** Rows of columns: CSV, columns between blanks or tabs, rows of W3C files. */
import { lengthAt, made, piece, unslash } from './text.ts'
import type { Field } from './text.ts'

export interface Row {
  columns: Field[]
  truncated: boolean
}

/** RFC 4180 with one delimiter ('' = none), up to `most` columns: what stands behind them is not looked at; blanks before a quote, and what stands behind the closing one, are passed over. */
export function csvRow(
  line: string,
  start: number,
  delimiter: string,
  options: { braces: boolean; most: number },
): Row {
  const { braces, most } = options

  const columns: Field[] = []
  const end = line.length
  const next = (from: number): number => {
    const at = delimiter === '' ? -1 : line.indexOf(delimiter, from)
    return at < 0 ? end : at
  }
  let truncated = false
  for (let at = start; ; at++) {
    const quote = at + lengthAt(/ */, line, at)
    if (line[quote] === '"') {
      const length = lengthAt(/(?:[^"]|"")*/, line, quote + 1)
      const close = quote + 1 + length
      const text = line.slice(quote + 1, close)
      if (close >= end) {
        truncated = true
        columns.push(piece(line, quote + 1, end))
      } else if (text.includes('"')) columns.push(made(text.replaceAll('""', '"')))
      else columns.push(piece(line, quote + 1, close))
      at = next(close + 1)
    } else if (braces && line[at] === '{') {
      const close = line.indexOf('}', at)
      const behind = close < 0 ? end : next(close)
      columns.push(piece(line, at, behind))
      at = behind
    } else {
      const behind = next(at)
      columns.push(piece(line, at, behind))
      at = behind
    }
    if (at >= end || columns.length >= most) return { columns, truncated }
  }
}

/** The one of `delimiters` that comes first outside quotes; '' when none does. */
export function delimiterOf(line: string, start: number, delimiters: readonly string[]): string {
  const bare = line.slice(start).replace(/"[^"]*(?:"|$)/g, '')
  return Array.from(bare).find((letter) => delimiters.includes(letter)) ?? ''
}

/** Columns between runs of blanks; `"…"` is one, and with `brackets` `[…]`, with `angles` `<…>`. */
export function blankRow(
  line: string,
  start: number,
  options: { brackets: boolean; angles: boolean },
): Row {
  const columns: Field[] = []
  const end = line.length
  let truncated = false
  let at = start + lengthAt(/ */, line, start)
  while (at < end) {
    if (line[at] === '"') {
      const quoted = quotedColumn(line, at)
      columns.push(quoted.field)
      truncated ||= quoted.open
      at = quoted.behind
    } else {
      let behind = at
      if (options.brackets && line[at] === '[') behind += lengthAt(/\[[^\]]*\]?/, line, at)
      else if (options.angles && line[at] === '<')
        behind += lengthAt(/<(?:[^>]|>(?! |$))*/, line, at)
      behind += lengthAt(/[^ ]*/, line, behind)
      columns.push(piece(line, at, behind))
      at = behind
    }
    at += lengthAt(/ */, line, at)
  }
  return { columns, truncated }
}

/** A quoted column: a quote ends it before a blank or the line's end only, unless it is doubled or escaped. */
function quotedColumn(line: string, open: number): { field: Field; behind: number; open: boolean } {
  const end = line.length
  let at = open + 1
  let [doubled, slashed] = [false, false]
  for (; at < end; at++) {
    if (line[at] === '\\') {
      // `"C:\"` ends there; behind an escape before it, `\"` is one (`"a \"b\" c"`)
      if (line[at + 1] !== '"' || at + 2 >= end || (!slashed && line[at + 2] === ' ')) continue
      slashed = true
      at++
    } else if (line[at] === '"') {
      if (line[at + 1] === '"') {
        doubled = true
        at++
      } else if (at + 1 >= end || line[at + 1] === ' ') break
    }
  }
  const stop = Math.min(at, end)
  const raw = line.slice(open + 1, stop)
  const field = doubled
    ? made(raw.replaceAll('""', '"'))
    : slashed
      ? made(unslash(raw))
      : piece(line, open + 1, stop)
  return { field, behind: Math.min(at + 1, end), open: at >= end }
}

/** Columns between single tabs; with `quotes` one that is quoted as a whole loses its quotes. */
export function tabRow(line: string, start: number, quotes: boolean): Row {
  const columns: Field[] = []
  for (let at = start; ; at++) {
    const tab = line.indexOf('\t', at)
    const behind = tab < 0 ? line.length : tab
    const text = line.slice(at, behind)
    if (quotes && /^".*"$/s.test(text)) columns.push(made(text.slice(1, -1).replaceAll('""', '"')))
    else columns.push(piece(line, at, behind))
    if (tab < 0) return { columns, truncated: false }
    at = behind
  }
}

/** The columns of a header line or of a layout known by heart. */
export interface Header {
  names: string[]
  tab: boolean
  /** The row begins with its date or stamp. */
  dated: boolean
  /** `[…]` is one column. */
  brackets: boolean
  delimiter: string
  /** Blanks around bare cells are no part of them. */
  padded: boolean
}

/** A row of a W3C file. `stamp`: where the syslog header's own stamp begins, which may be the row's; -1 = it has none. */
export function w3cRow(
  line: string,
  payload: number,
  stamp: number,
  header: Header,
  angles: boolean,
): Row {
  let start = payload
  // the row's own ISO date looks like a header's
  const isRow = header.dated && stamp >= 0 && line[stamp + 4] === '-' && line[payload + 4] !== '-'
  if (isRow && lengthAt(/\d{9}/, line, payload) === 0) start = stamp
  const row = usesTabs(line, start, header.tab)
    ? tabRow(line, start, true)
    : blankRow(line, start, { brackets: header.brackets, angles })
  if (row.columns.length < header.names.length) row.truncated = true
  return row
}

/** The header says what parts the columns, the row may differ. */
function usesTabs(line: string, start: number, header: boolean): boolean {
  if (header) return line.includes('\t', start)
  // eslint-disable-next-line no-control-regex
  const first = lengthAt(/(?:"[^"]*)?[^\x00-\x20]*/, line, start)
  return line[start + first] === '\t'
}
