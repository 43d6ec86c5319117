/** The line that a shipper put into a text of its own object (`{"message":"…"}`), with the time and the program it names. */
import { decodeBase64, isBase64 } from './base64-line.ts'
import { bracket, findKey, isKey, open, quote, skipBlanks, stringEnd } from './line-bytes.ts'
import { constantBytes, dataStart } from './line-context.ts'
import type { LineContext } from './line-context.ts'
import { isPair, recordEnd } from './several.ts'
import { unescapeJson } from './split-json.ts'
import { readTime } from './time.ts'
import { unquote } from './unquote.ts'

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
  'rawstring',
  'value',
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
