/** Expressions of lib/wasm-words.ts. */
import type {
  AssignmentExpression,
  BinaryExpression,
  CallExpression,
  Expression,
  LogicalExpression,
  MemberExpression,
  Node,
  Pattern,
  PrivateIdentifier,
  SpreadElement,
  Super,
  UpdateExpression,
} from 'acorn'
import { constant, f64, get, i32, set, unsigned } from './wasm-code.ts'
import type { Code } from './wasm-code.ts'
import { as, numberCode } from './wasm-frame.ts'
import type { Frame, Meaning, Typed } from './wasm-frame.ts'
import type { ArrayPlace } from './wasm-words.ts'

type Any = Expression | Super | PrivateIdentifier | SpreadElement | Pattern

const integer: Readonly<Record<string, number>> = {
  '+': 0x6a, '-': 0x6b, '*': 0x6c, '&': 0x71, '|': 0x72, '^': 0x73, '<<': 0x74, '>>': 0x75, '>>>': 0x76, '%': 0x6f,
  '===': 0x46, '!==': 0x47, '==': 0x46, '!=': 0x47, '<': 0x48, '>': 0x4a, '<=': 0x4c, '>=': 0x4e,
} // prettier-ignore
const double: Readonly<Record<string, number>> = {
  '+': 0xa0, '-': 0xa1, '*': 0xa2, '/': 0xa3,
  '===': 0x61, '!==': 0x62, '==': 0x61, '!=': 0x62, '<': 0x63, '>': 0x64, '<=': 0x65, '>=': 0x66,
} // prettier-ignore
const comparisons = new Set(['===', '!==', '==', '!=', '<', '>', '<=', '>='])
const bitwise = new Set(['&', '|', '^', '<<', '>>', '>>>'])
const loads = { u8: 0x2d, i16: 0x2e, u16: 0x2f, i32: 0x28, f64: 0x2b } as const
const stores = { u8: 0x3a, i16: 0x3b, u16: 0x3b, i32: 0x36, f64: 0x39 } as const
const widths = { u8: 0, i16: 1, u16: 1, i32: 2, f64: 3 } as const

/** What a name or a member means, when it is one. */
export function meaningOf(frame: Frame, node: Node): Meaning | null {
  const it = node as Expression
  if (it.type === 'Identifier')
    return it.name === 'NaN' ? { is: 'number', value: NaN } : frame.meaning(it.name)
  if (it.type !== 'MemberExpression' || it.computed || it.property.type !== 'Identifier')
    return null
  const { object } = it
  if (object.type === 'Identifier' && object.name.startsWith('__'))
    return frame.meaning(it.property.name)
  const owner = meaningOf(frame, object)
  return owner?.is === 'object' ? frame.member(owner.name, it.property.name) : null
}

/** The value of a constant integer expression, or null. */
export function numberOf(frame: Frame, node: Any): number | null {
  switch (node.type) {
    case 'Literal':
      return typeof node.value === 'number' && !/[.]/.test(node.raw ?? '') ? node.value : null
    case 'ParenthesizedExpression':
      return numberOf(frame, node.expression)
    case 'UnaryExpression': {
      const value = node.operator === '-' ? numberOf(frame, node.argument) : null
      return value === null ? null : -value
    }
    case 'Identifier':
    case 'MemberExpression': {
      const meant = meaningOf(frame, node)
      return meant?.is === 'number' && Number.isInteger(meant.value) ? meant.value : null
    }
    case 'BinaryExpression': {
      const [a, b] = [numberOf(frame, node.left), numberOf(frame, node.right)]
      if (a === null || b === null) return null
      if (node.operator === '+') return a + b
      if (node.operator === '-') return a - b
      if (node.operator === '*') return a * b
      return null
    }
    default:
      return null
  }
}

/** A test: an i32 that is not 0 when it holds. */
export function condition(frame: Frame, node: Any): Code {
  return as(i32, expression(frame, node, true), frame)
}

/** `used` = something is done with the value. */
export function expression(frame: Frame, node: Any, used: boolean): Typed {
  const known = numberOf(frame, node)
  if (known !== null) {
    if (known > 0xffff_ffff || known < -0x8000_0000)
      return { type: f64, code: numberCode(known, f64) }
    return { type: i32, code: constant(known | 0) }
  }
  switch (node.type) {
    case 'Literal':
      if (typeof node.value === 'boolean') return { type: i32, code: constant(Number(node.value)) }
      if (typeof node.value === 'number') return { type: f64, code: numberCode(node.value, f64) }
      break
    case 'Identifier':
    case 'MemberExpression':
      return read(frame, node)
    case 'ParenthesizedExpression':
      return expression(frame, node.expression, used)
    case 'UnaryExpression':
      return unary(frame, node.operator, node.argument)
    case 'BinaryExpression':
      return binary(frame, node)
    case 'LogicalExpression':
      return logical(frame, node)
    case 'ConditionalExpression': {
      const test = condition(frame, node.test)
      const [then, otherwise] = frame.within('other', null, () => [
        expression(frame, node.consequent, used),
        expression(frame, node.alternate, used),
      ])
      const type = then.type === f64 || otherwise.type === f64 ? f64 : (then.type ?? null)
      if (type === null)
        return { type, code: [test, 0x04, 0x40, then.code, 0x05, otherwise.code, 0x0b] }
      const [a, b] = [as(type, then, frame), as(type, otherwise, frame)]
      return { type, code: [test, 0x04, type, a, 0x05, b, 0x0b] }
    }
    case 'AssignmentExpression':
      return assignment(frame, node, used)
    case 'UpdateExpression':
      return update(frame, node, used)
    case 'CallExpression':
      return call(frame, node)
    case 'SequenceExpression': {
      const last = node.expressions.length - 1
      const parts = node.expressions.map((one, i) => expression(frame, one, used && i === last))
      const before = parts
        .slice(0, last)
        .map(({ type, code }) => (type === null ? code : [code, 0x1a]))
      return { type: parts[last].type, code: [before, parts[last].code] }
    }
    default:
  }
  throw frame.fail(`${node.type} is not known here`)
}

/** Where an element lies: code of the address and what is added to it. */
function address(frame: Frame, array: ArrayPlace, index: Any): { code: Code; offset: number } {
  const width = widths[array.kind]
  const known = numberOf(frame, index)
  if (known !== null && known >= 0)
    return { code: constant(0), offset: array.at + (known << width) }
  let variable: Any = index
  let { at } = array
  if (index.type === 'BinaryExpression' && index.operator === '+') {
    const more = numberOf(frame, index.right)
    if (more !== null && more >= 0) {
      variable = index.left
      at += more << width
    }
  }
  const code = as(i32, expression(frame, variable, true), frame)
  return { code: width === 0 ? code : [code, constant(width), 0x74], offset: at }
}

function memory(opcode: number, { memory: which = 0 }: ArrayPlace, offset: number): Code {
  return which === 0 ? [opcode, 0, unsigned(offset)] : [opcode, 0x40, which, unsigned(offset)]
}

const typeOf = (array: ArrayPlace): number => (array.kind === 'f64' ? f64 : i32)
const fieldArray = (field: 'i32' | 'f64', at: number): ArrayPlace => ({ kind: field, at })

/** The array and index of `a[i]`, or the field of `c.x`, as an element. */
function element(
  frame: Frame,
  node: Any,
): { array: ArrayPlace; code: Code; offset: number } | null {
  if (node.type !== 'MemberExpression') return null
  if (node.computed) {
    const array = meaningOf(frame, node.object)
    if (array?.is !== 'array') throw frame.fail('an element of no array')
    return { array: array.array, ...address(frame, array.array, node.property) }
  }
  const meant = meaningOf(frame, node)
  if (meant?.is !== 'field') return null
  const { field, at } = meant.field
  return { array: fieldArray(field, 0), code: constant(0), offset: at }
}

function read(frame: Frame, node: MemberExpression | Extract<Any, { type: 'Identifier' }>): Typed {
  const place = element(frame, node)
  if (place !== null)
    return {
      type: typeOf(place.array),
      code: [place.code, memory(loads[place.array.kind], place.array, place.offset)],
    }
  const meant = meaningOf(frame, node)
  if (meant?.is === 'local') return { type: meant.type, code: get(meant.place) }
  if (meant?.is === 'number') return { type: f64, code: numberCode(meant.value, f64) }
  throw frame.fail('a name that is no number')
}

function unary(frame: Frame, operator: string, argument: Expression): Typed {
  if (operator === '!') return { type: i32, code: [condition(frame, argument), 0x45] }
  const value = expression(frame, argument, true)
  if (operator === '-')
    return value.type === f64
      ? { type: f64, code: [value.code, 0x9a] }
      : { type: i32, code: [constant(0), value.code, 0x6b] }
  if (operator === '~') return { type: i32, code: [value.code, constant(-1), 0x73] }
  throw frame.fail(`${operator} is not known here`)
}

function binary(frame: Frame, node: BinaryExpression): Typed {
  return operation(
    frame,
    node.operator,
    expression(frame, node.left, true),
    expression(frame, node.right, true),
  )
}

function operation(frame: Frame, operator: string, a: Typed, b: Typed): Typed {
  const doubles = (a.type === f64 || b.type === f64 || operator === '/') && !bitwise.has(operator)
  const opcode = (doubles ? double : integer)[operator] as number | undefined
  if (opcode === undefined) throw frame.fail(`${operator} is not known here`)
  const type = doubles ? f64 : i32
  const code = [as(type, a, frame), as(type, b, frame), opcode]
  return { type: comparisons.has(operator) ? i32 : type, code }
}

function logical(frame: Frame, node: LogicalExpression): Typed {
  const a = condition(frame, node.left)
  const b = frame.within('other', null, () => condition(frame, node.right))
  if (node.operator === '&&') return { type: i32, code: [a, 0x04, i32, b, 0x05, constant(0), 0x0b] }
  if (node.operator === '||') return { type: i32, code: [a, 0x04, i32, constant(1), 0x05, b, 0x0b] }
  throw frame.fail(`${node.operator} is not known here`)
}

function assignment(frame: Frame, node: AssignmentExpression, used: boolean): Typed {
  const value = expression(frame, node.right, true)
  const operator = node.operator.slice(0, -1)
  const place = element(frame, node.left)
  if (place === null) {
    const meant = meaningOf(frame, node.left)
    if (meant?.is !== 'local') throw frame.fail('what is assigned to is no variable')
    const old = { type: meant.type, code: get(meant.place) }
    const next = operator === '' ? value : operation(frame, operator, old, value)
    const code = as(meant.type, next, frame)
    return used
      ? { type: meant.type, code: [code, 0x22, unsigned(meant.place)] }
      : { type: null, code: set(meant.place, code) }
  }
  const type = typeOf(place.array)
  const store = memory(stores[place.array.kind], place.array, place.offset)
  if (operator === '' && !used)
    return { type: null, code: [place.code, as(type, value, frame), store] }
  const at = frame.local(i32)
  const kept = frame.local(type)
  const old = { type, code: [get(at), memory(loads[place.array.kind], place.array, place.offset)] }
  const next = operator === '' ? value : operation(frame, operator, old, value)
  const code = [set(at, place.code), set(kept, as(type, next, frame)), get(at), get(kept), store]
  return used ? { type, code: [code, get(kept)] } : { type: null, code }
}

function update(frame: Frame, node: UpdateExpression, used: boolean): Typed {
  const place = element(frame, node.argument)
  const by = constant(node.operator === '++' ? 1 : -1)
  if (place === null) {
    const meant = meaningOf(frame, node.argument)
    if (meant?.is !== 'local' || meant.type !== i32) throw frame.fail('no variable to count with')
    const next = [get(meant.place), by, 0x6a]
    if (!used) return { type: null, code: set(meant.place, next) }
    return node.prefix
      ? { type: i32, code: [next, 0x22, unsigned(meant.place)] }
      : { type: i32, code: [get(meant.place), set(meant.place, next)] }
  }
  const [at, old] = [frame.local(i32), frame.local(i32)]
  const { kind } = place.array
  const code = [
    set(at, place.code),
    set(old, [get(at), memory(loads[kind], place.array, place.offset)]),
    get(at),
    [get(old), by, 0x6a],
    memory(stores[kind], place.array, place.offset),
  ]
  if (!used) return { type: null, code }
  return { type: i32, code: [code, node.prefix ? [get(old), by, 0x6a] : get(old)] }
}

function call(frame: Frame, node: CallExpression): Typed {
  // an imported name may be written `(0, module.name)(…)`
  const callee =
    node.callee.type === 'SequenceExpression'
      ? node.callee.expressions[node.callee.expressions.length - 1]
      : node.callee.type === 'ParenthesizedExpression' &&
          node.callee.expression.type === 'SequenceExpression'
        ? node.callee.expression.expressions[1]
        : node.callee
  if (callee.type === 'MemberExpression' && callee.property.type === 'Identifier') {
    const { object, property } = callee
    if (object.type === 'Identifier' && (object.name === 'Math' || object.name === 'Number'))
      return builtIn(frame, property.name, node.arguments)
    if (property.name === 'getInt32') {
      const view = meaningOf(frame, object)
      if (view?.is !== 'array') throw frame.fail('a word of no array')
      const place = address(frame, { ...view.array, kind: 'u8' }, node.arguments[0])
      return { type: i32, code: [place.code, memory(loads.i32, view.array, place.offset)] }
    }
    if (object.type === 'Identifier' && object.name.startsWith('__'))
      return called(frame, property.name, node.arguments)
  }
  if (callee.type === 'Identifier' && callee.name === 'Number')
    return called(frame, 'double', node.arguments)
  if (callee.type !== 'Identifier') throw frame.fail('what is called is no name')
  return called(frame, callee.name, node.arguments)
}

function called(frame: Frame, name: string, given: readonly (Expression | SpreadElement)[]): Typed {
  // a double that begins as an integer (lib/double.ts)
  if (name === 'double')
    return { type: f64, code: as(f64, expression(frame, given[0], true), frame) }
  const { parameters, result, number, inTable } = frame.module.callee(name)
  const numbers = given.filter((one) => {
    if (one.type !== 'Identifier' && one.type !== 'MemberExpression') return true
    const meant = meaningOf(frame, one)
    return meant === null || (meant.is !== 'array' && meant.is !== 'object')
  })
  if (numbers.length !== parameters.length)
    throw frame.fail(`${name} is given ${numbers.length} numbers, and takes ${parameters.length}`)
  const code = numbers.map((one, i) => as(parameters[i], expression(frame, one, true), frame))
  return { type: result, code: inTable ? [code, 0x11, number, 0] : [code, 0x10, number] }
}

function builtIn(
  frame: Frame,
  name: string,
  given: readonly (Expression | SpreadElement)[],
): Typed {
  const values = given.map((one) => expression(frame, one, true))
  const [a, b] = values
  if (name === 'imul') return { type: i32, code: [a.code, b.code, 0x6c] }
  if (name === 'clz32') return { type: i32, code: [a.code, 0x67] }
  if (name === 'floor') return { type: f64, code: [as(f64, a, frame), 0x9c] }
  if (name === 'isNaN') {
    const kept = frame.local(f64)
    return { type: i32, code: [set(kept, as(f64, a, frame)), get(kept), get(kept), 0x62] }
  }
  if (name === 'min' || name === 'max') {
    if (a.type === f64 || b.type === f64)
      return {
        type: f64,
        code: [as(f64, a, frame), as(f64, b, frame), name === 'min' ? 0xa4 : 0xa5],
      }
    const [x, y] = [frame.local(i32), frame.local(i32)]
    const code = [set(x, a.code), set(y, b.code), get(x), get(y), get(x), get(y)]
    return { type: i32, code: [code, name === 'min' ? 0x48 : 0x4a, 0x1b] }
  }
  throw frame.fail(`${name} is not known here`)
}
