/** `key=value`: with separators, with values that hold blanks, and as the line itself shows. */
import { lengthAt, made, openParenthesis, piece, unslash } from './text.ts'
import type { Field, Pairs } from './text.ts'

export interface PairSyntax {
  separators: string
  assign: string
  quotes: string
  escapes: boolean
  inner: boolean
}

interface Reading {
  line: string
  pairs: Pairs
  syntax: PairSyntax
  truncated: boolean
}

/** Pairs parted by separators. Returns whether the line is cut off. */
export function readPairs(
  line: string,
  start: number,
  end: number,
  syntax: PairSyntax,
  pairs: Pairs,
): boolean {
  const reading = { line: line.slice(0, end), pairs, syntax, truncated: false }
  const { separators, assign, quotes } = syntax
  const until = (from: number, of: string): number => {
    let at = from
    while (at < end && !of.includes(line[at])) at++
    return at
  }
  for (let at = start; at < end;) {
    if (separators.includes(line[at])) {
      at++
      continue
    }
    const keyEnd = until(at, separators + assign)
    if (keyEnd >= end) break
    // a word without value
    if (!assign.includes(line[keyEnd])) {
      at = keyEnd
      continue
    }
    const key = line.slice(at, keyEnd).replace(/ +$/, '')
    at = keyEnd
    while (at < end && assign.includes(line[at])) at++
    if (at < end && quotes.includes(line[at])) at = readQuoted(reading, key, at)
    else {
      const behind = until(at, separators)
      pairs.add(key, piece(line, at, behind))
      at = behind
    }
  }
  return reading.truncated
}

/** A quoted value whose quote opens at `open`; the place behind it. */
function readQuoted(reading: Reading, key: string, open: number): number {
  const { line, pairs, syntax } = reading
  const quote = line[open]
  const end = line.length
  if (line[open + 1] === quote) {
    // `""` is empty, unless a relay doubled all quotes: `""value""`
    const behind = line[open + 2]
    if (behind === undefined || behind === ']' || syntax.separators.includes(behind))
      return open + 2
    let close = open + 2
    while (close < end && !(line[close] === quote && [quote, undefined].includes(line[close + 1])))
      close++
    if (close >= end) reading.truncated = true
    else pairs.add(key, piece(line, open + 2, close))
    return Math.min(close + 2, end)
  }
  let slashed = false
  let at = open + 1
  for (; at < end; at++) {
    if (line[at] === '\\' && syntax.escapes) {
      slashed = true
      at++
    } else if (line[at] === quote && (!syntax.inner || endsValue(line, at + 1, syntax))) break
  }
  if (at >= end) {
    reading.truncated = true
    // what of it may stay is judged by what it feeds
    pairs.add(key, { ...piece(line, open + 1, end) })
    return end
  }
  const whole = piece(line, open + 1, at)
  pairs.add(key, slashed ? made(unslash(whole.text)) : whole)
  return at + 1
}

/** Behind a quote stands the next key with its assign, or the line ends. */
function endsValue(line: string, from: number, { separators, assign }: PairSyntax): boolean {
  let at = from
  while (at < line.length && separators.includes(line[at])) at++
  if (at >= line.length) return true
  const key = lengthAt(/[\w.-]+/, line, at)
  return at > from && key > 0 && assign.includes(line[at + key] ?? '\0')
}

/** `"…"` around a whole value, which CEF and LEEF do not know but devices write. */
export const unquoted = (text: string): string => /^"([^"]*)"$/.exec(text)?.[1] ?? text

/**
 * Pairs whose values may hold blanks: a value runs to the blank before the next key. A key that no field is named after is none while
 * a parenthesis of the value before it is open, and always when `closed`. `told` gets every pair as it stands in the line.
 */
export function readSpaced(
  line: string,
  start: number,
  pairs: Pairs,
  closed: boolean,
  told: (key: string, field: Field) => void = () => undefined,
): void {
  const keys: { key: string; at: number; value: number }[] = []
  let word = start
  for (let at = start; at < line.length; at++) {
    if (line[at] === ' ' || line[at] === '\t') word = at + 1
    else if (line[at] === '\\') at++
    else if (line[at] === '=' && isKey(line.slice(word, at))) {
      const key = line.slice(word, at)
      const open = keys.at(-1)
      if (open !== undefined && !pairs.knows(key)) {
        if (closed || openParenthesis(line.slice(open.value, word))) continue
      }
      keys.push({ key, at: word, value: at + 1 })
      // the first word of a value cannot hold a key
      at += lengthAt(/[^ \t]*/, line, at + 1)
      word = at + 1
    }
  }
  for (const [i, { key, value }] of keys.entries()) {
    const stop = keys[i + 1]?.at ?? line.length
    const trimmed = line.slice(value, stop).replace(/[ \t\r]+$/, '')
    const text = unquoted(trimmed)
    if (text === '') continue
    const from = value + (text === trimmed ? 0 : 1)
    const field = { text, start: from, end: from + text.length }
    pairs.add(key, text.includes('\\') ? made(unslash(text)) : field)
    told(key, field)
  }
}

/** `methods:` is a key of Check Point's `methods:=x`. */
export const isKey = (text: string): boolean => text.length <= 64 && /^[a-z_][\w.-]*:?$/i.test(text)
