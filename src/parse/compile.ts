/**
 * Turns a definition into one function over bytes. `full` reads all fields (for `gnomon parse`, the tap, the playground);
 * without it only what a minute flow holds is read, and a split stops at the last field that is asked for.
 */
import { OperatingError, causeOf } from '../errors.ts'
import { CodeBuilder } from './code.ts'
import type { SpanCode } from './code.ts'
import type { Definition, Mapping, RecordKind, Source, Step } from './definition.ts'
import { compileHelpers } from './compile-helpers.ts'
import { cutKinds } from './cut-values.ts'
import { numberIndex, textIndex } from './line-context.ts'
import type { LineContext, NumberField, TextField } from './line-context.ts'
import { needsOf } from './needed-words.ts'
import type { Needs } from './needed-words.ts'
import { parsePattern, patternCode, patternNames } from './pattern.ts'
import { splitCode } from './compile-split.ts'
import type { SplitTables } from './compile-split.ts'
import type { Layout } from './layout.ts'

export interface CompiledFormat {
  readonly id: string
  readonly definition: Definition
  /**
   * Reads the line whose envelope is in `c` (ends at `end`): refused (0), transaction (1), skipped (2) or unparsed (3), the
   * last two with `c.reason`. `c.clearRecord()` was called before.
   */
  readonly parse: (c: LineContext, end: number, layout: Layout | null) => number
  readonly tables: SplitTables
  /** What a line must hold to be worth asking; null = any line is. */
  readonly needs: Needs | null
}

const flowTargets = new Set<keyof Mapping>([
  'time', 'srcIp', 'srcPort', 'srcHost', 'user', 'device', 'dstHost', 'dstIp', 'dstPort', 'url', 'protocol',
  'appProtocol', 'action', 'bytesUp', 'bytesDown', 'bytesTotal', 'category', 'appHint',
]) // prettier-ignore

const targets: readonly (keyof Mapping)[] = [
  'time', 'srcIp', 'srcHost', 'user', 'device', 'dstHost', 'dstIp', 'protocol', 'appProtocol', 'method', 'url',
  'srcPort', 'dstPort', 'status', 'bytesUp', 'bytesDown', 'bytesTotal', 'action', 'userAgent', 'referrer',
  'category', 'appHint',
] // prettier-ignore

const helperNames = Object.keys(compileHelpers)
/** What the function of a record kind is given: each is a function of its own, so that the engine compiles those in use. */
const recordArguments = 'c,end,buf,S,E,T,N'

const kinds = { session: 0, web: 1, dns: 2 } as const

/** Throws OperatingError DEFINITION_INVALID naming the definition and the part that cannot be compiled. */
export function compile(definition: Definition, options: { full: boolean }): CompiledFormat {
  try {
    return build(definition, options.full)
  } catch (error) {
    if (error instanceof OperatingError) throw error
    throw new OperatingError(
      'DEFINITION_INVALID',
      `cannot compile ${definition.id}: ${causeOf(error)}; see docs/parsers.md`,
      { cause: error },
    )
  }
}

function build(definition: Definition, full: boolean): CompiledFormat {
  const code = new CodeBuilder(definition)
  const body: string[] = []
  const guard = definition.when
  if (guard !== undefined && CodeBuilder.raw(guard))
    body.push(`if(!(${code.condition(guard)}))return 0;`)
  const tables: SplitTables = {
    slots: 0,
    names: code.slots,
    keys: null,
    fields: null,
    knownLayouts: [],
    columnSlots: null,
  }
  const { split, afterwards } = splitCode(definition, code, tables)
  const tail: string[] = []
  if (definition.lastValue !== undefined) {
    const when = definition.lastValue === 'drop' ? '' : 'if(c.mayBeCut)'
    tail.push(`${when}h.dropLast(c,end,${code.bind(tables)}.slots);`)
  }
  const cuts: { value: Uint8Array } = { value: new Uint8Array(0) }
  if (['csv', 'kv', 'w3c'].includes(definition.split.type))
    tail.push(`if(c.truncated)h.dropCut(c,end,${code.bind(cuts)}.value);`)
  if (guard !== undefined && !CodeBuilder.raw(guard))
    tail.push(`if(!(${code.condition(guard)}))return 0;`)
  tail.push(orientCode(definition, code))
  tail.push(...definition.skip.map((skip) => skipCode(code, skip)))
  const records =
    definition.records.length > 0
      ? definition.records
      : [{ name: 'record', kind: 'web' } as RecordKind]
  const parts: string[] = []
  for (const record of records) tail.push(recordCode(definition, record, code, full, parts))
  tail.push(`c.reason='kind of record unknown';return 3;`)
  const locals = 'let p=0,q=0,r=0,vs=0,ve=0,n=0,ok=true,columns=0;'
  const source = [
    '"use strict";',
    `const {${helperNames.map((name) => `${name}:h_${name}`).join(',')}}=h;`,
    ...code.constants.map((_, i) => `const k${i}=K[${i}];`),
    'const u=h_urlParts;',
    ...Array.from(code.functions, ([text, name]) => `const ${name}=${text};`),
    ...parts.map((part, i) => `function r${i}(${recordArguments}){${locals}${part}}`),
    `return function ${definition.id}(c,end,layout){const buf=c.buf,S=c.slotStart,E=c.slotEnd,T=c.text,N=c.numbers;${locals}`,
    ...[...body, split, ...tail],
    '}',
  ]
    .join('\n')
    .replaceAll(/\bh\./g, 'h_')
    .replaceAll('@slots', String(code.slots.size))
  tables.slots = code.slots.size
  afterwards()
  cuts.value = cutKinds(definition, code.slots)
  // The text above is made of our own words, numbers and bound constants only.
  // oxlint-disable-next-line no-new-func, typescript/no-implied-eval
  const factory = new Function('h', 'K', source) as (
    h: unknown,
    constants: unknown[],
  ) => CompiledFormat['parse']
  const parse = factory(compileHelpers, code.constants)
  return { id: definition.id, definition, parse, tables, needs: needsOf(definition) }
}

function skipCode(
  code: CodeBuilder,
  skip: { when: NonNullable<Step['when']>; reason: string },
): string {
  return `if(${code.condition(skip.when)}){c.reason=${code.bind(skip.reason)};return 2;}`
}

function orientCode(definition: Definition, code: CodeBuilder): string {
  const o = definition.orient
  if (o === undefined || definition.split.type === 'pattern') return ''
  return orientCall(definition, code)
}

function orientCall(definition: Definition, code: CodeBuilder): string {
  const o = definition.orient
  if (o === undefined) return ''
  const side = (e: NonNullable<typeof o>['a']) => ({
    ip: code.slotOf(e.ip),
    port: e.port === undefined ? -1 : code.slotOf(e.port),
    user: e.user === undefined ? -1 : code.slotOf(e.user),
    interface: e.interface === undefined ? -1 : code.slotOf(e.interface),
  })
  const named = (prefix: string) => ({
    ip: code.slotOf(`${prefix}.ip`),
    port: code.slotOf(`${prefix}.port`),
    user: code.slotOf(`${prefix}.user`),
    interface: code.slotOf(`${prefix}.interface`),
  })
  const outside = o.outside.map((word) => Buffer.from(word.toLowerCase()))
  const [a, b, client, server, names] = [
    side(o.a),
    side(o.b),
    named('client'),
    named('server'),
    outside,
  ].map((v) => code.bind(v))
  return `if(E[${code.slotOf(o.a.ip)}]>0&&E[${code.slotOf(o.b.ip)}]>0)h.orient(c,${a},${b},${client},${server},${names});`
}

function recordCode(
  definition: Definition,
  record: RecordKind,
  code: CodeBuilder,
  full: boolean,
  parts: string[],
): string {
  code.columns =
    definition.columns === undefined && record.columns === undefined
      ? null
      : { ...definition.columns, ...record.columns }
  const lines: string[] = []
  const condition = record.when === undefined ? 'true' : code.condition(record.when)
  if (typeof record.skip === 'string') lines.push(`c.reason=${code.bind(record.skip)};return 2;`)
  else {
    if (record.patterns !== undefined)
      lines.push(
        patternsCode(record.patterns, code, record.in === undefined ? null : code.span(record.in)),
        orientCall(definition, code),
      )
    for (const skip of record.skip ?? []) lines.push(skipCode(code, skip))
    const map = { ...definition.map, ...record.map }
    for (const target of targets) {
      const source = map[target]
      if (source !== undefined && (full || flowTargets.has(target)))
        lines.push(targetCode(target, source, code, full))
    }
    const without =
      record.withoutDestination === undefined ? 'null' : code.bind(record.withoutDestination)
    lines.push(`return h.finish(c,${kinds[record.kind]},${without});`)
  }
  code.columns = definition.columns ?? null
  return `if(${condition})return r${parts.push(lines.join('\n')) - 1}(${recordArguments});`
}

/** The first template that fits the rest of the line, or the field `span`, fills the slots. */
function patternsCode(
  patterns: readonly string[],
  code: CodeBuilder,
  span: SpanCode | null,
): string {
  const matched = code.label()
  const tries = patterns.map((template) => {
    const label = code.label()
    const tokens = parsePattern(template)
    const match = patternCode(
      tokens,
      (name) => code.slotOf(name),
      (literal) => code.bind(literal),
      `break ${label};`,
    )
    // what a template took before it failed is no value
    const clear = patternNames(tokens).map(
      (name) => `E[${code.slotOf(name)}]=S[${code.slotOf(name)}]=0;`,
    )
    const from = span === null ? 'p=c.messageStart;' : `p=${span.s};const end=${span.e};`
    return `${label}:{${from}${match};break ${matched};}${clear.join('')}`
  })
  return `${matched}:{${tries.join('\n')}c.reason='message text unknown';return 3;}`
}

function targetCode(
  target: keyof Mapping,
  source: Source,
  code: CodeBuilder,
  full: boolean,
): string {
  return code.value(source, full, (step, label) =>
    acceptCode(target, step, label, step?.plus === undefined ? null : code.span(step.plus)),
  )
}

/** What is done with a value found in `[vs, ve)`. */
function acceptCode(
  target: keyof Mapping,
  step: Step | null,
  label: string,
  plus: SpanCode | null,
): string {
  if (target === 'time') {
    const order = step?.order ?? 'nearest'
    const read = `c.time=h.readTime(c,vs,ve,'${order}');`
    const code = step?.zone === 'utc' ? `{const zone=c.zone;c.zone=null;${read}c.zone=zone;}` : read
    const add =
      plus === null ? '' : `n=h.readNumber(buf,${plus.s},${plus.e});if(n>0)c.time+=n*1000;`
    return `${code}if(c.time===c.time){${add}break ${label};}`
  }
  if (target === 'action') return `n=h.readAction(buf,vs,ve);if(n>0){c.action=n;break ${label};}`
  if (target === 'protocol')
    return `r=h.readProtocol(buf,vs,ve);if(r!==null){T[${textIndex.protocol * 2}]=r.start;T[${textIndex.protocol * 2 + 1}]=r.end;break ${label};}r=0;`
  if (target in numberIndex) {
    const i = numberIndex[target as NumberField]
    const reader = target === 'dstPort' || target === 'srcPort' ? 'readPort' : 'readNumber'
    const read =
      step?.scale === undefined ? `h.${reader}(buf,vs,ve)` : `h.readScaled(buf,vs,ve,${step.scale})`
    const fits = target === 'status' ? 'n>=100&&n<=599' : 'n>=0'
    return `n=${read};if(${fits}){N[${i}]=n;break ${label};}`
  }
  const i = textIndex[target as TextField] * 2
  return `T[${i}]=vs;T[${i + 1}]=ve;break ${label};`
}
