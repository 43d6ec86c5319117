/** A store in a throw-away folder, a small catalog, a clock that is set. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadCatalog } from '../../src/catalog/catalog.ts'
import type { Catalog } from '../../src/catalog/match.ts'
import { openStore } from '../../src/store/store.ts'
import type { Store } from '../../src/store/store.ts'

export const dayMs = 86_400_000
export const startMs = Date.UTC(2026, 9, 15, 10)

/** Apps that meet every case: shared domains, single hosts, patterns, networks. */
const apps = `
apps:
  - { id: files, name: Files, category: Cloud storage, score: 3, domains: [files.example.com, files.example.net], hosts: [login.example.org] }
  - { id: drive, name: Drive, category: Cloud storage, score: 9, domains: [drive.example.com] }
  - { id: suite, name: Suite, category: Collaboration, score: 8, domains: [suite.example.com] }
  - { id: suite-docs, name: Suite Docs, category: Productivity, score: 8, domains: [docs.suite.example.com] }
  - { id: tenant-share, name: Tenant Share, category: Cloud storage, score: 5, domains: [share.example.org], patterns: [{ under: hosted.example.org, match: '[a-z]+-share' }], ranges: [203.0.113.0/24] }
  - { id: talk, name: Talk, category: Generative AI, score: 4, domains: [talk.example.com, chat.talk.example.com] }
  - { id: control, name: Control, category: Security, score: 9, domains: [portal.cloudappsecurity.com] }
`

export interface Ground {
  folder: string
  store: Store
  catalog: Catalog
  clock: { ms: number }
  now: () => number
  close(): Promise<void>
}

export async function smallCatalog(folder: string): Promise<Catalog> {
  await mkdir(join(folder, 'catalog/apps'), { recursive: true })
  await writeFile(join(folder, 'catalog/apps/all.yaml'), apps)
  return loadCatalog([join(folder, 'catalog')])
}

export async function openGround(): Promise<Ground> {
  const folder = await mkdtemp(join(tmpdir(), 'gnomon-govern-'))
  const store = await openStore({
    path: join(folder, 'store'),
    database: 'gnomon',
    username: 'default',
    password: '',
    retentionDays: 3650,
    maxMemoryBytes: 600_000_000,
  })
  const catalog = await smallCatalog(folder)
  const clock = { ms: startMs }
  return {
    folder,
    store,
    catalog,
    clock,
    now: () => clock.ms,
    async close() {
      await store.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export interface UseOf {
  atMs: number
  appId?: string
  app?: string
  category?: string
  score?: number | null
  host?: string
  user?: string
  device?: string
  srcIp?: string
  source?: string
  report?: string
  action?: string
  transactions?: number
  up?: number
  down?: number
}

/** Writes merged usage as the merge does: rows of an hour under one generation. */
export async function addUsage(
  store: Store,
  uses: readonly UseOf[],
  generation = 1,
): Promise<void> {
  const hourOf = (ms: number): number => Math.floor(ms / 3_600_000) * 3600
  const rows = uses.map((use) => {
    const up = use.up ?? 0
    const down = use.down ?? 0
    return {
      report: use.report ?? 'continuous',
      hour: hourOf(use.atMs),
      generation,
      source: use.source ?? 'edge',
      app_id: use.appId ?? 'files',
      app: use.app ?? use.appId ?? 'files',
      category: use.category ?? 'Cloud storage',
      score: use.score === undefined ? 3 : use.score,
      infrastructure: 0,
      host: use.host ?? 'files.example.com',
      domain: 'example.com',
      user: use.user ?? '',
      device: use.device ?? '',
      src_ip: use.srcIp ?? '',
      action: use.action ?? 'allowed',
      seen_by: ['network'],
      first_seen: Math.floor(use.atMs / 1000),
      last_seen: Math.floor(use.atMs / 1000),
      transactions: use.transactions ?? 1,
      bytes_up: up,
      bytes_up_known: 1,
      bytes_down: down,
      bytes_down_known: 1,
      bytes_total: up + down,
      bytes_total_known: 1,
    }
  })
  await store.insert('usage', rows)
  const hours = new Set(rows.map(({ report, hour }) => `${hour} ${report}`))
  await store.insert(
    'usage_hours',
    [...hours].map((key) => {
      const [hour, report] = key.split(' ')
      return { report, hour: Number(hour), generation, catalog: 'c', rows: 1 }
    }),
  )
}
