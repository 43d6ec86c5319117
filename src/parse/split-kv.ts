/** Splits `key=value` of known separators, and what the splitters of other pairs share with it. */
import type { ByteMap } from '../lib/byte-map.ts'
import type { KeyMemory } from './key-memory.ts'
import type { LineContext } from './line-context.ts'
import { keepCut, unslash } from './split.ts'

export interface KvOptions {
  /** 1 for each byte that parts pairs / that parts key and value / that quotes. */
  separators: Uint8Array
  assigns: Uint8Array
  /** 1 for each byte that is one of both. */
  keyEnds: Uint8Array
  quotes: Uint8Array
  escapes: boolean
  /** Quotes may stand in quoted values: one ends its value only before the next key or at the line's end. */
  inner: boolean
  keys: ByteMap
  memory: KeyMemory
  repeatedLast: boolean
}

/** The table of a set of ASCII characters. */
export function byteSet(text: string): Uint8Array {
  const set = new Uint8Array(256)
  for (const byte of Buffer.from(text, 'latin1')) set[byte] = 1
  return set
}

/** `key=value` pairs, values bare or quoted (doubled quotes of relays too). Returns the number of pairs. */
export function splitKv(c: LineContext, start: number, end: number, o: KvOptions): number {
  const buf = c.buf
  const { separators, assigns, quotes, keys, keyEnds, memory } = o
  let p = start
  let pairs = 0
  memory.begin()
  while (p < end) {
    while (p < end && separators[buf[p]] === 1) p++
    let slot: number
    const expected = memory.match(buf, c.view, p, end)
    if (expected > 0 && (p + expected >= end || assigns[buf[p + expected]] === 0)) {
      slot = memory.slot
      p += expected
    } else {
      const keyStart = p
      while (p < end && keyEnds[buf[p]] === 0) p++
      if (p >= end) break
      if (assigns[buf[p]] === 0) continue
      let keyEnd = p
      while (keyEnd > keyStart && buf[keyEnd - 1] === 32) keyEnd--
      while (p < end && assigns[buf[p]] === 1) p++
      slot = keys.get(buf, keyStart, keyEnd)
      memory.learn(buf, keyStart, p, slot)
    }
    pairs++
    if (p < end && quotes[buf[p]] === 1) {
      p = quotedValue(c, p, end, slot, o)
    } else {
      const from = p
      while (p < end && separators[buf[p]] === 0) p++
      if (slot >= 0 && p > from && (o.repeatedLast || c.slotEnd[slot] === 0)) {
        c.slotStart[slot] = from
        c.slotEnd[slot] = p
      }
    }
  }
  return pairs
}

/** A quoted value from its opening quote; returns where it ends. */
function quotedValue(
  c: LineContext,
  open: number,
  end: number,
  slot: number,
  o: KvOptions,
): number {
  const buf = c.buf
  const quote = buf[open]
  let q = open + 1
  if (q < end && buf[q] === quote) {
    // `""` is empty, unless a relay doubled all quotes: `""value""`
    if (q + 1 >= end || o.separators[buf[q + 1]] === 1 || buf[q + 1] === 93) return q + 1
    return doubledValue(c, q + 1, end, slot, quote, o)
  }
  const from = q
  let slashed = false
  for (;;) {
    while (q < end && buf[q] !== quote && buf[q] !== 92) q++
    if (q >= end) break
    if (buf[q] === quote) {
      if (!o.inner || endsValue(buf, q + 1, end, o)) break
      q++
    } else if (o.escapes) {
      slashed = true
      q += 2
    } else q++
  }
  if (q >= end) {
    keepCut(c, slot, from, end)
    return end
  }
  keep(c, slot, from, q, slashed, o)
  return q + 1
}

/** Behind the quote before `p` stands the next key with its assign, or the line ends. */
function endsValue(buf: Uint8Array, p: number, end: number, o: KvOptions): boolean {
  let q = p
  while (q < end && o.separators[buf[q]] === 1) q++
  if (q >= end) return true
  if (q === p) return false
  const key = q
  while (q < end && isKeyByte(buf[q])) q++
  return q > key && q < end && o.assigns[buf[q]] === 1
}

/** A byte of a key: letters, digits, `_`, `-`, `.`. */
export const isKeyByte = (b: number): boolean =>
  (b >= 97 && b <= 122) ||
  (b >= 65 && b <= 90) ||
  (b >= 48 && b <= 57) ||
  b === 95 ||
  b === 45 ||
  b === 46

function doubledValue(
  c: LineContext,
  from: number,
  end: number,
  slot: number,
  quote: number,
  o: KvOptions,
): number {
  const buf = c.buf
  let q = from
  while (q < end && !(buf[q] === quote && (q + 1 >= end || buf[q + 1] === quote))) q++
  if (q >= end) {
    c.truncated = true
    return end
  }
  keep(c, slot, from, q, false, o)
  return Math.min(q + 2, end)
}

function keep(
  c: LineContext,
  slot: number,
  from: number,
  to: number,
  slashed: boolean,
  o: KvOptions,
): void {
  if (slot < 0 || to <= from || (!o.repeatedLast && c.slotEnd[slot] !== 0)) return
  if (slashed) unslash(c, slot, from, to)
  else {
    c.slotStart[slot] = from
    c.slotEnd[slot] = to
  }
}

/** Whether a bracket that opens in `[start, end)` is still open at its end. */
export function openParenthesis(buf: Uint8Array, start: number, end: number): boolean {
  let open = 0
  for (let i = start; i < end; i++) {
    if (buf[i] === 40) open++
    else if (buf[i] === 41) open--
  }
  return open > 0
}
