/** Stamps of agent rows: ISO 8601 (streams, APIs, Windows events), or the local form of the portal's CSV export. */

/** Offset in ms of a local wall-clock time given as if it were UTC. */
export interface Zone {
  offsetMs(localMs: number): number
}

const iso =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?\s*(Z|[+-]\d\d:?\d\d)?$/
/** `5/17/2024 9:00:00 AM`, `17/05/2024 09:00:00`, `17.05.2024, 09:00:00`. */
const slashed =
  /^(\d{1,2})([/.-])(\d{1,2})\2(\d{4}),? (\d{1,2}):(\d\d)(?::(\d\d))?(?:\.(\d{1,9}))?(?: ?([AP]M))?$/i
/** `May 17, 2024 9:00:00 AM`. */
const named =
  /^([A-Z][a-z]{2})[a-z]* (\d{1,2}), (\d{4}),? (\d{1,2}):(\d\d)(?::(\d\d))?(?: ?([AP]M))?$/i
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/**
 * Epoch milliseconds, or NaN for what is no date. A stamp without zone is in `zone` (null = UTC). Of `05/06/2024` the month comes
 * first with AM or PM behind it, else the day: so the portal writes them; where that gives no date, the other order is taken.
 */
export function rowTime(text: string, zone: Zone | null): number {
  const given = text.trim().replaceAll('\u202f', ' ')
  const match = iso.exec(given)
  if (match !== null) {
    const [, y, mo, d, h, mi, s, fraction = '', offset] = match
    const ms = civil([y, mo, d, h, mi, s].map(Number), fraction)
    if (offset === undefined) return local(ms, zone)
    return offset === 'Z' ? ms : ms - offsetOf(offset)
  }
  return local(localForm(given), zone)
}

function localForm(text: string): number {
  const digits = slashed.exec(text)
  if (digits !== null) {
    const [, one, sign, two, y, h, mi, s = '0', fraction = '', half] = digits
    const clock = [hourOf(Number(h), half), Number(mi), Number(s)]
    const monthFirst = sign !== '.' && half !== undefined
    const [month, day] = monthFirst ? [one, two] : [two, one]
    const first = civil([Number(y), Number(month), Number(day), ...clock], fraction)
    if (!Number.isNaN(first) || sign === '.') return first
    return civil([Number(y), Number(day), Number(month), ...clock], fraction)
  }
  const words = named.exec(text)
  if (words === null) return Number.NaN
  const [, word, d, y, h, mi, s = '0', half] = words
  const month = months.indexOf(word.toLowerCase()) + 1
  return civil([Number(y), month, Number(d), hourOf(Number(h), half), Number(mi), Number(s)], '')
}

function hourOf(hour: number, half: string | undefined): number {
  if (half === undefined) return hour
  if (hour < 1 || hour > 12) return Number.NaN
  return (hour % 12) + (half.toUpperCase() === 'PM' ? 12 : 0)
}

/** NaN for 30 February, month 13 and the like. */
function civil(parts: readonly number[], fraction: string): number {
  const [year, month, day, hour, minute, second] = parts
  if (hour > 23 || minute > 59 || second > 60) return Number.NaN
  const ms = Date.UTC(year, month - 1, day, hour, minute, second)
  const date = new Date(ms)
  if (date.getUTCMonth() !== month - 1 && second < 60) return Number.NaN
  if (month < 1 || month > 12 || day < 1) return Number.NaN
  return ms + Math.floor(Number(`0.${fraction === '' ? '0' : fraction}`) * 1000)
}

function offsetOf(text: string): number {
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(-2))
  return (text.startsWith('-') ? -minutes : minutes) * 60_000
}

function local(ms: number, zone: Zone | null): number {
  return zone === null || Number.isNaN(ms) ? ms : ms - zone.offsetMs(ms)
}
