/**
 * Time stamps of logs, read from bytes without making a string. All forms that vendors write are told apart by their first
 * bytes; a stamp without zone uses the source's zone, one without year the year that puts it nearest the receive time.
 */
import { dayMs, dayStart, daysInMonth, nearestYear } from './civil.ts'
import { halfBytes, halfOfDay, isOffset, isWeekday, signed, signedDate } from './date-words.ts'
import { endsMonth, monthAt, monthEnd } from './date-words.ts'
import type { LineContext, ZoneOffset } from './line-context.ts'
import { zoneMinutes } from './value-words.ts'

const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57

/** A reader's result: where the stamp ended; the time itself is in `value`. Module state, one thread, no allocation. */
let cursor = 0

/** Where the last stamp ended. */
export function timeEnd(): number {
  return cursor
}

function two(buf: Uint8Array, p: number): number {
  return (buf[p] - 48) * 10 + buf[p + 1] - 48
}

/** Digits at the cursor, at most `most`; -1 when there is none. */
function digits(buf: Uint8Array, end: number, most: number): number {
  let p = cursor
  let n = 0
  const stop = Math.min(end, p + most)
  while (p < stop && isDigit(buf[p])) n = n * 10 + buf[p++] - 48
  if (p === cursor) return -1
  cursor = p
  return n
}

/** `HH:MM[:SS[.fff]]` at the cursor, in ms of the day, or NaN. */
function clock(buf: Uint8Array, end: number): number {
  const h = digits(buf, end, 2)
  if (h < 0 || h > 24 || buf[cursor] !== 58 || cursor >= end) return NaN
  cursor++
  const m = digits(buf, end, 2)
  if (m < 0 || m > 59) return NaN
  let s = 0
  if (cursor < end && buf[cursor] === 58) {
    cursor++
    s = digits(buf, end, 2)
    if (s < 0 || s > 60) return NaN
  }
  const at = h * 3_600_000 + m * 60_000 + s * 1000 + fraction(buf, end)
  return at > dayMs && h === 24 ? NaN : at
}

/** `.250` or `,250` at the cursor in whole ms; 0 when there is none. */
function fraction(buf: Uint8Array, end: number): number {
  if (cursor + 1 >= end || (buf[cursor] !== 46 && buf[cursor] !== 44)) return 0
  if (!isDigit(buf[cursor + 1])) return 0
  if (buf[cursor] === 44) {
    // behind a comma the next column may stand: an address, a date, a count
    const run = digitRun(buf, cursor + 1, end)
    const next = cursor + 1 + run
    if ((run > 3 && run % 3 !== 0) || (next < end && (buf[next] === 46 || buf[next] === 58)))
      return 0
  }
  let ms = 0
  let scale = 100
  cursor++
  while (cursor < end && isDigit(buf[cursor])) {
    ms += (buf[cursor++] - 48) * scale
    scale = scale >= 10 ? scale / 10 : 0
  }
  return ms
}

/** ` AM`/` PM` at the cursor corrects the clock. */
function meridiem(buf: Uint8Array, end: number, clockMs: number): number {
  let p = cursor
  while (p < end && buf[p] === 32) p++
  if (p + 1 >= end || (buf[p + 1] | 32) !== 109) return clockMs
  const letter = buf[p] | 32
  if (letter !== 97 && letter !== 112) return clockMs
  // `pm-fw1` and `amsterdam` are hosts
  if (p + 2 < end && isHostByte(buf[p + 2])) return clockMs
  cursor = p + 2
  return inHalf(clockMs, letter === 97 ? 1 : 2)
}

/** A clock of twelve hours in that half of the day. */
function inHalf(clockMs: number, half: number): number {
  const twelve = clockMs >= 43_200_000 && clockMs < 46_800_000
  if (half === 1) return twelve ? clockMs - 43_200_000 : clockMs
  return clockMs >= 43_200_000 ? clockMs : clockMs + 43_200_000
}

function isHostByte(b: number): boolean {
  return isDigit(b) || ((b | 32) >= 97 && (b | 32) <= 122) || b === 45 || b === 46 || b === 95
}

/** Zone at the cursor: `Z`, `+hh:mm`, `+hhmm`, `+hh`, an unambiguous abbreviation; NaN = none said. Offset in ms. */
function zoneAt(buf: Uint8Array, end: number): number {
  const start = cursor
  let p = start
  if (p < end && buf[p] === 32) p++
  if (p < end && buf[p] === 40) p++
  if (p >= end) return NaN
  // `UTC+02:00`, `GMT-5`
  if ((buf[p] === 85 || buf[p] === 71) && isOffset(buf, p + 3, end)) p += 3
  const c = buf[p]
  if (c === 43 || c === 45) {
    let q = p + 1
    // Check Point's broken `--5:00`
    if (buf[q] === 45 && q < end) q++
    cursor = q
    const h = digits(buf, end, 2)
    if (h < 0 || h > 15) return ((cursor = start), NaN)
    if (cursor < end && buf[cursor] === 58) cursor++
    const m = Math.max(0, digits(buf, end, 2))
    return (c === 45 ? -1 : 1) * (h * 60 + m) * 60_000
  }
  let q = p
  // in capitals, or a host named `west` would be one; RFC 3339 allows `z`
  while (q < end && q - p < 6 && buf[q] >= 65 && buf[q] <= 90) q++
  if (q === p && (buf[q] === 122 || buf[q] === 90)) q++
  if (q === p || q - p > 5) return NaN
  if (q < end && (isHostByte(buf[q]) || buf[q] === 61)) return NaN
  let name = ''
  for (let i = p; i < q; i++) name += String.fromCharCode(buf[i] & 0xdf)
  const minutes = zoneMinutes[name]
  if (minutes === undefined) return NaN
  cursor = q
  return minutes * 60_000
}

function withZone(localMs: number, zoneMs: number, zone: ZoneOffset | null): number {
  if (!Number.isNaN(zoneMs)) return localMs - zoneMs
  return zone === null || Number.isNaN(localMs) ? localMs : localMs - zone.offsetMs(localMs)
}

/** Epoch as seconds (10 digits, may have a fraction), ms (13), µs (16) or ns (19); NaN for other lengths. */
function epoch(buf: Uint8Array, start: number, end: number): number {
  let p = start
  let n = 0
  while (p < end && isDigit(buf[p]) && p - start < 13) n = n * 10 + buf[p++] - 48
  let q = p
  while (q < end && isDigit(buf[q])) q++
  const length = q - start
  cursor = q
  if (length === 13 || length === 16 || length === 19) return n
  if (length !== 10 && length !== 9) return NaN
  let ms = 0
  if (q + 1 < end && buf[q] === 46 && isDigit(buf[q + 1])) {
    let scale = 100
    q++
    while (q < end && isDigit(buf[q])) {
      ms += Math.floor((buf[q++] - 48) * scale)
      scale /= 10
      if (scale < 1) scale = 0
    }
    cursor = q
  }
  return n * 1000 + ms
}

/**
 * How `a/b/yyyy` is read, where a definition says it. `nearest`: month first, unless that is far from the time of receipt and day
 * first is near it: logs come soon after they are written.
 */
export type DayOrder = 'month-first' | 'day-first' | 'nearest'

const nearBeforeMs = 45 * dayMs
const nearAfterMs = 2 * dayMs

/** Stamps read last, one of each length: a line's is asked for more than once, and lines of one second have the same. */
const keptBytes = 40
const kept = {
  bytes: new Uint8Array(keptBytes * keptBytes),
  ms: new Float64Array(keptBytes),
  cursor: new Int32Array(keptBytes),
  received: new Float64Array(keptBytes).fill(NaN),
  order: new Array<DayOrder>(keptBytes).fill('nearest'),
  zone: new Array<ZoneOffset | null>(keptBytes).fill(null),
}

/**
 * Reads the stamp at `start`, leading blanks, quotes and `[` allowed. Returns epoch milliseconds (UTC) or NaN;
 * `timeEnd()` tells where it ended.
 */
export function readTime(
  c: LineContext,
  from: number,
  end: number,
  order: DayOrder = 'nearest',
): number {
  const length = end - from
  if (length >= keptBytes || length < 8) return readStamp(c, from, end, order)
  const { buf } = c
  const at = length * keptBytes
  if (
    kept.received[length] === c.receivedAtMs &&
    kept.order[length] === order &&
    kept.zone[length] === c.zone
  ) {
    let i = length - 1
    while (i >= 0 && kept.bytes[at + i] === buf[from + i]) i--
    if (i < 0) {
      cursor = from + kept.cursor[length]
      return kept.ms[length]
    }
  }
  const ms = readStamp(c, from, end, order)
  for (let i = 0; i < length; i++) kept.bytes[at + i] = buf[from + i]
  kept.ms[length] = ms
  kept.cursor[length] = cursor - from
  kept.received[length] = c.receivedAtMs
  kept.order[length] = order
  kept.zone[length] = c.zone
  return ms
}

export function readStamp(c: LineContext, from: number, end: number, order: DayOrder): number {
  const buf = c.buf
  let p = from
  while (p < end && (buf[p] === 32 || buf[p] === 34 || buf[p] === 91)) p++
  cursor = p
  if (end - p < 8) return NaN
  const first = buf[p]
  if (!isDigit(first)) return readNamed(c, p, end)
  const run = digitRun(buf, p, end)
  if (run === 4) return readYearFirst(c, p, end)
  // `20261015093000`: no epoch has fourteen digits
  if (run === 14) return readCompact(c, p, end)
  if (run >= 9) return epoch(buf, p, end)
  if (run > 2) return run === 8 ? readCompact(c, p, end) : NaN
  return readDayFirst(c, p, end, run, order)
}

/**
 * `Oct 15 09:30:00` of a header, 15 bytes and a blank at `p`, when what follows cannot be part of the stamp; NaN = ask
 * `readTime`, which reads all forms.
 */
export function readHeaderStamp(c: LineContext, p: number, end: number): number {
  const buf = c.buf
  if (p + 18 > end || buf[p + 3] !== 32 || buf[p + 6] !== 32 || buf[p + 15] !== 32) return NaN
  if (buf[p + 9] !== 58 || buf[p + 12] !== 58) return NaN
  // the next word: neither AM nor PM, a zone, a year
  const next = buf[p + 16]
  if (next < 97 || next > 121 || (buf[p + 17] | 32) === 109) return NaN
  const month = monthAt(buf, p)
  const tens = buf[p + 4] === 32 ? 48 : buf[p + 4]
  const day = (tens - 48) * 10 + buf[p + 5] - 48
  if (month === 0 || !isDigit(tens) || !isDigit(buf[p + 5])) return NaN
  if (day < 1 || day > daysInMonth[month - 1] || (day === 29 && month === 2)) return NaN
  for (let i = 7; i < 15; i += 3) if (!isDigit(buf[p + i]) || !isDigit(buf[p + i + 1])) return NaN
  const [h, m, s] = [two(buf, p + 7), two(buf, p + 10), two(buf, p + 13)]
  if (h > 23 || m > 59 || s > 60) return NaN
  cursor = p + 15
  const at = nearestYear(month, day, h * 3_600_000 + m * 60_000 + s * 1000, c.receivedAtMs)
  return withZone(at, NaN, c.zone)
}

function digitRun(buf: Uint8Array, p: number, end: number): number {
  let q = p
  while (q < end && isDigit(buf[q])) q++
  return q - p
}

/** What may stand between a date that begins with its year and the clock. */
const joints = new Uint8Array(256)
for (const letter of 'Tt -:,\t') joints[letter.charCodeAt(0)] = 1

/** `2026-10-15T09:30:00.123Z`, `2026/10/15 09:30:00`, `2026:10:15-09:30:00`, `2026 Oct 15 09:30:00`, `2026年10月15日 09:30:00`. */
function readYearFirst(c: LineContext, p: number, end: number): number {
  const buf = c.buf
  const year = two(buf, p) * 100 + two(buf, p + 2)
  if (buf[p + 4] === 32) {
    const month = monthAt(buf, p + 5)
    if (month === 0) return NaN
    cursor = p + 9
    const day = digits(buf, end, 2)
    cursor++
    const at = clock(buf, end)
    return withZone(dayStart(year, month, day) + at, zoneAt(buf, end), c.zone)
  }
  if (buf[p + 4] > 127) {
    cursor = signedDate(buf, p + 4, end)
    return cursor === 0 ? NaN : withClock(c, dayStart(year, signed.month, signed.day), end)
  }
  cursor = p + 5
  const month = digits(buf, end, 2)
  if (month < 0 || buf[cursor] !== buf[p + 4]) return NaN
  cursor++
  const day = digits(buf, end, 2)
  if (day < 0 || cursor >= end) return NaN
  if (joints[buf[cursor]] === 0) return NaN
  cursor++
  return withClock(c, dayStart(year, month, day), end)
}

/** The clock behind a day, with the half of the day before or behind it. */
function withClock(c: LineContext, midnight: number, end: number): number {
  const buf = c.buf
  while (cursor < end && buf[cursor] === 32) cursor++
  const half = halfOfDay(buf, cursor, end)
  if (half > 0) for (cursor += halfBytes; cursor < end && buf[cursor] === 32;) cursor++
  const at = clock(buf, end)
  if (Number.isNaN(at)) return NaN
  const full = half > 0 ? inHalf(at, half) : meridiem(buf, end, at)
  return withZone(midnight + full, zoneAt(buf, end), c.zone)
}

/** `20261015T093000Z`, `20261015 09:30:00`. */
function readCompact(c: LineContext, p: number, end: number): number {
  const buf = c.buf
  const day = dayStart(two(buf, p) * 100 + two(buf, p + 2), two(buf, p + 4), two(buf, p + 6))
  cursor = p + 8
  if (cursor < end && (buf[cursor] === 84 || buf[cursor] === 32)) cursor++
  if (digitRun(buf, cursor, end) === 6) {
    const q = cursor
    const [h, m, s] = [two(buf, q), two(buf, q + 2), two(buf, q + 4)]
    if (h > 23 || m > 59 || s > 60) return NaN
    cursor = q + 6
    const at = h * 3_600_000 + m * 60_000 + s * 1000 + fraction(buf, end)
    return withZone(day + at, zoneAt(buf, end), c.zone)
  }
  const at = clock(buf, end)
  return withZone(day + at, zoneAt(buf, end), c.zone)
}

function isNear(ms: number, receivedAtMs: number): boolean {
  return ms > receivedAtMs - nearBeforeMs && ms < receivedAtMs + nearAfterMs
}

/** `15/Oct/2026:09:30:00 +0200`, `15Oct2026 09:30:00`, `15.10.2026 09:30:00`, `10/15/2026 9:30:00 AM`, `9/16/19 10:00`. */
function readDayFirst(
  c: LineContext,
  p: number,
  end: number,
  run: number,
  order: DayOrder,
): number {
  const buf = c.buf
  const a = run === 1 ? buf[p] - 48 : two(buf, p)
  let q = p + run
  const joint = buf[q]
  const named = (joint | 32) >= 97 && (joint | 32) <= 122
  if (!named) q++
  const month = monthAt(buf, q)
  let year: number
  let base: number
  if (month > 0) {
    cursor = q + 3
    while (cursor < end && (buf[cursor] | 32) >= 97 && (buf[cursor] | 32) <= 122) cursor++
    if (cursor < end && !isDigit(buf[cursor])) cursor++
    year = digits(buf, end, 4)
    if (year < 0) return NaN
    base = dayStart(year < 100 ? year + 2000 : year, month, a)
  } else {
    if (joint !== 47 && joint !== 46 && joint !== 45) return NaN
    cursor = q
    const b = digits(buf, end, 2)
    if (b < 0 || buf[cursor] !== joint) return NaN
    cursor++
    year = digits(buf, end, 4)
    if (year < 0) return NaN
    if (year < 100) year += 2000
    base = dayStart(year, a, b)
    if (joint === 46 || a > 12 || (b <= 12 && order === 'day-first')) base = dayStart(year, b, a)
    else if (order === 'nearest' && b <= 12 && !isNear(base, c.receivedAtMs)) {
      const other = dayStart(year, b, a)
      if (isNear(other, c.receivedAtMs)) base = other
    }
  }
  if (cursor < end && buf[cursor] === 44) cursor++
  if (
    cursor < end &&
    (buf[cursor] === 58 ||
      buf[cursor] === 32 ||
      buf[cursor] === 45 ||
      buf[cursor] === 84 ||
      buf[cursor] === 9)
  )
    cursor++
  while (cursor < end && buf[cursor] === 32) cursor++
  const at = clock(buf, end)
  if (Number.isNaN(at)) return NaN
  const full = meridiem(buf, end, at)
  return withZone(base + full, zoneAt(buf, end), c.zone)
}

/** `Oct 15 09:30:00`, `oct/15/2026 09:30:00`, `Oct  5 2026 09:30:00.250 CEST`, `Oct 15 09:30:00 2026`, `Thu Oct 15 09:30:00 GMT 2026`, `Thursday, October 15, 2026 9:30:00 AM GMT`. */
function readNamed(c: LineContext, start: number, end: number): number {
  const buf = c.buf
  let p = start
  let month = monthAt(buf, p)
  if (month === 0 || !endsMonth(buf, p, end)) {
    // a weekday in front: `Thu `, `Thu, `
    if (!isWeekday(buf, p)) return NaN
    let q = p
    while (q < end && q - p < 10 && buf[q] !== 32) q++
    if (buf[q] !== 32 || q - p < 3) return NaN
    p = q + 1
    if (isDigit(buf[p])) {
      const run = digitRun(buf, p, end)
      return run > 2 ? NaN : readDayFirst(c, p, end, run, 'day-first')
    }
    month = monthAt(buf, p)
    if (month === 0) return NaN
  }
  cursor = monthEnd(buf, p, end)
  while (cursor < end && (buf[cursor] === 32 || buf[cursor] === 45 || buf[cursor] === 47)) cursor++
  const day = digits(buf, end, 2)
  if (day < 1 || day > daysInMonth[month - 1] || cursor >= end) return NaN
  if (buf[cursor] === 44 || buf[cursor] === 45 || buf[cursor] === 47) cursor++
  while (cursor < end && buf[cursor] === 32) cursor++
  let year = -1
  if (digitRun(buf, cursor, end) === 4) {
    year = digits(buf, end, 4)
    if (cursor < end && buf[cursor] === 44) cursor++
    // `Oct 15, 2026 @ 09:30:00.000` of Kibana
    while (cursor < end && (buf[cursor] === 32 || buf[cursor] === 64)) cursor++
  }
  let at = clock(buf, end)
  if (Number.isNaN(at)) return NaN
  at = meridiem(buf, end, at)
  const stampEnd = cursor
  let zoneMs = zoneAt(buf, end)
  if (year < 0) {
    year = trailingYear(buf, end)
    // `Thu Oct 15 09:30:00 2026 CEST`
    if (year >= 0 && Number.isNaN(zoneMs)) zoneMs = zoneAt(buf, end)
  }
  if (year < 0) {
    if (Number.isNaN(zoneMs)) cursor = stampEnd
    return withZone(nearestYear(month, day, at, c.receivedAtMs), zoneMs, c.zone)
  }
  return withZone(dayStart(year, month, day) + at, zoneMs, c.zone)
}

/** ` 2026` at the cursor, followed by no digit; -1 = none. */
function trailingYear(buf: Uint8Array, end: number): number {
  if (cursor + 5 > end || buf[cursor] !== 32 || digitRun(buf, cursor + 1, end) !== 4) return -1
  const year = two(buf, cursor + 1) * 100 + two(buf, cursor + 3)
  const after = cursor + 5 < end ? buf[cursor + 5] : 32
  if (year < 1990 || year > 2100) return -1
  // `2026: %ASA-…`, but `2001:db8::1` is a host
  if (after === 58 && cursor + 6 < end && buf[cursor + 6] !== 32) return -1
  if (after !== 32 && after !== 58 && after !== 34 && after !== 44 && after !== 93 && after !== 9)
    return -1
  cursor += 5
  return year
}
