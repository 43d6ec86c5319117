/** Columns named by a header: `#Fields` of W3C files, the first row of a CSV file. */
import type { ByteMap } from '../lib/byte-map.ts'
import type { Definition } from './definition.ts'

export interface Layout {
  /** The header line itself: kept with the stream's state, so that lines after a restart are read. */
  text: string
  columns: number
  columnSlots: Int16Array
  tab: boolean
  /** The row begins with its date or stamp. */
  dated: boolean
  /** `[15/Oct/2026:09:30:00 +0200]` is one column. */
  brackets: boolean
  /** Byte that parts CSV columns. */
  delimiter: number
  /** Blanks stand around the cells of the header, and of its rows. */
  padded: boolean
}

/** Slots of named columns; -1 = not asked for. */
export function columnSlotsOf(names: readonly string[], fields: ByteMap): Int16Array {
  const slots = new Int16Array(names.length).fill(-1)
  const taken = new Set<number>()
  for (const [i, name] of names.entries()) {
    const slot = slotOfName(name.trim(), fields)
    if (slot < 0 || taken.has(slot)) continue
    taken.add(slot)
    slots[i] = slot
  }
  return slots
}

/** Without what says only the unit: `TimeGenerated [UTC]`, `Sent (bytes)`. */
const bare = (name: string): string => name.replace(/\s*[[(](?:utc|gmt|bytes?|b)[\])]$/i, '')

/** Letters beyond ASCII are asked for in lower case. */
function slotOfName(name: string, fields: ByteMap): number {
  for (const text of [name, name.toLowerCase(), bare(name).toLowerCase()]) {
    const bytes = Buffer.from(text)
    const slot = fields.get(bytes, 0, bytes.length)
    if (slot >= 0) return slot
  }
  return -1
}

/**
 * Names in a `#Fields:` directive (Zeek writes `#fields<TAB>`) or in a comment that begins with the stamp's column (McAfee Web
 * Gateway: `#time_stamp "auth_user" …`), or null when the line is none.
 */
export function w3cFields(line: string): { names: string[]; tab: boolean } | null {
  const match = /^#\s*(?:fields(?:\s*:|\t)\s*|(?=time_?stamp\s))(.+)$/i.exec(
    line.replace(/^\uFEFF/, ''),
  )
  if (match === null) return null
  const tab = match[1].trim().includes('\t')
  const names = match[1]
    .trim()
    .split(tab ? '\t' : /\s+/)
    .map((name) => name.trim().replace(/^"(.*)"$/, '$1'))
  return { names, tab }
}

/** The columns of a `#Fields` line under the fields of a definition. */
export function w3cLayout(
  text: string,
  header: { names: readonly string[]; tab: boolean },
  fields: ByteMap,
): Layout {
  return {
    text,
    columns: header.names.length,
    columnSlots: columnSlotsOf(header.names, fields),
    tab: header.tab,
    dated: /^(?:date|(?:date|event)?time|(?:xcs|x)?timestamp)$/.test(squash(header.names[0])),
    brackets: header.names.some((name) => /^(localtime|gmttime|time_?stamp)$/i.test(name)),
    delimiter: 44,
    padded: false,
  }
}

/** The columns that a row names, under the fields of a definition. */
export function csvLayout(
  line: string,
  names: readonly string[],
  columnSlots: Int16Array,
  delimiter: string,
): Layout {
  return {
    text: line.replace(/^\uFEFF/, ''),
    columns: names.length,
    columnSlots,
    tab: false,
    dated: false,
    brackets: false,
    delimiter: delimiter.charCodeAt(0),
    padded: delimiter !== ' ' && (line.includes(`${delimiter} `) || line.includes(` ${delimiter}`)),
  }
}

/** Cells of a CSV header row; quotes go (those that `" "` as delimiter leaves, too), blanks around cells too. */
export function csvCells(line: string, delimiter: string): string[] {
  const cells = line
    .replace(/^\uFEFF/, '')
    .split(delimiter)
    .map((cell) =>
      cell
        .trim()
        .replace(/^"(.*)"$/, '$1')
        .replace(/^"|"$/g, '')
        .trim(),
    )
  // SiLK's tools close their rows
  if (delimiter === '|' && cells.at(-1) === '') cells.pop()
  return cells
}

/** A name as names are compared: without case, blanks, `_`, `-`, `.`. */
export function squash(name: string): string {
  return name.toLowerCase().replace(/[\s_.-]/g, '')
}

/** Whether a header of these columns belongs to `definition`. */
export function claimsHeader(
  definition: Definition,
  names: readonly string[],
  columnSlots: Int16Array,
  software: string,
): boolean {
  const header = definition.header
  if (header === undefined) return false
  const present = new Set(names.flatMap((name) => [squash(name), squash(bare(name))]))
  const known = columnSlots.filter((slot) => slot >= 0).length
  if (header.known !== undefined && known < header.known) return false
  const products = header.software === undefined ? [] : [header.software].flat()
  const named = software.toLowerCase()
  const shows = (columns: readonly string[]): boolean =>
    columns.some((name) => present.has(squash(name)))
  const claimed =
    products.some((product) => named.includes(product.toLowerCase())) ||
    shows(header.any) ||
    (software === '' && shows(header.anyUnnamed)) ||
    (header.any.length === 0 && products.length === 0)
  const columnOf = (field: string): boolean => shows(definition.fields[field] ?? [field])
  return (
    claimed &&
    header.all.every((name) => present.has(squash(name))) &&
    header.each.every((fields) => fields.some(columnOf))
  )
}
