/**
 * Apps from a table: the reference product's catalog export, or a CSV of one's own. Columns are found by their headings, in any order
 * and spelling of case; only a name and domains are needed.
 */
import { parse } from 'csv-parse/sync'
import { causeOf } from '../errors.ts'
import { catalogLimits } from '../limits.ts'
import type { Catalog } from './match.ts'
import { leave, listed } from './import-lists.ts'
import type { Imported, ImportKind, Left } from './import-lists.ts'
import { invalid } from './load.ts'
import { normaliseHost } from './normalise.ts'
import { categories } from './schema.ts'

/** Headings that mean the same, in lower case without blanks. */
const headings = {
  id: ['id', 'appid'],
  name: ['name', 'app', 'appname', 'displayname', 'service'],
  domains: ['domains', 'domain', 'appdomain', 'appdomains', 'domainlist', 'hosts'],
  category: ['category', 'appcategory'],
  vendor: ['vendor', 'company', 'provider'],
  score: ['score', 'riskscore', 'totalscore', 'risk'],
  headquarters: ['headquarters', 'hq', 'country'],
  description: ['description', 'note', 'notes'],
} as const
type Column = keyof typeof headings

const categoryBySpelling: ReadonlyMap<string, (typeof categories)[number]> = new Map(
  categories.map((category) => [plain(category), category]),
)

function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/^saasdb_category_/, '')
    .replaceAll(/[^a-z0-9]+/g, '')
}

/** Apps that the catalog has by this name get the domains; the rest are new. Throws CATALOG_INVALID. */
export function importTable(
  kind: Extract<ImportKind, 'csv' | 'reference-catalog'>,
  text: string,
  file: string,
  catalog: Catalog,
): Imported {
  const [first = [], ...rows] = rowsOf(text, file)
  const columns = columnsOf(first, file)
  const byName = new Map([...catalog.apps.values()].map((app) => [plain(app.name), app.id]))
  const left: Left = {}
  const apps = new Map<string, { id: string; domains: string[] }>()
  const additions = new Map<string, { app: string; domains: string[] }>()
  const taken = new Set<string>()
  for (const row of rows) {
    const cell = (column: Column): string => (row[columns.get(column) ?? -1] ?? '').trim()
    const name = cell('name').slice(0, 80)
    const domains = domainsOf(cell('domains'), taken, left)
    if (name === '') leave(left, 'no name')
    else if (domains.length === 0) leave(left, 'no domain')
    else {
      const known = byName.get(plain(name))
      const id = known ?? (idOf(cell('id') || name) || `app-${apps.size + 1}`)
      const of = known === undefined ? apps : additions
      const other = of.get(id)
      if (other !== undefined) other.domains.push(...domains)
      else if (known !== undefined) additions.set(id, { app: id, domains })
      else apps.set(id, { ...newApp(id, name, cell, left), domains })
    }
  }
  const sorted = [...apps.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1))
  return listed(kind, { apps: sorted, additions: [...additions.values()] }, left)
}

function rowsOf(text: string, file: string): string[][] {
  try {
    return parse(text, {
      bom: true,
      relax_column_count: true,
      skip_empty_lines: true,
      to: catalogLimits.importEntries,
      delimiter: [',', ';', '\t'],
    })
  } catch (cause) {
    throw invalid([`cannot read ${file}: ${causeOf(cause)}; save it as CSV`], cause)
  }
}

function columnsOf(first: readonly string[], file: string): Map<Column, number> {
  const found = new Map<Column, number>()
  for (const [column, spellings] of Object.entries(headings) as [Column, readonly string[]][]) {
    const at = first.findIndex((heading) => spellings.includes(plain(heading)))
    if (at >= 0) found.set(column, at)
  }
  if (!found.has('name') || !found.has('domains'))
    throw invalid([
      `${file}: cannot find the columns for name and domains; its first row reads ${first.join(', ').slice(0, 200)}`,
    ])
  return found
}

function domainsOf(text: string, taken: Set<string>, left: Left): string[] {
  const domains: string[] = []
  for (const part of text.split(/[\s,;|]+/).filter((word) => word !== '')) {
    const { host, kind } = normaliseHost(part)
    if (kind !== 'name' || !host.includes('.')) leave(left, 'not a domain')
    else if (taken.has(host)) leave(left, 'a domain twice')
    else {
      taken.add(host)
      domains.push(host)
    }
  }
  return domains
}

function idOf(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 60)
    .replaceAll(/^-+|-+$/g, '')
}

function newApp(id: string, name: string, cell: (column: Column) => string, left: Left) {
  const category = categoryBySpelling.get(plain(cell('category')))
  if (category === undefined && cell('category') !== '') leave(left, 'a category we do not know')
  const score = Number(cell('score').replace(',', '.'))
  const rated = cell('score') !== '' && score >= 0 && score <= 10
  if (cell('score') !== '' && !rated) leave(left, 'a score that is none')
  const country = cell('headquarters')
  return {
    id,
    name,
    category: category ?? 'Unclassified',
    ...(cell('vendor') !== '' && { vendor: cell('vendor').slice(0, 80) }),
    ...(rated && { score }),
    ...(/^[A-Z]{2}$/.test(country) && { headquarters: country }),
    ...(cell('description') !== '' && {
      description: cell('description').replaceAll(/\s+/g, ' ').slice(0, 160),
    }),
  }
}
