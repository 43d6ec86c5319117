/** The last resort: RE2 (linear time, no backtracking) over the line as text; named groups become slots. */
import type { RE2JS } from 're2js'
import { dataStart } from './line-context.ts'
import type { LineContext } from './line-context.ts'

export interface RegexSplit {
  expression: RE2JS
  groups: { name: string; slot: number }[]
}

/** Returns whether the line matches; the groups' text is written to the scratch. */
export function splitRegex(c: LineContext, start: number, end: number, split: RegexSplit): boolean {
  const text = Buffer.from(c.buf.buffer, c.buf.byteOffset + start, end - start).toString('utf8')
  const matcher = split.expression.matcher(text)
  if (!matcher.find()) return false
  for (const { name, slot } of split.groups) {
    const value = matcher.group(name)
    if (value === null || value === '') continue
    const bytes = Buffer.from(value)
    // groups within groups may say more than the scratch holds: the lines of the segment begin behind it
    if (c.scratch + bytes.length > dataStart) {
      c.truncated = true
      continue
    }
    c.buf.set(bytes, c.scratch)
    c.slotStart[slot] = c.scratch
    c.scratch += bytes.length
    c.slotEnd[slot] = c.scratch
  }
  return true
}
