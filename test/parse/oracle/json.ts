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

/** `asked`: the field whose path this is, or null. `each`: paths of arrays whose texts are a record each. */
export function readJson(
  line: string,
  start: number,
  asked: (path: string) => string | null,
  each: readonly string[],
): JsonRead | null {
  return new Reader(line, asked, each).read(start)
}

class Reader {
  readonly #line: string
  readonly #asked: (path: string) => string | null
  readonly #each: readonly string[]
  readonly #read: JsonRead = { values: new Map(), parts: [], whole: true, members: 0, end: 0 }
  #at = 0

  constructor(line: string, asked: (path: string) => string | null, each: readonly string[]) {
    this.#line = line
    this.#asked = asked
    this.#each = each
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

  #value(path: string, depth: number): boolean {
    this.#skip()
    const letter = this.#line[this.#at]
    if (letter === undefined) return false
    if (letter === '{' || letter === '[') {
      if (depth >= depthMax) return false
      return letter === '{' ? this.#object(path, depth + 1) : this.#array(path, depth + 1)
    }
    const name = this.#asked(path)
    if (letter === '"') {
      const text = this.#string()
      // half a name is no name
      if (text === null) return false
      if (name !== null && text.text !== '') this.#read.values.set(name, plain(text))
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
    this.#read.values.set(name, piece(this.#line, from, this.#at))
    return true
  }

  #array(path: string, depth: number): boolean {
    const name = this.#asked(path)
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
      if (letter === '"' && this.#each.includes(path)) {
        const text = this.#string()
        if (text === null) return false
        this.#read.parts.push(text)
      } else if (letter === '"' && name !== null) {
        const text = this.#string()
        if (text === null) return false
        if (text.text === '') continue
        texts.push(plain(text).text)
        this.#read.values.set(name, texts.length === 1 ? plain(text) : made(texts.join(',')))
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
