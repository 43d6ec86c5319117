/** A store with a merge on it, and rows of flows and agents put in by hand. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { shippedCatalog, loadCatalog } from '../../src/catalog/catalog.ts'
import type { Catalog } from '../../src/catalog/match.ts'
import { Merge } from '../../src/merge/merge.ts'
import type { MergeOptions } from '../../src/merge/merge.ts'
import { openStore } from '../../src/store/store.ts'
import type { Store } from '../../src/store/store.ts'
import { storeOptions } from '../store/store-parts.ts'

/** 2026-10-15T10:00Z */
export const hour = Date.UTC(2026, 9, 15, 10) / 1000

export interface FlowRow {
  minute: number
  record: 'session' | 'web' | 'dns'
  source: string
  src_ip: string
  src_host: string
  src_port: number
  user: string
  device: string
  dst_host: string
  dst_ip: string
  dst_port: number
  action: string
  app_hint: string
  transactions: number
  /** Both ways; null = not told. */
  bytes: number | null
}

export interface ConnectionRow {
  at: number
  device_id: string
  device: string
  user: string
  user_account: string
  user_sid: string
  user_object_id: string
  local_ip: string
  local_port: number
  remote_ip: string
  remote_port: number
  host: string
  action: string
  process: string
  role: 'connection' | 'attempt' | 'inspection' | 'dns'
  answers: string
  events: number
  source: string
  feed_row: number
}

export interface UsageSeen {
  hour: number
  source: string
  host: string
  user: string
  user_form: string
  device: string
  device_id: string
  process: string
  src_ip: string
  action: string
  seen_by: string[]
  agent_source: string
  device_rule: string
  user_rule: string
  host_rule: string
  transactions: number
  bytes: number | null
}

export interface MergeStand {
  store: Store
  merge: Merge
  /** A report of its own for each test. */
  report(): string
  flows(report: string, rows: readonly Partial<FlowRow>[]): Promise<void>
  connections(report: string, rows: readonly Partial<ConnectionRow>[]): Promise<void>
  addresses(
    report: string,
    rows: readonly { at: number; device_id: string; device?: string; ip: string; kind?: string }[],
  ): Promise<void>
  logons(
    report: string,
    rows: readonly { at: number; device_id: string; user: string; sid?: string; type?: string }[],
  ): Promise<void>
  /** Merges all that is dirty and gives the usage in a fixed order. */
  usage(report: string): Promise<UsageSeen[]>
  close(): Promise<void>
}

let catalog: Promise<Catalog> | undefined

/** The shipped catalog, read once for a file of tests: it takes half a second. */
export async function testCatalog(): Promise<Catalog> {
  catalog ??= loadCatalog([shippedCatalog])
  return catalog
}

export async function openMerge(
  serviceAccounts: readonly string[] = [],
  options: MergeOptions = {},
): Promise<MergeStand> {
  const folder = await mkdtemp(join(tmpdir(), 'gnomon-merge-'))
  const store = await openStore(storeOptions(join(folder, 'store')))
  let clock = Date.UTC(2026, 9, 20)
  const now = (): number => clock++
  const merge = new Merge(store, await testCatalog(), now, { serviceAccounts, ...options })
  let reports = 0
  let feedRow = 1
  const mark = async (report: string, seconds: readonly number[]): Promise<void> => {
    const hours = new Set(seconds.map((at) => Math.floor(at / 3600) * 3600))
    const rows = [...hours].map((at) => ({ report, hour: at, mark: now() }))
    await store.insert('dirty_hours', rows)
  }
  return {
    store,
    merge,
    report: () => `r${++reports}`,
    flows: async (report, rows) => {
      const full = rows.map(({ bytes = null, ...row }) => {
        const count = row.transactions ?? 1
        const known = bytes === null ? 0 : count
        return {
          report,
          minute: hour,
          stream: 's',
          source: 'edge',
          format: 'F',
          record: 'session',
          src_ip: '10.0.0.1',
          dst_ip: '203.0.113.9',
          dst_port: 443,
          action: 'allowed',
          transactions: count,
          bytes_total: bytes ?? 0,
          bytes_total_known: known,
          bytes_up: Math.floor((bytes ?? 0) / 4),
          bytes_up_known: known,
          bytes_down: Math.ceil(((bytes ?? 0) * 3) / 4),
          bytes_down_known: known,
          ...row,
        }
      })
      await store.insert('flows', full)
      await mark(
        report,
        full.map((row) => row.minute),
      )
    },
    connections: async (report, rows) => {
      const full = rows.map((row) => ({
        report,
        device_id: 'd1',
        device: `${row.device_id ?? 'd1'}.example.com`,
        local_ip: '10.0.0.1',
        remote_ip: '203.0.113.9',
        remote_port: 443,
        protocol: 'tcp',
        action: 'allowed',
        kind: 'ConnectionSuccess',
        role: 'connection',
        events: 1,
        source: 'defender',
        stream: 'd',
        feed_row: feedRow++,
        ...row,
        at: (row.at ?? hour) * 1000,
      }))
      await store.insert('device_connections', full)
      await mark(
        report,
        full.map((row) => row.at / 1000),
      )
    },
    addresses: async (report, rows) => {
      await store.insert(
        'device_addresses',
        rows.map((row) => ({
          report,
          device: `${row.device_id}.example.com`,
          kind: 'network-info',
          source: 'defender',
          ...row,
          at: row.at * 1000,
        })),
      )
      await mark(
        report,
        rows.map((row) => row.at),
      )
    },
    logons: async (report, rows) => {
      await store.insert(
        'device_logons',
        rows.map(({ at, type = 'Interactive', ...row }) => ({
          report,
          logon_type: type,
          action: 'LogonSuccess',
          source: 'defender',
          ...row,
          at: at * 1000,
        })),
      )
      await mark(
        report,
        rows.map((row) => row.at),
      )
    },
    usage: async (report) => {
      while ((await merge.recomputeDirty(24, report, true)) > 0);
      return store.query<UsageSeen>(
        `SELECT toUnixTimestamp(hour) AS hour, source, host, user, user_form, device, device_id, process, src_ip, action, seen_by, agent_source,
           device_rule, user_rule, host_rule, transactions, if(bytes_total_known = 0, NULL, bytes_total) AS bytes
         FROM db.current_usage AS usage WHERE report = {report:String}
         ORDER BY hour, source, host, user, device, process, src_ip, action, seen_by, device_rule, user_rule, host_rule, user_form`,
        { report },
      )
    },
    close: async () => {
      await store.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
