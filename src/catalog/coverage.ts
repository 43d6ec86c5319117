/** How much of a table of apps (JSON lines with `name`, `domains`, `confidence`) the catalog knows. */
import { z } from 'zod'
import { invalid } from './load.ts'
import type { Catalog } from './match.ts'

const rowSchema = z.object({
  name: z.string(),
  domains: z.array(z.string()).min(1),
  confidence: z.string().default('none'),
})

export interface CoverageRow {
  name: string
  confidence: string
  /** Of its domains: an app's, infrastructure's, nobody's. */
  app: number
  infrastructure: number
  unknown: string[]
}

export interface CoverageSum {
  /** A confidence of the table, or `all`. */
  confidence: string
  rows: number
  /** Rows with a domain that is an app's or infrastructure. */
  known: number
  domains: number
  domainsKnown: number
}

/** One row for each line. Throws CATALOG_INVALID with the line. */
export function coverageOf(catalog: Catalog, text: string, file: string): CoverageRow[] {
  return text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return []
    const row = rowSchema.safeParse(parsed(line))
    if (!row.success) throw invalid([`${file}:${i + 1}: no JSON object with name and domains`])
    const { name, confidence, domains } = row.data
    const found = domains.map((host) => ({
      host,
      match: catalog.lookup({ host, ip: null, hint: null }),
    }))
    return {
      name,
      confidence,
      app: found.filter(({ match }) => match.app !== null).length,
      infrastructure: found.filter(({ match }) => match.infrastructure).length,
      unknown: found
        .filter(({ match }) => match.app === null && !match.infrastructure)
        .map(({ host }) => host),
    }
  })
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null // the schema says so
  }
}

/** Sums by confidence, and over all. */
export function sumCoverage(rows: readonly CoverageRow[]): CoverageSum[] {
  const kinds = [...new Set(rows.map(({ confidence }) => confidence))].toSorted()
  return [...kinds, 'all'].map((confidence) => {
    const some = rows.filter((row) => confidence === 'all' || row.confidence === confidence)
    return {
      confidence,
      rows: some.length,
      known: some.filter(({ app, infrastructure }) => app + infrastructure > 0).length,
      domains: some.reduce((n, row) => n + row.app + row.infrastructure + row.unknown.length, 0),
      domainsKnown: some.reduce((n, row) => n + row.app + row.infrastructure, 0),
    }
  })
}
