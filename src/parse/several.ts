/**
 * Lines that hold several records, and records wrapped in another. Clouds deliver batches (`{"records":[…]}` of Azure,
 * `"logEvents":[…]` of CloudWatch, arrays, objects and events one after the other without line ends); shippers put the line
 * itself into a text of their own object (`{"message":"…"}`). Each record is then read like a line.
 */
import { readTime } from './time.ts'
import { decodeBase64, isBase64 } from './base64-line.ts'
import { constantBytes, dataStart } from './line-context.ts'
import type { LineContext } from './line-context.ts'
import { unescapeJson } from './split-json.ts'

const open = 123
const bracket = 91
const quote = 34

/** Arrays of records by the first key of the object around them. */
const batches: readonly { first: string; array: string }[] = [
  { first: 'records', array: 'records' },
  { first: 'Records', array: 'Records' },
  { first: 'messageType', array: 'logEvents' },
  { first: 'owner', array: 'logEvents' },
  { first: 'events', array: 'events' },
  { first: 'entries', array: 'entries' },
  { first: 'customer_id', array: 'entries' },
  { first: 'logs', array: 'logs' },
  { first: 'value', array: 'value' },
  { first: 'requestId', array: 'records' },
]

/** Arrays that stand deeper, one for each scope or stream: OpenTelemetry's log records, Loki's pairs of time and line. */
const scopes: readonly { first: string; array: string; begins: typeof isPair }[] = [
  { first: 'resourceLogs', array: 'logRecords', begins: (buf, p) => buf[p] === open },
  { first: 'streams', array: 'values', begins: isPair },
  { first: 'status', array: 'values', begins: isPair },
]

/** Where the first record of a batch begins; `p` when the line is none. */
export function batchStart(buf: Uint8Array, p: number, end: number): number {
  if (buf[p] === bracket) {
    const first = skipBlanks(buf, p + 1, end)
    return first < end && buf[first] === open ? first : p
  }
  if (buf[p] !== open) return startsWith(buf, p, end, '<Events') ? firstEvent(buf, p, end) : p
  const key = skipBlanks(buf, p + 1, end)
  if (scopes.some(({ first }) => isKey(buf, key, end, first))) {
    const record = nextScope(buf, key, end)
    return record === 0 ? p : record
  }
  for (const { first, array } of batches) {
    if (!isKey(buf, key, end, first)) continue
    const at = first === array ? key : findKey(buf, key, end, array)
    if (at < 0) return p
    const begin = skipBlanks(buf, at + array.length + 2, end)
    if (buf[begin] !== 58) return p
    const list = skipBlanks(buf, begin + 1, end)
    if (buf[list] !== bracket) return p
    const record = skipBlanks(buf, list + 1, end)
    return record < end && buf[record] === open ? record : p
  }
  return p
}

/** Where the next record begins behind one that ended at `p`; 0 = none follows. */
export function nextRecord(buf: Uint8Array, p: number, end: number): number {
  while (p < end && (buf[p] <= 32 || buf[p] === 44)) p++
  if (p >= end) return 0
  if (buf[p] === bracket + 2) return nextScope(buf, p, end)
  return buf[p] === open || isPair(buf, p, end) || startsWith(buf, p, end, '<Event') ? p : 0
}

/** Whether `["1792573200000000000","` of Loki stands here: a time and a line. */
export function isPair(buf: Uint8Array, p: number, end: number): boolean {
  if (buf[p] !== bracket || buf[p + 1] !== quote) return false
  const close = stringEnd(buf, p + 2, end)
  for (let at = p + 2; at < close; at++) if (buf[at] < 48 || buf[at] > 57) return false
  return close > p + 10 && buf[skipBlanks(buf, close + 1, end)] === 44
}

/** The first log record of the next scope behind `p`; 0 = none. */
function nextScope(buf: Uint8Array, p: number, end: number): number {
  for (let at = buf.indexOf(quote, p); at >= 0 && at < end; at = buf.indexOf(quote, at + 1)) {
    for (const { first, array, begins } of scopes) {
      if (first === 'status' || !isKey(buf, at, end, array)) continue
      const colon = skipBlanks(buf, at + array.length + 2, end)
      const list = buf[colon] === 58 ? skipBlanks(buf, colon + 1, end) : end
      const record = buf[list] === bracket ? skipBlanks(buf, list + 1, end) : end
      if (record < end && begins(buf, record, end)) return record
    }
    at = stringEnd(buf, at + 1, end)
  }
  return 0
}

/** Behind the JSON object or the event at `p`; `end` when it is cut off. */
export function recordEnd(buf: Uint8Array, p: number, end: number): number {
  let depth = 0
  if (buf[p] === 60) {
    while (p < end && !startsWith(buf, p, end, '</Event>')) p++
    return Math.min(p + 8, end)
  }
  for (; p < end; p++) {
    const b = buf[p]
    if (b === quote) p = stringEnd(buf, p + 1, end)
    else if (b === open || b === bracket) depth++
    else if ((b === 125 || b === 93) && --depth === 0) return p + 1
  }
  return end
}

/** Keys under which shippers keep the line they read. */
const wrappers = [
  'message',
  'log',
  '_raw',
  'event',
  'original',
  'MESSAGE',
  'line',
  'textPayload',
  'full_message',
  'short_message',
  'raw',
  'Message',
  'msg',
  'rawmsg',
  'raw_message',
  'raw_event',
  'rawEvent',
  'RawData',
  'SyslogMessage',
  'syslog_message',
  '@message',
  'data',
  'payload',
  'content',
  'body',
  'stringValue',
  'raw_data',
  'raw_log',
  '_raw_log',
  'rawLog',
  'rawMessage',
  'RawMessage',
  'Raw',
  'RawEvent',
  '@rawstring',
  'log_text',
  'log_message',
  'logMessage',
  'logmessage',
  'syslogMessage',
  'payloadAsUTF',
  'utf8_payload',
  'EventMessage',
  'eventMessage',
  'original_message',
  'originalMessage',
  'event.original',
  'log.original',
]

/** Levels of the wrapper's own object and of those in it that are looked at. */
const wrappedLevels = 3

/** … and the time at which they read it. */
const wrapperTimes = [
  '@timestamp',
  'timestamp',
  'time',
  '_time',
  '__REALTIME_TIMESTAMP',
  'timereported',
  'EventTime',
  'TimeGenerated',
  'EventReceivedTime',
  'ts_rfc3339',
  'timeUnixNano',
  'observedTimeUnixNano',
  'starttime',
  'timegenerated',
  'date',
  'DATE',
  'ts',
  'enqueued_time',
]

/** The time in the wrapper's own object that begins at `p`, or NaN. */
export function wrapperTime(c: LineContext, p: number, end: number): number {
  const buf = c.buf
  if (buf[p] === bracket) return readTime(c, p + 2, stringEnd(buf, p + 2, end))
  for (const key of wrapperTimes) {
    let at = findKey(buf, p + 1, end, key)
    if (at < 0) at = findKey(buf, p + 1, end, key, 1)
    if (at < 0) continue
    const colon = skipBlanks(buf, at + key.length + 2, end)
    if (buf[colon] !== 58) continue
    const value = skipBlanks(buf, colon + 1, end)
    const from = buf[value] === quote ? value + 1 : value
    let to = from
    while (to < end && buf[to] !== quote && buf[to] !== 44 && buf[to] !== 125) to++
    const time = readTime(c, from, to)
    if (!Number.isNaN(time)) return time
  }
  return NaN
}

/** Keys under which shippers keep the name of the program whose line they wrap. */
const wrapperTags = [
  'SYSLOG_IDENTIFIER', 'programname', 'appname', 'app-name', 'ident', 'PROGRAM', 'program', 'ProcessName', 'syslogtag', 'syslog_identifier',
  'app_name', 'SourceName',
] // prettier-ignore

/** Notes the name of the program in the object at `p` as the tag. */
export function wrapperTag(c: LineContext, p: number, end: number): void {
  const buf = c.buf
  if (buf[p] !== open) return
  for (const key of wrapperTags) {
    const at = findKey(buf, p + 1, end, key)
    const colon = at < 0 ? end : skipBlanks(buf, at + key.length + 2, end)
    const value = buf[colon] === 58 ? skipBlanks(buf, colon + 1, end) : end
    if (value >= end || buf[value] !== quote) continue
    let to = value + 1
    // `squid[812]:` of a template
    while (to < end && buf[to] > 32 && ![quote, bracket, 58].includes(buf[to])) to++
    if (to === value + 1) continue
    c.tagStart = value + 1
    c.tagEnd = to
    return
  }
}

/**
 * The line that the JSON object at `p` wraps, or with `objects` the object, unescaped to the beginning of the scratch: its end there; 0 when
 * it wraps none. What a shipper wrapped stands at the first levels (`result._raw`); `nth` leaves out that many. `again`: the object
 * itself was unwrapped to there, and gives place.
 */
export function unwrap(
  c: LineContext,
  p: number,
  end: number,
  objects: boolean,
  nth: number,
  again = false,
): number {
  const buf = c.buf
  if (c.scratchBase !== constantBytes && !again) return 0
  if (buf[p] === bracket && !objects && nth === 0 && isPair(buf, p, end)) {
    const line = skipBlanks(buf, buf.indexOf(44, p) + 1, end)
    if (buf[line] !== quote) return 0
    const stop = stringEnd(buf, line + 1, end)
    if (stop >= end || stop - line >= (dataStart - constantBytes) >> 1) return 0
    return (c.scratch = c.scratchBase = lineOf(buf, line + 1, stop))
  }
  if (buf[p] !== open) return objects || nth > 0 ? 0 : unquote(c, p, end)
  let depth = 0
  for (let at = p; at < end; at++) {
    const b = buf[at]
    if (b === open || b === bracket) depth++
    else if (b === 125 || b === 93) depth--
    else if (b === quote) {
      const close = stringEnd(buf, at + 1, end)
      if (close >= end) return 0
      const colon = skipBlanks(buf, close + 1, end)
      if (depth <= wrappedLevels && buf[colon] === 58 && isWrapper(buf, at, p, end)) {
        const value = skipBlanks(buf, colon + 1, end)
        const last =
          buf[value] !== (objects ? open : quote)
            ? end
            : objects
              ? recordEnd(buf, value, end)
              : stringEnd(buf, value + 1, end)
        const length = last - value
        const fits = last < end && length > 16 && length < (dataStart - constantBytes) >> 1
        if (fits && nth-- === 0) {
          if (objects) buf.copyWithin(constantBytes, value, last)
          c.scratch = c.scratchBase = objects
            ? constantBytes + length
            : lineOf(buf, skipBlanks(buf, value + 1, last), last)
          return c.scratchBase
        }
      }
      at = close
    }
  }
  return 0
}

/** Whether the key at `at` of the object at `p` is one of `wrappers`. GELF's short message is the beginning of its full one. */
function isWrapper(buf: Uint8Array, at: number, p: number, end: number): boolean {
  if (!wrappers.some((key) => isKey(buf, at, end, key))) return false
  return !isKey(buf, at, end, 'short_message') || findKey(buf, p + 1, end, 'full_message') < 0
}

/** Writes the text `[from, to)` to the beginning of the scratch, without the line end that Docker keeps; where it ended. */
function lineOf(buf: Uint8Array, from: number, to: number): number {
  let out = unescapeJson(buf, from, to, constantBytes)
  while (out > constantBytes && (buf[out - 1] === 10 || buf[out - 1] === 13)) out--
  return isBase64(buf, out) ? decodeBase64(buf, out) : out
}

/** A column that holds the line of a device, named by the header of an export. */
export interface RawColumn {
  place: number
  delimiter: number
}

/**
 * The cell of the CSV row `[p, end)` that holds a device's line, its doubled quotes made single, at the beginning of the scratch: its
 * end there, 0 when the row has no such cell. The time of another cell becomes the envelope's.
 */
export function rawCell(c: LineContext, p: number, end: number, raw: RawColumn): number {
  const buf = c.buf
  if (c.scratchBase !== constantBytes || end - p > (dataStart - constantBytes) >> 1) return 0
  let out = 0
  let time = NaN
  for (let place = 0, at = p; at < end; place++) {
    const from = at
    let to = constantBytes
    let inQuotes = buf[at] === quote
    if (inQuotes) at++
    for (; at < end && (inQuotes || buf[at] !== raw.delimiter); at++) {
      // a quote within quotes stands twice
      if (inQuotes && buf[at] === quote && buf[++at] !== quote) inQuotes = false
      if (!inQuotes && (at >= end || buf[at] === raw.delimiter)) break
      if (place === raw.place) buf[to++] = buf[at]
    }
    if (place === raw.place) out = to
    else if (Number.isNaN(time)) time = readTime(c, from, at)
    while (at < end && buf[at] !== raw.delimiter) at++
    at++
  }
  c.rowTime = time
  return out - constantBytes < cellBytesMin ? 0 : (c.scratch = c.scratchBase = out)
}

/** Shortest first cell of a row that is taken for the line of a device: a search's export has it in front of its own columns. */
const cellBytesMin = 60

/**
 * A line that stands in quotes, as a whole or as the first cell of an export, with its own quotes doubled; or whose quotes a shipper
 * escaped (`a=\"b\"`): what it says, at the beginning of the scratch; 0 when it is neither.
 */
function unquote(c: LineContext, p: number, end: number): number {
  const buf = c.buf
  if (end - p > (dataStart - constantBytes) >> 1) return 0
  const cell = buf[p] === quote
  if (cell && isPairCell(buf, p, end)) return unquotePairs(c, p, end)
  let out = constantBytes
  let escapes = 0
  for (let at = cell ? p + 1 : p; at < end; at++) {
    if (cell && buf[at] === quote && buf[++at] !== quote) {
      const first = buf[at] === 44 && out - constantBytes >= cellBytesMin
      return at >= end || first ? (c.scratch = c.scratchBase = out) : 0
    }
    if (!cell && buf[at] === 92 && buf[at + 1] === quote) {
      if (buf[at - 1] === 61) escapes++
      at++
    }
    buf[out++] = buf[at]
  }
  return escapes === 0 ? 0 : (c.scratch = c.scratchBase = out)
}

/** Whether `unquote` leaves the quoted cell at `p` as it is, told at a glance: it is short, no pair, and another follows. Integers and bytes only. */
export function isShortCell(buf: Uint8Array, p: number, end: number): boolean {
  const stop = Math.min(end - 1, p + cellBytesMin)
  let at = p + 1
  while (at < stop && buf[at] !== quote && buf[at] !== 61) at++
  return at < stop && buf[at] === quote && buf[at + 1] === 44
}

/** Whether a short cell `"key=value"` begins here. */
function isPairCell(buf: Uint8Array, p: number, end: number): boolean {
  let at = p + 1
  while (at < end && isWord(buf[at])) at++
  if (buf[at] !== 61 || at === p + 1) return false
  const close = buf.indexOf(quote, at)
  return close > 0 && close - p < cellBytesMin && buf[close + 1] === 44 && buf[close + 2] === quote
}

/** A row whose cells are pairs in quotes as a whole (`"key=value","key=value"`): each as `key="value"`, at the scratch's beginning. */
function unquotePairs(c: LineContext, p: number, end: number): number {
  const buf = c.buf
  let out = constantBytes
  let inCell = false
  for (let at = p; at < end; at++) {
    if (buf[at] !== quote) buf[out++] = buf[at]
    else if (inCell && buf[at + 1] === quote) {
      buf[out++] = 92
      buf[out++] = buf[at++]
    } else if (inCell) {
      buf[out++] = quote
      inCell = false
    } else {
      while (at + 1 < end && isWord(buf[at + 1])) buf[out++] = buf[++at]
      if (buf[at + 1] !== 61) return 0
      buf[out++] = buf[++at]
      buf[out++] = quote
      inCell = true
    }
  }
  return (c.scratch = c.scratchBase = out)
}

function isWord(b: number): boolean {
  return (b >= 48 && b <= 57) || ((b | 32) - 97) >>> 0 < 26 || b === 95 || b === 45 || b === 46
}

/** Where the quote that closes a string stands; `end` when none does. */
function stringEnd(buf: Uint8Array, p: number, end: number): number {
  while (p < end && buf[p] !== quote) p += buf[p] === 92 ? 2 : 1
  return Math.min(p, end)
}

function skipBlanks(buf: Uint8Array, p: number, end: number): number {
  while (p < end && buf[p] <= 32) p++
  return p
}

function startsWith(buf: Uint8Array, p: number, end: number, text: string): boolean {
  if (end - p < text.length) return false
  for (let i = 0; i < text.length; i++) if (buf[p + i] !== text.charCodeAt(i)) return false
  return true
}

function isKey(buf: Uint8Array, p: number, end: number, key: string): boolean {
  return (
    p + key.length + 1 < end &&
    buf[p] === quote &&
    buf[p + key.length + 1] === quote &&
    startsWith(buf, p + 1, end, key)
  )
}

/** Where `"key"` of the object stands whose first key is at `p`, or of an object so many levels within it; -1 = nowhere. */
function findKey(buf: Uint8Array, p: number, end: number, key: string, level = 0): number {
  let depth = 0
  for (let at = p; at < end && depth >= 0; at++) {
    const b = buf[at]
    if (b === open || b === bracket) depth++
    else if (b === 125 || b === 93) depth--
    else if (b === quote) {
      if (depth === level && isKey(buf, at, end, key)) return at
      at = stringEnd(buf, at + 1, end)
    }
  }
  return -1
}

/** The first `<Event>` of a list of events. */
function firstEvent(buf: Uint8Array, p: number, end: number): number {
  for (let at = buf.indexOf(60, p + 1); at >= 0 && at < end; at = buf.indexOf(60, at + 1))
    if (startsWith(buf, at, end, '<Event ') || startsWith(buf, at, end, '<Event>')) return at
  return p
}

/** For the compiler of parse/line-run.ts. */
export const cellNumbers = { cellBytesMin, quote }
