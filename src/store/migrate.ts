/**
 * Brings the tables up to date: each file of `migrations/` once, in order. On a cluster (`store.cluster`) they are made on all of its
 * replicas (https://clickhouse.com/docs/sql-reference/distributed-ddl), as Replicated tables that carry rows and their changes over
 * by themselves (https://clickhouse.com/docs/engines/table-engines/mergetree-family/replication).
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Store, StoreOptions } from './store.ts'

const migrations = join(import.meta.dirname, 'migrations')

type Tables = Pick<StoreOptions, 'database' | 'retentionDays' | 'cluster'>

/** Throws OperatingError STORE_FAILED. */
export async function migrate(
  store: Pick<Store, 'command' | 'query' | 'insert'>,
  tables: Tables,
): Promise<void> {
  await store.command(onCluster(`CREATE DATABASE IF NOT EXISTS ${tables.database}`, tables))
  await store.command(
    statementFor(
      'CREATE TABLE IF NOT EXISTS db.migrations (name String, applied DateTime DEFAULT now()) ENGINE = {engine:MergeTree} ORDER BY name',
      tables,
    ),
  )
  const rows = await store.query<{ name: string }>('SELECT name FROM db.migrations')
  const done = new Set(rows.map(({ name }) => name))
  for (const name of await migrationNames()) {
    if (done.has(name)) continue
    for (const statement of await statementsOf(name))
      await store.command(statementFor(statement, tables))
    await store.insert('migrations', [{ name }])
  }
}

/** Files, in the order in which they are applied. */
export async function migrationNames(): Promise<string[]> {
  return (await readdir(migrations)).filter((file) => file.endsWith('.sql')).sort()
}

/** The statements of one file as they are written, with their placeholders. */
export async function statementsOf(name: string): Promise<string[]> {
  const text = (await readFile(join(migrations, name), 'utf8')).replace(/^\s*--.*$/gm, '')
  return text
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
}

/** A statement of a migration for this store: `{retentionDays}` and `{engine:MergeTree}` filled in. */
export function statementFor(statement: string, tables: Tables): string {
  const replicated = tables.cluster === undefined ? '' : 'Replicated'
  return onCluster(
    statement
      .replaceAll('{retentionDays}', String(tables.retentionDays))
      .replace(/\{engine:(\w+(?:\(\w+\))?)\}/, (_, engine: string) => `${replicated}${engine}`),
    tables,
  )
}

/** What makes or drops a table says so to all replicas; a changed table tells them by itself. */
function onCluster(statement: string, { cluster }: Tables): string {
  if (cluster === undefined) return statement
  return statement.replace(
    /^((?:CREATE|DROP) (?:DATABASE|TABLE|(?:MATERIALIZED )?VIEW)(?: IF (?:NOT )?EXISTS)? [\w.]+)/,
    `$1 ON CLUSTER \`${cluster}\``,
  )
}
