/**
 * A format out of columns that somebody named: what the API and the import of other products' settings turn into a definition
 * (docs/parsers.md). The text is plain YAML, to be read and mended by hand.
 */
import { stringify } from 'yaml'
import { z } from 'zod'
import { definitionSchema } from './definition.ts'

const column = z
  .union([z.string().min(1).max(128), z.int().min(0).max(511)])
  .describe('Name of the column or key; of lines without header and names its place, from 0')

const words = z.array(z.string().min(1).max(128)).max(64)

/** Fields that take a value as it stands. */
const plainFields = [
  'srcIp', 'srcPort', 'srcHost', 'user', 'device', 'dstHost', 'dstIp', 'dstPort', 'url', 'protocol', 'appProtocol',
  'bytesUp', 'bytesDown', 'bytesTotal', 'method', 'status', 'userAgent', 'referrer', 'category', 'appHint',
] as const // prettier-ignore

export const mappedFormatSchema = z.strictObject({
  id: definitionSchema.shape.id.max(64).describe('Capitals, digits and _'),
  product: z.string().min(1).max(128).optional(),
  kind: z
    .enum(['csv', 'columns', 'kv', 'json', 'w3c', 'regex'])
    .describe('columns: parted by runs of blanks; w3c: named by a #Fields line'),
  delimiter: z
    .string()
    .min(1)
    .max(4)
    .optional()
    .describe('csv: one character, default a comma; kv: what parts the pairs, default a blank'),
  assign: z.string().min(1).max(4).default('=').describe('kv: between key and value'),
  header: z.boolean().default(false).describe('csv: the first line names the columns'),
  names: z
    .array(z.string().max(128))
    .max(512)
    .optional()
    .describe('csv, columns: the names of the columns, in order, of lines without header'),
  pattern: z.string().max(4096).optional().describe('regex: RE2 with named groups'),
  time: z.strictObject({
    from: column.describe('Column of the stamp, or of its date'),
    clock: column.optional().describe('Column of the time of day, where date and time are apart'),
    order: z.enum(['day-first', 'month-first']).optional().describe('Of dates in numbers'),
    zone: z.literal('utc').optional().describe("UTC, whatever the source's zone is"),
  }),
  fields: z.partialRecord(z.enum(plainFields), column).describe('Field of the record → its column'),
  action: z
    .strictObject({
      from: column,
      blocked: words.default([]).describe('Words for blocked, in any case'),
      allowed: words.default([]).describe('Words for allowed; none = all others'),
    })
    .optional(),
})
export type MappedFormat = z.infer<typeof mappedFormatSchema>

/** What a definition must have so that its lines become transactions; the first thing that is missing, or null. */
export function lackOf(format: MappedFormat): string | null {
  const { kind, fields, header, names } = format
  const has = (...keys: (typeof plainFields)[number][]): boolean =>
    keys.some((key) => fields[key] !== undefined)
  if (!has('srcIp', 'srcHost', 'user', 'device'))
    return 'no column tells who: map srcIp, srcHost, user or device'
  if (!has('dstHost', 'dstIp', 'url')) return 'no column tells where: map url, dstHost or dstIp'
  if (kind === 'regex' && format.pattern === undefined) return 'a regex needs its pattern'
  const [odd] = columnsOf(format).filter(
    (one) => typeof one === 'number' && (named(kind, header) || names !== undefined),
  )
  if (odd !== undefined) return `column ${odd} has a name: use it`
  const unknown = columnsOf(format).find(
    (one) => typeof one === 'string' && isPlaced(format) && placeOf(format, one) < 0,
  )
  return unknown === undefined ? null : `no column is named ${unknown}`
}

function named(kind: MappedFormat['kind'], header: boolean): boolean {
  return (kind === 'csv' && header) || !['csv', 'columns'].includes(kind)
}

/** A header says that the lines behind it are its own. */
function isHeaded({ kind, header }: MappedFormat): boolean {
  return kind === 'w3c' || (kind === 'csv' && header)
}

/** Columns stand in fixed places. */
function isPlaced({ kind, header }: MappedFormat): boolean {
  return !named(kind, header)
}

function columnsOf({ time, fields, action }: MappedFormat): (string | number)[] {
  return [time.from, time.clock, ...Object.values(fields), action?.from].filter(
    (one) => one !== undefined,
  )
}

function placeOf({ names = [] }: MappedFormat, name: string): number {
  const squashed = (text: string): string => text.trim().toLowerCase()
  return names.findIndex((one) => squashed(one) === squashed(name))
}

/** The text of the definition. `lackOf` must be null. */
export function definitionOf(format: MappedFormat): string {
  const { id, kind, time, fields, action, product = id } = format
  const name = (one: string | number): string => (typeof one === 'number' ? `column${one}` : one)
  const at = (one: string | number): number =>
    typeof one === 'number' ? one : placeOf(format, one)
  const used = [...new Set(columnsOf(format))]
  const fit = time.order === undefined ? {} : { order: time.order }
  const utc = time.zone === undefined ? {} : { zone: time.zone }
  const stamp =
    time.clock === undefined
      ? { from: name(time.from) }
      : { text: `{${name(time.from)}} {${name(time.clock)}}` }
  const source = fields.srcIp ?? fields.srcHost ?? fields.user ?? fields.device
  const begins = {
    [name(time.from)]: time.clock === undefined ? { time: true } : { present: true },
    // a column that is there: a row that is shifted or cut is refused
    ...(isPlaced(format) && lastColumn(used.map((one) => [name(one), at(one)]))),
  }
  const definition = {
    id,
    vendor: 'Own',
    product,
    summary: 'Lines whose columns were named by hand.',
    enable: 'Nothing more than what is sent already.',
    order: kind === 'w3c' ? 5 : 60,
    split: splitOf(format),
    // blanks: a stamp of the line's own would be taken for that of a syslog header
    ...(kind === 'columns' && { at: 'line' }),
    ...(isPlaced(format)
      ? { columns: Object.fromEntries(used.map((one) => [name(one), at(one)])) }
      : { fields: Object.fromEntries(used.map((one) => [name(one), [name(one)]])) }),
    ...(kind === 'csv' &&
      format.header && {
        header: { all: [name(time.from), ...(source === undefined ? [] : [name(source)])] },
      }),
    // a #Fields line with all of these columns is meant: asked before products that know some of them
    ...(kind === 'w3c' && { header: { all: used.map(name) } }),
    when: isHeaded(format)
      ? begins
      : // a line of another device has a time, too: it is claimed by both ends of the traffic only
        endsOf(format).map(([who, where]) => ({
          ...begins,
          [name(who)]: { present: true },
          [name(where)]: { present: true },
        })),
    map: {
      time: { ...stamp, ...fit, ...utc },
      ...Object.fromEntries(Object.entries(fields).map(([field, from]) => [field, name(from)])),
      ...(action !== undefined && { action: actionOf(name(action.from), action) }),
    },
  }
  return stringify(definition, { lineWidth: 120 })
}

/** Columns that tell who, each with those that tell where. */
function endsOf({ fields }: MappedFormat): [string | number, string | number][] {
  const of = (...names: (typeof plainFields)[number][]) =>
    names.flatMap((one) => (fields[one] === undefined ? [] : [fields[one]]))
  const where = of('url', 'dstHost', 'dstIp')
  return of('srcIp', 'srcHost', 'user', 'device').flatMap((who) =>
    where.map((one): [string | number, string | number] => [who, one]),
  )
}

function lastColumn(places: [string, number][]): Record<string, unknown> {
  const [last] = places.toSorted((a, b) => b[1] - a[1])
  return { [last[0]]: { present: true, optional: true } }
}

function splitOf(format: MappedFormat): Record<string, unknown> {
  const { kind, delimiter, assign, header, pattern } = format
  if (kind === 'csv') return { type: 'csv', delimiter: delimiter ?? ',', ...(header && { header }) }
  if (kind === 'kv') return { type: 'kv', separators: delimiter ?? ' ', assign, fold: true }
  if (kind === 'regex') return { type: 'regex', pattern }
  return { type: kind }
}

/** Everything that is not blocked was let through, unless words for that are given too. */
function actionOf(
  from: string,
  { blocked, allowed }: { blocked: string[]; allowed: string[] },
): unknown {
  if (blocked.length === 0 && allowed.length === 0) return from
  const table = Object.fromEntries([
    ...blocked.map((word) => [word, 'blocked'] as const),
    ...allowed.map((word) => [word, 'allowed'] as const),
  ])
  if (blocked.length === 0) return { from, table, otherwise: 'blocked' }
  return { from, table, ...(allowed.length === 0 && { otherwise: 'allowed' }) }
}
