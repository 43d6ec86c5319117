/** Reads the files of catalog folders: `apps/*.yaml` (and below) and `infrastructure.yaml`, each fault with file, line and entry. */
import { readFile, readdir, stat } from 'node:fs/promises'
import { basename, join, relative, sep } from 'node:path'
import { LineCounter, parseDocument } from 'yaml'
import type { Document } from 'yaml'
import { OperatingError, causeOf } from '../errors.ts'
import { catalogLimits } from '../limits.ts'
import { catalogFileSchema } from './schema.ts'
import type { AppEntry, InfrastructureEntry } from './schema.ts'

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
}

/** An error about files, one line for each fault. */
export function invalid(problems: readonly string[], cause?: unknown): OperatingError {
  return new OperatingError('CATALOG_INVALID', `${problems.join('\n')}\nsee docs/catalog.md`, {
    cause,
  })
}

/** Reads one file's text. Throws OperatingError CATALOG_INVALID. */
export function parseCatalogFile(text: string, file: string): CatalogFolder {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  if (document.errors.length > 0)
    throw invalid(document.errors.map((error) => `${file}: ${error.message.split('\n')[0]}`))
  const place = (path: readonly PropertyKey[]): string => {
    const line = lineOf(document, lines, path)
    return line === null ? file : `${file}:${line}`
  }
  const content: unknown = document.toJS({ maxAliasCount: 0 }) ?? {}
  const result = catalogFileSchema.safeParse(content)
  if (!result.success)
    throw invalid(
      result.error.issues.map(
        ({ path, message }) => `${place(path)}: ${described(content, path)}: ${message}`,
      ),
    )
  const { category, apps, infrastructure } = result.data
  return {
    apps: apps.map((app, i) => {
      const at = place(['apps', i])
      const own = app.category ?? category
      if (own === undefined) throw invalid([`${at}: ${app.id}: category: missing`])
      return { entry: { ...app, category: own }, at }
    }),
    infrastructure: infrastructure.map((entry, i) => ({ entry, at: place(['infrastructure', i]) })),
  }
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
  const read: CatalogFolder = { apps: [], infrastructure: [] }
  for (const file of await catalogFiles(folder)) {
    const { apps, infrastructure } = parseCatalogFile(await textOf(file), file)
    read.apps.push(...apps)
    read.infrastructure.push(...infrastructure)
  }
  return read
}

/** The catalog files of a folder, sorted by name. Others (a README, risk weights) are left alone. */
export async function catalogFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (cause: unknown) => {
      throw invalid([`cannot read the catalog in ${folder}: ${causeOf(cause)}`], cause)
    },
  )
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => isCatalogFile(relative(folder, file)))
    .toSorted()
  if (files.length === 0)
    throw invalid([
      `cannot find a catalog in ${folder}: neither apps/*.yaml nor infrastructure.yaml`,
    ])
  if (files.length > catalogLimits.files)
    throw invalid([`cannot read the catalog in ${folder}: more than ${catalogLimits.files} files`])
  return files
}

function isCatalogFile(path: string): boolean {
  if (!/\.ya?ml$/.test(path)) return false
  if (path.split(sep)[0] === 'apps') return true
  return !path.includes(sep) && /^(?:apps|infrastructure)\./.test(basename(path))
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
