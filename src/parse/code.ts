/**
 * Pieces of the compiler: names for constants, slots for fields, JavaScript for tests and values, which is compiled to WebAssembly
 * (parse/format-code.ts). Only numbers, names made here and the fixed text below enter the generated code; strings of a definition are
 * bytes compared with numbers, or bound as constants (`k0`, `k1`, …).
 */
import { isDeepStrictEqual } from 'node:util'
import { constantSpan, slotsMax } from './line-context.ts'
import type { Condition, Definition, FieldTest, Source, Step } from './definition.ts'
import {
  containsCode,
  equalsCode,
  findCode,
  lowered,
  placeCode,
  prefixCode,
  suffixCode,
  valueCode,
} from './word-code.ts'

type Columns = Record<string, number>

/** Where a field's bytes are, as JavaScript expressions. */
export interface SpanCode {
  s: string
  e: string
}

const specials: Record<string, SpanCode> = {
  $line: { s: 'c.lineStart', e: 'end' },
  $payload: { s: 'c.payloadStart', e: 'end' },
  $message: { s: 'c.messageStart', e: 'end' },
  $tag: { s: 'c.tagStart', e: 'c.tagEnd' },
  $host: { s: 'c.hostStart', e: 'c.hostEnd' },
}

type Tests = Record<string, FieldTest>

/** The tests that all alternatives of a condition have in common, and the others of each. */
function sharedTests(condition: Condition): { shared: Tests; rest: Tests[] } {
  const [first, ...others] = [condition].flat() as Tests[]
  const isShared = ([field, test]: [string, FieldTest]): boolean =>
    others.every((tests) => isDeepStrictEqual(tests[field], test))
  const shared = Object.fromEntries(Object.entries(first).filter(isShared))
  const rest = [first, ...others].map((tests) =>
    Object.fromEntries(Object.entries(tests).filter(([field]) => !(field in shared))),
  )
  return { shared, rest }
}

/** Tests of a condition whose answers are kept while it is asked. */
const answersMax = 8
/** The variables that hold them: 0 = not asked yet, 1 = holds, 2 = does not. */
export const answerNames = Array.from({ length: answersMax }, (_, i) => `m${i}`)

/** One of the alternatives holds. What several of them ask of a field's bytes is asked once. */
function eitherCode(alternatives: readonly (readonly string[])[]): string {
  const asked = alternatives.flat()
  const isRepeated = (code: string): boolean => asked.indexOf(code) !== asked.lastIndexOf(code)
  const kept = [...new Set(asked)]
    .filter((code) => code.includes('(buf,') && isRepeated(code))
    .slice(0, answersMax)
  const answered = (code: string): string => {
    const name = answerNames[kept.indexOf(code)] as string | undefined
    return name === undefined ? code : `((${name}===0?(${name}=${code}?1:2):${name})===1)`
  }
  const either = alternatives.map((tests) => `(${tests.map(answered).join('&&') || 'true'})`)
  const begin = kept.map((_, i) => `${answerNames[i]}=`).join('')
  return begin === '' ? `(${either.join('||')})` : `(${begin}0,${either.join('||')})`
}

export class CodeBuilder {
  readonly constants: unknown[] = []
  /** Why lines are skipped or unparsed, by the numbers the code gives. */
  readonly reasons: string[]
  /** Functions of their own for tests of words, and their names by text: a test that is asked twice is there once. */
  readonly functions = new Map<string, string>()
  /** Slot by field name, or by `#column` where columns have places. */
  readonly slots = new Map<string, number>()
  /** Columns in force: of the definition, with those of the record kind over them. */
  columns: Columns | null
  readonly #definition: Definition
  #labels = 0

  constructor(definition: Definition, reasons: readonly string[]) {
    this.#definition = definition
    this.reasons = [...reasons]
    this.columns = definition.columns ?? null
  }

  /** The name of a bound constant. */
  bind(value: unknown): string {
    return `k${this.place(value)}`
  }

  /** The number of a bound constant. */
  place(value: unknown): number {
    return this.constants.push(value) - 1
  }

  /** The number of a reason. */
  reason(text: string): number {
    const known = this.reasons.indexOf(text)
    return known < 0 ? this.reasons.push(text) - 1 : known
  }

  /** The name of a function with this text. */
  define(text: string): string {
    const known = this.functions.get(text)
    if (known !== undefined) return known
    const name = `t${this.functions.size}`
    this.functions.set(text, name)
    return name
  }

  label(): string {
    return `L${this.#labels++}`
  }

  slotOf(name: string): number {
    const column = this.columns?.[name]
    const key = column === undefined ? name : `#${column}`
    const known = this.slots.get(key)
    if (known !== undefined) return known
    if (this.slots.size >= slotsMax) throw new Error(`more than ${slotsMax} fields are used`)
    this.slots.set(key, this.slots.size)
    return this.slots.size - 1
  }

  /** Whether a field can exist: with fixed places it must be one of them. */
  knows(name: string): boolean {
    return name in specials || this.columns === null || name in this.columns
  }

  span(name: string): SpanCode {
    const special = specials[name]
    if (special !== undefined) return special
    if (!this.knows(name)) throw new Error(`field "${name}" is no column`)
    const slot = this.slotOf(name)
    return { s: `S[${slot}]`, e: `E[${slot}]` }
  }

  /** JavaScript that is true when `condition` holds. */
  condition(condition: Condition): string {
    const { shared, rest } = sharedTests(condition)
    const all = (tests: Tests): string[] =>
      Object.entries(tests).map(([field, test]) => this.test(field, test))
    if (rest.length === 1) return all({ ...shared, ...rest[0] }).join('&&') || 'true'
    return [...all(shared), eitherCode(rest.map(all))].join('&&')
  }

  /** Of a condition, the tests of every line that can be asked before the split, and what is left for later; null = nothing. */
  static early(condition: Condition): { early: Condition | null; late: Condition | null } {
    if (CodeBuilder.raw(condition)) return { early: condition, late: null }
    const { shared, rest } = sharedTests(condition)
    const isEarly = (field: string): boolean => field in specials && field !== '$message'
    const early = Object.fromEntries(Object.entries(shared).filter(([field]) => isEarly(field)))
    const later = Object.fromEntries(Object.entries(shared).filter(([field]) => !isEarly(field)))
    const late = rest.map((tests) => ({ ...later, ...tests }))
    return { early: Object.keys(early).length === 0 ? null : early, late }
  }

  /** Whether a condition looks at the raw line only, so that it can be asked before the split. */
  static raw(condition: Condition): boolean {
    const alternatives = Array.isArray(condition) ? condition : [condition]
    return alternatives.every((tests) => Object.keys(tests).every((field) => field in specials))
  }

  test(field: string, test: FieldTest): string {
    const { s, e } = this.span(field)
    if (typeof test === 'string') return this.#any('equals', s, e, test)
    if (Array.isArray(test)) return this.#oneOf(s, e, test)
    const parts: string[] = []
    if (test.present !== undefined) parts.push(test.present ? `(${e}>${s})` : `(${e}<=${s})`)
    if (test.not !== undefined) parts.push(`!${this.#any('equals', s, e, test.not)}`)
    if (test.prefix !== undefined) parts.push(this.#any('hasPrefix', s, e, test.prefix))
    if (test.notPrefix !== undefined) parts.push(`!${this.#any('hasPrefix', s, e, test.notPrefix)}`)
    if (test.suffix !== undefined) parts.push(this.#any('hasSuffix', s, e, test.suffix))
    if (test.contains !== undefined) parts.push(this.#any('contains', s, e, test.contains))
    if (test.lacks !== undefined) parts.push(`!${this.#any('contains', s, e, test.lacks)}`)
    if (test.digits !== undefined) {
      parts.push(`h.allDigits(buf,${s},${e})`)
      if (test.digits !== true) parts.push(`(${e}-${s}===${test.digits})`)
    }
    if (test.address !== undefined)
      parts.push(`${test.address ? '' : '!'}h.isAddressIn(c,${s},${e})`)
    if (test.time === true) parts.push(`h.isTime(c,${s},${e})`)
    if (test.min !== undefined) parts.push(`(h.readNumber(buf,${s},${e})>=${test.min})`)
    if (test.max !== undefined) parts.push(`h.isAtMost(buf,${s},${e},${test.max})`)
    // a value that was rewritten behind an unwrapped line is whole
    if (test.whole === true) parts.push(`(${e}>${s}&&(${e}<end||${s}>=end))`)
    if (test.uncut === true) parts.push(`(${e}>${s}&&(${e}<end||${s}>=end||!c.mayBeCut))`)
    if (test.sameAs !== undefined) {
      const other = this.span(test.sameAs)
      parts.push(`h.same(buf,${s},${e},${other.s},${other.e})`)
    }
    const all = parts.length === 0 ? 'true' : `(${parts.join('&&')})`
    if (test.optional !== true) return all
    const missing = this.#missing(undefined)
    return `((vs=${s},ve=${e},ve<=vs${missing === null ? '' : `||${missing}`})||${all})`
  }

  #any(
    test: 'equals' | 'hasPrefix' | 'hasSuffix' | 'contains',
    s: string,
    e: string,
    words: string | string[],
  ): string {
    if (test === 'equals' && Array.isArray(words)) return this.#oneOf(s, e, words)
    const bytes = [words].flat().map((word) => lowered(word.toLowerCase()))
    // the empty word: an absent field is it, every value begins and ends in it, none holds it
    const told = bytes.filter((word) => word.length > 0)
    if (told.length < bytes.length && (test === 'hasPrefix' || test === 'hasSuffix')) return 'true'
    if (told.length === 0) return test === 'equals' ? `(${e}<=${s})` : 'false'
    const text = {
      equals: equalsCode,
      hasPrefix: prefixCode,
      hasSuffix: suffixCode,
      contains: containsCode,
    }[test](told)
    return `${this.define(text)}(buf,${s},${e})`
  }

  #oneOf(s: string, e: string, words: readonly string[]): string {
    const test = `${this.define(equalsCode(words.map(lowered)))}(buf,${s},${e})`
    return words.includes('') ? `(${e}<=${s}||${test})` : test
  }

  /** True when the value `[vs, ve)` stands for none. */
  #missing(extra: readonly string[] | undefined): string | null {
    const words = [...this.#definition.missing, ...(extra ?? [])].filter((word) => word !== '')
    if (words.length === 0) return null
    if (words.length === 1 && words[0] === '-') return '(ve-vs===1&&buf[vs]===45)'
    return `${this.define(equalsCode(words.map(lowered)))}(buf,vs,ve)`
  }

  /**
   * JavaScript that looks for a value in `source` and, once it has one in `[vs, ve)`, runs `found(step)`, which must end in
   * a test `if (…) break <label>` when the value was accepted.
   */
  value(
    source: Source,
    full: boolean,
    found: (step: Step | null, label: string) => string,
  ): string {
    const label = this.label()
    const steps = Array.isArray(source) ? source : [source]
    const code = steps.map((step) =>
      this.#step(typeof step === 'string' ? { from: step } : step, full, label, found),
    )
    return `${label}:{${code.join('\n')}}`
  }

  #step(
    step: Step,
    full: boolean,
    label: string,
    found: (step: Step | null, label: string) => string,
  ): string {
    const body = this.#valueOf(step, full, found(step, label))
    return step.when === undefined ? body : `if(${this.condition(step.when)}){${body}}`
  }

  #valueOf(step: Step, full: boolean, accept: string): string {
    if (step.value !== undefined) {
      const span = constantSpan(step.value)
      return `vs=${span.start};ve=${span.end};${accept}`
    }
    if (step.text !== undefined) return this.#textOf(step.text, accept)
    if (step.url !== undefined) return this.#urlOf(step.url, full, accept)
    const names = step.from === undefined ? [] : Array.isArray(step.from) ? step.from : [step.from]
    const missing = this.#missing(step.ignore)
    return names
      .map((field) => {
        const { s, e } = this.span(field)
        const edits = this.#edits(step)
        const check = missing === null ? '' : `if(${missing})ve=vs;`
        return `vs=${s};ve=${e};${check}if(ve>vs){${edits}if(ve>vs){${accept}}}`
      })
      .join('\n')
  }

  #edits(step: Step): string {
    let code = ''
    const cut = (text: string | undefined, which: 'first' | 'last', after: boolean): void => {
      if (text === undefined) return
      const bytes = Buffer.from(text)
      const none = step.strict === true ? 'else ve=vs;' : ''
      const found = after ? `vs=r+${bytes.length}` : 've=r'
      code += `r=${this.define(findCode(bytes, which))}(buf,vs,ve);if(r>=0)${found};${none}`
    }
    cut(step.after, 'first', true)
    cut(step.afterLast, 'last', true)
    cut(step.before, 'first', false)
    cut(step.beforeLast, 'last', false)
    if (step.part !== undefined) {
      const k = this.place(Buffer.from(step.part.by))
      code += `h.partOf(vs,ve,${k},${step.part.at});vs=h.rewritten.start;ve=h.rewritten.end;`
    }
    if (step.decode === 'hex')
      code += 'h.hexDecode(c,vs,ve);vs=h.rewritten.start;ve=h.rewritten.end;'
    if (step.replace !== undefined) {
      const map = Uint8Array.from({ length: 256 }, (_, byte) => byte)
      for (const [from, to] of Object.entries(step.replace))
        map[from.charCodeAt(0)] = to.charCodeAt(0)
      code += `h.replaceBytes(vs,ve,${this.place(map)});vs=h.rewritten.start;ve=h.rewritten.end;`
    }
    if (step.decode === 'ipv4')
      code += 'h.addressOfNumber(c,vs,ve);vs=h.rewritten.start;ve=h.rewritten.end;'
    if (step.decode === 'labels')
      code += 'h.labelsDecode(c,vs,ve);vs=h.rewritten.start;ve=h.rewritten.end;'
    if (step.decode === 'percent')
      code += `if(${this.define(findCode(Buffer.from('%')))}(buf,vs,ve)>=0){h.percentDecode(c,vs,ve);vs=h.rewritten.start;ve=h.rewritten.end;}`
    if (step.only === 'address') code += 'if(!h.isAddressIn(c,vs,ve))ve=vs;'
    if (step.only === 'name') code += 'if(h.isAddressIn(c,vs,ve))ve=vs;'
    if (step.table !== undefined) {
      const spans = Object.values(step.table).map((text) => constantSpan(text))
      const place = this.define(placeCode(Object.keys(step.table).map(lowered)))
      const other =
        step.otherwise === undefined ? '-1' : String(spans.push(constantSpan(step.otherwise)) - 1)
      const starts = valueCode(new Map(spans.map(({ start }, i) => [i, start])))
      const ends = valueCode(new Map(spans.map(({ end }, i) => [i, end])))
      code += `r=${place}(buf,vs,ve);if(r<0)r=${other};if(r<0)ve=vs;else{vs=${this.define(starts)}(r);ve=${this.define(ends)}(r);}`
    }
    return code
  }

  /** `{a} {b}`: the fields' bytes with the text between them, in the scratch. */
  #textOf(template: string, accept: string): string {
    const parts = template.split(/\{([^{}]+)\}/)
    const fields = parts.filter((_, i) => i % 2 === 1).map((field) => this.span(field))
    const missing = this.#missing(undefined)
    const checks = fields.map(
      ({ s, e }) => `vs=${s};ve=${e};if(ve<=vs${missing === null ? '' : `||${missing}`})ok=false;`,
    )
    const write = parts
      .map((part, i) => {
        if (i % 2 === 1) {
          const { s, e } = this.span(part)
          return `h.put(c,${s},${e});`
        }
        if (part === '') return ''
        const span = constantSpan(part)
        return `h.put(c,${span.start},${span.end});`
      })
      .join('')
    // Two neighbours with one blank between them (date and time of most logs) need no copy.
    const [a, b] = fields
    const join =
      fields.length === 2 && parts[0] === '' && parts[2] === ' ' && parts[4] === ''
        ? `if(${b.s}-${a.e}===1&&buf[${a.e}]===32){vs=${a.s};ve=${b.e};}else`
        : ''
    return `ok=true;${checks.join('')}if(ok){${join}{vs=c.scratch;${write}ve=c.scratch;}${accept}}`
  }

  #urlOf(url: NonNullable<Step['url']>, full: boolean, accept: string): string {
    const missing = this.#missing(undefined)
    const part = (name: string, text: string | undefined): string => {
      if (text === undefined) return `u.${name}Start=u.${name}End=0;`
      const field = /^\{([^{}]+)\}$/.exec(text)
      if (field === null) {
        const span = constantSpan(text)
        return `u.${name}Start=${span.start};u.${name}End=${span.end};`
      }
      const { s, e } = this.span(field[1])
      const check = missing === null ? '' : `if(${missing})ve=vs;`
      return `vs=${s};ve=${e};${check}u.${name}Start=vs;u.${name}End=ve;`
    }
    return (
      part('scheme', url.scheme) +
      part('host', url.host) +
      part('port', url.port) +
      part('path', url.path) +
      part('query', url.query) +
      `h.urlFacts(c,${full});vs=h.rewritten.start;ve=h.rewritten.end;if(ve>vs){${accept}}`
    )
  }
}
