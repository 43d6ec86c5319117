/** One function that is being compiled (lib/wasm-words.ts): its locals, what names mean in it, the blocks that are open. */
import { constant, f64, i32 } from './wasm-code.ts'
import type { Code } from './wasm-code.ts'
import type { ArrayPlace, FieldPlace, WordModule } from './wasm-words.ts'

/** Code and what it leaves: a type, or null = nothing. */
export interface Typed {
  type: number | null
  code: Code
}

/** What a name means. */
export type Meaning =
  | { is: 'local'; place: number; type: number }
  | { is: 'array'; array: ArrayPlace }
  | { is: 'object'; name: string }
  | { is: 'field'; field: FieldPlace }
  | { is: 'number'; value: number }

interface Open {
  label: string | null
  /** What `break` and `continue` without a label leave. */
  kind: 'loop' | 'continue' | 'switch' | 'labelled' | 'other'
}

export class Frame {
  readonly module: WordModule
  readonly name: string
  /** Types of the locals behind the parameters. */
  readonly locals: number[] = []
  /** Type of what is returned; undefined = no return yet. */
  result: number | null | undefined
  /** It returns values of two types. */
  mixed = false
  #parameters = 0
  #scopes: Map<string, Meaning>[] = [new Map()]
  #open: Open[] = []
  /** Labels before the statement that comes. */
  labels: string[] = []

  constructor(module: WordModule, name: string, result: number | undefined) {
    this.module = module
    this.name = name
    this.result = result
  }

  fail(what: string): Error {
    return new Error(`${this.name}: ${what}`)
  }

  parameter(name: string, type: number): void {
    this.#scopes[0].set(name, { is: 'local', place: this.#parameters++, type })
  }

  /** Whether a name means an array or an object, whatever is done with it. */
  isPlace(name: string): boolean {
    const { arrays, objects } = this.module.surroundings
    return name in arrays || name in objects
  }

  declare(name: string, meaning: Meaning): void {
    this.#scopes[this.#scopes.length - 1].set(name, meaning)
  }

  local(type: number): number {
    return this.#parameters + this.locals.push(type) - 1
  }

  meaning(name: string): Meaning {
    for (let i = this.#scopes.length - 1; i >= 0; i--) {
      const known = this.#scopes[i].get(name)
      if (known !== undefined) return known
    }
    const { arrays, objects, constants } = this.module.surroundings
    if (name in arrays) return { is: 'array', array: arrays[name] }
    if (name in objects) return { is: 'object', name }
    if (name in constants) return { is: 'number', value: constants[name] }
    throw this.fail(`${name} means nothing here`)
  }

  member(object: string, name: string): Meaning {
    const { arrays, objects } = this.module.surroundings
    const found = objects[object][name] as FieldPlace | number | string | undefined
    if (found === undefined) throw this.fail(`${object}.${name} is not there`)
    if (typeof found === 'number') return { is: 'number', value: found }
    if (typeof found !== 'string') return { is: 'field', field: found }
    return found in arrays ? { is: 'array', array: arrays[found] } : { is: 'object', name: found }
  }

  scoped<T>(inner: () => T): T {
    this.#scopes.push(new Map())
    const result = inner()
    this.#scopes.pop()
    return result
  }

  within<T>(kind: Open['kind'], label: string | null, inner: () => T): T {
    this.#open.push({ kind, label })
    const result = inner()
    this.#open.pop()
    return result
  }

  /** How many blocks `break` or `continue` leaves. */
  depth(how: 'break' | 'continue', label: string | null): number {
    for (let i = this.#open.length - 1; i >= 0; i--) {
      const { kind, label: own } = this.#open[i]
      const fits =
        label !== null
          ? own === label && (how === 'continue' ? kind === 'continue' : kind !== 'continue')
          : how === 'continue'
            ? kind === 'continue'
            : kind === 'loop' || kind === 'switch'
      if (fits) return this.#open.length - 1 - i
    }
    throw this.fail(`${how} ${label ?? ''} leaves nothing`)
  }

  returns(type: number | null): void {
    if (this.result === undefined) this.result = type
    else if (this.result !== type) this.mixed = true
  }
}

/** As this type. */
export function as(type: number, value: Typed, frame: Frame): Code {
  if (value.type === type) return value.code
  if (value.type === i32 && type === f64) return [value.code, 0xb7]
  // rounded to zero, and what does not fit to the ends
  if (value.type === f64 && type === i32) return [value.code, 0xfc, 2]
  throw frame.fail('nothing where a number was expected')
}

export function numberCode(value: number, type: number): Code {
  if (type === i32) return constant(value)
  const bytes = new Uint8Array(new Float64Array([value]).buffer)
  return [0x44, [...bytes]]
}
