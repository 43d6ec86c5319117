/**
 * What is usual for a user or an app, by weekday, and what is not: median and MAD of the logarithm of a day's uploads. Robust: the days
 * that are unusual themselves do not make the next one usual. Pure; `baseline-run.ts` asks the store.
 */
import { governLimits } from '../limits.ts'

export interface DayValue {
  /** Days since 1970 (UTC). */
  day: number
  bytes: number
}

export interface BaselineOptions {
  /** Robust standard deviations above the median: 3.5 is Iglewicz and Hoaglin's. */
  deviations: number
  /** Below it nothing is unusual: nobody reads an alert about a megabyte. */
  bytesMin: number
  /** … and it must be this many times the largest of the usual days (their 95th percentile). */
  timesUsual: number
  /**
   * Or so: who varies widely by himself (weekly reports, holidays) is never many deviations away, but a day far beyond all his busy ones
   * is no ordinary one.
   */
  wide: { deviations: number; timesUsual: number }
}

export const baselineDefaults: BaselineOptions = {
  deviations: 3.5,
  bytesMin: 100_000_000,
  timesUsual: 3.5,
  wide: { deviations: 2, timesUsual: 5 },
}

export interface Judgement {
  unusual: boolean
  /** Median of the days it is held against. */
  usualBytes: number
  /** 95th percentile of them. */
  highBytes: number
  /** Robust standard deviations above the median. */
  score: number
  /** Days it is held against. */
  days: number
  /** `weekday`: the same day of the week; `kind`: working days or weekends; `all`. */
  against: 'weekday' | 'kind' | 'all'
}

/** 1970-01-01 was a Thursday. */
const weekdayOf = (day: number): number => (day + 4) % 7
const isWeekend = (day: number): boolean => weekdayOf(day) === 0 || weekdayOf(day) === 6

/**
 * Judges one day by those before it. `history` has a value for each day with traffic; days without are 0 from the first one on.
 * null = too little is known.
 */
export function judgeDay(
  history: readonly DayValue[],
  today: DayValue,
  options: BaselineOptions = baselineDefaults,
  /** How much busier than usual this day is for everybody (1 = as usual): an update day is nobody's exfiltration. */
  commonFactor = 1,
): Judgement | null {
  const before = history.filter(
    ({ day }) => day < today.day && day >= today.day - governLimits.baselineDays,
  )
  if (before.length === 0) return null
  const first = Math.min(...before.map(({ day }) => day))
  if (today.day - first < governLimits.baselineDaysMin) return null
  const byDay = new Map(before.map(({ day, bytes }) => [day, bytes]))
  const all: number[] = []
  for (let day = first; day < today.day; day++) all.push(day)
  const { days, against } = comparable(all, today.day)
  const values = days.map((day) => byDay.get(day) ?? 0)
  const logs = values.map((bytes) => Math.log1p(bytes / 1e6))
  const middle = median(logs)
  // a floor: who sends the same each day is not unusual at 10 % more
  const spread = Math.max(1.4826 * median(logs.map((one) => Math.abs(one - middle))), 0.35)
  const usualDays = values.filter((bytes) => bytes > 0)
  const high = percentile(usualDays.length > 0 ? usualDays : [0], 0.95)
  const level = Math.max(1, commonFactor)
  const score = (Math.log1p(today.bytes / level / 1e6) - middle) / spread
  const beyond = ({ deviations, timesUsual }: BaselineOptions['wide']): boolean =>
    score > deviations && today.bytes / level > timesUsual * high
  return {
    unusual: today.bytes >= options.bytesMin && (beyond(options) || beyond(options.wide)),
    usualBytes: Math.round(Math.expm1(middle) * 1e6),
    highBytes: high,
    score: Math.round(score * 100) / 100,
    days: days.length,
    against,
  }
}

/** The same weekday when there are four of it, else working days or weekends, else all. */
function comparable(
  days: readonly number[],
  today: number,
): { days: readonly number[]; against: Judgement['against'] } {
  const same = days.filter((day) => weekdayOf(day) === weekdayOf(today))
  const kind = days.filter((day) => isWeekend(day) === isWeekend(today))
  // weekdays differ, but four values alone are a thin ground: their neighbours of the same kind stand beside them
  if (same.length >= 4) return { days: [...same, ...kind], against: 'weekday' }
  if (kind.length >= 4) return { days: kind, against: 'kind' }
  return { days, against: 'all' }
}

/** How much busier a day is than usual for everybody: the median of each one's ratio to his own median. */
export function commonFactorOf(ratios: readonly number[]): number {
  return ratios.length < 20 ? 1 : median(ratios)
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5)
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (sorted.length - 1) * share
  const low = Math.floor(at)
  return sorted[low] + ((sorted[low + 1] ?? sorted[low]) - sorted[low]) * (at - low)
}
