/**
 * The native splitters (parse/native-code.ts) over the memory of one LineContext: its slots lie in the first bytes, behind them the
 * tables that splitters read, which are written there when they are first asked for.
 */
import type { KeyMemory } from './key-memory.ts'
import type { LineContext } from './line-context.ts'
import {
  keyEntryBytes,
  nativeBytes,
  nativeCode,
  slashedAt,
  surplusMark,
  tablesFrom,
} from './native-code.ts'
import type { NativeCode } from './native-code.ts'
import type { Layout } from './layout.ts'
import { splitBlanks, splitCsv, unslash } from './split.ts'
import { splitKv } from './split-kv.ts'
import type { KvOptions } from './split-kv.ts'

/** How pairs are read, with what the native way needs. */
export interface FastKvOptions extends KvOptions {
  /** The bytes that part; null = they are more than the native way knows. */
  bytes: { separator: number; other: number; assign: number; quote: number; slash: number } | null
  /** Lines that were refused, over those that were read. */
  refusals: number
}

/** For sets of bytes that the native way knows: at most two separators, one assign, one quote or none. */
export function nativeBytesOf(split: {
  separators: string
  assign: string
  quotes: string
  escapes: boolean
  inner: boolean
}): FastKvOptions['bytes'] {
  const { separators, assign, quotes } = split
  if (split.inner || separators.length > 2 || assign.length !== 1 || quotes.length > 1) return null
  // no byte is 256
  const quote = quotes === '' ? 256 : quotes.charCodeAt(0)
  return {
    separator: separators.charCodeAt(0),
    other: separators.charCodeAt(separators.length - 1),
    assign: assign.charCodeAt(0),
    quote,
    slash: split.escapes ? 92 : quote,
  }
}

interface Table {
  at: number
  version: number
}

export class NativeSplits {
  readonly code: NativeCode
  #tables = new Map<object, Table>()
  #used = tablesFrom
  /** Called when all tables are forgotten: who kept a place of one must ask again. */
  forgotten: () => void = () => undefined
  #last: object | null = null
  #lastTable: Table = { at: 0, version: 0 }

  private constructor(code: NativeCode) {
    this.code = code
  }

  /** null on a processor without the instructions. */
  static over(memory: WebAssembly.Memory): NativeSplits | null {
    const code = nativeCode(memory)
    return code === null ? null : new NativeSplits(code)
  }

  /** Where the columns' slots stand. */
  columnsAt(c: LineContext, columnSlots: Int16Array): number {
    const table = this.#table(columnSlots, columnSlots.byteLength)
    if (table.version === 0) {
      table.version = 1
      new Int16Array(c.buf.buffer, table.at, columnSlots.length).set(columnSlots)
    }
    return table.at
  }

  /** Where the expected keys stand. */
  keysAt(c: LineContext, keys: KeyMemory): number {
    const table = this.#table(keys, keys.entries * keyEntryBytes)
    if (table.version !== keys.version + 1) {
      table.version = keys.version + 1
      keys.write(c.buf, c.view, table.at)
    }
    return table.at
  }

  /** When the place for tables is full, all are forgotten. */
  #table(of: object, bytes: number): Table {
    if (of === this.#last) return this.#lastTable
    let table = this.#tables.get(of)
    if (table === undefined) {
      if (this.#used + bytes > nativeBytes) {
        this.#tables = new Map()
        this.#used = tablesFrom
        this.forgotten()
      }
      table = { at: this.#used, version: 0 }
      this.#used += (bytes + 15) & ~15
      this.#tables.set(of, table)
    }
    this.#last = of
    this.#lastTable = table
    return table
  }
}

/** `splitCsv`, the native way where there is one. */
export function fastCsv(
  c: LineContext,
  start: number,
  end: number,
  delimiter: number,
  columnSlots: Int16Array,
  braces: boolean,
): number {
  const { native } = c
  if (native !== null && delimiter !== 0) {
    const at = native.columnsAt(c, columnSlots)
    const seen = native.code.columns(start, end, delimiter, at, columnSlots.length, braces ? 1 : 0)
    if (seen >= surplusMark) {
      c.surplus = true
      return seen - surplusMark
    }
    if (seen >= 0) return seen
    c.slotEnd.fill(0)
  }
  return splitCsv(c, start, end, delimiter, columnSlots, braces)
}

/** `splitBlanks`, the native way where there is one. */
export function fastBlanks(
  c: LineContext,
  start: number,
  end: number,
  columnSlots: Int16Array,
  brackets: boolean,
  angles = false,
): number {
  const { native } = c
  if (native !== null && !angles) {
    const at = native.columnsAt(c, columnSlots)
    const seen = native.code.blanks(start, end, at, columnSlots.length, brackets ? 1 : 0)
    if (seen >= 0) return seen
    c.slotEnd.fill(0)
  }
  return splitBlanks(c, start, end, columnSlots, brackets, angles)
}

/** Where the keys stand that the native splitter expects, 0 = it is not tried: there is none, or the lines before were refused. */
export function keysFor(c: LineContext, o: FastKvOptions): number {
  const { native } = c
  if (native === null || o.bytes === null) return 0
  return o.refusals < refusalsMax || (++o.refusals & 63) === 0 ? native.keysAt(c, o.memory) : 0
}

/** The pairs of a line that the native splitter refused. `read`: lines that it read since it refused one. */
export function splitRefused(
  c: LineContext,
  start: number,
  end: number,
  o: FastKvOptions,
  read: number,
): number {
  o.refusals = Math.max(0, Math.min(o.refusals, refusalsMax) - read)
  if (o.refusals < refusalsMax) o.refusals += 2
  return splitKv(c, start, end, o)
}

/** Values that the native splitter found with slashes in them. */
export function unslashFound(c: LineContext): void {
  const slashed = c.view.getInt32(slashedAt, true)
  for (let i = 0; i < slashed; i++) {
    const slot = c.view.getInt32(slashedAt + 4 + i * 4, true)
    unslash(c, slot, c.slotStart[slot], c.slotEnd[slot])
  }
}

/** So many more lines that were refused than read: the native way is then tried on few of them. */
const refusalsMax = 64

/** A row under a header, cut by the header's delimiter. */
export function splitRow(c: LineContext, start: number, end: number, layout: Layout): number {
  const { columnSlots, padded } = layout
  const seen = fastCsv(c, start, end, layout.delimiter, columnSlots, false)
  if (padded) for (const slot of columnSlots) if (slot >= 0) trimBlanks(c, slot)
  return seen
}

function trimBlanks({ buf, slotStart, slotEnd }: LineContext, slot: number): void {
  while (slotStart[slot] < slotEnd[slot] && buf[slotStart[slot]] === 32) slotStart[slot]++
  while (slotEnd[slot] > slotStart[slot] && buf[slotEnd[slot] - 1] === 32) slotEnd[slot]--
}
