/**
 * The store: ClickHouse, embedded (chdb) or as a cluster, through one client and one SQL. Embedded it must live in the main
 * thread or a child process: a worker thread that loaded chdb takes the process down when it exits. libuv's thread pool runs the
 * queries, so UV_THREADPOOL_SIZE is raised in main.ts before anything else runs.
 */
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createClient } from '@clickhouse/client'
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client'
import { OperatingError, causeOf } from '../errors.ts'
import { storeLimits } from '../limits.ts'
import type { LedgerEntry, StreamState } from '../parse/batch.ts'
import { migrate } from './migrate.ts'

export interface StoreOptions {
  /** Data directory of the embedded engine; ignored when `url` is given. */
  path: string
  url?: string | undefined
  database: string
  username: string
  password: string
  retentionDays: number
  maxMemoryBytes: number
  cluster?: string | undefined
}

/** What parse wrote of one segment: columns in files (Native), the small rest as rows. */
export interface StoredSegment {
  segment: string
  report: string
  /** Files in Native format, null = no rows. */
  flowsFile: string | null
  unparsedFile: string | null
  /** The devices' agents: a file for each table that has rows. */
  agentFiles?: readonly { table: string; file: string }[]
  /** Hours (epoch ms) the rows touch. */
  hours: number[]
  ledger: LedgerEntry[]
  streams: StreamState[]
  /** Streams with news of their memory. */
  memories?: readonly StreamState[]
}

/** What the engine writes as a file by itself. */
export type FileFormat = 'Parquet' | 'JSONEachRow' | 'CSVWithNames'

/** A row of JSONEachRow. */
export type Row = object

export interface Store {
  /** Rows of a query; parameters are bound (`{name:String}`). Table names are written `db.flows`. */
  query<T extends object>(sql: string, params?: Record<string, unknown>): Promise<T[]>
  /** The same, one row at a time. */
  stream<T extends object>(sql: string, params?: Record<string, unknown>): AsyncGenerator<T>
  /** The rows of a query as a file, written by the engine: no row passes through this process's own memory. */
  writeFile(
    file: string,
    format: FileFormat,
    sql: string,
    params?: Record<string, unknown>,
  ): Promise<void>
  command(
    sql: string,
    params?: Record<string, unknown>,
    settings?: ClickHouseSettings,
  ): Promise<void>
  insert(table: string, rows: readonly Row[], token?: string): Promise<void>
  /** Enters a segment; the same segment again changes nothing. `mark` is asked once its rows are visible. Resolves when it is durable. */
  insertSegment(segment: StoredSegment, mark: () => number): Promise<void>
  close(): Promise<void>
}

/** Pools and caches for a machine of 2 cores and 4 GB; the engine's defaults are for servers. */
function engineArguments(options: StoreOptions): string[] {
  return [
    `--max_server_memory_usage=${options.maxMemoryBytes}`,
    '--background_pool_size=2',
    '--background_schedule_pool_size=4',
    '--background_common_pool_size=2',
    '--background_move_pool_size=1',
    '--background_fetches_pool_size=1',
    '--mark_cache_size=67108864',
    '--uncompressed_cache_size=0',
  ]
}

/** Bounds of one query. */
function querySettings(options: StoreOptions): ClickHouseSettings {
  return {
    max_memory_usage: String(Math.floor(options.maxMemoryBytes * 0.7)),
    max_bytes_before_external_group_by: String(Math.floor(options.maxMemoryBytes * 0.3)),
    max_bytes_before_external_sort: String(Math.floor(options.maxMemoryBytes * 0.3)),
    // an hour of millions of flows is joined on disk, not refused
    join_algorithm: 'grace_hash,hash' as 'grace_hash',
    max_bytes_in_join: String(Math.floor(options.maxMemoryBytes * 0.12)),
    output_format_json_quote_64bit_integers: 0,
    date_time_output_format: 'iso',
    // `sum(transactions) AS transactions` beside `sumIf(transactions, …)`: names are the columns'
    prefer_column_name_to_alias: 1,
  }
}

/** Opens the store and brings its tables up to date. Throws OperatingError STORE_LOCKED, STORE_UNAVAILABLE or STORE_FAILED. */
export async function openStore(options: StoreOptions): Promise<Store> {
  if (!/^[A-Za-z_]\w{0,63}$/.test(options.database))
    throw new OperatingError(
      'CONFIG_INVALID',
      `cannot use database ${options.database}: letters, digits and _ only; change store.database`,
    )
  const { client, release } = options.url === undefined ? await embedded(options) : cluster(options)
  const store = new ClickHouseStore(client, options, release)
  try {
    await migrate(store, options)
    // on a cluster it is the operator's to choose, for each replica
    if (options.url === undefined)
      await store.command(
        `ALTER TABLE db.flows MODIFY SETTING merge_selector_base = ${storeLimits.partsPerMerge}`,
      )
  } catch (error) {
    await store.close()
    throw error
  }
  return store
}

async function embedded(
  options: StoreOptions,
): Promise<{ client: ClickHouseClient; release: () => void }> {
  const [{ Session }, { createChdbConnection }] = await Promise.all([
    import('chdb'),
    import('chdb/connection'),
  ])
  try {
    await mkdir(options.path, { recursive: true, mode: 0o700 })
    const session = new Session(options.path, { connectionArgs: engineArguments(options) })
    const client = createClient({
      connection: createChdbConnection({ path: options.path }),
    } as never)
    return { client, release: () => session.close() }
  } catch (cause) {
    const text = causeOf(cause)
    if (/lock/i.test(text) || (await isHeld(options.path)))
      throw new OperatingError(
        'STORE_LOCKED',
        `cannot open the store in ${options.path}: another process has it; talk to it through its API, or stop it`,
        { cause },
      )
    throw new OperatingError(
      'STORE_UNAVAILABLE',
      `cannot open the store in ${options.path}: ${text}; check space and rights`,
      { cause },
    )
  }
}

/** Whether the process that the engine noted there still runs: what it throws does not tell. */
async function isHeld(path: string): Promise<boolean> {
  const status = await readFile(join(path, 'status'), 'utf8').catch(() => '')
  const pid = Number(/^PID: (\d+)$/m.exec(status)?.[1] ?? 0)
  if (pid === 0 || pid === process.pid) return false
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // it runs as somebody else
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

function cluster(options: StoreOptions): { client: ClickHouseClient; release: () => void } {
  const client = createClient({
    url: options.url as string,
    username: options.username,
    password: options.password,
    application: 'gnomon',
    request_timeout: 300_000,
  })
  return { client, release: () => undefined }
}

class ClickHouseStore implements Store {
  readonly #client: ClickHouseClient
  readonly #options: StoreOptions
  readonly #release: () => void
  readonly #settings: ClickHouseSettings
  #closed = false

  constructor(client: ClickHouseClient, options: StoreOptions, release: () => void) {
    this.#client = client
    this.#options = options
    this.#release = release
    this.#settings = querySettings(options)
  }

  /** `db.flows` → the database's own table. */
  #sql(sql: string): string {
    return sql.replace(/\bdb\.(?=[a-z_\d]+\b)/g, `${this.#options.database}.`)
  }

  async #guard<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (cause) {
      throw failed(what, cause)
    }
  }

  async query<T extends object>(sql: string, params: Record<string, unknown> = {}): Promise<T[]> {
    return this.#guard('query the store', async () => {
      const result = await this.#client.query({
        query: this.#sql(sql),
        query_params: params,
        format: 'JSONEachRow',
        clickhouse_settings: this.#settings,
      })
      return await result.json<T>()
    })
  }

  async *stream<T extends object>(
    sql: string,
    params: Record<string, unknown> = {},
  ): AsyncGenerator<T> {
    try {
      const result = await this.#client.query({
        query: this.#sql(sql),
        query_params: params,
        format: 'JSONEachRow',
        clickhouse_settings: this.#settings,
      })
      for await (const rows of result.stream())
        for (const row of rows) yield (row as { json(): T }).json()
    } catch (cause) {
      throw failed('query the store', cause)
    }
  }

  async writeFile(
    file: string,
    format: FileFormat,
    sql: string,
    params: Record<string, unknown> = {},
  ): Promise<void> {
    const shared = {
      query_params: params,
      clickhouse_settings: { ...this.#settings, format_csv_null_representation: '' },
    }
    await this.#guard('export from the store', async () => {
      if (this.#options.url === undefined) {
        const query = `INSERT INTO FUNCTION file(${quoted(file)}, ${format}) ${this.#sql(sql)}`
        await this.#client.command({ ...shared, query })
        return
      }
      const query = `${this.#sql(sql)} FORMAT ${format}`
      const { stream } = await this.#client.exec({ ...shared, query })
      await pipeline(stream, createWriteStream(file, { mode: 0o600 }))
    })
  }

  async command(
    sql: string,
    params: Record<string, unknown> = {},
    settings: ClickHouseSettings = {},
  ): Promise<void> {
    await this.#guard('change the store', () =>
      this.#client.command({
        query: this.#sql(sql),
        query_params: params,
        clickhouse_settings: { ...this.#settings, ...settings },
      }),
    )
  }

  async insert(table: string, rows: readonly Row[], token?: string): Promise<void> {
    if (rows.length === 0) return
    await this.#guard(`insert into ${table}`, () =>
      this.#client.insert({
        table: `${this.#options.database}.${table}`,
        values: [...rows],
        format: 'JSONEachRow',
        clickhouse_settings: token === undefined ? {} : { insert_deduplication_token: token },
      }),
    )
  }

  async #insertFile(table: string, file: string, token: string): Promise<void> {
    const settings: ClickHouseSettings = {
      insert_deduplication_token: token,
      max_insert_threads: '1',
      // a crash between a table and what is kept of it (device_hours): the next try makes up for it
      deduplicate_blocks_in_dependent_materialized_views: 1,
    }
    await this.#guard(`insert into ${table}`, async () => {
      if (this.#options.url === undefined) {
        const columns = await this.#columnsOf(table)
        const query = `INSERT INTO ${this.#options.database}.${table} (${columns}) SELECT ${columns} FROM file(${quoted(file)}, Native)`
        await this.#client.command({ query, clickhouse_settings: settings })
        return
      }
      const query = `INSERT INTO ${this.#options.database}.${table} FORMAT Native`
      const { stream } = await this.#client.exec({
        query,
        values: createReadStream(file),
        clickhouse_settings: settings,
      })
      stream.resume()
    })
  }

  readonly #columns = new Map<string, string>()

  async #columnsOf(table: string): Promise<string> {
    const known = this.#columns.get(table)
    if (known !== undefined) return known
    const rows = await this.query<{ name: string }>(
      "SELECT name FROM system.columns WHERE database = {database:String} AND table = {table:String} AND default_kind = '' ORDER BY position",
      { database: this.#options.database, table },
    )
    const columns = rows.map((row) => row.name).join(', ')
    this.#columns.set(table, columns)
    return columns
  }

  async insertSegment(s: StoredSegment, mark: () => number): Promise<void> {
    if (s.flowsFile !== null) await this.#insertFile('flows', s.flowsFile, `${s.segment}:flows`)
    if (s.unparsedFile !== null)
      await this.#insertFile('unparsed', s.unparsedFile, `${s.segment}:unparsed`)
    for (const { table, file } of s.agentFiles ?? [])
      await this.#insertFile(table, file, `${s.segment}:${table}`)
    const ledger = s.ledger.map(({ hourMs, ...entry }) => ({
      report: s.report,
      hour: hourMs / 1000,
      ...entry,
    }))
    await this.insert('ledger', ledger, `${s.segment}:ledger`)
    // the mark is taken when the flows are visible: a merge that began before has an older generation
    const marked = mark()
    const dirty = s.hours.map((hour) => ({ report: s.report, hour: hour / 1000, mark: marked }))
    await this.insert('dirty_hours', dirty, `${s.segment}:dirty`)
    const streams = s.streams.map((state) => ({
      key: state.key,
      source: state.source,
      state: JSON.stringify({ ...state, memory: null }),
      seen: timestamp(state.lastSeenMs),
    }))
    await this.insert('streams', streams)
    const memories = (s.memories ?? []).map(({ key, source, memory, lastSeenMs }) => ({
      key,
      source,
      memory,
      seen: timestamp(lastSeenMs),
    }))
    await this.insert('stream_memory', memories)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#client.close()
    this.#release()
  }
}

function failed(what: string, cause: unknown): OperatingError {
  if (cause instanceof OperatingError) return cause
  return new OperatingError(
    'STORE_FAILED',
    `cannot ${what}: ${causeOf(cause)}; see the log and free space`,
    { cause },
  )
}

/** A path as a literal. */
function quoted(path: string): string {
  return `'${path.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

/** A DateTime64(3) in JSON rows. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').slice(0, 23)
}
