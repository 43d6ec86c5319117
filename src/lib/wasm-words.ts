/**
 * JavaScript of integers and bytes, as WebAssembly: functions over arrays that lie in a memory, without objects, strings or
 * closures. The text is that of ordinary functions (`Function.prototype.toString`), so that one source serves both engines.
 *
 * Numbers are 32-bit integers unless they come from a double: a literal with a point, NaN, an array or field of doubles, a
 * division, a function that gives one. Integers wrap around: functions of this kind keep them below 2^31.
 */
import { parse } from 'acorn'
import type { ArrowFunctionExpression, FunctionDeclaration, Statement } from 'acorn'
import { assemble, constant, f64, i32, unsigned } from './wasm-code.ts'
import type { Code, WasmFunction } from './wasm-code.ts'
import { Frame } from './wasm-frame.ts'
import { statementCode } from './wasm-statements.ts'

export interface ArrayPlace {
  kind: 'u8' | 'i16' | 'u16' | 'i32' | 'f64'
  /** Where its first element lies. */
  at: number
  /** Which memory; the first unless told. */
  memory?: number
}

export interface FieldPlace {
  field: 'i32' | 'f64'
  at: number
}

export interface Signature {
  parameters: readonly number[]
  result: number | null
}

/** What names mean. Arguments and parameters that name an array or an object are left out: there is one of each. */
export interface Surroundings {
  arrays: Readonly<Record<string, ArrayPlace>>
  /** Members are fields, numbers, or names of arrays and of other objects. */
  objects: Readonly<Record<string, Readonly<Record<string, FieldPlace | number | string>>>>
  constants: Readonly<Record<string, number>>
  /** Functions from outside. */
  imports: Readonly<Record<string, Signature>>
  /** Functions in the table `env.table`, which are called by their place in it: the last argument. */
  called?: Readonly<Record<string, Signature>>
  /** Parameters that are doubles, by function. */
  doubles?: Readonly<Record<string, readonly string[]>>
  /** Texts of functions by name; those that nothing calls are left out. */
  functions: Readonly<Record<string, string>>
}

export interface Callee extends Signature {
  /** Names of the parameters, null for those that are left out; null = from outside. */
  names: readonly string[] | null
  /** Its number, known once all are compiled; of one that is called by its place in the table the number of its type. */
  number: number[]
  inTable?: boolean
}

interface Compiled {
  callee: Callee
  body: WasmFunction
}

/** A module under construction. */
export class WordModule {
  readonly surroundings: Surroundings
  readonly #compiled = new Map<string, Compiled>()
  readonly #imported = new Map<string, Callee>()
  readonly #called = new Map<string, Callee>()
  readonly #open: string[] = []

  constructor(surroundings: Surroundings) {
    this.surroundings = surroundings
  }

  /** The function of this name, compiled when it is first called. */
  callee(name: string): Callee {
    const known =
      this.#compiled.get(name)?.callee ?? this.#imported.get(name) ?? this.#called.get(name)
    if (known !== undefined) return known
    const inTable = this.surroundings.called?.[name]
    if (inTable !== undefined) {
      const parameters = [...inTable.parameters, i32]
      const callee = { ...inTable, parameters, names: null, number: [], inTable: true }
      this.#called.set(name, callee)
      return callee
    }
    const outside = this.surroundings.imports[name] as Signature | undefined
    if (outside !== undefined) {
      const callee = { ...outside, names: null, number: [] }
      this.#imported.set(name, callee)
      return callee
    }
    const text = this.surroundings.functions[name] as string | undefined
    if (text === undefined) throw new Error(`${name} is no function here`)
    if (this.#open.includes(name)) throw new Error(`${name} calls itself`)
    this.#open.push(name)
    const compiled = this.#compile(name, text)
    this.#open.pop()
    this.#compiled.set(name, compiled)
    return compiled.callee
  }

  #compile(name: string, text: string): Compiled {
    const node = functionOf(text)
    const compiled = this.#attempt(name, node, undefined)
    // integers and doubles: doubles
    return compiled ?? this.#attempt(name, node, f64) ?? fail(name)
  }

  /** null = it returns more than one type. */
  #attempt(name: string, node: FunctionNode, returned: number | undefined): Compiled | null {
    const frame = new Frame(this, name, returned)
    const names = node.params.flatMap((parameter) => {
      if (parameter.type !== 'Identifier') throw new Error(`${name}: a parameter is no name`)
      return frame.isPlace(parameter.name) ? [] : [parameter.name]
    })
    const doubles = this.surroundings.doubles?.[name] ?? []
    const parameters = names.map((parameter) => (doubles.includes(parameter) ? f64 : i32))
    for (const [i, parameter] of names.entries()) frame.parameter(parameter, parameters[i])
    const code: Code =
      node.body.type === 'BlockStatement'
        ? node.body.body.map((statement: Statement) => statementCode(frame, statement))
        : statementCode(frame, {
            type: 'ReturnStatement',
            start: 0,
            end: 0,
            argument: node.body,
          })
    if (frame.mixed) return null
    const result = frame.result ?? null
    const end: Code =
      result === null ? [] : result === f64 ? [0x44, [0, 0, 0, 0, 0, 0, 0, 0]] : constant(0)
    return {
      callee: { parameters, result, names, number: [] },
      body: { name: null, parameters, locals: frame.locals, result, code: [code, end] },
    }
  }

  /** The bytes of the module, with `exported` seen from outside, and the names it asks `env` for. */
  finish(exported: readonly string[]): { bytes: Uint8Array<ArrayBuffer>; imports: string[] } {
    for (const name of exported) this.callee(name)
    const imports = [...this.#imported]
    const functions = [...this.#compiled]
    for (const [i, [, callee]] of imports.entries()) callee.number.push(...unsigned(i))
    for (const [i, [, { callee }]] of functions.entries())
      callee.number.push(...unsigned(imports.length + i))
    const called = [...this.#called.values()]
    for (const [i, { number }] of called.entries())
      number.push(...unsigned(imports.length + functions.length + i))
    const { arrays } = this.surroundings
    const memories = 1 + Math.max(0, ...Object.values(arrays).map(({ memory = 0 }) => memory))
    const bytes = assemble(
      functions.map(([name, { body }]) => ({
        ...body,
        name: exported.includes(name) ? name : null,
        label: name,
      })),
      {
        imports: imports.map(([name, { parameters, result }]) => ({ name, parameters, result })),
        memories,
        called: called.map(({ parameters, result }) => ({
          parameters: parameters.slice(0, -1),
          result,
        })),
      },
    )
    return { bytes, imports: imports.map(([name]) => name) }
  }
}

function fail(name: string): never {
  throw new Error(`${name}: returns values of two types`)
}

/** Functions that many modules have are read once. */
const known = new Map<string, FunctionNode>()
const knownMax = 256

function functionOf(text: string): FunctionNode {
  const before = known.get(text)
  if (before !== undefined) return before
  const node = parsed(text)
  if (known.size < knownMax) known.set(text, node)
  return node
}

type FunctionNode = FunctionDeclaration | ArrowFunctionExpression

function parsed(text: string): FunctionNode {
  const program = parse(/^(?:async )?function/.test(text) ? text : `(${text})`, {
    ecmaVersion: 'latest',
  })
  const [statement] = program.body
  if (statement.type === 'FunctionDeclaration') return statement
  if (
    statement.type === 'ExpressionStatement' &&
    statement.expression.type === 'ArrowFunctionExpression'
  )
    return statement.expression
  throw new Error('no function')
}
