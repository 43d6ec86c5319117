/**
 * The oracle: a plain, slow interpreter of definitions over JavaScript strings, after docs/parsers.md. It shares with src/parse the
 * checked definitions and plain tables of words, and no code: where the two differ, one of them, or the page, is wrong.
 */
import type { Definition, RecordKind } from '../../../src/parse/definition.ts'
import { holds } from './conditions.ts'
import type { Asked } from './conditions.ts'
import { cutLine } from './cut.ts'
import { oriented } from './orient.ts'
import { because, complete, newDraft, refused } from './record.ts'
import type { Judgement } from './record.ts'
import type { Header } from './rows.ts'
import { fill } from './steps.ts'
import type { StampFacts } from './stamp.ts'
import { matchTemplate } from './template.ts'
import { none, piece } from './text.ts'
import type { Field } from './text.ts'

/** A record of a line, behind its envelope. */
export interface Line {
  text: string
  payload: number
  message: number
  host: string
  tag: string
  stamp: number
  envelopeTime: number
  mayBeCut: boolean
  facts: StampFacts
}

/** What one format says of one line. `part`: which of the records that the line holds in an array. */
export function interpret(
  definition: Definition,
  line: Line,
  header: Header | null,
  part = 0,
): Judgement {
  const { text } = line
  let { message } = line
  const specials = (name: string): Field | undefined => {
    if (name === '$line') return piece(text, 0, text.length)
    if (name === '$payload') return piece(text, line.payload, text.length)
    if (name === '$message') return piece(text, message, text.length)
    if (name === '$tag') return { text: line.tag, start: 0, end: 0 }
    return name === '$host' ? { text: line.host, start: 0, end: 0 } : undefined
  }
  const base = {
    missing: definition.missing,
    length: text.length,
    mayBeCut: line.mayBeCut,
    facts: line.facts,
  }
  const rawAsked: Asked = { ...base, field: (name) => specials(name) ?? none }
  const { when } = definition
  const isRaw =
    when !== undefined &&
    [when].flat().every((tests) => Object.keys(tests).every((name) => name.startsWith('$')))
  if (when !== undefined && isRaw && !holds(when, rawAsked)) return refused
  const cut = cutLine(definition, line, header, part, (fields, condition) =>
    holds(condition, { ...base, field: (name) => specials(name) ?? fields(name) }),
  )
  if (cut === null) return refused
  if (cut.unparsed !== null) return because('unparsed', cut.unparsed)
  message = cut.message
  let columns = definition.columns
  let more = new Map<string, Field>()
  const field = (name: string): Field => {
    const column = columns?.[name]
    return (
      specials(name) ??
      more.get(name) ??
      (column === undefined ? cut.field(name) : cut.column(column))
    )
  }
  const asked: Asked = { ...base, field }
  if (when !== undefined && !isRaw && !holds(when, asked)) return refused
  if (definition.orient !== undefined && definition.split.type !== 'pattern')
    more = oriented(definition.orient, field)
  for (const skip of definition.skip)
    if (holds(skip.when, asked)) return because('skipped', skip.reason)
  const all = { name: 'record', kind: 'web' } as RecordKind
  for (const record of definition.records.length > 0 ? definition.records : [all]) {
    columns =
      definition.columns === undefined && record.columns === undefined
        ? undefined
        : { ...definition.columns, ...record.columns }
    if (record.when !== undefined && !holds(record.when, asked)) continue
    if (typeof record.skip === 'string') return because('skipped', record.skip)
    if (record.patterns !== undefined) {
      const captured = capture(record, text, message, field)
      if (captured === null) return because('unparsed', 'message text unknown')
      more = new Map([...more, ...captured])
      if (definition.orient !== undefined)
        more = new Map([...more, ...oriented(definition.orient, field)])
    }
    for (const skip of record.skip ?? [])
      if (holds(skip.when, asked)) return because('skipped', skip.reason)
    const draft = newDraft()
    fill(draft, { ...definition.map, ...record.map }, asked)
    return complete(draft, {
      line: text,
      kind: record.kind,
      envelopeTime: line.envelopeTime,
      truncated: cut.truncated,
      withoutDestination: record.withoutDestination ?? null,
      facts: line.facts,
    })
  }
  return because('unparsed', 'kind of record unknown')
}

/** What the first template that fits captures of the message, or of the field `in`. */
function capture(
  record: RecordKind,
  text: string,
  message: number,
  field: (name: string) => Field,
): Map<string, Field> | null {
  const within = record.in === undefined ? null : field(record.in)
  const inLine = within === null || within.end > 0
  const subject = within === null ? text : inLine ? text.slice(0, within.end) : within.text
  const at = within === null ? message : inLine ? within.start : 0
  if (within !== null && within.text === '') return null
  for (const template of record.patterns ?? []) {
    const match = matchTemplate(template, subject, at)
    if (match === null) continue
    if (inLine) return match.fields
    return new Map(
      Array.from(match.fields, ([name, { text: own }]) => [name, { text: own, start: 0, end: 0 }]),
    )
  }
  return null
}
