/**
 * The settings of a custom parser of Defender for Cloud Apps (learn.microsoft.com/defender-cloud-apps/custom-log-parser), as a format of
 * ours. The product has no export: the admin writes its dialog's entries one below the other, as YAML or JSON, with the dialog's own
 * words.
 */
import { parseDocument } from 'yaml'
import { OperatingError } from '../errors.ts'
import { dataStart, LineContext } from './line-context.ts'
import { lackOf, mappedFormatSchema } from './mapped-format.ts'
import type { MappedFormat } from './mapped-format.ts'
import { readTime } from './time.ts'

export interface ImportedFormat {
  format: MappedFormat
  /** What is read another way than there, in words. */
  notes: string[]
}

/** Entries of the dialog, without case, blanks, marks, and the words `column` and `field` at their ends. */
const entries = {
  parsertype: 'kind', type: 'kind',
  parsername: 'name', name: 'name',
  delimiter: 'delimiter',
  dateandtime: 'timestamp', timestamp: 'timestamp',
  timestampformat: 'timestampFormat', dateandtimeformat: 'timestampFormat', format: 'timestampFormat',
  date: 'date', dateformat: 'dateFormat', time: 'clock', timeformat: 'clockFormat',
  sourceip: 'srcIp', sourceipaddress: 'srcIp',
  destinationip: 'dstIp', destinationipaddress: 'dstIp',
  destinationurl: 'url',
  username: 'user', sourceuser: 'user', usernameformat: 'userFormat',
  uploadedbytes: 'bytesUp', downloadedbytes: 'bytesDown', totalbytes: 'bytesTotal',
  action: 'action', deny: 'deny', denyaction: 'deny', denyactionterm: 'deny', denyterm: 'deny',
  customheader: 'header', header: 'header', headernames: 'header', customheadernames: 'header',
  syslog: 'syslog', syslogframing: 'syslog', processsyslog: 'syslog',
} as const // prettier-ignore
type Entry = (typeof entries)[keyof typeof entries]

const delimiters: Record<string, string> = {
  comma: ',', tab: '\t', space: ' ', blank: ' ', semicolon: ';', pipe: '|', 'vertical bar': '|', colon: ':', '\\t': '\t',
} // prettier-ignore

/** Throws DEFINITION_INVALID with each thing that is missing or cannot be read. */
export function importSettings(text: string): ImportedFormat {
  const given = readEntries(text)
  const faults: string[] = []
  const notes: string[] = []
  const want = (entry: Entry, word: string): string => {
    const value = given.get(entry)
    if (value === undefined) faults.push(`${word} is missing`)
    return value ?? '?'
  }
  const kv = /key|kv/i.test(want('kind', 'Parser type'))
  const name = want('name', 'Parser name')
  const source = want('srcIp', 'Source IP')
  const time = timeOf(given, faults)
  const header = given.get('header')
  const fields: MappedFormat['fields'] = { srcIp: source }
  for (const field of ['dstIp', 'url', 'user', 'bytesUp', 'bytesDown', 'bytesTotal'] as const) {
    const value = given.get(field)
    if (value !== undefined) fields[field] = value
  }
  const action = given.get('action')
  const deny = given.get('deny')
  if (given.has('userFormat'))
    notes.push('The username format is not needed: all forms of a name are known as one person.')
  if (given.has('syslog')) notes.push('Syslog headers are taken off by themselves.')
  if (fields.dstIp !== undefined)
    notes.push('Host names in the destination IP column are read as hosts.')
  if (action !== undefined && deny === undefined)
    notes.push('No deny term is given: the usual words for blocked and allowed are read.')
  notes.push('Names of columns may stand in any order and case; other columns are ignored.')
  const delimiter = given.get('delimiter')
  const parsed = mappedFormatSchema.safeParse({
    id: idOf(name),
    product: name,
    kind: kv ? 'kv' : 'csv',
    ...(delimiter !== undefined && { delimiter: delimiters[delimiter.toLowerCase()] ?? delimiter }),
    ...(!kv && { header: header === undefined }),
    ...(header !== undefined && !kv && { names: header.split(',').map((cell) => cell.trim()) }),
    time,
    fields,
    ...(action !== undefined && {
      action: { from: action, blocked: deny === undefined ? [] : [deny] },
    }),
  })
  if (!parsed.success)
    faults.push(...parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`))
  const lack = parsed.success ? lackOf(parsed.data) : null
  if (lack !== null) faults.push(lack)
  if (!parsed.success || faults.length > 0) throw invalid(faults)
  return { format: parsed.data, notes }
}

function invalid(faults: readonly string[]): OperatingError {
  return new OperatingError(
    'DEFINITION_INVALID',
    `cannot read the custom parser's settings: ${faults.join('; ')}; see docs/parsers.md`,
  )
}

/** The entries that are known; one that is not is a fault: a column would be missed silently. */
function readEntries(text: string): Map<Entry, string> {
  const document = parseDocument(text, { maxAliasCount: 0 } as never)
  if (document.errors.length > 0) throw invalid([document.errors[0].message.split('\n')[0]])
  const root: unknown = document.toJS({ maxAliasCount: 0 })
  if (typeof root !== 'object' || root === null || Array.isArray(root))
    throw invalid(['no entries such as "Source IP: src"'])
  const found = new Map<Entry, string>()
  const strange: string[] = []
  const put = (label: string, value: unknown): void => {
    const bare = label
      .toLowerCase()
      .replaceAll(/[^a-z]/g, '')
      .replace(/(?:column|field)s?$/, '')
    if (!Object.hasOwn(entries, bare)) return void strange.push(label)
    const entry = entries[bare as keyof typeof entries]
    if (Array.isArray(value)) found.set(entry, value.map(String).join(','))
    else if (typeof value === 'object' && value !== null) {
      // Timestamp: { column: …, format: … }
      for (const [key, inner] of Object.entries(value))
        put(/^(?:column|field|name)$/i.test(key) ? label : `${label} ${key}`, inner)
    } else if (typeof value === 'string' ? value !== '' : typeof value === 'number')
      found.set(entry, `${value as string | number}`)
    else if (typeof value === 'boolean') found.set(entry, value ? 'true' : 'false')
  }
  for (const [label, value] of Object.entries(root)) put(label, value)
  if (strange.length > 0)
    throw invalid(strange.map((label) => `${label} is no entry of the dialog`))
  return found
}

function idOf(name: string): string {
  const id = name
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]+/g, '_')
    .replaceAll(/^[_\d]+|_+$/g, '')
  return id.length < 2 ? 'CUSTOM_PARSER' : id.slice(0, 64)
}

function timeOf(given: ReadonlyMap<Entry, string>, faults: string[]): object {
  const timestamp = given.get('timestamp')
  const date = given.get('date')
  const clock = given.get('clock')
  if (timestamp !== undefined) {
    const format = given.get('timestampFormat')
    return { from: timestamp, ...(format !== undefined && orderOf(format, format, faults)) }
  }
  if (date === undefined || clock === undefined) {
    faults.push('Timestamp, or Date and Time, is missing')
    return { from: '?' }
  }
  const [dateFormat, clockFormat] = [given.get('dateFormat'), given.get('clockFormat')]
  if (dateFormat === undefined) return { from: date, clock }
  const whole = `${dateFormat} ${clockFormat ?? 'HH:mm:ss'}`
  return { from: date, clock, ...orderOf(dateFormat, whole, faults) }
}

/** Day or month first, by the pattern; a pattern whose stamps we cannot read is a fault. */
function orderOf(dateFormat: string, whole: string, faults: string[]): object {
  const day = dateFormat.search(/d/)
  const month = dateFormat.search(/M/)
  const order = day >= 0 && month >= 0 && day < month ? 'day-first' : 'month-first'
  const bytes = Buffer.from(written(whole, example))
  const c = new LineContext(bytes.length)
  c.buf.set(bytes, dataStart)
  c.receivedAtMs = example
  const read = readTime(c, dataStart, dataStart + bytes.length, order)
  const unit = /s/.test(whole) ? 1000 : 60_000
  if (Math.floor(read / unit) !== Math.floor(example / unit))
    faults.push(`stamps such as ${bytes.toString()} (${whole}) cannot be read; use another form`)
  return /^[dM]{1,2}\W[dM]{1,2}\W/.test(dateFormat) ? { order } : {}
}

/** Day and month could be each other's, the hour is past noon. */
const example = Date.UTC(2026, 2, 9, 14, 5, 7, 123)

/** The time by a pattern of letters (docs.oracle.com/javase/8/docs/api/java/text/SimpleDateFormat.html). */
function written(pattern: string, atMs: number): string {
  const at = new Date(atMs)
  const pad = (number: number, letters: string): string =>
    String(number).padStart(letters.length, '0')
  const word = (kind: 'short' | 'long', of: 'month' | 'weekday'): string =>
    new Intl.DateTimeFormat('en', { [of]: kind, timeZone: 'UTC' }).format(at)
  return pattern.replaceAll(
    /'([^']*)'|y+|M+|d+|H+|h+|m+|s+|S+|a+|E+|X+|Z+|z+/g,
    (letters: string, quoted?: string) => {
      const n = letters.length
      if (quoted !== undefined) return quoted === '' ? "'" : quoted
      const hours = at.getUTCHours()
      switch (letters[0]) {
        case 'y':
          return n === 2 ? '26' : '2026'
        case 'M':
          return n >= 3
            ? word(n === 3 ? 'short' : 'long', 'month')
            : pad(at.getUTCMonth() + 1, letters)
        case 'd':
          return pad(at.getUTCDate(), letters)
        case 'H':
          return pad(hours, letters)
        case 'h':
          return pad(hours % 12, letters)
        case 'm':
          return pad(at.getUTCMinutes(), letters)
        case 's':
          return pad(at.getUTCSeconds(), letters)
        case 'S':
          return pad(at.getUTCMilliseconds(), letters)
        case 'a':
          return 'PM'
        case 'E':
          return word(n <= 3 ? 'short' : 'long', 'weekday')
        case 'z':
          return 'GMT'
        default:
          return n === 3 && letters[0] === 'X' ? '+00:00' : '+0000'
      }
    },
  )
}
