/** Time stamps, each form by a regular expression of its own. */
import { zoneMinutes } from '../../../src/parse/value-words.ts'
import type { ZoneOffset } from '../../../src/parse/line-context.ts'
import { lengthAt, matchAt } from './text.ts'

export interface StampFacts {
  receivedAtMs: number
  zone: ZoneOffset | null
}

export type DayOrder = 'month-first' | 'day-first' | 'nearest'

export interface Stamp {
  ms: number
  /** Behind it. */
  end: number
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const weekday = /(?:mon|tue|wed|thu|fri|sat|sun)/i
const month = `(${months.join('|')})`
const hostByte = /[\w.-]/

/** 1 to 12, or 0. */
const monthOf = (text: string): number => months.indexOf(text.toLowerCase()) + 1

/** Midnight of a day that there is, else NaN. */
function day(year: number, monthNumber: number, dayOfMonth: number): number {
  const at = new Date(Date.UTC(2000, monthNumber - 1, dayOfMonth))
  at.setUTCFullYear(year, monthNumber - 1, dayOfMonth)
  const same = at.getUTCMonth() === monthNumber - 1 && at.getUTCDate() === dayOfMonth
  return same && at.getUTCFullYear() === year ? at.getTime() : NaN
}

/** The time at `from`, up to `end` of `text`; null = there is none. */
export function stampAt(
  line: string,
  from: number,
  end: number,
  facts: StampFacts,
  order: DayOrder = 'nearest',
): Stamp | null {
  const text = line.slice(0, end)
  const start = from + lengthAt(/[ "[]*/, text, from)
  if (end - start < 8) return null
  const found = /\d/.test(text[start])
    ? numbered(text, start, facts, order)
    : named(text, start, facts)
  return found === null || Number.isNaN(found.ms) ? null : found
}

export const timeOf = (text: string, facts: StampFacts, order?: DayOrder): number =>
  stampAt(text, 0, text.length, facts, order)?.ms ?? NaN

function numbered(text: string, at: number, facts: StampFacts, order: DayOrder): Stamp | null {
  const digits = lengthAt(/\d+/, text, at)
  if (digits === 4) return yearFirst(text, at, facts)
  if (digits === 8 || digits === 14) return compact(text, at, facts)
  if (digits >= 9) return epoch(text, at)
  return digits <= 2 ? dayFirst(text, at, facts, order) : null
}

/** `.5`, or `,250` when it is none of the next column. */
const fraction = /\.(\d+)|,(\d{1,3}|(?:\d{3})+)(?![\d.:])/

/** `HH:MM[:SS[.fff]]`: ms of the day. */
function clock(text: string, at: number): Stamp | null {
  const match = matchAt(/(\d{1,2}):(\d{1,2})(?::(\d{0,2}))?/, text, at)
  if (match === null || match[3] === '') return null
  const [hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0))
  if (hours > 24 || minutes > 59 || seconds > 60) return null
  const end = at + match[0].length
  const part = matchAt(fraction, text, end)
  const ms =
    hours * hourMs + minutes * 60_000 + seconds * 1000 + thousandths(part?.[1] ?? part?.[2] ?? '')
  return ms > dayMs && hours === 24 ? null : { ms, end: end + (part?.[0].length ?? 0) }
}

const thousandths = (digits: string): number => Number(digits.slice(0, 3).padEnd(3, '0'))

/** The clock with the AM or PM behind it. */
function clock12(text: string, at: number): Stamp | null {
  for (const [half, late] of [
    [mornings, 0],
    [evenings, 12],
  ] as const) {
    const signs = lengthAt(half, text, at)
    const read = signs === 0 ? null : clock(text, at + signs)
    if (signs === 0) continue
    if (read === null) return null
    const noon = read.ms >= 12 * hourMs && read.ms < 13 * hourMs
    const ms =
      late === 0
        ? noon
          ? read.ms - 12 * hourMs
          : read.ms
        : read.ms >= 12 * hourMs
          ? read.ms
          : read.ms + 12 * hourMs
    return { ms, end: read.end }
  }
  const read = clock(text, at)
  if (read === null) return null
  const half = matchAt(/ *([ap])m(?![\w.-])/i, text, read.end)
  if (half === null) return read
  const end = read.end + half[0].length
  const noon = read.ms >= 12 * hourMs && read.ms < 13 * hourMs
  if (half[1].toLowerCase() === 'a') return { ms: noon ? read.ms - 12 * hourMs : read.ms, end }
  return { ms: read.ms >= 12 * hourMs ? read.ms : read.ms + 12 * hourMs, end }
}

/** Offset of the zone behind a clock. */
function zone(text: string, at: number): Stamp | null {
  const begin = at + lengthAt(/ ?\(?/, text, at)
  const numeric = matchAt(/(?:(?:UTC|GMT)(?=[+-]\d))?([+-])-?(\d{1,2}):?(\d{0,2})/, text, begin)
  if (numeric !== null) {
    const [all, sign, hours, minutes] = numeric
    if (Number(hours) > 15) return null
    const ms = (Number(hours) * 60 + Number(minutes)) * 60_000
    return { ms: sign === '-' ? -ms : ms, end: begin + all.length }
  }
  const name = matchAt(/[A-Z]+|z/, text, begin)?.[0] ?? ''
  const end = begin + name.length
  if (end < text.length && (hostByte.test(text[end]) || text[end] === '=')) return null
  const minutes = Object.hasOwn(zoneMinutes, name.toUpperCase())
    ? zoneMinutes[name.toUpperCase()]
    : null
  return minutes === null ? null : { ms: minutes * 60_000, end }
}

function zoned(localMs: number, offset: Stamp | null, facts: StampFacts): number {
  if (offset !== null) return localMs - offset.ms
  return facts.zone === null || Number.isNaN(localMs)
    ? localMs
    : localMs - facts.zone.offsetMs(localMs)
}

/** A day, the clock behind it, the zone behind that. */
function whole(text: string, dayStart: number, at: Stamp | null, facts: StampFacts): Stamp | null {
  if (at === null) return null
  const offset = zone(text, at.end)
  return { ms: zoned(dayStart + at.ms, offset, facts), end: offset?.end ?? at.end }
}

function epoch(text: string, at: number): Stamp | null {
  const match = matchAt(/(\d+)(?:\.(\d+))?/, text, at)
  const [, digits, part] = match ?? ['', '', '']
  if ([13, 16, 19].includes(digits.length))
    return { ms: Number(digits.slice(0, 13)), end: at + digits.length }
  if (digits.length !== 9 && digits.length !== 10) return null
  return { ms: Number(digits) * 1000 + thousandths(part ?? ''), end: at + (match?.[0].length ?? 0) }
}

/** `2026-10-15T09:30:00.123Z`, `2026/10/15 09:30:00`, `2026 Oct 15 09:30:00`. */
const bytes = (text: string): string => Buffer.from(text).toString('latin1')

/** `2026年10月15日 `, `2026년 10월 15일 `. */
const signedDate = new RegExp(
  `(\\d{4})(?:${bytes('年')}|${bytes('년')}) *(\\d{1,2})(?:${bytes('月')}|${bytes('월')}) *(\\d{1,2})(?:${bytes('日')}|${bytes('일')}) *`,
)

/** The half of the day before a clock. */
const mornings = new RegExp(`(?:${['午前', '上午', '오전'].map(bytes).join('|')}) *`)
const evenings = new RegExp(`(?:${['午後', '下午', '오후'].map(bytes).join('|')}) *`)

function yearFirst(text: string, at: number, facts: StampFacts): Stamp | null {
  const worded = matchAt(new RegExp(`(\\d{4}) ${month}[^](\\d{1,2})[^]`, 'i'), text, at)
  if (worded !== null) {
    const [all, year, name, dayOfMonth] = worded
    const start = day(Number(year), monthOf(name), Number(dayOfMonth))
    return whole(text, start, clock(text, at + all.length), facts)
  }
  if (text.charCodeAt(at + 4) > 127) {
    const [all, year, mon, date] = matchAt(signedDate, text, at) ?? []
    if (all === undefined) return null
    return whole(text, day(Number(year), Number(mon), Number(date)), clock12(text, at + all.length), facts) // prettier-ignore
  }
  const match = matchAt(/(\d{4})([^])(\d{1,2})\2(\d{1,2})[Tt \-:,\t] */, text, at)
  if (match === null || match[2] === ' ') return null
  const start = day(Number(match[1]), Number(match[3]), Number(match[4]))
  return whole(text, start, clock12(text, at + match[0].length), facts)
}

/** `20261015T093000Z`, `20261015 09:30:00`. */
function compact(text: string, at: number, facts: StampFacts): Stamp | null {
  const [, year, mon, date] = matchAt(/(\d{4})(\d\d)(\d\d)/, text, at) ?? []
  const start = day(Number(year), Number(mon), Number(date))
  const begin = at + lengthAt(/\d{8}[T ]?/, text, at)
  const run = matchAt(/(\d\d)(\d\d)(\d\d)(?!\d)/, text, begin)
  const part = run === null ? null : matchAt(fraction, text, begin + 6)
  if (run === null) return whole(text, start, clock(text, begin), facts)
  const [hours, minutes, seconds] = run.slice(1, 4).map(Number)
  if (hours > 23 || minutes > 59 || seconds > 60) return null
  const ms =
    hours * hourMs + minutes * 60_000 + seconds * 1000 + thousandths(part?.[1] ?? part?.[2] ?? '')
  return whole(text, start, { ms, end: begin + 6 + (part?.[0].length ?? 0) }, facts)
}

/** `15/Oct/2026:09:30:00 +0200`, `15.10.2026 09:30:00`, `10/15/2026 9:30:00 AM`, `9/16/19 10:00`. */
function dayFirst(text: string, at: number, facts: StampFacts, order: DayOrder): Stamp | null {
  const worded = matchAt(
    new RegExp(`(\\d{1,2})[^a-z]?${month}[a-z]*[^\\d]?(\\d{1,4})`, 'i'),
    text,
    at,
  )
  if (worded !== null) {
    const [all, date, name, year] = worded
    const start = day(century(year), monthOf(name), Number(date))
    return whole(text, start, clockBehind(text, at + all.length), facts)
  }
  const match = matchAt(/(\d{1,2})([/.-])(\d{1,2})\2(\d{1,4})/, text, at)
  if (match === null) return null
  const [all, a, joint, b, written] = match
  const year = century(written)
  const start = dayOf({ year, a: Number(a), b: Number(b), joint, order }, facts.receivedAtMs)
  return whole(text, start, clockBehind(text, at + all.length), facts)
}

const century = (year: string): number => (Number(year) < 100 ? Number(year) + 2000 : Number(year))

const clockBehind = (text: string, at: number): Stamp | null =>
  clock12(text, at + lengthAt(/,?[: \-T\t]? */, text, at))

/** Which of the two numbers is the day. */
function dayOf(
  date: { year: number; a: number; b: number; joint: string; order: DayOrder },
  receivedAtMs: number,
): number {
  const { year, a, b, joint, order } = date
  const [monthFirst, dayFirstMs] = [day(year, a, b), day(year, b, a)]
  if (joint === '.' || a > 12) return dayFirstMs
  if (b > 12 || order === 'month-first') return monthFirst
  if (order === 'day-first') return dayFirstMs
  const near = (ms: number): boolean =>
    ms > receivedAtMs - 45 * dayMs && ms < receivedAtMs + 2 * dayMs
  return !near(monthFirst) && near(dayFirstMs) ? dayFirstMs : monthFirst
}

/** `Oct 15 09:30:00`, `Oct  5 2026 09:30:00.250 CEST`, `Thu Oct 15 09:30:00 GMT 2026`, `Thursday, October 15, 2026 9:30:00 AM GMT`. */
function named(text: string, at: number, facts: StampFacts): Stamp | null {
  let begin = at
  if (matchAt(new RegExp(`(?=${month}[a-z]{0,6}[ /-])`, 'i'), text, at) === null) {
    // a weekday in front
    if (lengthAt(weekday, text, at) === 0) return null
    const word = matchAt(/[^ ]{3,10} /, text, at)
    if (word === null) return null
    begin = at + word[0].length
    if (/\d/.test(text[begin] ?? ''))
      return lengthAt(/\d+/, text, begin) > 2 ? null : dayFirst(text, begin, facts, 'day-first')
  }
  const match = matchAt(new RegExp(`${month}[a-z]*[ /-]*(\\d{1,2})(?=[^])`, 'i'), text, begin)
  if (match === null) return null
  const [all, name, date] = match
  const behind = begin + all.length + lengthAt(/[,/-]? */, text, begin + all.length)
  const year = matchAt(/(\d{4})(?!\d),?[ @]*/, text, behind)
  const read = clock12(text, behind + (year?.[0].length ?? 0))
  if (read === null || Number(date) < 1 || Number.isNaN(day(2000, monthOf(name), Number(date))))
    return null
  if (year !== null)
    return whole(text, day(Number(year[1]), monthOf(name), Number(date)), read, facts)
  return behindClock(text, { month: monthOf(name), date: Number(date), read }, facts)
}

/** The year behind the clock, with the zone before or behind it; none = that which is nearest to the time of receipt. */
function behindClock(
  text: string,
  stamp: { month: number; date: number; read: Stamp },
  facts: StampFacts,
): Stamp {
  const { read, date } = stamp
  let offset = zone(text, read.end)
  const from = offset?.end ?? read.end
  const match = matchAt(/ (\d{4})(?!\d)(?=$|: |:$|[ "\],\t])/, text, from)
  const year = Number(match?.[1] ?? 0)
  if (year >= 1990 && year <= 2100) {
    let end = from + 5
    if (offset === null) {
      offset = zone(text, end)
      end = offset?.end ?? end
    }
    return { ms: zoned(day(year, stamp.month, date) + read.ms, offset, facts), end }
  }
  const now = new Date(facts.receivedAtMs).getUTCFullYear()
  const [nearest] = [now - 1, now, now + 1]
    .map((one) => day(one, stamp.month, date) + read.ms)
    .filter((ms) => !Number.isNaN(ms))
    .toSorted((a, b) => Math.abs(a - facts.receivedAtMs) - Math.abs(b - facts.receivedAtMs))
  return { ms: zoned(nearest ?? NaN, offset, facts), end: from }
}
