import { skipped, unparsed } from './line-context.ts'
import type { LineContext } from './line-context.ts'
import { systemServices } from './system-services.ts'

/** Why a line is left: housekeeping of syslog daemons, services of the system, bytes that are no text, or just unknown. */
export function unknownLine(
  c: LineContext,
  start: number,
  payload: number,
  end: number,
): [number, string] {
  const text = Buffer.from(c.buf.subarray(payload, Math.min(end, payload + 200))).toString('latin1')
  if (
    /^-- MARK --|last message repeated \d+ times|message repeated \d+ times: \[|^\[origin software=/.test(
      text,
    )
  )
    return [skipped, 'syslog housekeeping']
  // what Excel writes before a table, the rule below its header, the end of a list laid out over many lines
  if (/^"?sep=[,;|\t]"?$|^[-=+| ]{8,}$|^[\]}][\]},;\s]*$/i.test(text)) return [skipped, 'directive']
  const tag = Buffer.from(c.buf.subarray(c.tagStart, Math.min(c.tagEnd, c.tagStart + 64)))
  // a packet filter's line that is cut off is none of the system's
  if (systemServices.has(tag.toString('latin1').toLowerCase()) && !/\b(?:IN|SRC)=/.test(text))
    return [skipped, 'message of the operating system']
  let control = 0
  const stop = Math.min(end, start + 512)
  for (let p = start; p < stop; p++) if (c.buf[p] < 32 && c.buf[p] !== 9) control++
  return [unparsed, control * 10 > stop - start ? 'binary data' : 'no format matches']
}
