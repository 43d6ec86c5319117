/** The last value of a line that was cut off: what of it may be told. */
import type { Definition, Mapping } from './definition.ts'
import type { LineContext } from './line-context.ts'

/** A part of it says less, nothing else: user agents and referrers. */
const freeText = 1
/** A part of it is true once its host is whole. */
const address = 2

/** What each slot feeds; 0 = half a value would be another value. */
export function cutKinds(definition: Definition, slots: ReadonlyMap<string, number>): Uint8Array {
  const kinds = new Uint8Array(slots.size)
  type Columns = Definition['columns']
  const mark = (
    map: Mapping,
    key: 'userAgent' | 'referrer' | 'url',
    kind: number,
    columns: Columns,
  ): void => {
    const source = map[key]
    if (source === undefined) return
    for (const step of Array.isArray(source) ? source : [source]) {
      const from = typeof step === 'string' ? step : step.from
      for (const name of from === undefined ? [] : [from].flat()) {
        const column = columns?.[name]
        const slot = slots.get(column === undefined ? name : `#${column}`)
        if (slot !== undefined) kinds[slot] = kind
      }
    }
  }
  const maps: [Mapping, Columns][] = [
    [definition.map, definition.columns],
    ...definition.records.map(({ map, columns }): [Mapping, Columns] => [
      { ...definition.map, ...map },
      { ...definition.columns, ...columns },
    ]),
  ]
  for (const [map, columns] of maps) {
    mark(map, 'url', address, columns)
    mark(map, 'userAgent', freeText, columns)
    mark(map, 'referrer', freeText, columns)
  }
  return kinds
}

/** Takes away the value at the end of a line that was cut off, unless its kind lets a part of it stand. */
export function dropCut(c: LineContext, end: number, kinds: Uint8Array): void {
  for (let slot = 0; slot < kinds.length; slot++) {
    if (c.slotEnd[slot] !== end || kinds[slot] === freeText) continue
    if (kinds[slot] === address && hostIsWhole(c.buf, c.slotStart[slot], end)) continue
    c.slotStart[slot] = c.slotEnd[slot] = 0
  }
}

/** `scheme://host/`: a slash stands behind the host. */
function hostIsWhole(buf: Uint8Array, start: number, end: number): boolean {
  let slashes = 0
  for (let p = start; p < end; p++) if (buf[p] === 47 && ++slashes === 3) return true
  return false
}

/** Where senders cut: at the limit of RFC 3164, at buffers of twice, four and eight times that, and at a datagram in one Ethernet frame. */
const leastBytes = 1024
const mostBytes = 8192
const slackBytes = 3
const frameLeast = 1460
const frameMost = 1472

/** Whether a line of so many bytes ends where a sender's limit is: its last bare value may be half. */
export function endsAtLimit(bytes: number): boolean {
  if (bytes < leastBytes - slackBytes) return false
  if (bytes >= frameLeast && bytes <= frameMost) return true
  for (let limit = leastBytes; limit <= mostBytes; limit *= 2)
    if (bytes <= limit && bytes >= limit - slackBytes) return true
  return false
}

/** For the compiler of parse/line-run.ts. */
export const limitNumbers = { leastBytes, mostBytes, slackBytes, frameLeast, frameMost }
