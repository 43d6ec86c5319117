/**
 * The store as one viewer may see it: each table in a question becomes a part of itself, with only the viewer's sources in it, and
 * pseudonyms where names are not for him. All questions of reports pass through here, so none has to think of it.
 */
import { OperatingError } from '../errors.ts'
import { hiddenLine } from '../lib/hidden-line.ts'
import type { Store } from '../store/store.ts'
import { pseudonymSql } from './pseudonyms.ts'
import type { PseudonymKey, PseudonymKind } from './pseudonyms.ts'

export interface View {
  /** Data sources that are shown; null = all. */
  sources: readonly string[] | null
  /** Data sources whose names are pseudonyms. */
  masked: readonly string[] | 'all'
  key: PseudonymKey
}

/** Columns with names of people and machines, by table with a column `source`. */
const bySource: Record<string, Record<string, PseudonymKind>> = {
  usage: {
    user: 'user',
    user_form: 'user',
    device: 'device',
    device_id: 'device',
    src_ip: 'address',
  },
  current_usage: {
    user: 'user',
    user_form: 'user',
    device: 'device',
    device_id: 'device',
    src_ip: 'address',
  },
  flows: { user: 'user', device: 'device', src_ip: 'address', src_host: 'device' },
  device_connections: {
    user: 'user',
    user_account: 'user',
    user_sid: 'user',
    user_object_id: 'user',
    device: 'device',
    device_id: 'device',
    local_ip: 'address',
  },
  device_addresses: { device: 'device', device_id: 'device', ip: 'address', mac: 'address' },
  device_logons: {
    user: 'user',
    sid: 'user',
    device: 'device',
    device_id: 'device',
    remote_ip: 'address',
  },
  devices: {
    device: 'device',
    device_id: 'device',
    aad_device_id: 'device',
    merged_to: 'device',
    public_ip: 'address',
  },
  sent_usage: { user: 'user', device: 'device', src_ip: 'address' },
  evidence: { user: 'user', device: 'device', src_ip: 'address' },
  device_hours: {},
  device_hours_told: {},
  clock_skews: {},
  unparsed: {},
  ledger: {},
  streams: {},
  stream_memory: {},
}

/** Tables whose rows may have names from a second source. */
const fromAgents = new Set(['usage', 'current_usage'])

/** Tables without people: whoever may ask at all may see them whole. */
const plain = new Set([
  'hosts',
  'apps',
  'tags',
  'usage_hours',
  'dirty_hours',
  'migrations',
  'app_scores',
])

/** null = this view hides nothing. */
export function viewedStore(store: Store, view: View): Store {
  if (view.sources === null && view.masked !== 'all' && view.masked.length === 0) return store
  const seen = (sql: string, params: Record<string, unknown> = {}) =>
    [
      viewedSql(sql, view),
      {
        ...params,
        viewSources: view.sources ?? [],
        viewMasked: view.masked === 'all' ? [] : view.masked,
      },
    ] as const
  return {
    query: async (sql, params) => store.query(...seen(sql, params)),
    stream: (sql, params) => store.stream(...seen(sql, params)),
    writeFile: async (file, format, sql, params) =>
      store.writeFile(file, format, ...seen(sql, params)),
    command: async () => refuse('change the store'),
    insert: async () => refuse('change the store'),
    insertSegment: async () => refuse('change the store'),
    close: async () => undefined,
  }
}

function refuse(what: string): never {
  throw new OperatingError(
    'ACCESS_DENIED',
    `cannot ${what}: this account sees a part of it only; ask an administrator`,
  )
}

/** Puts the viewer's part in place of each `db.table`. Tables that are not known are refused. */
export function viewedSql(sql: string, view: View): string {
  return sql.replace(
    /\bdb\.([a-z_]+)\b(\s+AS\s+[a-z_]+)?/gi,
    (whole, table: string, alias: string | undefined) => {
      const part = partOf(table, view)
      return part === null ? whole : `${part}${alias ?? ` AS ${table}`}`
    },
  )
}

function partOf(table: string, view: View): string | null {
  if (plain.has(table)) return null
  const within = 'source IN {viewSources:Array(String)}'
  if (table === 'reports')
    return view.sources === null
      ? null
      : `(SELECT * FROM db.reports WHERE report IN (SELECT report FROM db.ledger WHERE ${within}))`
  const columns = bySource[table]
  if (columns === undefined) {
    // an administrator who only gets some sources' pseudonyms may see what knows no source
    if (view.sources === null && view.masked !== 'all') return null
    return refuse(`show ${table}`)
  }
  const where = view.sources === null ? '' : ` WHERE ${within}`
  const marked = (column: string): string => `${column} IN {viewMasked:Array(String)}`
  // an agent's feed that is marked may have given the name to another source's row
  const bySources = fromAgents.has(table)
    ? `(${marked('source')} OR ${marked('agent_source')})`
    : marked('source')
  const hidden = view.masked === 'all' ? '1' : bySources
  const replaced = Object.entries(columns).map(
    ([column, kind]) =>
      `if(${hidden}, ${pseudonymSql(kind, column, view.key)}, toString(${column})) AS ${column}`,
  )
  if (table === 'unparsed') replaced.push(`if(${hidden}, '${hiddenLine}', text) AS text`)
  const some = view.masked === 'all' || view.masked.length > 0
  const shown = some && replaced.length > 0 ? `* REPLACE (${replaced.join(', ')})` : '*'
  return `(SELECT ${shown} FROM db.${table}${where})`
}
