/** What a line says: filled step by step, then completed by what all formats share (docs/parsers.md, "Values"). */
import { stampAt } from './stamp.ts'
import type { StampFacts } from './stamp.ts'
import { hasPriority } from './envelope.ts'
import { fold } from './text.ts'
import { isAddress, numberOf } from './words.ts'

export const texts = [
  'srcIp', 'srcHost', 'user', 'device', 'dstHost', 'dstIp', 'url', 'protocol', 'appProtocol', 'method', 'userAgent',
  'referrer', 'category', 'appHint',
] as const // prettier-ignore
export type TextName = (typeof texts)[number]
export const numbers = [
  'srcPort',
  'dstPort',
  'status',
  'bytesUp',
  'bytesDown',
  'bytesTotal',
] as const
export type NumberName = (typeof numbers)[number]

export interface Judgement {
  outcome: 'refused' | 'transaction' | 'skipped' | 'unparsed'
  reason: string
  /** Of a transaction. Texts as they stand in the line, null = unknown; numbers -1 = unknown. */
  values: Record<string, string | number | null>
}

export const refused: Judgement = { outcome: 'refused', reason: '', values: {} }
export const because = (outcome: 'skipped' | 'unparsed', reason: string): Judgement => ({
  outcome,
  reason,
  values: {},
})

/** A record while it is made; '' and -1 = unknown. */
export type Draft = Record<TextName, string> &
  Record<NumberName, number> & { time: number; action: number }

export function newDraft(): Draft {
  const draft = { time: NaN, action: 0 } as Record<string, string | number>
  for (const name of texts) draft[name] = ''
  for (const name of numbers) draft[name] = -1
  return draft as Draft
}

/** Facts of the line that complete a record. */
export interface Around {
  line: string
  kind: 'session' | 'web' | 'dns'
  envelopeTime: number
  truncated: boolean
  withoutDestination: string | null
  facts: StampFacts
}

const schemePorts: Record<string, number> = {
  https: 443,
  http: 80,
  ftp: 21,
  ssl: 443,
  wss: 443,
  ws: 80,
}
const dayMs = 86_400_000

export function complete(draft: Draft, around: Around): Judgement {
  if (draft.url !== '') hostFromUrl(draft)
  if (draft.dstHost !== '') cleanHost(draft)
  moveName(draft, 'dstIp', 'dstHost')
  moveName(draft, 'srcIp', 'srcHost')
  if (draft.dstIp === '' && isAddress(draft.dstHost)) draft.dstIp = draft.dstHost
  const application = fold(draft.appProtocol)
  if (draft.protocol === '' && application === 'quic') draft.protocol = 'udp'
  else if (draft.protocol === '' && around.kind === 'web') draft.protocol = 'tcp'
  if (draft.dstPort < 0 && Object.hasOwn(schemePorts, application))
    draft.dstPort = schemePorts[application]
  if (draft.bytesTotal < 0 && draft.bytesUp >= 0 && draft.bytesDown >= 0)
    draft.bytesTotal = draft.bytesUp + draft.bytesDown
  if (Number.isNaN(draft.time)) draft.time = timeOfReceipt(around)
  if (Number.isNaN(draft.time)) return because('unparsed', 'no time')
  if (draft.dstHost === '' && draft.dstIp === '') {
    if (around.truncated) return because('unparsed', 'cut before the destination')
    return around.withoutDestination === null
      ? because('unparsed', 'no destination')
      : because('skipped', around.withoutDestination)
  }
  if (draft.srcIp === '' && draft.user === '' && draft.srcHost === '' && draft.device === '')
    return because('unparsed', 'no source')
  const values: Judgement['values'] = {
    time: draft.time,
    action: draft.action,
    record: around.kind,
  }
  for (const name of texts) values[name] = draft[name] === '' ? null : draft[name]
  for (const name of numbers) values[name] = draft[name]
  return { outcome: 'transaction', reason: '', values }
}

/** The header's time, the time of receipt behind a PRI, or a stamp of the last year at the line's beginning. */
function timeOfReceipt({ line, envelopeTime, facts }: Around): number {
  if (!Number.isNaN(envelopeTime)) return envelopeTime
  if (hasPriority(line)) return facts.receivedAtMs
  const at = stampAt(line, 0, line.length, facts)?.ms ?? NaN
  const age = facts.receivedAtMs - at
  return age > -2 * dayMs && age < 400 * dayMs ? at : NaN
}

function setPort(draft: Draft, text: string): void {
  const port = numberOf(text)
  if (draft.dstPort < 0 && port > 0 && port <= 65535) draft.dstPort = port
}

/** RFC 3986 authority of `[scheme://][user@]host[:port][/…]`. */
function hostFromUrl(draft: Draft): void {
  const { url } = draft
  const scheme = /^([^:/?.]{1,15}):\/\//.exec(url)?.[1]
  if (scheme === undefined && url.startsWith('/')) return
  if (scheme !== undefined && draft.appProtocol === '') draft.appProtocol = scheme
  const rest = scheme === undefined ? url : url.slice(scheme.length + 3)
  // eslint-disable-next-line no-control-regex
  const authority = /^[^/?#\x00-\x20]*/.exec(rest)?.[0] ?? ''
  const host = authority.slice(authority.lastIndexOf('@') + 1)
  if (draft.dstHost === '') draft.dstHost = host
  else setPort(draft, /.:(\d+)$/s.exec(host)?.[1] ?? '')
  // a tunnel's `host:port` is no URL
  if (scheme === undefined && authority === rest && fold(draft.method) === 'connect') draft.url = ''
}

/** Brackets, a port and a trailing dot leave the host. */
function cleanHost(draft: Draft): void {
  const host = draft.dstHost
  const bracketed = /^\[([^\]]*)\](?::(.+)$)?/s.exec(host)
  if (bracketed !== null) {
    if (bracketed[2] !== undefined) setPort(draft, bracketed[2])
    draft.dstHost = bracketed[1]
  } else if (!host.startsWith('[') && host.lastIndexOf(':') > 0 && !isAddress(host)) {
    setPort(draft, host.slice(host.lastIndexOf(':') + 1))
    draft.dstHost = host.slice(0, host.lastIndexOf(':'))
  }
  draft.dstHost = draft.dstHost.replace(/\.+$/, '')
}

/** A name in an address' place goes to the host's, unless that is known. */
function moveName(draft: Draft, ip: 'dstIp' | 'srcIp', host: 'dstHost' | 'srcHost'): void {
  draft[ip] = /^\[(.+)\]$/s.exec(draft[ip])?.[1] ?? draft[ip]
  if (draft[ip] === '' || isAddress(draft[ip])) return
  if (draft[host] === '') draft[host] = draft[ip]
  draft[ip] = ''
}
