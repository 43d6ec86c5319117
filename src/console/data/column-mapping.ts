/** Columns that somebody named, as the appliance takes them (`POST /api/v1/definitions`, src/parse/mapped-format.ts). */
import type { z } from 'zod'
import type { mappedFormatSchema } from '../../parse/mapped-format.ts'

export type Mapping = z.input<typeof mappedFormatSchema>
type Field = keyof Mapping['fields']

export const kinds = {
  csv: 'columns with a separator',
  columns: 'columns parted by blanks',
  kv: 'pairs, key=value',
  json: 'JSON, one object in a line',
} as const
export type Kind = keyof typeof kinds

/** What a column can be, with how it is asked for. */
export const fieldWords = {
  time: 'time (stamp or date)',
  clock: 'time of day, beside a date',
  srcIp: 'source address',
  srcHost: 'source host',
  srcPort: 'source port',
  user: 'user',
  device: 'device',
  dstHost: 'destination host',
  dstIp: 'destination address',
  dstPort: 'destination port',
  url: 'URL',
  protocol: 'transport protocol',
  appProtocol: 'application protocol',
  action: 'action',
  bytesUp: 'bytes sent by the client',
  bytesDown: 'bytes received by the client',
  bytesTotal: 'bytes in both directions',
  method: 'HTTP method',
  status: 'HTTP status',
  userAgent: 'user agent',
  referrer: 'referrer',
  category: 'category by the vendor',
  appHint: 'application by the vendor',
} as const satisfies Record<Field | 'time' | 'clock' | 'action', string>
export type Meaning = keyof typeof fieldWords

export interface Column {
  /** Its name, or its place from 0 where lines have none. */
  at: string | number
  /** Of the first line with values. */
  example: string
}

export interface Layout {
  kind: Kind
  /** csv alone. */
  separator: string
  /** csv: the first line names the columns. */
  header: boolean
}

/** The columns of pasted lines, in their order. */
export function columnsOf(pasted: string, { kind, separator, header }: Layout): Column[] {
  const [first = '', second = ''] = pasted.split('\n').map((line) => line.replace(/\r$/, ''))
  if (first.trim() === '') return []
  if (kind === 'kv') return pairsOf(first)
  if (kind === 'json') return membersOf(first)
  const separated = kind === 'columns' ? ' ' : separator
  if (kind === 'csv' && header) {
    const values = splitLine(second, separated)
    return splitLine(first, separated).map((name, place) => ({
      at: name.trim(),
      example: values[place] ?? '',
    }))
  }
  return splitLine(first, separated).map((example, at) => ({ at, example }))
}

/** The values of a line behind its syslog priority, as the definition's split gives them. */
export function splitLine(pasted: string, separator: string): string[] {
  const line = pasted.replace(/^<\d{1,3}>/, '')
  if (line === '') return []
  if (separator === ' ') return line.trim().split(/ +/)
  const values: string[] = []
  let value = ''
  let quoted = false
  for (const letter of line) {
    if (letter === '"') quoted = !quoted
    else if (letter === separator && !quoted) {
      values.push(value)
      value = ''
    } else value += letter
  }
  return [...values, value]
}

function pairsOf(line: string): Column[] {
  return Array.from(line.matchAll(/([\w.:-]+)=(?:"([^"]*)"|(\S*))/g), ([, at, quoted, bare]) => ({
    at,
    example: quoted ?? bare ?? '',
  }))
}

/** Members of an object by their dotted paths. */
function membersOf(line: string): Column[] {
  try {
    const found: Column[] = []
    const walk = (value: unknown, path: string): void => {
      if (typeof value === 'object' && value !== null && !Array.isArray(value))
        for (const [key, below] of Object.entries(value))
          walk(below, path === '' ? key : `${path}.${key}`)
      else if (path !== '') found.push({ at: path, example: String(value) })
    }
    walk(JSON.parse(line.slice(Math.max(0, line.indexOf('{')))), '')
    return found
  } catch {
    return []
  }
}

/** What firewalls and proxies call blocking. */
export const blockedWords = 'block, blocked, deny, denied, drop, dropped, reject, rejected'

export interface Named {
  id: string
  layout: Layout
  meanings: ReadonlyMap<Column['at'], Meaning>
  /** Between commas. */
  blocked: string
  order: '' | 'day-first' | 'month-first'
  utc: boolean
}

/** null = no column tells the time, which every format must have. */
export function mappingOf({ id, layout, meanings, blocked, order, utc }: Named): Mapping | null {
  const of = (wanted: Meaning): Column['at'] | undefined =>
    [...meanings].find(([, meaning]) => meaning === wanted)?.[0]
  const [from, clock, action] = [of('time'), of('clock'), of('action')]
  if (from === undefined) return null
  const fields: Mapping['fields'] = {}
  for (const [at, meaning] of meanings)
    if (meaning !== 'time' && meaning !== 'clock' && meaning !== 'action') fields[meaning] = at
  const words = blocked
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
  const { kind, separator, header } = layout
  return {
    id,
    kind,
    ...(kind === 'csv' && { delimiter: separator, header }),
    time: {
      from,
      ...(clock !== undefined && { clock }),
      ...(order !== '' && { order }),
      ...(utc && { zone: 'utc' }),
    },
    fields,
    ...(action !== undefined && { action: { from: action, blocked: words } }),
  }
}
