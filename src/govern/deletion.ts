/**
 * Deletes data on order: all, of one source, or of one person. Rows are taken out of their files (mutations that are waited for), not
 * only hidden; what was there before and after is counted, and the counts are the proof that the audit trail keeps.
 */
import type { Store } from '../store/store.ts'
import { deleteFiles, deleteWords } from './deletion-places.ts'
import type { DeletionPlaces, DeletionWords, PlaceProof } from './deletion-places.ts'

export type DeletionOrder =
  | { kind: 'all' }
  | { kind: 'source'; source: string }
  /** Every form of the name that is given; letters of both cases alike. */
  | { kind: 'person'; names: readonly string[] }

export interface DeletionProof {
  order: DeletionOrder
  at: string
  /** By table: rows before, and rows that still fit the order afterwards (0, or the deletion failed). */
  tables: { table: string; deleted: number; left: number }[]
  /** Everything else: files, what an administrator wrote, what has left the box. */
  places: PlaceProof[]
}

interface TableRule {
  table: string
  /** Column of the data source; null = the table knows none. */
  source: string | null
  /** Columns with a person's name. */
  person: readonly string[]
}

export interface DeletionParts {
  files: DeletionPlaces | null
  words: DeletionWords
  nowMs: number
}

/** Tables with data of traffic and people; those of another migration are there or not. What an administrator made stays. */
const rules: readonly TableRule[] = [
  { table: 'flows', source: 'source', person: ['user'] },
  { table: 'usage', source: 'source', person: ['user'] },
  { table: 'usage_hours', source: null, person: [] },
  { table: 'dirty_hours', source: null, person: [] },
  { table: 'hosts', source: null, person: [] },
  { table: 'ledger', source: 'source', person: [] },
  { table: 'unparsed', source: 'source', person: [] },
  { table: 'streams', source: 'source', person: [] },
  { table: 'stream_memory', source: 'source', person: [] },
  { table: 'reports', source: null, person: [] },
  // evidence names people and sources
  { table: 'alerts', source: null, person: [] },
  { table: 'identity_links', source: null, person: ['upn', 'account', 'mail'] },
  { table: 'identities', source: null, person: ['form', 'person'] },
  { table: 'clock_skews', source: 'source', person: [] },
  // without its usage a row of these gives no growth: nothing is sent again
  { table: 'sent_usage', source: 'source', person: ['user'] },
  { table: 'sent_hours', source: null, person: [] },
]

/** A table of the agents: found by its name, its columns by theirs. */
const agentTable = /^(?:device|devices)(?:_[a-z]+)*$/
const personColumn = /^(?:user|user_name|account|account_name|upn|account_upn)$/

async function rulesThatHold(store: Store): Promise<TableRule[]> {
  const columns = await store.query<{ table: string; name: string; engine: string }>(
    `SELECT c.table AS table, c.name AS name, t.engine AS engine FROM system.columns AS c INNER JOIN system.tables AS t
     ON t.database = c.database AND t.name = c.table WHERE c.database = splitByChar('.', 'db.flows')[1] AND t.engine LIKE '%MergeTree' ORDER BY table, name`,
  )
  const byTable = new Map<string, string[]>()
  for (const { table, name } of columns) byTable.set(table, [...(byTable.get(table) ?? []), name])
  const agents = [...byTable].flatMap(([table, names]): TableRule[] =>
    agentTable.test(table)
      ? [
          {
            table,
            source: names.includes('source') ? 'source' : null,
            person: names.filter((name) => personColumn.test(name)),
          },
        ]
      : [],
  )
  const known = rules.flatMap((rule) => {
    const names = byTable.get(rule.table)
    if (names === undefined) return []
    const source = rule.source !== null && names.includes(rule.source) ? rule.source : null
    return [{ ...rule, source, person: rule.person.filter((name) => names.includes(name)) }]
  })
  return [...known, ...agents]
}

const inEvidence = (field: string, test: string): string =>
  `arrayExists(row -> ${test.replace('?', `JSONExtractString(row, '${field}')`)}, JSONExtractArrayRaw(state, 'evidence'))`
const alertCondition = {
  source: `JSONExtractString(state, 'measures', 'source') = {source:String} OR ${inEvidence('source', '? = {source:String}')}`,
  person: `lowerUTF8(JSONExtractString(state, 'user')) IN {names:Array(String)} OR ${inEvidence('user', 'lowerUTF8(?) IN {names:Array(String)}')}`,
} as const

/** Condition of what an order takes from a table; null = nothing. */
function conditionOf(rule: TableRule, order: DeletionOrder): string | null {
  if (order.kind === 'all') return '1'
  if (rule.table === 'alerts') return alertCondition[order.kind]
  if (order.kind === 'source')
    return rule.source === null ? null : `${rule.source} = {source:String}`
  if (rule.table === 'unparsed')
    return `arrayExists(name -> positionCaseInsensitiveUTF8(text, name) > 0, {names:Array(String)})`
  if (rule.person.length === 0) return null
  return rule.person.map((column) => `lowerUTF8(${column}) IN {names:Array(String)}`).join(' OR ')
}

/**
 * Carries the order out. To be called when what was taken before is stored and while nothing is merged, so that nothing of it comes in
 * afterwards. `files` null = there is no data folder to look at.
 */
export async function deleteData(
  store: Store,
  order: DeletionOrder,
  { files, words, nowMs }: DeletionParts,
): Promise<DeletionProof> {
  const params = {
    source: order.kind === 'source' ? order.source : '',
    names: order.kind === 'person' ? order.names.map((name) => name.toLowerCase()) : [],
  }
  const tables: DeletionProof['tables'] = []
  for (const rule of await rulesThatHold(store)) {
    const condition = conditionOf(rule, order)
    if (condition === null) continue
    const count = async (): Promise<number> => {
      const [row] = await store.query<{ rows: number }>(
        `SELECT count() AS rows FROM db.${rule.table} WHERE ${condition}`,
        params,
      )
      return row.rows
    }
    const before = await count()
    if (before > 0)
      if (order.kind === 'all') await store.command(`TRUNCATE TABLE db.${rule.table}`)
      else
        await store.command(`ALTER TABLE db.${rule.table} DELETE WHERE ${condition}`, params, {
          mutations_sync: '2',
        })
    tables.push({ table: rule.table, deleted: before, left: await count() })
  }
  const places = [
    ...(files === null ? [] : await deleteFiles(order, files)),
    ...(await deleteWords(order, store, words)),
  ]
  return { order, at: new Date(nowMs).toISOString(), tables, places }
}
