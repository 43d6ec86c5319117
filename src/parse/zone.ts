/** Time zones of sources. */
import type { ZoneOffset } from './line-context.ts'

/** A zone by its IANA name; offsets are kept by hour. Throws RangeError for an unknown name. */
export function timeZone(name: string): ZoneOffset {
  const known = new Map<number, number>()
  Temporal.Now.zonedDateTimeISO(name)
  return {
    offsetMs(localMs) {
      const quarter = Math.floor(localMs / 900_000)
      const kept = known.get(quarter)
      if (kept !== undefined) return kept
      const local = Temporal.Instant.fromEpochMilliseconds(quarter * 900_000)
        .toZonedDateTimeISO('UTC')
        .toPlainDateTime()
      // "compatible": the first of two at the end of summer time, the later in the gap
      const at = local.toZonedDateTime(name, { disambiguation: 'compatible' }).epochMilliseconds
      const offset = quarter * 900_000 - at
      if (known.size > 100_000) known.clear()
      known.set(quarter, offset)
      return offset
    },
  }
}
