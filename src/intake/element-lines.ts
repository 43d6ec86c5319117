/**
 * XML that is laid out over many lines, as exports and viewers write it (`<log>⏎  <src>192.0.2.1</src>⏎ …`): given with one record a
 * line, which is how logs are read. What stands around the records (declaration, comments, the outermost element) is left out.
 */

const newline = 10
const blank = 32
const slash = 47
const lt = 60
const gt = 62

const tag = /<(\/?)([A-Za-z_][^\s/>]*)((?:[^>"']|"[^"]*"|'[^']*')*?)(\/?)>/y
const misc = /(?:<\?[^]*?\?>|<!--[^]*?-->|<!DOCTYPE[^>]*>|\s+)/y
/** An element without text that says so much by itself is a record; one that says less is a part of one. */
const attributesMin = 3
/** A tag that is longer is taken as text. */
const tagBytesMax = 64 * 1024

/**
 * How many elements stand around a record; -1 = not XML, or none that is laid out: its first line holds opening tags alone, and the first
 * element without others in it is a part of a record. `<Event>` is one whatever stands in it.
 */
export function recordDepth(head: Uint8Array): number {
  const text = Buffer.from(head).toString('latin1').replace('\u00EF\u00BB\u00BF', '')
  let at = 0
  let depth = 0
  let opened = 0
  const next = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (found !== null) at = pattern.lastIndex
    return found
  }
  for (;;) {
    const gap = text.slice(at).search(/\S|$/)
    if (opened > 0 && text.slice(at, at + gap).includes('\n')) break
    if (next(misc) !== null) continue
    const found = next(tag)
    if (found === null || found[1] !== '' || found[4] !== '') return -1
    if (found[2] === 'Event') return openedAlone(text, at) ? depth : -1
    opened++
    depth++
  }
  for (;;) {
    if (next(misc) !== null) continue
    const found = next(tag)
    if (found === null) return -1
    if (found[2] === 'Event') return depth
    if (found[4] !== '')
      return (found[3].match(/=/g) ?? []).length < attributesMin ? depth - 1 : depth
    if (found[1] !== '') return -1
    depth++
    // text before the next tag: the element is a leaf, and what stands around it is a record
    const stop = text.indexOf('<', at)
    if (stop < 0) return -1
    const leaf = text[stop + 1] === '/' || text.startsWith('<![CDATA[', stop)
    if (leaf || text.slice(at, stop).trim() !== '') return depth - 2
  }
}

/** Whether nothing but blanks stands behind `at` in its line. */
function openedAlone(text: string, at: number): boolean {
  return /^[^\S\n]*\n/.test(text.slice(at))
}

/** The elements that stand at `base`, each as a line without its layout; text between them is a line, too. */
export async function* elementLines(
  chunks: AsyncGenerator<Buffer>,
  base: number,
): AsyncGenerator<Buffer> {
  const writer = new ElementWriter(base)
  for await (const chunk of chunks) yield writer.write(chunk)
  yield writer.end()
}

/** Where a byte stands: in text, in a tag, in what is left out (`<?…?>`, comments), in `<![CDATA[…]]>`. */
type Place = 'text' | 'tag' | 'misc' | 'cdata'

class ElementWriter {
  readonly #base: number
  #place: Place = 'text'
  #depth = 0
  /** The begun tag, as far as it was read; of misc its last bytes. */
  #held: number[] = []
  #quote = 0
  /** Whether text was written since the last tag, and a blank stands behind it. */
  #begun = false
  #gap = false
  #out: number[] = []

  constructor(base: number) {
    this.#base = base
  }

  write(chunk: Uint8Array): Buffer {
    for (const b of chunk) this.#byte(b)
    return this.#given()
  }

  end(): Buffer {
    if (this.#place !== 'misc') this.#out.push(...this.#held)
    if (this.#begun || this.#held.length > 0 || this.#depth > this.#base) this.#out.push(newline)
    return this.#given()
  }

  #given(): Buffer {
    const out = Buffer.from(this.#out)
    this.#out = []
    return out
  }

  #byte(b: number): void {
    if (this.#place === 'text') this.#textByte(b)
    else if (this.#place === 'tag') this.#tagByte(b)
    else this.#miscByte(b)
  }

  #textByte(b: number): void {
    if (b === lt) {
      if (this.#begun && this.#depth <= this.#base) this.#out.push(newline)
      this.#begun = this.#gap = false
      this.#place = 'tag'
      this.#held = [lt]
    } else if (b <= blank) this.#gap = this.#begun
    else {
      if (this.#gap) this.#out.push(blank)
      this.#gap = false
      this.#begun = true
      this.#out.push(b)
    }
  }

  #tagByte(b: number): void {
    const held = this.#held
    held.push(b < blank ? blank : b)
    if (this.#quote !== 0) {
      if (b === this.#quote) this.#quote = 0
    } else if (b === gt) this.#tagEnd()
    else if (held.length === 2 && b === 63) this.#place = 'misc'
    else if (held[1] === 33)
      this.#place = begins(held, '<![CDATA[') ? 'cdata' : begins(held, '<!--') ? 'misc' : 'tag'
    else if (b === 34 || b === 39) this.#quote = b
    if (this.#place === 'cdata') this.#out.push(...held.splice(0))
    else if (held.length > tagBytesMax) this.#noTag()
  }

  #noTag(): void {
    for (const b of this.#held.splice(0)) this.#out.push(b)
    this.#quote = 0
    this.#place = 'text'
    this.#begun = true
  }

  #tagEnd(): void {
    const held = this.#held.splice(0)
    this.#place = 'text'
    if (held[1] === 33) return
    const closes = held[1] === slash
    if (closes) this.#depth = Math.max(0, this.#depth - 1)
    if (this.#depth >= this.#base) this.#out.push(...held)
    if (!closes && held.at(-2) !== slash) this.#depth++
    else if (this.#depth === this.#base) this.#out.push(newline)
  }

  #miscByte(b: number): void {
    const held = this.#held
    held.push(b)
    if (held.length > 8) held.splice(2, held.length - 5)
    if (this.#place === 'cdata') this.#out.push(b < blank ? blank : b)
    if (b !== gt) return
    const end = String.fromCharCode(...held.slice(-3))
    if (
      this.#place === 'cdata' ? end !== ']]>' : held[1] === 63 ? !end.endsWith('?>') : end !== '-->'
    )
      return
    this.#place = 'text'
    this.#held = []
  }
}

/** Whether a tag as far as it was read is just this. */
const begins = (held: number[], text: string): boolean =>
  held.length === text.length && held.every((b, i) => b === text.charCodeAt(i))
