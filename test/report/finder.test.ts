import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clustersOf, coreOf, findServices } from '../../src/report/finder.ts'
import { openStore } from '../../src/store/store.ts'
import type { Store } from '../../src/store/store.ts'
import { storeOptions } from '../store/store-parts.ts'

let folder: string
let store: Store
const hour = Date.UTC(2026, 8, 1, 8) / 1000
const day = 24 * 3600

interface Use {
  host: string
  domain: string
  user?: string
  src_ip?: string
  at?: number
  up?: number
  down?: number
  app_id?: string
  infrastructure?: number
}

function usage({
  host,
  domain,
  user = '',
  src_ip = '192.0.2.1',
  at = hour,
  up,
  down,
  ...more
}: Use) {
  return {
    report: 'continuous',
    hour: at,
    generation: 1,
    source: 'edge',
    app: more.app_id ?? '',
    ...more,
    host,
    domain,
    user,
    src_ip,
    action: 'allowed',
    seen_by: ['network'],
    first_seen: at,
    last_seen: at + 60,
    transactions: 1,
    bytes_up: up ?? 0,
    bytes_up_known: up === undefined ? 0 : 1,
    bytes_down: down ?? 0,
    bytes_down_known: down === undefined ? 0 : 1,
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gnomon-finder-'))
  store = await openStore(storeOptions(join(folder, 'store')))
  const days = [...Array(10).keys()].map((i) => hour + i * day)
  const rows = [
    ...days.map((at, i) =>
      usage({
        host: 'login.acme.io',
        domain: 'acme.io',
        user: `u${i}`,
        src_ip: `192.0.2.${i}`,
        at,
      }),
    ),
    usage({ host: 'x.acme-cdn.net', domain: 'acme-cdn.net', user: 'u1' }),
    // one user, many addresses: one person
    ...[...Array(30).keys()].map((i) =>
      usage({
        host: 'www.blog.example',
        domain: 'blog.example',
        user: 'u1',
        src_ip: `192.0.2.${100 + i}`,
      }),
    ),
    usage({
      host: 'up.drop.example',
      domain: 'drop.example',
      user: 'u2',
      up: 90_000_000,
      down: 1_000_000,
    }),
    usage({ host: 'new.example', domain: 'new.example', user: 'u3', at: days[9] }),
    usage({ host: '198.51.100.9', domain: '198.51.100.9', user: 'u4' }),
    usage({ host: 'known.example', domain: 'known.example', user: 'u4', app_id: 'known' }),
    usage({ host: 'cdn.example', domain: 'cdn.example', user: 'u4', infrastructure: 1 }),
  ]
  await store.insert('usage', rows)
  const hours = [...new Set(rows.map((row) => row.hour))]
  await store.insert(
    'usage_hours',
    hours.map((at) => ({ report: 'continuous', hour: at, generation: 1, catalog: 'x', rows: 1 })),
  )
})
afterAll(async () => {
  await store.close()
  await rm(folder, { recursive: true, force: true })
})

test('services are ranked, each point with its evidence', async () => {
  const scope = { report: 'continuous', source: null, fromMs: null, toMs: null }
  const found = await findServices(store, scope, (hour + 10 * day) * 1000)
  const of = (domain: string) => found.find((candidate) => candidate.domain === domain)
  expect(found.map(({ domain }) => domain)).toHaveLength(6)
  expect(of('known.example')).toBeUndefined()
  expect(of('cdn.example')).toBeUndefined()
  expect(found[0]).toMatchObject({
    domain: 'acme.io',
    users: 10,
    days: 10,
    near: ['acme-cdn.net'],
    suggestion: {
      id: 'own-acme-io',
      name: 'Acme',
      domains: ['acme.io', 'acme-cdn.net'],
      ranges: [],
    },
  })
  expect(found[0].evidence.map(({ kind, points }) => [kind, points])).toEqual([
    ['spread', 40],
    ['regularity', 15],
    ['hosts', 8],
  ])
  const spread = (domain: string) => of(domain)?.evidence.find(({ kind }) => kind === 'spread')
  expect(spread('blog.example')).toMatchObject({
    points: spread('drop.example')?.points,
    text: '1 user, 30 addresses',
  })
  expect(of('drop.example')?.evidence).toContainEqual({
    kind: 'upload',
    points: 20,
    text: '99% of its bytes go out (90.0 MB)',
  })
  expect(of('new.example')?.evidence.map(({ kind }) => kind)).toContain('newness')
  expect(of('acme.io')?.evidence.map(({ kind }) => kind)).not.toContain('newness')
  expect(of('198.51.100.9')?.suggestion).toMatchObject({ domains: [], ranges: ['198.51.100.9/32'] })
})

describe('near domains', () => {
  test.each([
    ['acme.io', 'acme'],
    ['acme-cdn.net', 'acme'],
    ['acmeusercontent.com', 'acme'],
    ['getacme.com', 'acme'],
    ['cdn.com', 'cdn'],
    ['192.0.2.1', ''],
    ['a-b.example', 'ab'],
  ])('%s is about %s', (domain, core) => expect(coreOf(domain)).toBe(core))

  test('stand together, others do not', () => {
    const clusters = clustersOf(['acme.io', 'acme-static.net', 'other.io', 'x.io', 'x.net'])
    expect(clusters.get('acme.io')).toEqual(['acme.io', 'acme-static.net'])
    expect(clusters.get('other.io')).toEqual(['other.io'])
    expect(clusters.get('x.io')).toBeUndefined()
  })
})
