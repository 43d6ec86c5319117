/** Statements of lib/wasm-words.ts. */
import type { Expression, Statement, SwitchStatement, VariableDeclaration } from 'acorn'
import {
  block,
  constant,
  f64,
  get,
  giveBack,
  i32,
  leave,
  leaveIf,
  loop,
  set,
  unsigned,
} from './wasm-code.ts'
import type { Code } from './wasm-code.ts'
import { condition, expression, meaningOf, numberOf } from './wasm-expressions.ts'
import { as } from './wasm-frame.ts'
import type { Frame } from './wasm-frame.ts'

export function statementCode(frame: Frame, node: Statement): Code {
  const labels = frame.labels
  frame.labels = []
  switch (node.type) {
    case 'ExpressionStatement':
      return dropped(frame, node.expression)
    case 'VariableDeclaration':
      return declarations(frame, node)
    case 'ReturnStatement':
      return returned(frame, node.argument ?? null)
    case 'IfStatement':
      return [
        condition(frame, node.test),
        0x04,
        0x40,
        frame.within('other', null, () => [
          statementCode(frame, node.consequent),
          node.alternate ? [0x05, statementCode(frame, node.alternate)] : [],
        ]),
        0x0b,
      ]
    case 'BlockStatement': {
      const inner = (): Code =>
        frame.scoped(() => node.body.map((statement) => statementCode(frame, statement)))
      return labels.length === 0
        ? inner()
        : block(frame.within('labelled', labels[0], () => inner()))
    }
    case 'LabeledStatement':
      frame.labels = [...labels, node.label.name]
      return statementCode(frame, node.body)
    case 'BreakStatement':
      return leave(frame.depth('break', node.label?.name ?? null))
    case 'ContinueStatement':
      return leave(frame.depth('continue', node.label?.name ?? null))
    case 'WhileStatement':
      return looped(frame, labels, { test: node.test, body: node.body, update: null, first: true })
    case 'DoWhileStatement':
      return looped(frame, labels, { test: node.test, body: node.body, update: null, first: false })
    case 'ForStatement': {
      const { init } = node
      return frame.scoped(() => [
        !init
          ? []
          : init.type === 'VariableDeclaration'
            ? declarations(frame, init)
            : dropped(frame, init),
        looped(frame, labels, {
          test: node.test ?? null,
          body: node.body,
          update: node.update ?? null,
          first: true,
        }),
      ])
    }
    case 'SwitchStatement':
      return switched(frame, labels[0] ?? null, node)
    case 'EmptyStatement':
      return []
    default:
      throw frame.fail(`${node.type} is not known here`)
  }
}

function dropped(frame: Frame, node: Expression): Code {
  const { type, code } = expression(frame, node, false)
  return type === null ? code : [code, 0x1a]
}

function returned(frame: Frame, argument: Expression | null): Code {
  if (argument === null) {
    frame.returns(null)
    return 0x0f
  }
  const value = expression(frame, argument, true)
  // an integer where doubles are returned is one
  const type = frame.result === f64 ? f64 : value.type
  frame.returns(type)
  return type === null ? [value.code, 0x0f] : giveBack(as(type, value, frame))
}

function declarations(frame: Frame, node: VariableDeclaration): Code {
  return node.declarations.map(({ id, init }) => {
    if (id.type !== 'Identifier') throw frame.fail('a variable is no name')
    if (frame.isPlace(id.name)) return []
    if (!init) {
      frame.declare(id.name, { is: 'local', place: frame.local(i32), type: i32 })
      return []
    }
    const meant = meaningOf(frame, init)
    if (meant !== null && (meant.is === 'array' || meant.is === 'object')) {
      frame.declare(id.name, meant)
      return []
    }
    const value = expression(frame, init, true)
    const type = value.type ?? i32
    const place = frame.local(type)
    const code = set(place, as(type, value, frame))
    frame.declare(id.name, { is: 'local', place, type })
    return code
  })
}

interface Loop {
  test: Expression | null
  body: Statement
  update: Expression | null
  /** The test stands before the body. */
  first: boolean
}

function looped(
  frame: Frame,
  labels: readonly string[],
  { test, body, update, first }: Loop,
): Code {
  const label = labels[0] ?? null
  return block(
    frame.within('loop', label, () =>
      loop(
        frame.within('other', null, () => [
          first && test !== null ? leaveIf(1, [condition(frame, test), 0x45]) : [],
          block(frame.within('continue', label, () => statementCode(frame, body))),
          update === null ? [] : dropped(frame, update),
          first || test === null ? leave(0) : leaveIf(0, condition(frame, test)),
        ]),
      ),
    ),
  )
}

/** Cases of numbers: a table of jumps where they lie close, else one comparison each. */
function switched(frame: Frame, label: string | null, node: SwitchStatement): Code {
  const { cases } = node
  const place = frame.local(i32)
  const given = set(place, as(i32, expression(frame, node.discriminant, true), frame))
  const numbers = cases.map(({ test }) => {
    if (!test) return null
    const value = numberOf(frame, test)
    if (value === null) throw frame.fail('a case is no number')
    return value
  })
  const fallback = numbers.indexOf(null)
  const known = numbers.filter((value) => value !== null)
  const [least, most] = [Math.min(...known), Math.max(...known)]
  // depth of case i within the innermost block; behind all cases comes the switch's own block
  const otherwise = fallback < 0 ? cases.length : fallback
  const jump: Code =
    known.length > 3 && most - least < 256
      ? [
          [get(place), constant(least), 0x6b],
          0x0e,
          unsigned(most - least + 1),
          Array.from({ length: most - least + 1 }, (_, i) => {
            const at = numbers.indexOf(least + i)
            return unsigned(at < 0 ? otherwise : at)
          }),
          unsigned(otherwise),
        ]
      : [
          numbers.map((value, i) =>
            value === null ? [] : leaveIf(i, [get(place), constant(value), 0x46]),
          ),
          leave(otherwise),
        ]
  let code = jump
  return [
    given,
    block(
      frame.within('switch', label, () => {
        for (const [i, { consequent }] of cases.entries())
          code = [block(code), behind(frame, cases.length - 1 - i, consequent)]
        return code
      }),
    ),
  ]
}

/** The statements of a case, within the blocks of so many cases behind it. */
function behind(frame: Frame, blocks: number, statements: readonly Statement[]): Code {
  if (blocks > 0) return frame.within('other', null, () => behind(frame, blocks - 1, statements))
  return frame.scoped(() => statements.map((statement) => statementCode(frame, statement)))
}
