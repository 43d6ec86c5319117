/** Pairs of writers unknown: the line itself shows what parts them and what assigns, values may hold blanks, some are quoted. */
import type { PairSyntax } from './pairs.ts'
import { lengthAt, made, matchAt, openParenthesis, unslash } from './text.ts'
import type { Pairs } from './text.ts'

interface Loose {
  line: string
  syntax: PairSyntax
  /** What parts pairs. */
  separator: string
  blank: boolean
  /** `=` or `:`, which the line uses; '' = the definition leaves no choice. */
  assign: string
}

/** Returns whether the line is cut off. */
export function readLoose(
  line: string,
  payload: number,
  syntax: PairSyntax,
  pairs: Pairs,
): boolean {
  // a key that was taken for the tag of the line
  const tag = /([\w.@-]+):[ \t]$/.exec(line.slice(0, payload))?.[1]
  const isKey = tag !== undefined && syntax.assign.includes(':') && pairs.knows(tag)
  let start = isKey ? payload - tag.length - 2 : payload
  const assign = assignOf(line, start, syntax)
  if (assign !== ':') start = payload
  const loose: Loose = { line, syntax, separator: ' ', blank: true, assign }
  loose.separator = separatorOf(loose, start)
  // a tab parts alone, a blank beside one does not
  loose.blank = loose.separator === ' '
  const { separator, blank } = loose
  const end = line.length
  let open: { key: string; value: number } | null = null
  // an object as a script prints it
  let at = start + (assign === '' ? 0 : lengthAt(/[{ \t]*/, line, start))
  if (!blank) at = firstKey(loose, at, pairs)
  while (at < end) {
    while (at < end && (isBlank(line[at]) || line[at] === separator)) at++
    const found = keyAt(loose, at)
    const value: number | undefined = (open as { value: number } | null)?.value
    if (
      found !== null &&
      (value === undefined || pairs.knows(found.key) || !openParenthesis(line.slice(value, at)))
    ) {
      if (open !== null) keep(loose, open, at, pairs)
      open = null
      at = found.behind
      if (!blank || found.apart || assign === ':') at += lengthAt(/ */, line, at)
      if (at < end && syntax.quotes.includes(line[at])) {
        const quote = closingQuote(loose, at)
        if (quote < 0) return true
        keep({ ...loose, separator: '' }, { key: found.key, value: at + 1 }, quote, pairs)
        at = quote + 1
      } else open = { key: found.key, value: at }
    }
    const ends = (letter: string): boolean => letter === separator || (blank && isBlank(letter))
    while (at < end && !ends(line[at])) at++
  }
  if (open !== null) keep(loose, open, end, pairs)
  return false
}

const isBlank = (letter: string): boolean => letter === ' ' || letter === '\t'

function keep(
  { line, syntax, separator, assign }: Loose,
  { key, value }: { key: string; value: number },
  stop: number,
  pairs: Pairs,
): void {
  const start = value + lengthAt(/[ \t]*/, line.slice(0, stop), value)
  let text = line.slice(start, stop).replace(/[ \t\r]+$/, '')
  if (separator !== '' && text.endsWith(separator)) text = text.slice(0, -1)
  // `dstport=443, action=permit` between pairs that blanks part
  else if (assign !== '' && separator === ' ' && text.endsWith(',')) text = text.slice(0, -1)
  text = text.replace(/[ \t]+$/, '')
  const escaped = syntax.escapes && text.includes('\\')
  pairs.add(key, escaped ? made(unslash(text)) : { text, start, end: start + text.length })
}

/** `=`, unless a colon stands behind more words, and behind four at least. */
function assignOf(line: string, start: number, { assign, quotes, separators }: PairSyntax): string {
  if (!assign.includes('=') || !assign.includes(':')) return ''
  const counts = { '=': 0, ':': 0 }
  const parted = (letter: string): boolean => isBlank(letter) || separators.includes(letter)
  for (let at = start; at < line.length; at++) {
    let p = at + lengthAt(/\{/, line, at)
    if (p < line.length && quotes.includes(line[p])) p++
    const word = lengthAt(/[\w.@\x80-\xff-]+/, line, p)
    if (word > 0 && !/\d/.test(line[p])) {
      p += word
      if (p < line.length && quotes.includes(line[p])) p++
      const [, sign] = matchAt(/ ?(=|:(?!\/\/))/, line, p) ?? []
      if (sign !== undefined) counts[sign as '=' | ':']++
    } else p += word
    while (p < line.length && !parted(line[p])) p++
    at = p
  }
  return counts[':'] >= 4 && counts[':'] > counts['='] ? ':' : '='
}

/**
 * A key with its assignment: `key=value`, `key = value` with blanks on both sides; of writers who choose it also `key: value`,
 * `key => value`, keys in quotes and letters beyond ASCII. With its assignment not longer than 64.
 */
function keyAt(
  { line, syntax, blank, assign }: Loose,
  at: number,
): { key: string; end: number; behind: number; apart: boolean } | null {
  const more = assign === '' ? '' : '\\x80-\\xff'
  const inKey = blank ? `\\w.@${more}-` : `\\w.@${more} /-`
  const bare = matchAt(new RegExp(`[a-z_@${more}][${inKey}]*`, 'i'), line, at)?.[0]
  const quoted =
    assign !== '' && at < line.length && syntax.quotes.includes(line[at])
      ? matchAt(/(["'])([\w.@\x80-\xff /-]+)\1/, line, at)?.[0]
      : undefined
  const written = quoted ?? bare
  if (written === undefined) return null
  const behind = at + written.length
  const stop = Math.min(line.length, at + 64)
  if (behind - (quoted === undefined ? 0 : 1) >= stop) return null
  const limit = stop + (quoted === undefined ? 0 : 1)
  const key = quoted === undefined ? written : written.slice(1, -1)
  const isAssign = (place: number): boolean =>
    assign === ''
      ? syntax.assign.includes(line[place] ?? '\0')
      : line[place] === assign && !line.startsWith('://', place)
  const behindSign = (place: number): number =>
    assign !== '' && line[place + 1] === '>' ? place + 2 : place + 1
  if (behind < limit && isAssign(behind))
    return { key, end: behind, behind: behindSign(behind), apart: behindSign(behind) > behind + 1 }
  const apart =
    behind + 2 < limit &&
    isBlank(line[behind]) &&
    isAssign(behind + 1) &&
    (isBlank(line[behind + 2]) || (assign !== '' && line[behind + 2] === '>'))
  return apart ? { key, end: behind, behind: behindSign(behind + 1), apart: true } : null
}

/** Where the first known key of the first part begins; words may stand before it. */
function firstKey(loose: Loose, start: number, pairs: Pairs): number {
  const { line, separator } = loose
  const [part] = line.slice(start).split(separator)
  for (const { index } of part.matchAll(/(?<![^ \t])[^]/g)) {
    const key = keyAt(loose, start + index)?.key.replace(/ +$/, '')
    if (key !== undefined && pairs.knows(key)) return start + index
  }
  return start
}

/** The separator that stands before most keys; words within a key stand behind none. */
function separatorOf(loose: Loose, start: number): string {
  const { line, syntax } = loose
  const counts = new Map<string, number>()
  let best = ' '
  const first = keyAt({ ...loose, blank: false }, start)
  for (let at = (first?.end ?? start) + 1; at < line.length; at++) {
    const before = line[at - 1]
    if (!syntax.separators.includes(before) && !isBlank(before)) continue
    if (isBlank(line[at])) continue
    const between = line.slice(start, at).replace(/(?<=.) +$/s, '')
    const last = between.at(-1) ?? ' '
    const by = syntax.separators.includes(last) ? last : ' '
    const key = keyAt({ ...loose, blank: by === ' ' }, at)
    if (key === null) continue
    counts.set(by, (counts.get(by) ?? 0) + 1)
    const [own, most] = [counts.get(by) ?? 0, counts.get(best) ?? 0]
    // eight keys alike say enough
    if (own === 8 && counts.size === 1) return by
    if (own > most || (by === ' ' && own === most)) best = by
    at = key.end
  }
  return best
}

/** The quote that ends the value: not escaped, and followed by what parts pairs; -1 = the line is cut. */
function closingQuote({ line, syntax, separator }: Loose, open: number): number {
  for (let at = open + 1; at < line.length; at++) {
    if (line[at] === '\\' && syntax.escapes) at++
    else if (line[at] === line[open]) {
      const behind = line[at + 1]
      if (behind === undefined || isBlank(behind) || behind === separator) return at
      if (behind === ']' && (line[at + 2] === undefined || /[ \t[]/.test(line[at + 2]))) return at
      if (behind === '}' && at + 2 >= line.length) return at
    }
  }
  return -1
}
