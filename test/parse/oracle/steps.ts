/** The map of a definition, one step at a time. */
import { isMissing, holds } from './conditions.ts'
import type { Asked } from './conditions.ts'
import type { Mapping, Source, Step } from '../../../src/parse/definition.ts'
import { numbers } from './record.ts'
import type { Draft, NumberName, TextName } from './record.ts'
import { timeOf } from './stamp.ts'
import { bytesOf, fold, wordOf } from './text.ts'
import {
  actionOf,
  bytesCount,
  isAddress,
  numberOf,
  portOf,
  protocolOf,
  scaledNumber,
} from './words.ts'

/** The order in which fields are filled: what a URL tells must not go before what a field tells. */
const order: readonly (keyof Mapping)[] = [
  'time', 'srcIp', 'srcHost', 'user', 'device', 'dstHost', 'dstIp', 'protocol', 'appProtocol', 'method', 'url',
  'srcPort', 'dstPort', 'status', 'bytesUp', 'bytesDown', 'bytesTotal', 'action', 'userAgent', 'referrer',
  'category', 'appHint',
] // prettier-ignore

export function fill(draft: Draft, map: Mapping, asked: Asked): void {
  for (const target of order)
    for (const step of stepsOf(map[target])) if (take(draft, target, step, asked)) break
}

const stepsOf = (source: Source | undefined): Step[] =>
  [source ?? []].flat().map((step) => (typeof step === 'string' ? { from: step } : step))

/** True when the step gave the target its value. */
function take(draft: Draft, target: keyof Mapping, step: Step, asked: Asked): boolean {
  if (step.when !== undefined && !holds(step.when, asked)) return false
  if (step.value !== undefined) return accept(draft, target, step, bytesOf(step.value), asked)
  if (step.text !== undefined) {
    const text = joined(step.text, asked)
    return text !== null && accept(draft, target, step, text, asked)
  }
  if (step.url !== undefined) {
    const text = urlOf(draft, step.url, asked)
    return text !== '' && accept(draft, target, step, text, asked)
  }
  return [step.from ?? []].flat().some((name) => {
    const { text } = asked.field(name)
    if (isMissing(text, [...asked.missing, ...(step.ignore ?? [])])) return false
    const value = edited(text, step)
    return value !== '' && accept(draft, target, step, value, asked)
  })
}

/** `{a} {b}`: null when one of them has no value. */
function joined(template: string, asked: Asked): string | null {
  const parts = template.split(/\{([^{}]+)\}/)
  const values = parts.map((part, i) => (i % 2 === 1 ? asked.field(part).text : bytesOf(part)))
  const told = values.every((value, i) => i % 2 === 0 || !isMissing(value, asked.missing))
  return told ? values.join('') : null
}

function edited(given: string, step: Step): string {
  let text = given
  const cut = (by: string | undefined, last: boolean, behind: boolean): void => {
    if (by === undefined) return
    const word = bytesOf(by)
    const at = last ? text.lastIndexOf(word) : text.indexOf(word)
    if (at >= 0) text = behind ? text.slice(at + word.length) : text.slice(0, at)
    else if (step.strict === true) text = ''
  }
  cut(step.after, false, true)
  cut(step.afterLast, true, true)
  cut(step.before, false, false)
  cut(step.beforeLast, true, false)
  if (step.part !== undefined) text = partOf(text, bytesOf(step.part.by), step.part.at)
  const byte = (_: string, code: string): string => String.fromCharCode(Number.parseInt(code, 16))
  if (step.decode === 'hex') text = text.replace(/\\x([\da-f]{2})/gi, byte)
  if (step.replace !== undefined)
    text = Array.from(text, (letter) => step.replace?.[letter] ?? letter).join('')
  if (step.decode === 'ipv4') text = addressOfNumber(text)
  if (step.decode === 'labels') text = nameOfLabels(text)
  if (step.decode === 'percent') text = text.replace(/%([\da-f]{2})/gi, byte)
  if (step.only !== undefined && isAddress(text) !== (step.only === 'address')) text = ''
  if (step.table === undefined) return text
  const known = Object.entries(step.table).find(([word]) => wordOf(word) === fold(text))
  return bytesOf(known?.[1] ?? step.otherwise ?? '')
}

/** The piece at a place; one that is quoted as a whole may hold what parts pieces. */
function partOf(text: string, by: string, at: number): string {
  let rest = text
  for (let place = 0; ; place++) {
    if (by === ' ') rest = rest.replace(/^ +/, '')
    let from = 0
    if (rest.startsWith('"')) {
      for (let p = 1; p < rest.length && from === 0; p++)
        if (rest[p] === '"' && (p + 1 === rest.length || rest[p + 1] === by[0])) from = p + 1
    }
    const cut = rest.indexOf(by, from)
    if (place === at) {
      const own = cut < 0 ? rest : rest.slice(0, cut)
      return /^".*"$/s.test(own) ? own.slice(1, -1) : own
    }
    if (cut < 0) return ''
    rest = rest.slice(cut + by.length)
  }
}

/** `(3)www(7)example(3)org(0)` → `www.example.org`; what is written otherwise, or is cut off within a label, stays. */
function nameOfLabels(text: string): string {
  const labels: string[] = []
  for (let at = 0; text.startsWith('(', at);) {
    const [head, digits] = /^\((\d+)\)/.exec(text.slice(at)) ?? ['', '0']
    const length = Number(digits)
    if (length === 0) break
    if (length > 63 || at + head.length + length >= text.length) return text
    labels.push(text.slice(at + head.length, at + head.length + length))
    at += head.length + length
  }
  return text.startsWith('(') ? labels.join('.') : text
}

/** An IPv4 address written as one number, signed or not; '' when it is none. */
function addressOfNumber(text: string): string {
  if (!/^-?\d{1,10}$/.test(text)) return ''
  const n = text.startsWith('-') ? 2 ** 32 + Number(text) : Number(text)
  if (n < 0 || n > 0xffff_ffff) return ''
  return [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255].join('.')
}

const isWhole = (url: string): boolean => /^[^:/?.]{1,15}:\/\//.test(url)
const ownPorts: Record<string, string> = { http: '80', https: '443', ftp: '21' }

/** The URL of its parts; what they tell goes to the record, too. */
function urlOf(draft: Draft, url: NonNullable<Step['url']>, asked: Asked): string {
  const part = (template: string | undefined): string => {
    const name = /^\{([^{}]+)\}$/.exec(template ?? '')?.[1]
    if (name === undefined) return bytesOf(template ?? '')
    const { text } = asked.field(name)
    return isMissing(text, asked.missing) ? '' : text
  }
  const [scheme, host, port, path, query] = [url.scheme, url.host, url.port, url.path, url.query].map(part) // prettier-ignore
  const withQuery = (text: string): string =>
    query === '' || path.includes('?') ? text : `${text}${query.startsWith('?') ? '' : '?'}${query}`
  if (isWhole(path)) return withQuery(path)
  if (draft.dstHost === '') draft.dstHost = host
  if (draft.appProtocol === '') draft.appProtocol = scheme
  if (draft.dstPort < 0) draft.dstPort = portOf(port)
  if (host === '' && (path === '' || path.startsWith('/'))) return ''
  const lowered = fold(scheme)
  const isOwn = (one: string): boolean =>
    Number(one) === 0 || Number(one) === Number(ownPorts[lowered])
  const begin = scheme === '' ? '' : `${lowered}://`
  if (host === '') {
    // `host:443/path` of a log that leaves the scheme out
    const [, name, written, rest] = /^([^/?]+):(\d*)([/?].*)?$/s.exec(path) ?? []
    return withQuery(begin + (name !== undefined && isOwn(written) ? `${name}${rest ?? ''}` : path))
  }
  const v6 = host.split(':').length > 2 && !host.startsWith('[')
  const isPort = /^\d+$/.test(port) && portOf(port) > 0
  const authority = `${v6 ? `[${host}]` : host}${isPort && !isOwn(port) ? `:${port}` : ''}`
  return withQuery(`${begin}${authority}${path === '' || path.startsWith('/') ? '' : '/'}${path}`)
}

function accept(
  draft: Draft,
  target: keyof Mapping,
  step: Step,
  text: string,
  asked: Asked,
): boolean {
  if (target === 'time') {
    const facts = step.zone === 'utc' ? { ...asked.facts, zone: null } : asked.facts
    const time = timeOf(text, facts, step.order ?? 'nearest')
    if (Number.isNaN(time)) return false
    const plus = step.plus === undefined ? -1 : numberOf(asked.field(step.plus).text)
    draft.time = plus > 0 ? time + plus * 1000 : time
    return true
  }
  if (target === 'action') {
    const action = actionOf(text)
    if (action > 0) draft.action = action
    return action > 0
  }
  if (target === 'protocol') {
    const protocol = protocolOf(text)
    if (protocol !== null) draft.protocol = protocol
    return protocol !== null
  }
  if (!numbers.includes(target as NumberName)) {
    draft[target as TextName] = text
    return true
  }
  const number =
    step.scale !== undefined
      ? scaledNumber(text, step.scale)
      : target === 'srcPort' || target === 'dstPort'
        ? portOf(text)
        : target === 'status'
          ? numberOf(text)
          : bytesCount(text)
  const fits = target === 'status' ? number >= 100 && number <= 599 : number >= 0
  if (fits) draft[target as NumberName] = number
  return fits
}
