/** gnomon.yaml as values that remember where they were written. YAML 1.2: https://yaml.org/spec/1.2.2/ */
import { LineCounter, isAlias, isMap, isPair, isScalar, isSeq, parseDocument, visit } from 'yaml'
import type { Document, Node, Scalar, YAMLError } from 'yaml'
import { causeOf } from '../errors.ts'
import { configLimits } from '../limits.ts'
import { hasReference, interpolate } from './env.ts'
import type { Interpolation } from './env.ts'
import { dotted, shapeAt } from './shape.ts'

export type Path = readonly (string | number)[]

/** One fault of the configuration, fit to be shown: it holds nothing of a variable or of a secret file. */
export interface ConfigFault {
  /** From 1; null = not about a place in the file. */
  line: number | null
  column: number | null
  /** Dotted; empty = the file as a whole. */
  key: string
  /** `what; what to do`. */
  text: string
}

export interface ConfigDocument {
  /** Plain values, variables and secret files put in, empty sections left out. Null when the text is no YAML. */
  value: unknown
  faults: ConfigFault[]
  /** Place of the value at the path, or of the nearest section around it. */
  placeOf(path: Path): Place
  /** Place of a key in the mapping at the path. */
  placeOfKey(path: Path, key: string): Place
  /** Whether something is written at the path itself. */
  has(path: Path): boolean
  /** Whether the value came, wholly or in part, from a variable or a file. */
  fromOutside(path: Path): boolean
}

type Place = Pick<ConfigFault, 'line' | 'column'>
type Parsed = Document.Parsed

/** Reads the text; what is wrong with it as YAML and with its references ends in `faults`. Only files named in it are opened. */
export async function readDocument(text: string, from: Interpolation): Promise<ConfigDocument> {
  const lines = new LineCounter()
  const at = (offset: number | undefined): Place => {
    if (offset === undefined) return { line: null, column: null }
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
  const parsed = parseText(text, lines)
  if ('fault' in parsed) return unreadable([parsed.fault])
  const { document } = parsed
  const faults = [...document.errors, ...document.warnings].map((error) => ({
    ...at(error.pos[0]),
    key: error.code === 'DUPLICATE_KEY' ? wordAt(text, error.pos[0]) : '',
    text: syntaxText(error, lineAt(text, error.pos[0])),
  }))
  const deep = faults.find((fault) => fault.text === tooDeep)
  if (deep !== undefined) return unreadable([deep])
  const doubled = document.errors.every(({ code }) => code === 'DUPLICATE_KEY')
  // One slip of the indentation is many errors behind it: the first ones tell it.
  if (!doubled || document.warnings.length > 0)
    return unreadable(faults.slice(0, configLimits.syntaxFaults))
  const { scalars, faults: structural } = survey(document, at)
  if (structural.length > 0) return unreadable([...faults, ...structural])

  const outside = new Set<string>()
  for (const { node, path } of scalars) {
    const done = await interpolate(node.value, from)
    outside.add(JSON.stringify(path))
    if ('text' in done) node.value = typed(done.text, path) as string
    else faults.push({ ...at(node.range?.[0]), key: dotted(path), text: done.fault })
  }
  const plain = plainValue(document)
  if ('fault' in plain) return unreadable([...faults, plain.fault])
  return {
    value: plain.value,
    faults,
    placeOf: (path) => at(nodeAround(document, path)?.range?.[0]),
    placeOfKey: (path, key) =>
      at((keyNode(document, path, key) ?? nodeAround(document, path))?.range?.[0]),
    has: (path) => document.getIn(path, true) !== undefined,
    fromOutside: (path) => outside.has(JSON.stringify(path)),
  }
}

function unreadable(faults: ConfigFault[]): ConfigDocument {
  const nowhere = { line: null, column: null }
  return {
    value: null,
    faults,
    placeOf: () => nowhere,
    placeOfKey: () => nowhere,
    has: () => false,
    fromOutside: () => false,
  }
}

function lineAt(text: string, offset: number): string {
  const end = text.indexOf('\n', offset)
  return text.slice(text.lastIndexOf('\n', offset - 1) + 1, end === -1 ? undefined : end)
}

function wordAt(text: string, offset: number): string {
  return /^[\w.-]*/.exec(text.slice(offset, offset + 100))?.[0] ?? ''
}

function wholeFile(text: string): { fault: ConfigFault } {
  return { fault: { line: null, column: null, key: '', text } }
}

function parseText(
  text: string,
  lines: LineCounter,
): { document: Parsed } | { fault: ConfigFault } {
  try {
    const options = { lineCounter: lines, prettyErrors: false, logLevel: 'error' } as const
    return { document: parseDocument(text, options) as Parsed }
  } catch (error) {
    // The reader is recursive: brackets by the thousand exhaust its stack.
    if (error instanceof RangeError) return wholeFile(tooDeep)
    return wholeFile(`cannot be read as YAML: ${causeOf(error)}; write it simpler`)
  }
}

const tooDeep = 'sections within sections without end; write it flatter'

function syntaxText({ code, message }: YAMLError, source: string): string {
  if (message.startsWith('Maximum call stack')) return tooDeep
  if (code === 'DUPLICATE_KEY') return 'the same key twice in one section; keep one of them'
  if (code === 'MULTIPLE_DOCS') return 'a second document begins; keep one, without --- in between'
  if (code === 'TAB_AS_INDENT') return 'a tab; indent with spaces'
  if (code === 'TAG_RESOLVE_FAILED')
    return `${message.split('\n')[0]}; leave the tag out, or quote the value`
  const cure =
    source.includes('${') && /[[{]/.test(source.replaceAll('${', ''))
      ? 'put ${…} into quotes within [ ] and { }'
      : 'check indentation, quotes and colons'
  return `${message.split('\n')[0]}; ${cure}`
}

interface Survey {
  /** Text values with a reference in them. */
  scalars: { node: Scalar<string> & { range?: [number, number, number] | null }; path: Path }[]
  faults: ConfigFault[]
}

/** Finds references, and refuses what is YAML but no configuration: keys that are no names, aliases of what they stand in. */
function survey(document: Parsed, at: (offset: number | undefined) => Place): Survey {
  const found: Survey = { scalars: [], faults: [] }
  visit(document, {
    Alias(_key, node, ancestors) {
      const target = node.resolve(document)
      const place = at(node.range?.[0])
      if (target === undefined)
        found.faults.push({
          ...place,
          key: '',
          text: `*${node.source} has no &${node.source} before it; write the anchor`,
        })
      else if ((ancestors as readonly unknown[]).includes(target))
        found.faults.push({
          ...place,
          key: '',
          text: `*${node.source} stands within itself; write it out`,
        })
    },
    Pair(_key, pair) {
      if (isScalar(pair.key) || pair.key === null) return undefined
      const { range } = pair.key as Node
      found.faults.push({
        ...at(range?.[0]),
        key: '',
        text: 'a key that is no name; quote it, or check for { and [',
      })
      return visit.SKIP
    },
    Scalar(key, node, ancestors) {
      if (key === 'key' || typeof node.value !== 'string' || !hasReference(node.value)) return
      found.scalars.push({ node: node as Scalar<string>, path: pathOf(ancestors, key) })
    },
  })
  return found
}

/** Where a node stands, from what lies around it. */
function pathOf(ancestors: readonly unknown[], key: number | string | null): Path {
  const path: (string | number)[] = []
  for (const [i, ancestor] of ancestors.entries()) {
    const below = ancestors[i + 1]
    if (isPair(ancestor)) path.push(String(isScalar(ancestor.key) ? ancestor.key.value : ''))
    else if (isSeq(ancestor))
      path.push(below === undefined ? Number(key) : ancestor.items.indexOf(below))
  }
  return path
}

/** A value out of a variable is text; where the schema wants a number or yes and no, it is read as one. */
function typed(text: string, path: Path): string | number | boolean {
  const type = shapeAt(path)?.type
  const trimmed = text.trim()
  if ((type === 'integer' || type === 'number') && /^-?\d{1,15}$/.test(trimmed))
    return Number(trimmed)
  if (type === 'boolean' && (trimmed === 'true' || trimmed === 'false')) return trimmed === 'true'
  return text
}

function plainValue(document: Parsed): { value: unknown } | { fault: ConfigFault } {
  try {
    const value: unknown = document.toJS({ maxAliasCount: configLimits.aliases })
    return { value: withoutEmpty(value ?? {}) }
  } catch (error) {
    const bomb = error instanceof ReferenceError && error.message.startsWith('Excessive alias')
    return wholeFile(
      bomb
        ? `anchors are used more than ${configLimits.aliases} times; write the values out`
        : `cannot be read as YAML: ${causeOf(error)}; write it simpler`,
    )
  }
}

/** A section whose keys are all commented out is no value but an empty one: its defaults hold. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([, inner]) => inner !== null)
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutEmpty(inner)]))
}

function nodeAround(document: Parsed, path: Path): Node | null {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true)
    if (node !== undefined && node !== null) return node as Node
  }
  return document.contents
}

function keyNode(document: Parsed, path: Path, key: string): Node | null {
  const found: unknown = path.length === 0 ? document.contents : document.getIn(path, true)
  const map = isAlias(found) ? found.resolve(document) : found
  if (!isMap(map)) return null
  const pair = map.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
  return pair === undefined ? null : (pair.key as Node)
}
