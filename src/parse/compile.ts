/**
 * Turns a definition into one function over bytes: WebAssembly (parse/format-code.ts), save for what is asked before the split and for splits
 * that are JavaScript. `full` reads all fields (for `gnomon parse`, the tap, the playground); without it only what a minute flow holds is
 * read, and a split stops at the last field that is asked for.
 */
import { OperatingError, causeOf } from '../errors.ts'
import { answerNames, CodeBuilder } from './code.ts'
import type { SpanCode } from './code.ts'
import type { Definition, Mapping, RecordKind, Source, Step } from './definition.ts'
import { compileHelpers } from './compile-helpers.ts'
import { cutKinds } from './cut-values.ts'
import { finishReasons } from './finish.ts'
import { commonReasons, dayOrders, FormatCode, readByCode } from './format-code.ts'
import { clearCode, numberIndex, skipped, textIndex, unparsed } from './line-context.ts'
import type { LineContext, NumberField, TextField } from './line-context.ts'
import { needsOf } from './needed-words.ts'
import type { Need } from './needed-words.ts'
import { parsePattern, patternCode, patternNames } from './pattern.ts'
import { splitCode } from './compile-split.ts'
import type { SplitTables } from './compile-split.ts'
import type { Layout } from './layout.ts'
import { actionOf } from './values.ts'
import { orientText } from './orient.ts'
import { containsCode, findCode, lowered } from './word-code.ts'

export interface CompiledFormat {
  readonly id: string
  readonly definition: Definition
  /**
   * Reads the line whose envelope is in `c` (ends at `end`): refused (0), transaction (1), skipped (2) or unparsed (3), the
   * last two with `c.reason`. `c.beginRecord()` was called before.
   */
  readonly parse: (c: LineContext, end: number, layout: Layout | null) => number
  readonly tables: SplitTables
  readonly code: FormatCode
  /** The slot of the definition's `lineIn`, or -1. */
  readonly lineSlot: number
  /** What a line must hold to be worth asking; null = any line is. */
  readonly needs: Need
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
const locals = `let p=0,q=0,r=0,vs=0,ve=0,n=Number(0),ok=true,columns=0,${answerNames.map((name) => `${name}=0`).join(',')};`

/** Splits that find several records in a line: their lines are in no run (parse/line-run.ts). */
const severalRecords = new Set<Definition['split']['type']>(['json', 'xml'])

/** So many slots are cleared without a loop. */
const clearMax = 128

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
  const code = new CodeBuilder(definition, commonReasons)
  const guard =
    definition.when === undefined ? { early: null, late: null } : CodeBuilder.early(definition.when)
  const early = guard.early === null ? '' : `if(!(${code.condition(guard.early)}))return 0;`
  const tables: SplitTables = {
    slots: 0,
    names: code.slots,
    keys: null,
    fields: null,
    knownLayouts: [],
    columnSlots: null,
    columnTable: 0,
    pairs: null,
  }
  const { split, compiled, afterwards } = splitCode(definition, code, tables)
  const cuts: { value: Uint8Array } = { value: new Uint8Array(0) }
  const cutting = [split, ...cutOffCode(definition, code, compiled, cuts)]
  const read = compiled ? cutting : []
  if (guard.late !== null) read.push(`if(!(${code.condition(guard.late)}))return 0;`)
  read.push(orientCode(definition, code))
  read.push(...definition.skip.map((skip) => skipCode(code, skip)))
  const records =
    definition.records.length > 0
      ? definition.records
      : [{ name: 'record', kind: 'web' } as RecordKind]
  const parts: string[] = []
  for (const record of records) read.push(recordCode(definition, record, code, full, parts))
  read.push(`c.reason=${code.reason('kind of record unknown')};return 3;`)
  const lineSlot = definition.lineIn === undefined ? -1 : code.slotOf(definition.lineIn)
  tables.slots = code.slots.size
  afterwards()
  cuts.value = cutKinds(definition, code.slots)
  const text = (lines: readonly string[]): string => finished(lines, tables)
  const functions = {
    ...Object.fromEntries(Array.from(code.functions, ([test, name]) => [name, text([test])])),
    ...Object.fromEntries(
      parts.map((part, i) => [`r${i}`, `function r${i}(c,end){${locals}${text([part])}}`]),
    ),
    read: `function read(c,end){${locals}${clearCode}${text(read)}}`,
    ...(!severalRecords.has(definition.split.type) && {
      line: `function line(c,end){${locals}${text([early])}${compiled ? '' : 'r=cutOf(end);if(r>=0)return r;'}return read(c,end);}`,
    }),
  }
  const script = scriptOf(definition.id, text([early]), compiled ? '' : text(cutting), code)
  const formatCode = new FormatCode(functions, {
    constants: code.constants,
    reasons: code.reasons,
    pairs: tables.pairs,
    cut: compiled ? null : script.cut,
  })
  const parse: CompiledFormat['parse'] = (c, end, layout) => {
    const begun = script.begin(c, end, layout)
    if (begun >= 0) return begun
    const outcome = compiled ? goOn : script.cut(c, end, layout)
    return outcome < 0 ? readByCode(c, end, formatCode) : outcome
  }
  return {
    id: definition.id,
    definition,
    parse,
    tables,
    code: formatCode,
    lineSlot,
    needs: needsOf(definition),
  }
}

/** Takes away what a sender cut off. */
function cutOffCode(
  definition: Definition,
  code: CodeBuilder,
  compiled: boolean,
  cuts: { value: Uint8Array },
): string[] {
  const lines: string[] = []
  if (definition.lastValue !== undefined) {
    const when = definition.lastValue === 'drop' ? '' : 'if(c.mayBeCut)'
    lines.push(`${when}h.dropLast(c,end,@slots);`)
  }
  if (['csv', 'kv', 'w3c'].includes(definition.split.type))
    lines.push(
      compiled
        ? `if(c.truncated)dropCut(end,${code.place(cuts)});`
        : `if(c.truncated)h.dropCut(c,end,${code.bind(cuts)}.value);`,
    )
  return lines
}

/** The text with what is known once all fields are. */
function finished(lines: readonly string[], tables: SplitTables): string {
  const { slots, columnTable, columnSlots } = tables
  const clear =
    slots > clearMax
      ? `for(q=0;q<${slots};q++)E[q]=0;`
      : Array.from({ length: Math.ceil(slots / 2) }, (_, i) => `ends[${i}]=0.0;`).join('')
  return lines
    .join('\n')
    .replaceAll(/\bh\./g, '')
    .replaceAll('@slots', String(slots))
    .replaceAll('@clear', clear)
    .replaceAll('@table', String(columnTable))
    .replaceAll('@last', String(columnSlots?.length ?? 0))
}

/** A line is read on: no outcome yet. */
const goOn = -1

/** What is asked before the split, and the split, as JavaScript: each gives `goOn`, or the outcome of the line. */
function scriptOf(
  id: string,
  early: string,
  cutting: string,
  code: CodeBuilder,
): Record<'begin' | 'cut', CompiledFormat['parse']> {
  const functionOf = (body: string): string =>
    `function ${id}(c,end,layout){const buf=c.buf,S=c.slotStart,E=c.slotEnd;${locals}seekIn(c);${body}return ${goOn};}`
  const source = [
    '"use strict";',
    `const {${helperNames.join(',')}}=h;`,
    ...code.constants.map((_, i) => `const k${i}=K[${i}];`),
    ...Array.from(code.functions, ([test, name]) => `const ${name}=${test};`),
    `return {begin:${functionOf(early)},cut:${functionOf(cutting)}};`,
  ]
  // The text above is made of our own words, numbers and bound constants only.
  // oxlint-disable-next-line no-new-func, typescript/no-implied-eval
  const factory = new Function('h', 'K', source.join('\n').replaceAll(/\bh\./g, '')) as (
    h: unknown,
    constants: unknown[],
  ) => ReturnType<typeof scriptOf>
  return factory(compileHelpers, code.constants)
}

function skipCode(
  code: CodeBuilder,
  skip: { when: NonNullable<Step['when']>; reason: string },
): string {
  return `if(${code.condition(skip.when)}){c.reason=${code.reason(skip.reason)};return 2;}`
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
  const isOutside = code.define(
    o.outside.length === 0
      ? '(buf,s,e)=>false'
      : containsCode(o.outside.map((word) => lowered(word.toLowerCase()))),
  )
  const text = orientText(side(o.a), side(o.b), named('client'), named('server'), isOutside)
  return `if(E[${code.slotOf(o.a.ip)}]>0&&E[${code.slotOf(o.b.ip)}]>0){${text}}`
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
  if (typeof record.skip === 'string') lines.push(`c.reason=${code.reason(record.skip)};return 2;`)
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
    const { withoutDestination: without } = record
    const [reason, outcome] =
      without === undefined ? [finishReasons.noDestination, unparsed] : [without, skipped]
    lines.push(`return finishRecord(c,${kinds[record.kind]},${code.reason(reason)},${outcome});`)
  }
  code.columns = definition.columns ?? null
  return `if(${condition})return r${parts.push(lines.join('\n')) - 1}(c,end);`
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
      (literal) => code.define(findCode(literal)),
      `break ${label};`,
    )
    // what a template took before it failed is no value
    const clear = patternNames(tokens).map(
      (name) => `E[${code.slotOf(name)}]=S[${code.slotOf(name)}]=0;`,
    )
    const from = span === null ? 'p=c.messageStart;' : `p=${span.s};const end=${span.e};`
    return `${label}:{${from}${match};break ${matched};}${clear.join('')}`
  })
  return `${matched}:{${tries.join('\n')}c.reason=${code.reason('message text unknown')};return 3;}`
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
    const code = `c.time=h.timeOf(buf,vs,ve,${dayOrders.indexOf(order)},${step?.zone === 'utc' ? 1 : 0});`
    const add =
      plus === null ? '' : `n=h.readNumber(buf,${plus.s},${plus.e});if(n>0)c.time+=n*1000;`
    return `${code}if(c.time===c.time){${add}break ${label};}`
  }
  if (target === 'action' && step?.value !== undefined) {
    const action = actionOf(Buffer.from(step.value), 0, Buffer.byteLength(step.value))
    return action > 0 ? `c.action=${action};break ${label};` : ''
  }
  if (target === 'action') return `n=h.readAction(buf,vs,ve);if(n>0){c.action=n;break ${label};}`
  if (target === 'protocol')
    return `r=h.protocolStart(buf,vs,ve);if(r>0){T[${textIndex.protocol * 2}]=r;T[${textIndex.protocol * 2 + 1}]=protocolEnd(r);break ${label};}`
  if (target in numberIndex) {
    const i = numberIndex[target as NumberField]
    const ports = target === 'dstPort' || target === 'srcPort'
    const reader = ports ? 'readPort' : target === 'status' ? 'readNumber' : 'readBytes'
    const read =
      step?.scale === undefined ? `h.${reader}(buf,vs,ve)` : `h.readScaled(buf,vs,ve,${step.scale})`
    const fits = target === 'status' ? 'n>=100&&n<=599' : 'n>=0'
    return `n=${read};if(${fits}){N[${i}]=n;break ${label};}`
  }
  const i = textIndex[target as TextField] * 2
  return `T[${i}]=vs;T[${i + 1}]=ve;break ${label};`
}
