/**
 * Lines as the oracle sees them: JavaScript strings of one character a byte (latin1), and fields that know where in the line their
 * text ended. Nothing of src/parse but plain tables is used in this folder.
 */

/** A field of a line. `end` is the place behind its text in the line; 0 = the text is not a part of the line as it stands there. */
export interface Field {
  text: string
  start: number
  end: number
}

export const none: Field = { text: '', start: 0, end: 0 }

/** A text made of another one. */
export const made = (text: string): Field => ({ text, start: 0, end: 0 })

export const piece = (line: string, start: number, end: number): Field =>
  end > start ? { text: line.slice(start, end), start, end } : none

/** What a splitter finds: fields by name, and whether the line turned out to be cut off. */
export interface Cut {
  field: (name: string) => Field
  truncated: boolean
  /** The line is none of this kind. */
  refused: boolean
  /** Columns of a row. */
  columns: number
}

/** A definition's text in UTF-8, one character a byte. */
export const bytesOf = (text: string): string => Buffer.from(text).toString('latin1')

/** ASCII letters in lower case. */
export const fold = (text: string): string =>
  text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())

/** A definition's word as fields are compared with it. */
export const wordOf = (text: string): string => fold(bytesOf(text))

/** A name as names are compared: without case, blanks, `_`, `-`, `.`. */
export const squash = (name: string): string => fold(name).replace(/[ _.-]/g, '')

/** Removes backslashes before what may be escaped; others stay (`CORP\ann`). */
export const unslash = (text: string): string => text.replace(/\\([\\"',\]=|])/g, '$1')

/** What `pattern` (sticky or not) matches at `at`, or null. */
export function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  const sticky = new RegExp(pattern.source, `${pattern.flags.replace(/[gy]/g, '')}y`)
  sticky.lastIndex = at
  return sticky.exec(text)
}

/** How many characters `pattern` takes at `at`. */
export const lengthAt = (pattern: RegExp, text: string, at: number): number =>
  matchAt(pattern, text, at)?.[0].length ?? 0

/** More `(` than `)`. */
export function openParenthesis(text: string): boolean {
  return text.split('(').length > text.split(')').length
}

/** Fields by the keys of a line. */
export class Pairs {
  readonly #found: { key: string; field: Field }[] = []
  readonly #nameOf: (key: string) => string | null
  readonly #last: boolean

  /** `nameOf`: the field that a key is a name of. `last`: of equal ones the last counts. */
  constructor(nameOf: (key: string) => string | null, last: boolean) {
    this.#nameOf = nameOf
    this.#last = last
  }

  /** Whether the definition asks for this key. */
  knows(key: string): boolean {
    return this.#nameOf(key) !== null
  }

  add(key: string, field: Field): void {
    if (field.text !== '') this.#found.push({ key, field })
  }

  /** The value that counts. */
  get(name: string): Field {
    const own = this.#found.filter(({ key }) => this.#nameOf(key) === name)
    return (this.#last ? own.at(-1) : own[0])?.field ?? none
  }

  /** Values as `change` makes them. */
  change(change: (field: Field) => Field): void {
    for (const pair of this.#found) pair.field = change(pair.field)
  }
}
