/** The syslog envelope, taken off with regular expressions: RFC 3164 and its relatives, RFC 5424, relays that wrap headers. */
import { stampAt } from './stamp.ts'
import type { StampFacts } from './stamp.ts'
import { lengthAt, matchAt } from './text.ts'

export interface Envelope {
  payload: number
  /** Behind structured data. */
  message: number
  time: number
  host: string
  tag: string
  /** Where a header's `2026-10-15 09:30:00` begins; -1 = it has none. */
  stamp: number
}

/** What one header tells; absent = nothing. */
interface Header {
  behind: number
  time?: number
  host?: string
  tag?: string
  stamp?: number
}

const hostByte = '[a-zA-Z0-9\\-./:_%\\x80-\\xff]'
const payloadStart = /CEF:|LEEF:|%ASA|%FTD|%FWSM|%PIX/

export function envelopeOf(line: string, facts: StampFacts): Envelope {
  const told: Envelope = { payload: 0, message: 0, time: NaN, host: '', tag: '', stamp: -1 }
  for (let depth = 0; depth < 3; depth++) {
    const header = peel(line, told.payload, depth, facts)
    const next = line[header.behind] === '[' ? registered(line, header.behind) : header.behind
    if (header.time !== undefined) {
      told.time = header.time
      told.stamp = header.stamp ?? told.stamp
      told.tag = ''
    }
    told.host = header.host ?? told.host
    told.tag = header.tag ?? told.tag
    if (next === told.payload) break
    told.payload = next
  }
  told.message = line[told.payload] === '[' ? structured(line, told.payload) : told.payload
  return told
}

const priorityAt = (line: string, at: number): number => lengthAt(/<\d{1,4}> */, line, at)

function peel(line: string, from: number, depth: number, facts: StampFacts): Header {
  const counted = matchAt(/\d{1,6} (?=<\d{1,4}>)/, line, from)
  const at = from + (counted?.[0].length ?? 0)
  const pri = priorityAt(line, at)
  const behind = at + pri
  if (
    (pri > 0 || (line[behind + 2] === '2' && line[behind + 12] === 'T')) &&
    line.startsWith('1 ', behind)
  ) {
    const header = peel5424(line, behind + 2, facts)
    if (header !== null) return header
  }
  const header = peel3164(line, behind, pri > 0, facts)
  if (header !== null) return header
  // behind a relay's header: `rtr1: *Oct 15 …` of Cisco
  if (depth > 0 && pri === 0) {
    const tag = tagAt(line, behind)
    if (tag !== null && (line[tag.behind] === '*' || headerStamp(line, tag.behind, false, facts)))
      return tag
  }
  return { behind: pri > 0 || depth === 0 ? behind : at }
}

/** `TIMESTAMP HOST APP PROCID MSGID SD [MSG]` (RFC 5424 section 6). */
function peel5424(line: string, from: number, facts: StampFacts): Header | null {
  let [time, at] = [NaN, from + 2]
  if (!line.startsWith('- ', from)) {
    const stamp = line[from + 4] === '-' ? stampAt(line, from, line.length, facts) : null
    if (stamp === null) return null
    time = stamp.ms
    at = stamp.end + lengthAt(/[^ ]*/, line, stamp.end) + 1
  }
  const match = matchAt(/([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*)(?: |$)/, line, at)
  if (match === null) return null
  const [all, host, app, , message] = match
  const behind = at + all.length + lengthAt(/-(?: |$)/, line, at + all.length)
  return {
    behind: Math.min(line.length, behind + lengthAt(/ *(?:\xef\xbb\xbf)?/, line, behind)),
    time,
    ...(host === '-' ? {} : { host }),
    tag: message === '-' ? app : message,
  }
}

/** Structured data that is about the message's way (RFC 5424 section 7). */
function registered(line: string, at: number): number {
  if (lengthAt(/\[(?:meta |timeQuality |origin ip=)/, line, at) === 0) return at
  const behind = structured(line, at, 1)
  return behind === at || behind >= line.length ? at : registered(line, behind)
}

/** Behind `[id name="value" …]…`, or `from` when it is none: values stand behind `=` there, not behind a colon. */
function structured(line: string, from: number, most = 64): number {
  let at = from
  for (let n = 0; n < most && line[at] === '['; n++) {
    const element = matchAt(/\[(?:[^":\]]|:(?!")|"(?:[^"\\]|\\[^])*")*\]/, line, at)
    if (element === null) return from
    at += element[0].length
  }
  return at + lengthAt(/ *(?:\xef\xbb\xbf)?/, line, at)
}

/** A stamp that a header may begin with: the forms of payloads are none. */
function headerStamp(
  line: string,
  at: number,
  hasPriority: boolean,
  facts: StampFacts,
): { ms: number; end: number } | null {
  const left = line.length - at
  if (!/\d/.test(line[at] ?? '')) {
    if (left < 15 || lengthAt(/[a-z][^]{2}[ ,]/i, line, at) === 0) return null
    return stampAt(line, at, line.length, facts)
  }
  if (left < 19) return null
  const forms = [
    hasPriority ? /\d[^]{2}\d-[^]{5}[T ]/ : /\d[^]{2}\d-[^]{5}T/,
    /\d[^]{2}\d:[^]{5}-/,
    /\d[^]{2}\d [a-z]/i,
  ]
  return forms.some((form) => lengthAt(form, line, at) > 0)
    ? stampAt(line, at, line.length, facts)
    : null
}

/** `[:] STAMP [:] HOST [:] TAG[pid]:` of RFC 3164 and its relatives. */
function peel3164(
  line: string,
  from: number,
  hasPriority: boolean,
  facts: StampFacts,
): Header | null {
  let at = from
  if (hasPriority) at += lengthAt(/\d{1,10}: /, line, at)
  if (hasPriority) at += lengthAt(/: ?/, line, at)
  at += lengthAt(/[*.]/, line, at)
  const stamp = headerStamp(line, at, hasPriority, facts)
  if (stamp === null) return hasPriority ? tagAt(line, at) : kiwi(line, from, facts)
  if (stamp.end < line.length && line[stamp.end] !== ' ' && line[stamp.end] !== ':') return null
  const named = hostAt(line, stamp.end + lengthAt(/:? */, line, stamp.end))
  const tag = tagAt(line, named.behind)
  const iso = /\d/.test(line[at]) && /[ T]/.test(line[at + 10])
  return { ...named, ...tag, time: stamp.ms, stamp: iso ? at : -1 }
}

/** Files of Kiwi Syslog. */
function kiwi(line: string, from: number, facts: StampFacts): Header | null {
  const level = '(?:Emerg|Alert|Crit|Err|Warn|Notice|Info|Debug)'
  const date = '(?:[^]{4}-[^]{5}|[^]{2}-[^]{2}-[^]{4})[ \\t][^]{8}'
  const cell = hostByte.replace('./', '/')
  const match = matchAt(
    new RegExp(
      `${date}\\t(?!\\d)${cell}{1,64}\\.(?=${level})${hostByte}{1,64}\\t(${hostByte}{1,64})\\t`,
    ),
    line,
    from,
  )
  if (match === null || line.length - from < 24) return null
  const stamp = stampAt(line, from, line.length, facts)
  if (stamp === null) return null
  const behind = from + match[0].length
  return { behind, host: match[1], ...tagAt(line, behind), time: stamp.ms, stamp: -1 }
}

const isV6 = (text: string): boolean => /^[\da-f:]*$/i.test(text) && text.split(':').length > 2

/** The host behind a stamp, unless the word is a tag or already the payload. */
function hostAt(line: string, at: number): Header {
  const [, word] = matchAt(new RegExp(`(${hostByte}+) `), line, at) ?? ['', '']
  const nothing = { behind: at }
  if (word === '' || lengthAt(payloadStart, line, at) > 0 || word.startsWith('%')) return nothing
  if (word.endsWith(':') && !isV6(word.slice(0, -1)))
    return line[at + word.length + 1] === '%'
      ? { behind: at + word.length + 1, host: word.slice(0, -1) }
      : nothing
  if (/^\d/.test(word) && !isHostOfDigits(word)) return nothing
  const behind = at + word.length
  return { behind: behind + lengthAt(/ +(?:: )?/, line, behind), host: word }
}

/** A word that begins with a digit: an address, or a name that holds a letter before any colon; no date and no clock. */
function isHostOfDigits(word: string): boolean {
  if (/^\d{4}-.{4}\d$/.test(word)) return false
  const [first] = word.match(/[^\d.]/) ?? []
  if (first === undefined) return word.split('.').length === 4
  return first !== ':' || isV6(word)
}

/** `tag:`, `tag[pid]:`, `(squid-1)[812]:` followed by a blank or the end. */
function tagAt(line: string, at: number): Header | null {
  if (lengthAt(payloadStart, line, at) > 0 || lengthAt(/[%#]/, line, at) > 0) return null
  // eslint-disable-next-line no-control-regex
  const tag = /([^\x00-\x20:[=",|{]{1,65})(?:\[[^\x00-\x20\]]{0,23}\])?:(?:$|(?=\t)| +)/
  const match = matchAt(tag, line, at)
  return match === null ? null : { behind: at + match[0].length, tag: match[1] }
}

/** `<0>` to `<191>` at the beginning. */
export const hasPriority = (line: string): boolean => /^<\d{1,3}>/.test(line)
