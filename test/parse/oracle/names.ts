/** The fields a definition uses, and by which keys of a line they go. */
import type { Condition, Definition, Mapping, Source, Step } from '../../../src/parse/definition.ts'
import { namesIn } from './template.ts'
import { bytesOf, fold, squash } from './text.ts'

/** Names of fields that any part of the definition asks for. */
export function usedNames(definition: Definition): Set<string> {
  const names = new Set<string>()
  const add = (...more: (string | undefined)[]): void => {
    for (const name of more) if (name !== undefined && !name.startsWith('$')) names.add(name)
  }
  const condition = (of: Condition | undefined): void => {
    for (const tests of [of ?? []].flat())
      for (const [name, test] of Object.entries(tests))
        add(name, typeof test === 'object' && !Array.isArray(test) ? test.sameAs : undefined)
  }
  const inText = (text: string | undefined): void => {
    for (const [, name] of (text ?? '').matchAll(/\{([^{}]+)\}/g)) add(name)
  }
  const step = (of: Step): void => {
    condition(of.when)
    add(...[of.from ?? []].flat(), of.plus)
    inText(of.text)
    for (const text of Object.values(of.url ?? {})) inText(text)
  }
  const map = (of: Mapping | undefined): void => {
    for (const source of Object.values(of ?? {}) as Source[])
      for (const one of [source].flat()) step(typeof one === 'string' ? { from: one } : one)
  }
  condition(definition.when)
  for (const skip of definition.skip) condition(skip.when)
  for (const layout of definition.layouts) condition(layout.when)
  map(definition.map)
  for (const side of [definition.orient?.a, definition.orient?.b])
    add(side?.ip, side?.port, side?.user, side?.interface)
  for (const record of definition.records) {
    condition(record.when)
    if (Array.isArray(record.skip)) for (const skip of record.skip) condition(skip.when)
    map(record.map)
    add(record.in, ...(record.patterns ?? []).flatMap(namesIn))
  }
  if (definition.split.type === 'cef') add(...Object.values(definition.split.labels))
  return names
}

/** Keys of fields: `exact`, letters of both cases alike, or without blanks, `_`, `-`, `.` too. */
type KeyKind = 'exact' | 'fold' | 'squash'

function keyKind({ split, generic }: Definition): KeyKind {
  if (split.type === 'w3c' || split.type === 'csv' || generic) return 'squash'
  if (split.type === 'xml') return split.root === '*' ? 'squash' : 'exact'
  return split.type === 'kv' && split.fold ? 'fold' : 'exact'
}

/** The keys by which fields in use go; one that two fields claim is the first one's. */
function keysOf(definition: Definition): Map<string, string> {
  const canonical = { exact: (key: string) => key, fold, squash }[keyKind(definition)]
  const keys = new Map<string, string>()
  for (const name of usedNames(definition))
    for (const alias of definition.fields[name] ?? [name]) {
      const key = canonical(bytesOf(alias))
      if (!keys.has(key)) keys.set(key, name)
    }
  return keys
}

const memory = new WeakMap<Definition, (key: string) => string | null>()

/** The field that a key of the line is a name of, or null. */
export function nameOfKey(definition: Definition): (key: string) => string | null {
  const known = memory.get(definition)
  if (known !== undefined) return known
  const keys = keysOf(definition)
  const canonical = { exact: (key: string) => key, fold, squash }[keyKind(definition)]
  const nameOf = (key: string): string | null => keys.get(canonical(key)) ?? null
  memory.set(definition, nameOf)
  return nameOf
}
