/** Numbers and times in words for people: one notation for HTML and terminal. Unknown is "–", never 0. */

export const unknownText = '–'

const integer = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const byteUnits = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'] as const
const countUnits = ['', 'K', 'M', 'B'] as const

/** `1,234,567`; null is "–". */
export function formatCount(count: number | null): string {
  return count === null ? unknownText : integer.format(count)
}

/** `1 app`, `2 apps`. */
export function formatNoun(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(count)} ${count === 1 ? singular : plural}`
}

/** `12.3K`, `4.56M` for axes and cards; exact below 10,000. */
export function formatShortCount(count: number): string {
  if (count < 10_000) return formatCount(count)
  const { value, step } = scale(count, countUnits.length)
  return `${threeDigits(value)}${countUnits[step]}`
}

/** Decimal units (1 GB = 10⁹ bytes), three digits: `3.21 GB`; null is "–". */
export function formatBytes(bytes: number | null): string {
  if (bytes === null) return unknownText
  const { value, step } = scale(bytes, byteUnits.length)
  if (step === 0) return `${integer.format(bytes)} ${bytes === 1 ? 'byte' : 'bytes'}`
  return `${threeDigits(value)} ${byteUnits[step]}`
}

/** Without zeros behind the point, for axes: `5 GB` of `5.00 GB`, `90K` of `90.0K`. */
export function roundLabel(text: string): string {
  return text.replace(/\.0+(?=\D*$)/, '')
}

function scale(number: number, units: number): { value: number; step: number } {
  let value = number
  let step = 0
  // 999.5 would be shown as 1000 with three digits: the next unit starts there.
  while (Math.abs(value) >= 999.5 && step < units - 1) {
    value /= 1000
    step++
  }
  return { value, step }
}

function threeDigits(value: number): string {
  const size = Math.abs(value)
  return value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2)
}

/** Share 0..1 as `12 %`; small ones are never rounded to nothing, large ones never to everything. */
export function formatShare(share: number | null): string {
  if (share === null) return unknownText
  if (share > 0 && share < 0.01) return '< 1%'
  if (share < 1 && share > 0.99) return '> 99%'
  return `${Math.round(share * 100)}%`
}

/** Part of a whole as a share; null when either is unknown or the whole is nothing. */
export function shareOf(part: number | null, whole: number | null): number | null {
  return part === null || whole === null || whole <= 0 ? null : part / whole
}

/** `2026-09-21 14:13` in UTC; text that is no time comes back as it is. */
export function formatTime(iso: string): string {
  const ms = Date.parse(iso)
  return Number.isNaN(ms) ? iso : new Date(ms).toISOString().slice(0, 16).replace('T', ' ')
}

const hourMs = 3_600_000

/**
 * The period in words. `to` is the last hour with data, so the period ends with that hour's last minute:
 * `2026-09-21 14:00 to 2026-09-28 13:59 UTC`.
 */
export function formatPeriod(from: string | null, to: string | null): string {
  if (from === null || to === null) return 'no data yet'
  const ms = Date.parse(to)
  const end = ms % hourMs === 0 ? new Date(ms + hourMs - 60_000).toISOString() : to
  return `${formatTime(from)} to ${formatTime(end)} UTC`
}
