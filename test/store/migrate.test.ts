/** Tables on a cluster: what is said to it, and that the engine's own parser takes it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { migrate, migrationNames } from '../../src/store/migrate.ts'
import { openStore } from '../../src/store/store.ts'
import { storeOptions } from './store-parts.ts'

/** What a new database is told. */
async function told(cluster: string | undefined): Promise<{ said: string[]; marked: object[] }> {
  const said: string[] = []
  const marked: object[] = []
  await migrate(
    {
      command: async (sql) => void said.push(sql),
      query: async () => [],
      insert: async (_table, rows) => void marked.push(...rows),
    },
    { database: 'gnomon', retentionDays: 30, cluster },
  )
  return { said, marked }
}

test('on one machine nothing speaks of replicas', async () => {
  const { said, marked } = await told(undefined)
  expect(said[0]).toBe('CREATE DATABASE IF NOT EXISTS gnomon')
  expect(said.join('\n')).not.toMatch(/ON CLUSTER|Replicated|[{}]/)
  expect(marked).toEqual((await migrationNames()).map((name) => ({ name })))
})

test('on a cluster every replica gets every table, and rows go to all of them', async () => {
  const { said } = await told('main')
  for (const statement of said) {
    if (/^(?:CREATE|DROP)/.test(statement))
      expect(statement).toMatch(
        /^(?:CREATE|DROP) (?:DATABASE|TABLE|(?:MATERIALIZED )?VIEW)[\w. ]* ON CLUSTER `main`(?:$|[ \n])/,
      )
    else expect(statement).toMatch(/^(?:ALTER TABLE|INSERT INTO) /)
    for (const [engine] of statement.matchAll(/\b\w*MergeTree\b/g))
      expect(engine).toMatch(/^Replicated(?:Replacing|Aggregating)?MergeTree$/)
  }
})

test('the engine reads each of them', async () => {
  const { said } = await told('main')
  const folder = await mkdtemp(join(tmpdir(), 'gnomon-migrate-'))
  const store = await openStore(storeOptions(join(folder, 'store')))
  try {
    for (const sql of said) {
      const sqlOf = 'SELECT formatQuerySingleLine({sql:String}) AS read'
      const [{ read }] = await store.query<{ read: string }>(sqlOf, { sql })
      expect(read.includes(' ON CLUSTER main')).toBe(!/^(?:ALTER|INSERT)/.test(sql))
    }
    const sql = 'CREATE TABLE db.x ON CLUSTRE `main` (a UInt8)'
    await expect(store.query('SELECT formatQuery({sql:String}) AS read', { sql })).rejects.toThrow(
      /Syntax error/,
    )
  } finally {
    await store.close()
    await rm(folder, { recursive: true, force: true })
  }
}, 60_000)
