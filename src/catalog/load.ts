/**
 * Reads the files of catalog folders, each fault with file, line and entry: `apps/*.yaml` (and below), `infrastructure.yaml`,
 * `facts/*.yaml` and `risk-weights.yaml`.
 */
import { readFile, readdir, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { LineCounter, parseDocument } from 'yaml'
import type { Document } from 'yaml'
import type { z } from 'zod'
import { OperatingError, causeOf } from '../errors.ts'
import { catalogLimits } from '../limits.ts'
import { readPlainYaml } from './plain-yaml.ts'
import { factFileSchema, riskWeightsSchema } from './risk-schema.ts'
import type { FactStatement, RiskWeightsFile } from './risk-schema.ts'
import { catalogFileSchema } from './schema.ts'
import type { AdditionEntry, AppEntry, InfrastructureEntry } from './schema.ts'

/** An entry and where it was written, as `file:line`. */
export interface Placed<Entry> {
  entry: Entry
  at: string
}

export type CategorisedApp = AppEntry & { category: NonNullable<AppEntry['category']> }

/** What one folder says. */
export interface CatalogFolder {
  apps: Placed<CategorisedApp>[]
  infrastructure: Placed<InfrastructureEntry>[]
  additions: Placed<AdditionEntry>[]
  facts: Placed<FactStatement>[]
  weights: Placed<RiskWeightsFile> | null
}

type Content = Pick<CatalogFolder, 'apps' | 'infrastructure' | 'additions'>

/** An error about files, one line for each fault. */
export function invalid(problems: readonly string[], cause?: unknown): OperatingError {
  return new OperatingError('CATALOG_INVALID', `${problems.join('\n')}\nsee docs/catalog.md`, {
    cause,
  })
}

/** Reads one file's text. Throws OperatingError CATALOG_INVALID. */
export function parseCatalogFile(text: string, file: string): Content {
  return parsePlainFile(text, file) ?? parseAnyFile(text, file)
}

/** Null = not plain YAML, or not valid: the other reader knows the places of faults. */
function parsePlainFile(text: string, file: string): Content | null {
  const document = readPlainYaml(text)
  if (document === null) return null
  const result = catalogFileSchema.safeParse(document.value)
  if (!result.success) return null
  const { category, apps, infrastructure, additions } = result.data
  const at = (list: string, i: number): string => `${file}:${document.lines.get(list)?.[i]}`
  if (category === undefined && apps.some((app) => app.category === undefined)) return null
  return {
    apps: apps.map((app, i) => ({
      entry: { ...app, category: (app.category ?? category) as CategorisedApp['category'] },
      at: at('apps', i),
    })),
    infrastructure: infrastructure.map((entry, i) => ({ entry, at: at('infrastructure', i) })),
    additions: additions.map((entry, i) => ({ entry, at: at('additions', i) })),
  }
}

/** With the `yaml` package: any YAML, and each fault with its line. */
export function parseAnyFile(text: string, file: string): Content {
  const { value, place } = parseAnyYaml(text, file, catalogFileSchema)
  const { category, apps, infrastructure, additions } = value
  return {
    apps: apps.map((app, i) => {
      const at = place(['apps', i])
      const own = app.category ?? category
      if (own === undefined) throw invalid([`${at}: ${app.id}: category: missing`])
      return { entry: { ...app, category: own }, at }
    }),
    infrastructure: infrastructure.map((entry, i) => ({ entry, at: place(['infrastructure', i]) })),
    additions: additions.map((entry, i) => ({ entry, at: place(['additions', i]) })),
  }
}

/** The value of a file that fits the schema, and where its parts stand. Throws CATALOG_INVALID. */
function parseAnyYaml<Schema extends z.ZodType>(text: string, file: string, schema: Schema) {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  if (document.errors.length > 0)
    throw invalid(document.errors.map((error) => `${file}: ${error.message.split('\n')[0]}`))
  const place = (path: readonly PropertyKey[]): string => {
    const line = lineOf(document, lines, path)
    return line === null ? file : `${file}:${line}`
  }
  const content: unknown = document.toJS({ maxAliasCount: 0 }) ?? {}
  const result = schema.safeParse(content)
  if (!result.success)
    throw invalid(
      result.error.issues.map(
        ({ path, message }) => `${place(path)}: ${described(content, path)}: ${message}`,
      ),
    )
  return { value: result.data, place }
}

/** Weights of the risk score, and scores given by hand. Throws CATALOG_INVALID. */
export function parseWeightsFile(text: string, file: string): RiskWeightsFile {
  return parseAnyYaml(text, file, riskWeightsSchema).value
}

/** What one file says of risk. Throws CATALOG_INVALID. */
export function parseFactFile(text: string, file: string): Placed<FactStatement>[] {
  const plain = readPlainYaml(text)
  const result = plain === null ? null : factFileSchema.safeParse(plain.value)
  if (plain !== null && result?.success === true)
    return result.data.facts.map((entry, i) => ({
      entry,
      at: `${file}:${plain.lines.get('facts')?.[i]}`,
    }))
  const { value, place } = parseAnyYaml(text, file, factFileSchema)
  return value.facts.map((entry, i) => ({ entry, at: place(['facts', i]) }))
}

function lineOf(
  document: Document,
  lines: LineCounter,
  path: readonly PropertyKey[],
): number | null {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true) as
      | { range?: [number, number, number] }
      | undefined
    if (node?.range !== undefined) return lines.linePos(node.range[0]).line
  }
  return null
}

/** `apps.3.domains.0` as a person says it: the entry's id or name, then the field. */
function described(content: unknown, path: readonly PropertyKey[]): string {
  const [list, index, ...rest] = path
  const entries = (content as Record<PropertyKey, unknown> | null)?.[list ?? '']
  const entry: unknown = Array.isArray(entries) ? entries[Number(index)] : undefined
  const name =
    typeof entry === 'object' && entry !== null && ('id' in entry || 'name' in entry)
      ? String('id' in entry ? entry.id : entry.name)
      : null
  return name === null ? path.join('.') || 'file' : [name, ...rest].join('.')
}

/** Reads a folder, files in the order of their names. Throws OperatingError CATALOG_INVALID. */
export async function readCatalogFolder(folder: string): Promise<CatalogFolder> {
  const read: CatalogFolder = {
    apps: [],
    infrastructure: [],
    additions: [],
    facts: [],
    weights: null,
  }
  for (const file of await catalogFiles(folder)) {
    const text = await textOf(file)
    const kind = fileKind(relative(folder, file))
    if (kind === 'facts') read.facts.push(...parseFactFile(text, file))
    if (kind === 'weights') read.weights = { entry: parseWeightsFile(text, file), at: file }
    if (kind !== 'entries') continue
    const { apps, infrastructure, additions } = parseCatalogFile(text, file)
    read.apps.push(...apps)
    read.infrastructure.push(...infrastructure)
    read.additions.push(...additions)
  }
  return read
}

/** The catalog files of a folder, sorted by name. Others (a README) are left alone. */
export async function catalogFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (cause: unknown) => {
      throw invalid([`cannot read the catalog in ${folder}: ${causeOf(cause)}`], cause)
    },
  )
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => fileKind(relative(folder, file)) !== null)
    .toSorted()
  if (files.length === 0)
    throw invalid([
      `cannot find a catalog in ${folder}: neither apps/*.yaml nor infrastructure.yaml`,
    ])
  if (files.length > catalogLimits.files)
    throw invalid([`cannot read the catalog in ${folder}: more than ${catalogLimits.files} files`])
  return files
}

function fileKind(path: string): 'entries' | 'facts' | 'weights' | null {
  if (!/\.ya?ml$/.test(path)) return null
  const [top] = path.split(sep)
  if (top === 'apps') return 'entries'
  if (top === 'facts') return 'facts'
  if (path.includes(sep)) return null
  if (path.startsWith('risk-weights.')) return 'weights'
  return /^(?:apps|infrastructure)\./.test(path) ? 'entries' : null
}

async function textOf(file: string): Promise<string> {
  try {
    const { size } = await stat(file)
    if (size > catalogLimits.fileBytes)
      throw new Error(`larger than ${catalogLimits.fileBytes} bytes`)
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw invalid([`cannot read ${file}: ${causeOf(cause)}`], cause)
  }
}
