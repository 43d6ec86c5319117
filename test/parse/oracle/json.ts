/** One JSON object a line, read leniently: what was read before a cut counts, commas may be missing. */
import { lengthAt, made, none, piece } from './text.ts'
import type { Field } from './text.ts'

export interface JsonRead {
  /** Values by dotted path; a path that comes twice holds the last. */
  values: Map<string, Field>
  /** Members of the arrays that are a record each. */
  parts: Field[]
  whole: boolean
  members: number
  /** Behind the object. */
  end: number
}

const depthMax = 16
const keyBytesMax = 512
const pathBytesMax = 4096

/** `asked`: the field whose path this is, or null; `whole`: that the path is a name of it, not only its tail. `each`: paths of arrays whose texts are a record each. */
export function readJson(
  line: string,
  start: number,
  asked: (path: string) => string | null,
  each: readonly string[],
  whole: (path: string) => boolean = () => true,
): JsonRead | null {
  return new Reader(line, asked, each, whole).read(start)
}

class Reader {
  readonly #line: string
  readonly #asked: (path: string) => string | null
  readonly #each: readonly string[]
  readonly #whole: (path: string) => boolean
  readonly #toldWhole = new Set<string>()
  readonly #read: JsonRead = { values: new Map(), parts: [], whole: true, members: 0, end: 0 }
  #at = 0

  constructor(
    line: string,
    asked: (path: string) => string | null,
    each: readonly string[],
    whole: (path: string) => boolean,
  ) {
    this.#line = line
    this.#asked = asked
    this.#each = each
    this.#whole = whole
  }

  /** The field to fill from the path; the tail of a path gives way to what a whole one told. */
  #fieldOf(path: string): string | null {
    const name = this.#asked(path)
    return name !== null && this.#toldWhole.has(name) && !this.#whole(path) ? null : name
  }

  #set(name: string, path: string, field: Field): void {
    this.#read.values.set(name, field)
    if (this.#whole(path)) this.#toldWhole.add(name)
  }

  read(start: number): JsonRead | null {
    this.#at = start
    this.#skip()
    // an array of one object
    if (this.#line[this.#at] === '[') this.#at++
    this.#skip()
    if (this.#line[this.#at] !== '{') return null
    const read = this.#read
    read.whole = this.#object('', 0)
    read.end = this.#at
    return read.members === 0 && !read.whole ? null : read
  }

  #skip(): void {
    this.#at += lengthAt(/[ \t\r\n]*/, this.#line, this.#at)
  }

  /** The text between quotes at the place, or null when the line ends in it. */
  #string(): Field | null {
    const length = lengthAt(/"(?:[^"\\]|\\[^])*"/, this.#line, this.#at)
    if (length === 0) return null
    const from = this.#at + 1
    this.#at += length
    return { text: this.#line.slice(from, this.#at - 1), start: from, end: this.#at - 1 }
  }

  /** The functions below tell whether the line goes on. */
  #object(path: string, depth: number): boolean {
    this.#at++
    for (;;) {
      this.#skip()
      const letter = this.#line[this.#at]
      if (letter === '}' || letter === ',') {
        this.#at++
        if (letter === '}') return true
        continue
      }
      if (letter !== '"') return false
      const key = this.#string()
      if (key === null) return false
      const name = `${path === '' ? '' : `${path}.`}${key.text.slice(0, keyBytesMax)}`
      if (name.length > pathBytesMax) return false
      this.#skip()
      if (this.#line[this.#at] !== ':') return false
      this.#at++
      this.#read.members++
      if (!this.#value(name, depth)) return false
    }
  }

  /** Goes behind the object at the place; false when no brace closes it. */
  #pass(): boolean {
    let depth = 0
    for (; this.#at < this.#line.length; this.#at++) {
      const letter = this.#line[this.#at]
      if (letter === '"') {
        const length = lengthAt(/"(?:[^"\\]|\\[^])*"/, this.#line, this.#at)
        if (length === 0) this.#at = this.#line.length
        else this.#at += length - 1
      } else if (letter === '{' || letter === '[') depth++
      else if ((letter === '}' || letter === ']') && --depth === 0) {
        this.#at++
        // one that reaches the line's end is taken for cut off
        return letter === '}' && this.#at < this.#line.length
      }
    }
    return false
  }

  #value(path: string, depth: number): boolean {
    this.#skip()
    const letter = this.#line[this.#at]
    if (letter === undefined) return false
    if (letter === '{' || letter === '[') {
      if (depth >= depthMax) return false
      return letter === '{' ? this.#object(path, depth + 1) : this.#array(path, depth + 1)
    }
    const name = this.#fieldOf(path)
    if (letter === '"') {
      const text = this.#string()
      // half a name is no name
      if (text === null) return false
      if (name !== null && text.text !== '') this.#set(name, path, plain(text))
      return true
    }
    // eslint-disable-next-line no-control-regex
    const length = lengthAt(/[^,}\]\x00-\x20]*/, this.#line, this.#at)
    if (length === 0) return false
    const from = this.#at
    this.#at += length
    // null is "not told"
    if (name === null || letter === 'n') return true
    // a bare value at the end of a cut line may be cut itself
    if (this.#at >= this.#line.length) return false
    this.#set(name, path, piece(this.#line, from, this.#at))
    return true
  }

  #array(path: string, depth: number): boolean {
    const name = this.#fieldOf(path)
    const texts: string[] = []
    this.#at++
    for (;;) {
      this.#skip()
      const letter = this.#line[this.#at]
      if (letter === undefined) return false
      if (letter === ']' || letter === ',') {
        this.#at++
        if (letter === ']') return true
        continue
      }
      if (letter === '{' && this.#each.includes(path)) {
        const from = this.#at
        if (!this.#pass()) return false
        this.#read.parts.push(piece(this.#line, from, this.#at))
      } else if (letter === '"' && this.#each.includes(path)) {
        const text = this.#string()
        if (text === null) return false
        this.#read.parts.push(text)
      } else if (letter === '"' && name !== null) {
        const text = this.#string()
        if (text === null) return false
        if (text.text === '') continue
        texts.push(plain(text).text)
        this.#set(name, path, texts.length === 1 ? plain(text) : made(texts.join(',')))
      } else if (!this.#value(path, depth)) return false
    }
  }
}

const letters: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }

/** Escapes resolved; the characters of `\u` in UTF-8. */
function plain(field: Field): Field {
  const { text } = field
  if (!text.includes('\\')) return text === '' ? none : field
  const pattern = /\\u([dD][89abAB][^]{2})\\u([dD][c-fC-F][^]{2})|\\u([^]{4})|\\([^])/g
  return made(
    text.replace(pattern, (_, high?: string, low?: string, code?: string, letter?: string) => {
      if (letter !== undefined) return letters[letter] ?? letter
      const units = code === undefined ? [high ?? '', low ?? ''] : [code]
      const numbers = units.map((unit) =>
        /^[\da-f]{4}$/i.test(unit) ? Number.parseInt(unit, 16) : NaN,
      )
      if (numbers.some(Number.isNaN)) return Buffer.from('\ufffd').toString('latin1')
      return Buffer.from(String.fromCharCode(...numbers)).toString('latin1')
    }),
  )
}
