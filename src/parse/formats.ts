/** The definitions in force: shipped ones (`parsers/`) and those of the admin's folders, read, checked and compiled. */
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { LineCounter, parseDocument } from 'yaml'
import { OperatingError, causeOf } from '../errors.ts'
import { Candidates } from './candidates.ts'
import { compile } from './compile.ts'
import type { CompiledFormat } from './compile.ts'
import { definitionSchema } from './definition.ts'
import type { Definition } from './definition.ts'

/** Folder of the shipped definitions. */
export const shippedParsers = join(import.meta.dirname, '../../parsers')

export interface FormatSet {
  /** In the order in which an unknown line is tried on them. */
  readonly ordered: readonly CompiledFormat[]
  /** By id and by alias, upper case. */
  readonly byId: ReadonlyMap<string, CompiledFormat>
  /** Which of them a line is asked of. */
  readonly candidates: Candidates
}

/**
 * Reads one definition. Throws OperatingError DEFINITION_INVALID with `file:line:column` of each fault.
 */
export function parseDefinition(text: string, file: string): Definition {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, maxAliasCount: 100 } as never)
  if (document.errors.length > 0)
    throw invalid(
      file,
      document.errors.map((error) => error.message.split('\n')[0]),
    )
  const result = definitionSchema.safeParse(document.toJS({ maxAliasCount: 100 }))
  if (result.success) return result.data
  throw invalid(
    file,
    result.error.issues.map((issue) => {
      const node = document.getIn(issue.path as string[], true) as
        | { range?: [number, number, number] }
        | undefined
      const at = node?.range === undefined ? null : lines.linePos(node.range[0])
      const place = at === null ? '' : `${at.line}:${at.col}: `
      return `${place}${issue.path.join('.') || 'definition'}: ${issue.message}`
    }),
  )
}

function invalid(file: string, problems: string[]): OperatingError {
  return new OperatingError(
    'DEFINITION_INVALID',
    problems.map((problem) => `${file}:${problem}`).join('\n') + '\nsee docs/parsers.md',
  )
}

async function definitionFiles(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    return entries
      .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
  } catch (error) {
    throw new OperatingError(
      'DEFINITION_INVALID',
      `cannot read the parser definitions in ${folder}: ${causeOf(error)}; check parse.definitions`,
      { cause: error },
    )
  }
}

/** What files held when they were read last: a file that says the same is not parsed again, which is nearly all of the work. */
const known = new Map<string, { text: string; definition: Definition }>()

function definitionOf(text: string, file: string): Definition {
  const before = known.get(file)
  if (before?.text === text) return before.definition
  const definition = parseDefinition(text, file)
  known.set(file, { text, definition })
  return definition
}

/** Definitions of all folders, as an unknown line is tried on them; one with an id and variant that was read before replaces it. They are not to be changed. */
export async function loadDefinitions(folders: readonly string[]): Promise<Definition[]> {
  const byId = new Map<string, Definition>()
  for (const folder of folders)
    for (const file of await definitionFiles(folder)) {
      const definition = definitionOf(await readFile(file, 'utf8'), file)
      const mine: Definition = folder === shippedParsers ? definition : { ...definition, own: true }
      byId.set(`${definition.id} ${definition.variant ?? ''}`, mine)
    }
  return [...byId.values()].toSorted(asTried)
}

function asTried(a: Definition, b: Definition): number {
  return Number(a.generic) - Number(b.generic) || a.order - b.order || (a.id < b.id ? -1 : 1)
}

/** Compiles definitions into the set that streams are recognised with. */
export function compileFormats(
  definitions: readonly Definition[],
  options: { full: boolean },
): FormatSet {
  const ordered = definitions.toSorted(asTried).map((definition) => compile(definition, options))
  return formatSet(ordered)
}

/** A set of formats that are asked in the order given. */
export function formatSet(ordered: readonly CompiledFormat[]): FormatSet {
  const byId = new Map<string, CompiledFormat>()
  for (const format of ordered)
    for (const name of [format.id, ...format.definition.aliases])
      if (format.definition.variant === undefined || !byId.has(name.toUpperCase()))
        byId.set(name.toUpperCase(), format)
  return { ordered, byId, candidates: new Candidates(ordered) }
}

/** Products whose layout is published nowhere: a source that is named so is read by what its lines show, as `auto` is. */
const withoutLayout = new Set(['CORRATA', 'OPEN_SYSTEMS_SECURE_WEB_GATEWAY', 'OPEN_SYSTEMS'])

/**
 * The format an admin named: an id, an alias, or either with or without `_SYSLOG`. null = `auto`.
 * Throws OperatingError USAGE for a name that is none.
 */
export function formatNamed(set: FormatSet, name: string): CompiledFormat | null {
  if (name === 'auto') return null
  const upper = name.toUpperCase()
  const format =
    set.byId.get(upper) ??
    set.byId.get(upper.replace(/_SYSLOG$/, '')) ??
    set.byId.get(`${upper}_SYSLOG`)
  if (format === undefined && withoutLayout.has(upper.replace(/_SYSLOG$/, ''))) return null
  if (format === undefined)
    throw new OperatingError(
      'USAGE',
      `cannot use format ${name}: no such format; see gnomon formats`,
    )
  return format
}
