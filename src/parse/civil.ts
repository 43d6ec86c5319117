/** Days of the calendar as milliseconds, with a memory of the day asked last: stamps of a stream lie close together. */
import { double } from '../lib/double.ts'

export const dayMs = 86_400_000

/** Days since 1970-01-01 of a civil date (proleptic Gregorian). */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + (yearOfEra >> 2) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146097 + dayOfEra - 719468
}

export const daysInMonth = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** The day asked last: stamps of a stream lie close together. */
let lastDay = -1
let lastDayMs = NaN

/** Midnight of a day as if UTC, or NaN when there is no such day. */
export function dayStart(y: number, mo: number, d: number): number {
  if (mo < 1 || mo > 12 || d < 1 || d > daysInMonth[mo - 1]) return NaN
  const day = (y * 16 + mo) * 32 + d
  if (day === lastDay) return lastDayMs
  if (d === 29 && mo === 2 && !leap(y)) return NaN
  lastDayMs = daysFromCivil(y, mo, d) * dayMs
  lastDay = day
  return lastDayMs
}

/** The day without year asked last, its midnight, and for which time of receipt. */
let lastYearless = -1
let lastYearlessMs = NaN
let lastReceivedMs = NaN

/** The year that puts a stamp without one nearest the receive time. */
export function nearestYear(
  month: number,
  day: number,
  clockMs: number,
  receivedAtMs: number,
): number {
  const yearless = month * 64 + day
  if (yearless === lastYearless && receivedAtMs === lastReceivedMs) return lastYearlessMs + clockMs
  const at = nearestOf(month, day, clockMs, receivedAtMs)
  // far from the turn of the half year all clocks of the day have one year
  if (Math.abs(at - receivedAtMs) < 150 * dayMs) {
    lastYearless = yearless
    lastYearlessMs = at - clockMs
    lastReceivedMs = receivedAtMs
  }
  return at
}

/** Without the memory. */
function nearestOf(month: number, day: number, clockMs: number, receivedAtMs: number): number {
  const now = new Date(receivedAtMs).getUTCFullYear()
  let best = NaN
  for (let year = now - 1; year <= now + 1; year++) {
    if (month === 2 && day === 29 && !leap(year)) continue
    const at = daysFromCivil(year, month, day) * dayMs + clockMs
    if (Number.isNaN(best) || Math.abs(at - receivedAtMs) < Math.abs(best - receivedAtMs)) best = at
  }
  return best
}

const leap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)

/** Seconds since 1970 in ten digits, alone or with milliseconds (`1792056600.123`); else NaN, though it may be a stamp. */
export function plainEpoch(buf: Uint8Array, start: number, end: number): number {
  const length = end - start
  if (length !== 10 && (length !== 14 || buf[start + 10] !== 46)) return NaN
  let high = 0
  let low = 0
  let ms = 0
  for (let p = start; p < start + 5; p++) {
    const a = buf[p] - 48
    const b = buf[p + 5] - 48
    if (a < 0 || a > 9 || b < 0 || b > 9) return NaN
    high = high * 10 + a
    low = low * 10 + b
  }
  for (let p = start + 11; p < end; p++) {
    const digit = buf[p] - 48
    if (digit < 0 || digit > 9) return NaN
    ms = ms * 10 + digit
  }
  return (double(high) * 100_000 + low) * 1000 + ms
}
