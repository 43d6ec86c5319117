/** CEF and LEEF: their headers, and the attributes behind them. */
import { isKey, readPairs, readSpaced, unquoted } from './pairs.ts'
import { fold, made, none, piece, squash, unslash } from './text.ts'
import type { Field, Pairs } from './text.ts'

const parts = ['vendor', 'product', 'version', 'event', 'name', 'severity']

/** `header.vendor` and its kin, or null for a line that is none. */
type HeaderFields = Map<string, Field>

interface Begun {
  header: HeaderFields
  /** What stands before the first pipe. */
  version: string
  behind: number
}

/** Parts between pipes, of which `\|` is none. */
function begin(line: string, at: number, count: number): Begun | null {
  const header: HeaderFields = new Map()
  let from = at
  for (let i = 0; i < count; i++) {
    let to = from
    while (to < line.length && line[to] !== '|') to += line[to] === '\\' ? 2 : 1
    if (to >= line.length) return null
    const field = piece(line, from, to)
    if (i > 0)
      header.set(
        `header.${parts[i - 1]}`,
        field.text.includes('\\') ? made(unslash(field.text)) : field,
      )
    from = to + 1
  }
  return { header, version: line.slice(at), behind: from }
}

/** Behind `word` within the first 300 bytes, or -1. */
function wordAt(line: string, start: number, word: string): number {
  const at = line.indexOf(word, start)
  return at < 0 || at > start + 300 ? -1 : at + word.length
}

const custom = [
  ...[1, 2, 3, 4, 5, 6].map((i) => `cs${i}`),
  ...[1, 2, 3].map((i) => `cn${i}`),
  ...[1, 2, 3, 4].map((i) => `c6a${i}`),
  ...[1, 2, 3, 4].map((i) => `cfp${i}`),
  'flexstring1', 'flexstring2', 'flexnumber1', 'flexnumber2', 'devicecustomdate1', 'devicecustomdate2',
] // prettier-ignore

/** `CEF:0|vendor|product|version|event|name|severity|extension`. */
export function readCef(
  line: string,
  start: number,
  pairs: Pairs,
  labels: Readonly<Record<string, string>>,
): HeaderFields | null {
  let at = wordAt(line, start, 'CEF:')
  if (at < 0) {
    if (!/^[01]\|./s.test(line.slice(start))) return null
    at = start
  }
  const begun = begin(line, at, 7)
  if (begun === null) return null
  const told = new Map<string, Field>()
  const places = new Map<string, Field>()
  readSpaced(line, begun.behind, pairs, false, (key, field) => told.set(fold(key), field))
  // columns whose meaning stands in a sibling `<key>Label`
  for (const key of custom) {
    const [value, label] = [told.get(key), told.get(`${key}label`)]
    if (value === undefined || label === undefined) continue
    const name = Object.entries(labels).find(([text]) => squash(text) === squash(label.text))?.[1]
    if (name !== undefined && !places.has(name) && pairs.get(name) === none) places.set(name, value)
  }
  return new Map([...begun.header, ...places])
}

/** How many attributes `delimiter` parts: only the first `=` of a piece ends a key. */
function attributesBy(text: string, delimiter: string): number {
  return text.split(delimiter).filter((one) => one.includes('=') && isKey(one.split('=')[0])).length
}

/** `^`, `x5E`, `0x5E`, `\t`; '' = none of them. */
function declared(text: string): string {
  if (text.length === 1) return text
  const hex = /^(?:0x|x)([\da-f]{2})$/i.exec(text)
  if (hex !== null) return String.fromCharCode(Number.parseInt(hex[1], 16))
  return text === '\\t' ? '\t' : ''
}

/** `LEEF:1.0|vendor|product|version|event|…` and 2.0 with its delimiter, tabs that a relay wrote as `#011` or `\t`. */
export function readLeef(line: string, start: number, pairs: Pairs): HeaderFields | null {
  let at = wordAt(line, start, 'LEEF:')
  if (at < 0) {
    if (!/^[12]\..\|./s.test(line.slice(start))) return null
    at = start
  }
  const begun = begin(line, at, 5)
  if (begun === null) return null
  let from = begun.behind
  let delimiter = ''
  if (begun.version.startsWith('2')) {
    const match = /^([^|=]{0,6})\|/.exec(line.slice(from))
    if (match !== null) {
      delimiter = declared(match[1])
      from += match[0].length
    }
  }
  let text = line
  if (delimiter === '') {
    delimiter = ['\t', '|', '^'].find((one) => attributesBy(line.slice(from), one) >= 3) ?? ''
    if (delimiter === '') {
      const restored = line.slice(from).replace(/#011|\\t/g, '\t')
      if (attributesBy(restored, '\t') < 3) {
        readSpaced(line, from, pairs, false)
        return begun.header
      }
      delimiter = '\t'
      text = restored
      from = 0
    }
  }
  const syntax = { separators: delimiter, assign: '=', quotes: '', escapes: false, inner: false }
  readPairs(text, from, text.length, syntax, pairs)
  const bare = (field: Field): Field => {
    const inside = unquoted(field.text)
    if (inside === field.text) return field
    return { text: inside, start: field.start + 1, end: field.end === 0 ? 0 : field.end - 1 }
  }
  pairs.change((field) => (text === line ? bare(field) : { ...bare(field), start: 0, end: 0 }))
  return new Map(Array.from(begun.header, ([name, field]) => [name, bare(field)]))
}
