/**
 * The formats that a line is asked of, when those that its stream showed before do not read it: all but the ones that refuse it by
 * what they need (parse/needed-words.ts). The words of all definitions are looked for at once.
 */
import type { CompiledFormat } from './compile.ts'
import type { LineContext } from './line-context.ts'
import { LineWords } from './line-words.ts'
import { facts } from './needed-words.ts'
import type { Need } from './needed-words.ts'

/** Which formats are asked: all, those of JSON objects, the others. */
export const askAll = 0
export const askObjects = 1
export const askTexts = 2

/** Puts the places of formats whose needs are met into `out`; returns how many. */
type List = (found: Int32Array, told: number, out: Uint16Array) => number

export class Candidates {
  /** Places in `FormatSet.ordered` of the formats to ask, in that order; as many as `find` said. */
  readonly places: Uint16Array
  readonly #words: LineWords
  readonly #lists: readonly List[]
  #from = -1
  #to = -1

  constructor(ordered: readonly CompiledFormat[]) {
    const numbers = new Map<string, number>()
    const tests = ordered.map(({ needs }) => (needs === null ? '1' : needCode(needs, numbers)))
    const objects = ordered.map(({ definition }) => definition.split.type === 'json')
    this.places = new Uint16Array(ordered.length)
    this.#lists = [
      listOf(tests, () => true),
      listOf(tests, (i) => objects[i]),
      listOf(tests, (i) => !objects[i]),
    ]
    this.#words = new LineWords([...numbers.keys()])
  }

  /** Other bytes stand where the last line stood. */
  forget(): void {
    this.#from = -1
  }

  /** How many of `places` are to be asked of the record in `c` that ends at `end`. */
  find(c: LineContext, end: number, asked: number): number {
    const { lineStart } = c
    if (this.#from !== lineStart || this.#to !== end) {
      this.#words.look(c.memory, lineStart, end)
      this.#from = lineStart
      this.#to = end
    }
    return this.#lists[asked](this.#words.found, factsOf(c, end), this.places)
  }
}

/** Only numbers made here enter the text. */
function listOf(tests: readonly string[], isAsked: (place: number) => boolean): List {
  const code = tests.map((test, i) =>
    !isAsked(i) ? '' : test === '1' ? `out[n++]=${i};` : `if(${test})out[n++]=${i};`,
  )
  // oxlint-disable-next-line no-new-func, typescript/no-implied-eval
  return new Function('F', 'f', 'out', `let n=0;${code.join('\n')}return n`) as List
}

/** JavaScript that is not 0 when the need is met. */
function needCode(need: NonNullable<Need>, numbers: Map<string, number>): string {
  if ('fact' in need) return `(f&${need.fact})`
  if ('word' in need) {
    const number = numbers.get(need.word) ?? numbers.size
    numbers.set(need.word, number)
    return need.times === undefined ? `F[${number}]` : `F[${number}]>=${need.times}`
  }
  const parts = 'all' in need ? need.all : need.any
  if (parts.length === 0) return 'all' in need ? '1' : '0'
  const code = parts.map((part) => (part === null ? '1' : needCode(part, numbers)))
  if ('all' in need) return `(${code.join('&&')})`
  // plain words without a branch
  const plain = parts.every(
    (part) => part !== null && ('fact' in part || ('word' in part && part.times === undefined)),
  )
  return `(${code.join(plain ? '|' : '||')})`
}

function factsOf(c: LineContext, end: number): number {
  const { lineStart, tagStart, tagEnd, hostStart, hostEnd } = c
  // of a line that was unwrapped they may stand in the wrapper, behind it
  const elsewhere =
    (tagEnd > tagStart && (tagStart < lineStart || tagStart >= end)) ||
    (hostEnd > hostStart && (hostStart < lineStart || hostStart >= end))
  return (
    startFacts(c.buf, c.payloadStart, end) |
    (c.messageStart === c.payloadStart ? 0 : startFacts(c.buf, c.messageStart, end)) |
    (elsewhere ? facts.envelopeElsewhere : 0)
  )
}

/** How the text at `p` begins. */
function startFacts(buf: Uint8Array, p: number, end: number): number {
  let at = p
  while (at < end && (buf[at] === 32 || buf[at] === 9 || buf[at] === 13 || buf[at] === 10)) at++
  if (buf[at] === 123 || buf[at] === 91) return facts.object
  if (buf[p + 1] === 124) return facts.cefBare
  return buf[p + 1] === 46 && buf[p + 3] === 124 ? facts.leefBare : 0
}
