/**
 * Lines that hold several records: clouds deliver batches (`{"records":[…]}` of Azure, `"logEvents":[…]` of CloudWatch, arrays, objects
 * and events one after the other without line ends). Each record is then read like a line.
 */
import {
  bracket,
  findKey,
  isKey,
  open,
  quote,
  skipBlanks,
  startsWith,
  stringEnd,
} from './line-bytes.ts'

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
  // Humio's ingest API, New Relic's log API
  { first: 'tags', array: 'events', begins: (buf, p) => buf[p] === open },
  { first: 'common', array: 'logs', begins: (buf, p) => buf[p] === open },
]

/** First keys of what services answer (Elasticsearch, Graph, consoles' APIs, archives of browsers): a list of records stands in it. */
const answers = [
  'took', 'hits', '@odata.context', 'data', 'items', 'results', 'Results', 'result', 'response', 'queries', 'messages', 'rows', 'flows',
  'sessions', 'connections', 'ok', 'success', 'status', 'count', 'total', 'meta', 'metadata', 'next', 'page', 'links', 'schema', 'Schema', 'Stats',
  'log', 'Events', 'Logs',
] // prettier-ignore

/** … and the names of such lists. */
const lists = [
  'hits', 'value', 'data', 'items', 'results', 'Results', 'result', 'records', 'entries', 'events', 'Events', 'logs', 'Logs', 'queries', 'messages',
  'rows', 'flows', 'sessions', 'connections', 'values', 'edges',
] // prettier-ignore

/** Levels of objects in an answer down to its list. */
const answerLevels = 2

/** Where the first record of a batch begins; `p` when the line is none. */
export function batchStart(buf: Uint8Array, p: number, end: number): number {
  if (buf[p] === bracket) {
    const first = skipBlanks(buf, p + 1, end)
    if (first >= end || buf[first] !== open) return p
    const key = skipBlanks(buf, first + 1, end)
    const scoped = scopes.some((scope) => isKey(buf, key, end, scope.first))
    return (scoped && nextScope(buf, key, end)) || first
  }
  if (buf[p] !== open) return startsWith(buf, p, end, '<Events') ? firstEvent(buf, p, end) : p
  const key = skipBlanks(buf, p + 1, end)
  if (scopes.some(({ first }) => isKey(buf, key, end, first))) {
    const record = nextScope(buf, key, end)
    if (record !== 0) return record
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
  return answers.some((first) => isKey(buf, key, end, first)) ? answerStart(buf, p, end) : p
}

/** The first record of the first list in the answer at `p`; `p` when it holds none. */
function answerStart(buf: Uint8Array, p: number, end: number): number {
  let depth = 0
  for (let at = p + 1; at < end; at++) {
    const b = buf[at]
    if (b === open || b === bracket) depth++
    else if (b === 125 || b === 93) depth--
    else if (b === quote) {
      const close = stringEnd(buf, at + 1, end)
      const colon = skipBlanks(buf, close + 1, end)
      if (buf[colon] === 58 && depth <= answerLevels && lists.some((l) => isKey(buf, at, end, l))) {
        const list = skipBlanks(buf, colon + 1, end)
        const record = buf[list] === bracket ? skipBlanks(buf, list + 1, end) : end
        if (record < end && buf[record] === open) return record
      }
      at = close
    }
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

/** The first `<Event>` of a list of events. */
function firstEvent(buf: Uint8Array, p: number, end: number): number {
  for (let at = buf.indexOf(60, p + 1); at >= 0 && at < end; at = buf.indexOf(60, at + 1))
    if (startsWith(buf, at, end, '<Event ') || startsWith(buf, at, end, '<Event>')) return at
  return p
}
