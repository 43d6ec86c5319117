/** What is known of a stream's clock and of how its lines changed, in words. Shared by `gnomon sources`, API, reports and alerts. */
import { watchLimits } from '../limits.ts'
import type { StreamState } from '../parse/batch.ts'
import type { DriftNotice } from '../parse/drift-watch.ts'
import { isLive } from '../parse/stream-watch.ts'
import { formatCount, formatTime } from './format.ts'

export interface Clock {
  /** files: no live clock; unknown: too few stamps; zone: evidently another zone; late: the clock is slow, or a relay holds lines back. */
  state: 'files' | 'unknown' | 'right' | 'zone' | 'ahead' | 'late'
  /** Stamps minus receipt, in ms: the median, and where the middle eight tenths lie; null = not known. */
  medianMs: number | null
  lowMs: number | null
  highMs: number | null
  text: string
}

const quarterMs = 15 * 60 * 1000
const hourMs = 60 * 60 * 1000
/** UTC-12 to UTC+14. */
const zoneMsMax = 14 * hourMs

type ClockFacts = Pick<StreamState, 'listener' | 'source' | 'peer' | 'zone' | 'skew' | 'lastSeenMs'>

/**
 * Lines can come late, but not before they are written: the freshest of them show how far the clock is off, the rest how long
 * lines took, or how long the sessions lasted whose beginning they are stamped with.
 */
export function clockOf(stream: ClockFacts): Clock {
  const nothing = { medianMs: null, lowMs: null, highMs: null }
  if (!isLive(stream.listener))
    return { state: 'files', ...nothing, text: 'Comes as files: no clock to compare with.' }
  const { skew } = stream
  if (skew === null) return { state: 'unknown', ...nothing, text: 'No stamp of its own seen yet.' }
  const { lines, medianMs, lowMs, highMs, freshMs } = skew
  const facts = { medianMs, lowMs, highMs }
  if (lines < watchLimits.skewLinesMin)
    return {
      state: 'unknown',
      ...facts,
      text: `Only ${formatCount(lines)} stamps so far: too few to judge its clock.`,
    }
  const zone = zoneOff(medianMs, freshMs)
  if (zone !== 0) return { state: 'zone', ...facts, text: zoneText(stream, zone) }
  if (freshMs > watchLimits.clockOffMs)
    return {
      state: 'ahead',
      ...facts,
      text: `Its clock is ${duration(freshMs)} ahead of receipt: set the device's time (NTP).`,
    }
  if (freshMs < -watchLimits.clockOffMs)
    return {
      state: 'late',
      ...facts,
      text: `Even its freshest lines are stamped ${duration(freshMs)} before receipt: its clock is slow (set it by NTP), or a relay holds lines back.`,
    }
  return { state: 'right', ...facts, text: `Its clock agrees with receipt${lateWords(lowMs)}.` }
}

function lateWords(lowMs: number): string {
  return lowMs < -watchLimits.clockOffMs
    ? `; a tenth of its stamps are ${duration(lowMs)} or more before it`
    : ''
}

/** The multiple of a quarter of an hour by which the stamps are off, 0 = none. */
function zoneOff(medianMs: number, freshMs: number): number {
  const off = Math.round(freshMs / quarterMs) * quarterMs
  const near = Math.abs(freshMs - off) <= watchLimits.zoneToleranceMs
  const close = medianMs >= off - watchLimits.zoneDelayMs
  return near && close && Math.abs(off) <= zoneMsMax ? off : 0
}

/** Places that stand for the zones of the world, the better known first. */
const places = [
  'Europe/London', 'Europe/Berlin', 'Europe/Athens', 'Europe/Moscow', 'Asia/Dubai', 'Asia/Karachi', 'Asia/Kolkata',
  'Asia/Kathmandu', 'Asia/Dhaka', 'Asia/Yangon', 'Asia/Bangkok', 'Asia/Singapore', 'Asia/Tokyo', 'Australia/Darwin',
  'Australia/Adelaide', 'Australia/Brisbane', 'Australia/Sydney', 'Pacific/Auckland', 'Asia/Tehran', 'Asia/Kabul',
  'Africa/Lagos', 'Africa/Johannesburg', 'Africa/Nairobi', 'America/Sao_Paulo', 'America/St_Johns', 'America/Halifax',
  'America/New_York', 'America/Chicago', 'America/Denver', 'America/Phoenix', 'America/Los_Angeles',
  'America/Anchorage', 'America/Bogota', 'America/Caracas', 'Pacific/Honolulu', 'UTC',
] // prettier-ignore

function offsetOf(zone: string | null, atMs: number): number {
  if (zone === null) return 0
  const at = Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(zone)
  return at.offsetNanoseconds / 1e6
}

function zoneText(stream: ClockFacts, offMs: number): string {
  const { zone, skew, source, peer, lastSeenMs } = stream
  const where = `lie ${duration(offMs)} ${offMs > 0 ? 'ahead of' : 'behind'} receipt`
  const late = offMs < 0 ? ' (or a relay holds its lines back for just as long)' : ''
  if (skew !== null && skew.zoneless < 0.5)
    return `Its stamps name their zone, and ${where}: zone or clock set on the device is wrong; mend it there${late}. The zone of sources: does not touch such stamps.`
  const written = offsetOf(zone, lastSeenMs) + offMs
  const [first, ...others] = places.filter((place) => offsetOf(place, lastSeenMs) === written)
  const example = first ?? `${written < 0 ? '-' : '+'}${clock(written)}`
  const more = others.length === 0 ? '' : ` (or ${others.slice(0, 2).join(', ')})`
  return `Its stamps name no zone, are read as ${zone ?? 'UTC'} and ${where}: the device writes UTC${written < 0 ? '-' : '+'}${clock(written)}${late}. Set zone: ${example}${more} in its entry of sources: in the configuration; where it has none, add { name: ${source}, from: [${peer}], zone: ${example} }.`
}

function clock(offsetMs: number): string {
  const minutes = Math.round(Math.abs(offsetMs) / 60_000)
  const two = (number: number): string => String(number).padStart(2, '0')
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}

/** `3 s`, `4 min`, `2 h`, `5 h 30 min`, `more than a day`; the sign is told elsewhere. */
export function duration(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000)
  if (seconds < 90) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours > 24) return 'more than a day'
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
}

/** `Since 2026-09-25 14:02 …` (UTC), or `From … to …` when it is over. */
export function driftText({
  sinceMs,
  endedMs,
  words,
}: Pick<DriftNotice, 'sinceMs' | 'endedMs' | 'words'>): string {
  const at = (ms: number): string => formatTime(new Date(ms).toISOString())
  const when = endedMs === null ? `Since ${at(sinceMs)}` : `From ${at(sinceMs)} to ${at(endedMs)}`
  return `${when} ${words.join('; ')}.`
}

/** Changes that are of interest still. */
export function driftShown(stream: Pick<StreamState, 'drift'>, nowMs: number): DriftNotice[] {
  return stream.drift.filter(
    ({ sinceMs, endedMs }) => nowMs - (endedMs ?? sinceMs) < watchLimits.driftShownMs,
  )
}

/** What somebody should look at, of the streams of one source: wrong clocks, changed lines. `of` names the sender where there are several. */
export function noticesOf(streams: readonly StreamState[], nowMs: number): string[] {
  return streams.flatMap((stream) => {
    const { state, text } = clockOf(stream)
    const of = streams.length > 1 ? `${stream.peer}: ` : ''
    return [
      ...(['zone', 'ahead', 'late'].includes(state) ? [of + text] : []),
      ...driftShown(stream, nowMs).map((notice) => of + driftText(notice)),
    ]
  })
}
