/**
 * Reads the plain part of YAML that catalog files are written in, some thirty times as fast as a whole YAML parser: block mappings and
 * sequences, flow lists of scalars, scalars on one line. Whatever else stands in a file (anchors, tags, block scalars, escapes, words
 * that YAML reads as no text) makes the answer null, and the file is left to the `yaml` package; test/catalog holds both to one result.
 */

type Value = string | number | Value[] | { [key: string]: Value }

export interface PlainDocument {
  value: { [key: string]: Value }
  /** For each top-level key that holds a list, the line (from 1) each of its items begins at. */
  lines: Map<string, number[]>
}

/** Thrown and caught in this file only: the text is not plain. */
const notPlain = new Error('not plain YAML')

const maxDepth = 8

/** Null when the text is not plain YAML with a mapping at its top; it may still be good YAML. */
export function readPlainYaml(text: string): PlainDocument | null {
  if (/[\t\r\uFEFF]/.test(text)) return null
  try {
    const reader = new Reader(text.split('\n'))
    const value = reader.block(-1, 0)
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return null
    return reader.done ? { value, lines: reader.itemLines } : null
  } catch (error) {
    if (error === notPlain) return null
    throw error
  }
}

class Reader {
  readonly itemLines = new Map<string, number[]>()
  readonly #lines: readonly string[]
  #at = 0
  /** Column of the first character of the line at hand; -1 = no line is left. */
  #indent = -1
  #topKey = ''

  constructor(lines: readonly string[]) {
    this.#lines = lines
    this.#settle()
  }

  get done(): boolean {
    return this.#indent < 0
  }

  /** Goes on to a line with content, from the one at hand. */
  #settle(): void {
    for (; this.#at < this.#lines.length; this.#at++) {
      const line = this.#lines[this.#at]
      let i = 0
      while (i < line.length && line.charCodeAt(i) === 32) i++
      if (i === line.length || line.charCodeAt(i) === 35) continue
      this.#indent = i
      return
    }
    this.#indent = -1
  }

  #next(): void {
    this.#at++
    this.#settle()
  }

  /** A mapping, a sequence or a list that stands deeper than `outer`; null = nothing does. */
  block(outer: number, depth: number): Value | null {
    if (depth > maxDepth) throw notPlain
    const indent = this.#indent
    if (indent <= outer) return null
    const line = this.#lines[this.#at]
    if (line.startsWith('- ', indent)) return this.#sequence(indent, depth)
    if (line.charAt(indent) === '[') return this.#list(line.slice(indent), indent)
    return this.#mapping(indent, depth)
  }

  #sequence(indent: number, depth: number): Value[] {
    const items: Value[] = []
    const lines: number[] | null = depth === 1 ? [] : null
    if (lines !== null) this.itemLines.set(this.#topKey, lines)
    while (this.#indent === indent && this.#lines[this.#at].startsWith('- ', indent)) {
      lines?.push(this.#at + 1)
      const line = this.#lines[this.#at]
      const rest = line.slice(indent + 2)
      if (!/^[A-Za-z][\w-]*:(?: |$)/.test(rest)) {
        items.push(this.#inline(rest, indent))
        continue
      }
      // `- key: value` begins a mapping two columns further in
      this.#indent = indent + 2
      items.push(this.#mapping(indent + 2, depth + 1))
    }
    if (this.#indent > indent) throw notPlain
    return items
  }

  #mapping(indent: number, depth: number): { [key: string]: Value } {
    const mapping: { [key: string]: Value } = {}
    while (this.#indent === indent) {
      const line = this.#lines[this.#at]
      const colon = line.indexOf(':', indent)
      const key = line.slice(indent, colon)
      if (colon < 0 || !/^[A-Za-z][\w-]*$/.test(key) || isWord(key) || Object.hasOwn(mapping, key))
        throw notPlain
      if (depth === 0) this.#topKey = key
      const rest = line.slice(colon + 1)
      if (rest.trimEnd() !== '') {
        if (!rest.startsWith(' ')) throw notPlain
        mapping[key] = this.#inline(rest, indent)
        continue
      }
      this.#next()
      const value = this.block(indent, depth + 1)
      if (value === null) throw notPlain
      mapping[key] = value
    }
    if (this.#indent > indent) throw notPlain
    return mapping
  }

  /** A value on the line of its key; `outer` is the key's column. */
  #inline(text: string, outer: number): Value {
    const trimmed = text.trim()
    if (trimmed.startsWith('[')) return this.#list(trimmed, outer)
    const value = scalar(trimmed, false)
    this.#next()
    // a deeper line would go on with the scalar
    if (this.#indent > outer) throw notPlain
    return value
  }

  /** A flow list, on one line or several. */
  #list(first: string, outer: number): Value[] {
    let text = first.trimEnd()
    while (!text.endsWith(']')) {
      this.#at++
      const line = this.#lines[this.#at]
      // blank lines and comments within a list are rare: leave them
      if (line === undefined || !/^ *[^ #]/.test(line)) throw notPlain
      text += ` ${line.trim()}`
    }
    this.#next()
    if (this.#indent > outer && outer >= 0) throw notPlain
    return listOf(text.slice(1, -1))
  }
}

function listOf(text: string): Value[] {
  const inner = text.trim()
  if (inner === '') return []
  const items: Value[] = []
  let rest = inner
  while (rest !== '') {
    const quoted = /^(?:'(?:[^']|'')*'|"[^"\\]*")/.exec(rest)?.[0]
    const end = quoted?.length ?? (rest.indexOf(',') < 0 ? rest.length : rest.indexOf(','))
    items.push(scalar(rest.slice(0, end).trim(), true))
    rest = rest.slice(end).trimStart()
    if (rest === '') break
    if (!rest.startsWith(',')) throw notPlain
    rest = rest.slice(1).trimStart()
  }
  return items
}

function scalar(text: string, inList: boolean): string | number {
  const first = text.charAt(0)
  if (first === "'") {
    if (!/^'(?:[^']|'')*'$/.test(text)) throw notPlain
    return text.slice(1, -1).replaceAll("''", "'")
  }
  if (first === '"') {
    if (!/^"[^"\\]*"$/.test(text)) throw notPlain
    return text.slice(1, -1)
  }
  if (!/^[A-Za-z0-9\u00A0-\uD7FF]/.test(first)) throw notPlain
  if (text.includes(': ') || text.includes(' #') || text.endsWith(':')) throw notPlain
  if (inList && /[[\]{}]|:(?:,|$)/.test(text)) throw notPlain
  if (isWord(text)) throw notPlain
  if (/^\d/.test(text) && /^[\d.]+$|^\d[\d.]*e[-+]?\d+$|^0(?:x[\da-f]+|o[0-7]+)$/i.test(text)) {
    if (!/^(?:0|[1-9]\d{0,14})(?:\.\d{1,10})?$/.test(text)) {
      // an address or a version is text to YAML too
      if (/^\d+\.\d+\.[\d.]+$/.test(text)) return text
      throw notPlain
    }
    return Number(text)
  }
  return text
}

/** Words that YAML 1.2 reads as something else than text (https://yaml.org/spec/1.2.2/#103-core-schema). */
function isWord(text: string): boolean {
  return text.length <= 5 && /^(?:null|true|false)$/i.test(text)
}
