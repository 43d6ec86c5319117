/** How a line is built, for the drift watch: its columns, or the keys it names. Asked of a few lines a minute, so strings are cheap enough. */
import { watchLimits } from '../limits.ts'
import type { Split } from './definition.ts'
import { decode } from './normalise.ts'

export interface LineShape {
  /** null = lines of this format have no columns that could be counted. */
  columns: number | null
  keys: readonly string[]
}

const pairKey = /(?:^|[\s,;|\t"'{])([A-Za-z_][\w.-]{0,63})=/g
const jsonKey = /"([^"\\]{1,64})"\s*:/g
const xmlName = /<([A-Za-z_][\w:.-]{0,63})|\bName=["']([^"']{1,64})["']/g

/** The shape of the bytes behind the envelope. */
export function shapeOf(bytes: Uint8Array, split: Split): LineShape {
  const text = decode(bytes.subarray(0, watchLimits.driftLineBytes))
  switch (split.type) {
    case 'csv':
      return { columns: cells(text, delimiterOf(text, split.delimiter)), keys: [] }
    case 'columns':
      return { columns: cells(text, split.delimiter === 'tab' ? '\t' : ' '), keys: [] }
    case 'w3c':
      return { columns: cells(text, text.includes('\t') ? '\t' : ' '), keys: [] }
    case 'json':
      return { columns: null, keys: named(text, jsonKey) }
    case 'xml':
      return { columns: null, keys: named(text, xmlName) }
    case 'kv':
    case 'cef':
    case 'leef':
      return { columns: null, keys: named(text, split.type === 'kv' ? keysOf(split) : pairKey) }
    default:
      return { columns: null, keys: [] }
  }
}

/** Keys before the assignment of this format. */
function keysOf({ assign }: Extract<Split, { type: 'kv' }>): RegExp {
  if (assign === '=') return pairKey
  const sign = assign.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`(?:^|[\\s,;|\\t"'{])([A-Za-z_][\\w.-]{0,63})${sign}`, 'g')
}

function named(text: string, pattern: RegExp): string[] {
  const keys = new Set<string>()
  for (const match of text.matchAll(pattern)) {
    keys.add(match[1] ?? match[2])
    if (keys.size >= watchLimits.driftKeys) break
  }
  return [...keys]
}

function delimiterOf(text: string, delimiter: string | readonly string[]): string {
  if (typeof delimiter === 'string') return delimiter
  const places = delimiter.map((one) => text.indexOf(one)).map((at) => (at < 0 ? Infinity : at))
  return delimiter[places.indexOf(Math.min(...places))]
}

/** Cells outside quotes; blanks part in runs. */
function cells(text: string, delimiter: string): number {
  let count = 1
  let quoted = false
  let before = ''
  for (const letter of delimiter === ' ' ? text.trim() : text) {
    if (letter === '"') quoted = !quoted
    else if (letter === delimiter && !quoted && (delimiter !== ' ' || before !== ' ')) count++
    before = letter
  }
  return count
}
