/** What another catalog changes: which of the destinations named so far get another name. */
import { isIP } from 'node:net'
import type { Catalog, CatalogMatch } from '../catalog/match.ts'
import { catalogLimits } from '../limits.ts'
import type { Row, Store } from '../store/store.ts'

export interface HostMove {
  /** Name of the app; null = unknown. */
  from: string | null
  to: string | null
  /** Infrastructure by then; `to` is null. */
  infrastructure: boolean
  hosts: number
  /** A few of them. */
  examples: string[]
}

export interface CatalogChange {
  from: string
  to: string
  /** Destinations looked at. */
  hosts: number
  moved: number
  /** Most hosts first, `catalogLimits.movesTold` at most. */
  moves: HostMove[]
  /** Apps whose score is another now. */
  scores: number
}

interface HostRow extends Row {
  host: string
  app_hint: string
}

const examplesMax = 3

/** Asks both catalogs about all destinations that any catalog was asked about. */
export async function compareCatalogs(
  store: Store,
  before: Catalog,
  after: Catalog,
): Promise<CatalogChange> {
  const moves = new Map<string, HostMove>()
  let hosts = 0
  let moved = 0
  const rows = store.stream<HostRow>(
    'SELECT DISTINCT toString(host) AS host, app_hint FROM db.hosts',
  )
  for await (const row of before.version === after.version ? [] : rows) {
    hosts++
    const old = ask(before, row)
    const found = ask(after, row)
    if (found.appId === old.appId && found.infrastructure === old.infrastructure) continue
    moved++
    addMove(moves, row, old, found)
  }
  return {
    from: before.version,
    to: after.version,
    hosts,
    moved,
    moves: [...moves.values()]
      .toSorted((a, b) => b.hosts - a.hosts)
      .slice(0, catalogLimits.movesTold),
    scores: changedScores(before, after),
  }
}

function ask(catalog: Catalog, { host, app_hint }: HostRow): CatalogMatch {
  const address = isIP(host) > 0
  return catalog.lookup({
    host: address || host === '' ? null : host,
    ip: address ? host : null,
    hint: app_hint === '' ? null : app_hint,
  })
}

function addMove(
  moves: Map<string, HostMove>,
  row: HostRow,
  { app: from }: CatalogMatch,
  found: CatalogMatch,
): void {
  const key = JSON.stringify([from, found.app, found.infrastructure])
  const move = moves.get(key) ?? {
    from,
    to: found.app,
    infrastructure: found.infrastructure,
    hosts: 0,
    examples: [],
  }
  moves.set(key, move)
  move.hosts++
  if (move.examples.length < examplesMax) move.examples.push(row.host)
}

function changedScores(before: Catalog, after: Catalog): number {
  let changed = 0
  for (const [id, { score }] of after.apps) {
    const old = before.apps.get(id)
    if (old !== undefined && old.score !== score) changed++
  }
  return changed
}

/** `312 hosts became Dropbox, 4 hosts of Box became unknown`; empty when nothing moved. */
export function movesInWords({ moves }: CatalogChange): string {
  return moves
    .map(({ from, to, infrastructure, hosts }) => {
      const what = `${hosts} ${hosts === 1 ? 'host' : 'hosts'}${from === null ? '' : ` of ${from}`}`
      return `${what} became ${to ?? (infrastructure ? 'infrastructure' : 'unknown')}`
    })
    .join(', ')
}
