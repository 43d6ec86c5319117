/** What governing shows to who sees some sources, or no names; and the raw lines behind an alert. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pseudonymKey, pseudonymOf } from '../../src/access/pseudonyms.ts'
import { viewedStore } from '../../src/access/viewer-store.ts'
import type { View } from '../../src/access/viewer-store.ts'
import { policySchema } from '../../src/govern/policy.ts'
import { traceOf } from '../../src/report/trace.ts'
import type { TraceQuestion } from '../../src/report/trace.ts'
import { encodeBlock, encodeStream, kindCounted, kindLines } from '../../src/spool/segment.ts'
import { testKeys } from '../access/test-access.ts'
import { addUsage, dayMs, startMs } from '../govern/govern-parts.ts'
import { governServer } from '../govern/govern-server.ts'

const key = pseudonymKey(testKeys)
const whole: View = { sources: null, masked: [], key }
let view: View = whole
let server: Awaited<ReturnType<typeof governServer>>
let ann = ''

interface Row {
  user: string | null
  device: string | null
  address: string | null
  source: string
  trace: string
}
interface Alert {
  id: string
  title: string
  detail: string
  user: string | null
  measures: object
  evidence: Row[]
}

beforeAll(async () => {
  server = await governServer({}, () => view)
  const { store } = server.ground
  ann = await pseudonymOf(store, 'user', 'ann', key)
  const days = Array.from({ length: 20 }, (_, i) => ({
    atMs: startMs - (i + 1) * dayMs,
    user: 'ann',
    up: 20e6,
    appId: 'drive',
  }))
  await addUsage(store, [
    ...days,
    { atMs: startMs, user: 'ann', srcIp: '192.0.2.9', up: 900e6, app: 'Files' },
    { atMs: startMs, user: 'ben', source: 'branch', up: 5e6, app: 'Files', device: 'pc-7' },
  ])
  const policy = policySchema.parse({ name: 'All', apps: ['files'] })
  await server.govern.policies.put('p', policy)
  await server.govern.turns.turn()
  server.ground.clock.ms += 2 * 3_600_000
})
afterAll(() => server.close())

const list = async (as: View): Promise<Alert[]> => {
  view = as
  const response = await server.ask('GET', '/api/v1/alerts')
  expect(response.statusCode).toBe(200)
  const { rows, total } = response.json<{ rows: Alert[]; total: number }>()
  expect(total).toBe(rows.length)
  return rows.sort((a, b) => (a.title < b.title ? -1 : 1))
}

test('who sees all sees names, and the way to what stands behind each row', async () => {
  const [policy, baseline] = await list(whole)
  expect(policy.evidence.map(({ user }) => user)).toEqual(['ann', 'ben'])
  expect(baseline).toMatchObject({ user: 'ann', title: 'Unusual upload by ann, mostly to Files' })
  const asked = new URLSearchParams(policy.evidence[0].trace.split('?')[1])
  expect(Object.fromEntries(asked)).toEqual({
    source: 'edge',
    app: 'files',
    host: 'files.example.com',
    user: 'ann',
    address: '192.0.2.9',
    from: '2026-10-15T10:00:00.000Z',
    to: '2026-10-16T00:00:00.000Z',
  })
})

test('without names: pseudonyms everywhere, also in titles', async () => {
  const rows = await list({ ...whole, masked: 'all' })
  expect(rows).toHaveLength(2)
  expect(rows[1]).toMatchObject({ user: ann, title: `Unusual upload by ${ann}, mostly to Files` })
  expect(rows[0].evidence[0]).toMatchObject({
    user: ann,
    address: expect.stringMatching(/^address-/),
  })
  expect(rows[0].evidence[1].device).toMatch(/^device-/)
  expect(JSON.stringify(rows)).not.toMatch(/\bann\b|\bben\b|192\.0\.2\.9|pc-7/)
})

test('names of one source hidden: the rows of the other stay readable', async () => {
  const [policy] = await list({ ...whole, masked: ['branch'] })
  expect(policy.evidence.map(({ user }) => user)).toEqual(['ann', expect.stringMatching(/^user-/)])
})

test('of some sources: alerts with their rows, no figures of others', async () => {
  const rows = await list({ ...whole, sources: ['branch'] })
  expect(rows).toMatchObject([{ title: 'All: Files', measures: {}, evidence: [{ user: 'ben' }] }])
  expect(JSON.stringify(rows)).not.toContain('ann')
  const [, baseline] = await list(whole)
  view = { ...whole, sources: ['branch'] }
  const one = `/api/v1/alerts/${baseline.id}`
  expect((await server.ask('GET', one)).statusCode).toBe(404)
  expect((await server.ask('PATCH', one, { status: 'dismissed' })).statusCode).toBe(404)
  expect(await list({ ...whole, sources: ['nowhere'] })).toEqual([])
})

test('a rehearsal keeps to the viewer: his sources, his names, his groups', async () => {
  await server.govern.people.putGroup({ name: 'Sales', comment: '', users: ['ANN', 'cara'] }, 'g')
  const rehearse = async (as: View) => {
    view = as
    return (await server.ask('POST', '/api/v1/rehearsals', { apps: ['files'] })).json<{
      users: { name: string; groups: string[] }[]
      groups: object[]
    }>()
  }
  expect((await rehearse({ ...whole, sources: ['branch'] })).users).toMatchObject([{ name: 'ben' }])
  const masked = await rehearse({ ...whole, masked: 'all' })
  expect(masked.users.find(({ name }) => name === ann)?.groups).toEqual(['Sales'])
  expect(masked.groups).toEqual([{ name: 'Sales', users: 1, of: 2 }])
})

test('what stands behind a number: of his sources, with pseudonyms where names are not for him', async () => {
  const { store } = server.ground
  const minute = startMs / 1000
  const row = {
    report: 'continuous',
    stream: 's',
    record: 'session',
    dst_host: 'files.example.com',
  }
  await store.insert('flows', [
    { ...row, minute, source: 'edge', user: 'ann', src_ip: '192.0.2.9', transactions: 1 },
    { ...row, minute, source: 'branch', user: 'ben', device: 'pc-7', transactions: 1 },
  ]) // prettier-ignore
  await store.insert('device_connections', [
    {
      report: 'continuous', at: startMs, device_id: 'd1', device: 'pc-1', user: 'ann', local_ip: '192.0.2.9', host: 'files.example.com',
      kind: 'ConnectionSuccess', role: 'connection', source: 'defender', feed_row: 1,
    },
  ]) // prettier-ignore
  const scope = { report: 'continuous', source: null, fromMs: startMs, toMs: null }
  const trace = (as: View, asked: Partial<TraceQuestion>) =>
    traceOf(viewedStore(store, as), scope, {
      app: null, host: null, user: null, device: null, address: null, ...asked,
    }) // prettier-ignore
  const host = { host: 'files.example.com' }
  const all = await trace(whole, host)
  expect(all.flows.map(({ user }) => user).sort()).toEqual(['ann', 'ben'])
  expect(all.agentRows).toMatchObject([{ user: 'ann', device: 'pc-1' }])
  const branch = await trace({ ...whole, sources: ['branch'] }, host)
  expect(branch).toMatchObject({ transactions: 1, flows: [{ user: 'ben' }], agentRows: [] })
  const masked = await trace({ ...whole, masked: 'all' }, { user: ann })
  expect(masked).toMatchObject({
    transactions: 1,
    flows: [{ user: ann }],
    agentRows: [{ user: ann }],
  })
  expect(JSON.stringify(masked)).not.toMatch(/\bann\b|192\.0\.2\.9|pc-1/)
  expect(await trace({ ...whole, masked: 'all' }, { user: 'ann' })).toMatchObject({
    transactions: 0,
    flows: [],
  })
})

test('raw lines behind an alert: while they are kept, and where names are shown', async () => {
  const stream = {
    key: 'udp:1',
    listener: 'syslog-udp',
    peer: '192.0.2.1',
    source: 'edge',
    format: null,
    zone: null,
    report: 'continuous',
  }
  const atMs = startMs + 60_000
  const block = (kind: number, text: string, receivedAtMs = atMs): Buffer =>
    encodeBlock({ kind, stream: 1, receivedAtMs, lines: 1 }, Buffer.from(text))
  const mine = '192.0.2.9 ANN https://files.example.com/x'
  await writeFile(
    join(server.ground.folder, 's1'),
    Buffer.concat([
      encodeStream(1, stream),
      block(
        kindLines,
        `192.0.2.9 ann https://other.example.com/\n${mine}\n192.0.2.8 ben files.example.com\n`,
      ),
      block(kindCounted, `${mine.length} ${mine}`),
      block(kindLines, `${mine} of another day\n`, startMs - 9 * dayMs),
    ]),
  )
  await server.backup.keep(join(server.ground.folder, 's1'), 's1', atMs)
  const [, baseline] = await list(whole)
  const lines = async (as: View) => {
    view = as
    return (await server.ask('GET', `/api/v1/alerts/${baseline.id}/lines`)).json<{
      lines: { text: string }[]
      segments: number
      whole: boolean
    }>()
  }
  const found = await lines(whole)
  expect(found.lines.map(({ text }) => text)).toEqual([mine, mine])
  expect(found).toMatchObject({ segments: 1, whole: true })
  expect((await lines({ ...whole, masked: ['edge'] })).lines).toEqual([])
  expect((await lines({ ...whole, masked: 'all' })).lines).toEqual([])
})
