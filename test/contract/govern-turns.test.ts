/** Policies, baselines and the appliance's troubles over a real store, turn by turn. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { configSchema } from '../../src/config/schema.ts'
import { Govern } from '../../src/govern/govern.ts'
import { policyOf, policySchema, policyTemplates } from '../../src/govern/policy.ts'
import type { Trouble } from '../../src/govern/system-alerts.ts'
import { addUsage, dayMs, openGround, startMs } from '../govern/govern-parts.ts'
import type { Ground, UseOf } from '../govern/govern-parts.ts'

let ground: Ground
let govern: Govern
let settings: object
const troubles: Trouble[] = []
beforeEach(async () => {
  ground = await openGround()
  settings = {}
  troubles.length = 0
  govern = newGovern()
})
afterEach(() => ground.close())

function newGovern(): Govern {
  return new Govern({
    store: ground.store,
    catalog: () => ground.catalog,
    config: () => configSchema.parse(settings),
    log: pino({ level: 'silent' }),
    now: ground.now,
    dataDir: null,
    lastSeen: () => new Map(),
    troubles: async () => troubles,
    quietly: async (work) => work(),
    sleep: async () => undefined,
  })
}

const MB = 1_000_000
const people = (count: number, use: Partial<UseOf>): UseOf[] =>
  Array.from({ length: count }, (_, i) => ({
    atMs: startMs,
    user: `user.${i}`,
    srcIp: `10.0.0.${i}`,
    ...use,
  }))
/** Usage of another app eight days ago: there is a past in which what is new now was not seen. */
const past: UseOf = { atMs: startMs - 8 * dayMs, appId: 'drive', user: 'ann' }
const titles = async () => (await govern.turns.turn()).map(({ title }) => title).sort()

describe('policies', () => {
  test('every template of the reference product is there, and is a whole policy', () => {
    expect(policyTemplates).toHaveLength(17)
    for (const { id } of policyTemplates) expect(policyOf(id)?.newDays).toBe(90)
    expect(policyOf('none')).toBeNull()
  })

  test('thresholds are exceeded together, on one day', async () => {
    await govern.policies.put(
      'p',
      policySchema.parse({ name: 'Much', threshold: { users: 2, bytesUp: 100 * MB } }),
    )
    await addUsage(ground.store, [
      ...people(3, { up: 40 * MB }),
      // enough bytes, too few people
      ...people(2, { appId: 'drive', app: 'Drive', up: 90 * MB }),
      // enough of both, on two days
      ...people(2, { appId: 'suite', up: 60 * MB }),
      ...people(2, { appId: 'suite', up: 60 * MB, atMs: startMs - dayMs }),
    ])
    const [alert, ...more] = await govern.turns.turn()
    expect(more).toEqual([])
    expect(alert).toMatchObject({
      title: 'Much: files',
      appId: 'files',
      measures: { users: 3, bytesUp: 120 * MB },
    })
    expect(alert.evidence).toHaveLength(3)
    expect(alert.evidence[0]).toMatchObject({
      user: expect.stringMatching(/^user\./),
      address: expect.stringMatching(/^10\./),
      host: 'files.example.com',
      bytesUp: 40 * MB,
    })
  })

  test('new is said once, of what was not seen before, and not while everything is new', async () => {
    await govern.policies.put('p', policyOf('new-app') ?? policySchema.parse({ name: 'x' }))
    await addUsage(ground.store, people(1, {}))
    expect(await titles()).toEqual([])
    await addUsage(ground.store, [past, { atMs: startMs, appId: 'drive', user: 'ann' }], 1)
    await ground.store.insert('usage_hours', [
      {
        report: 'continuous',
        hour: Math.floor(startMs / 3_600_000) * 3600,
        generation: 1,
        catalog: 'c',
        rows: 1,
      },
    ])
    expect(await titles()).toEqual(['New app: files'])
    expect(await titles()).toEqual([])
    ground.clock.ms += dayMs
    await addUsage(ground.store, people(1, { atMs: startMs + dayMs }))
    expect(await titles()).toEqual([])
    expect(
      (await govern.alerts.list({ status: null, kind: null, appId: null, limit: 10, offset: 0 }))
        .total,
    ).toBe(1)
  })

  test('generative AI by its category; other apps are not meant', async () => {
    await govern.policies.put(
      'p',
      policyOf('new-generative-ai-app') ?? policySchema.parse({ name: 'x' }),
    )
    await addUsage(ground.store, [
      past,
      ...people(1, {}),
      ...people(1, { appId: 'talk', app: 'Talk', category: 'Generative AI' }),
    ])
    expect(await titles()).toEqual(['New generative AI app: Talk'])
  })

  test('groups, sources, tags and scores bound a policy; a day has its most', async () => {
    await govern.people.putGroup({ name: 'Sales', comment: '', users: ['USER.1'] })
    const policy = (more: object) => policySchema.parse({ name: 'P', ...more })
    await addUsage(ground.store, [
      ...people(2, { source: 'branch' }),
      ...people(1, { appId: 'drive', app: 'drive', score: 9 }),
      ...people(1, { appId: 'talk', app: 'talk', score: null }),
    ])
    await govern.tag({
      appIds: ['drive'],
      tag: 'sanctioned',
      active: true,
      actor: 'ann',
      reason: '',
      expiresMs: null,
    })
    const f = async (more: object, want: string[]) => {
      await govern.policies.put(JSON.stringify(more), policy(more))
      expect(await titles()).toEqual(want)
      await govern.policies.remove(JSON.stringify(more))
    }
    await f({ groups: ['sales'] }, ['P: files'])
    await f({ sources: ['branch'], repeatDays: 1 }, ['P: files'])
    await f({ withoutTags: ['sanctioned'], scoreMin: 0 }, ['P: files'])
    await f({ tags: ['sanctioned'] }, ['P: drive'])
    await f({ scoreBelow: 6 }, ['P: files'])
    await f({ enabled: false }, [])
    await govern.policies.put('most', policy({ alertsPerDay: 2 }))
    expect(await titles()).toHaveLength(2)
    expect(await titles()).toHaveLength(0)
  })

  test('scripts that were handed over follow a tag that ends by itself', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gnomon-hand-'))
    settings = { govern: { handOver: { folder, formats: ['squid'] } } }
    const script = async () => readFile(join(folder, 'gnomon-squid.conf'), 'utf8')
    const tag = { appIds: ['files'], tag: 'unsanctioned', actor: 'ann', reason: '' }
    await govern.tag({ ...tag, active: true, expiresMs: startMs + dayMs })
    expect(await script()).toContain('files.example.com')
    await govern.turns.turn()
    expect(await script()).toContain('files.example.com')
    ground.clock.ms += 2 * dayMs
    await govern.turns.turn()
    expect(await script()).not.toContain('files.example.com')
    await rm(folder, { recursive: true })
  })

  test('a policy tags, and what is unsanctioned is handed over as scripts', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gnomon-hand-'))
    settings = { govern: { handOver: { folder, formats: ['squid', 'rpz'] } } }
    await govern.policies.put(
      'p',
      policySchema.parse({ name: 'Out', apps: ['files'], tag: 'unsanctioned' }),
    )
    await addUsage(ground.store, people(1, {}))
    await govern.turns.turn()
    expect(
      (await govern.tags.current()).map(({ appId, tag, actor }) => [appId, tag, actor]),
    ).toEqual([['files', 'unsanctioned', 'policy Out']])
    expect(await readFile(join(folder, 'gnomon-squid.conf'), 'utf8')).toContain(
      'dstdomain .files.example.com',
    )
    expect(await readFile(join(folder, 'gnomon-rpz.zone'), 'utf8')).toContain(
      '*.files.example.com CNAME .',
    )
    await rm(folder, { recursive: true })
  })

  test('what is muted is kept and tells nobody, until the muting ends', async () => {
    await govern.policies.put('p', policySchema.parse({ name: 'P', repeatDays: 1 }))
    const muting = {
      policy: null,
      appId: 'files',
      user: null,
      kind: null,
      untilMs: startMs + 1,
      reason: 'known',
      actor: 'ann',
    }
    await govern.mutings.put('m', muting)
    await addUsage(ground.store, people(1, {}))
    expect(await titles()).toEqual([])
    const list = await govern.alerts.list({
      status: 'muted',
      kind: null,
      appId: 'files',
      limit: 10,
      offset: 0,
    })
    expect(list.total).toBe(1)
    ground.clock.ms += 2 * dayMs
    await addUsage(ground.store, people(1, { atMs: ground.clock.ms }))
    expect(await titles()).toEqual(['P: files'])
  })
})

describe('baselines', () => {
  test('a person uploads much more than usual: one alert with the app and the rows', async () => {
    const days = Array.from({ length: 30 }, (_, i): UseOf => ({
      atMs: startMs - (i + 1) * dayMs,
      user: 'ann',
      appId: 'drive',
      app: 'Drive',
      up: 20 * MB,
    }))
    await addUsage(ground.store, [
      ...days,
      {
        atMs: startMs,
        user: 'ann',
        appId: 'files',
        app: 'Files',
        up: 900 * MB,
        srcIp: '192.0.2.9',
      },
    ])
    const raised = await govern.turns.turn()
    expect(raised).toMatchObject([
      {
        kind: 'baseline',
        user: 'ann',
        appId: 'files',
        title: 'Unusual upload by ann, mostly to Files',
        evidence: [{ bytesUp: 900 * MB, address: '192.0.2.9' }],
      },
    ])
    expect(raised[0].detail).toContain('900.0 MB uploaded on that day; usual are 20.0 MB')
    expect(await govern.turns.turn()).toEqual([])
  })
})

describe('the appliance', () => {
  test('a trouble is told once, is over when it is over, and is news when it comes back', async () => {
    troubles.push({
      key: 'feed|x',
      severity: 'medium',
      title: 'Feed x is late',
      detail: 'No data for 3 h.',
    })
    expect(await titles()).toEqual(['Feed x is late'])
    expect(await titles()).toEqual([])
    const [gone] = troubles.splice(0)
    expect(await titles()).toEqual([])
    expect(
      (
        await govern.alerts.list({
          status: 'resolved',
          kind: 'system',
          appId: null,
          limit: 10,
          offset: 0,
        })
      ).total,
    ).toBe(1)
    troubles.push(gone)
    expect(await titles()).toEqual(['Feed x is late'])
  })

  test('a source that sends each hour is missed after three, a drift is seen', async () => {
    const row = { report: 'continuous', stream: 's', reason: '', format: 'X', bytes: 1 }
    const hour = Math.floor(startMs / 3_600_000)
    const hours = Array.from({ length: 240 }, (_, i) => hour - 4 - i)
    await ground.store.insert('ledger', [
      ...hours.map((one) => ({
        ...row,
        hour: one * 3600,
        source: 'edge',
        outcome: 'received',
        lines: 50,
      })),
      ...hours.slice(0, 10).map((one) => ({
        ...row,
        hour: one * 3600,
        source: 'edge',
        outcome: 'unparsed',
        lines: 20,
      })),
    ])
    expect(await titles()).toEqual([
      'Lines of source edge are read worse than before',
      'Source edge is silent',
    ])
  })
})

describe('a clock that was set back', () => {
  test('what is changed after a restart counts', async () => {
    const tag = { appIds: ['files'], tag: 'unsanctioned', actor: 'ann', reason: '' }
    await govern.tag({ ...tag, active: true, expiresMs: null })
    await govern.policies.put('p', policySchema.parse({ name: 'Old' }))
    ground.clock.ms -= dayMs
    const next = newGovern()
    await next.start()
    await next.tag({ ...tag, active: false, expiresMs: null })
    await next.policies.put('p', policySchema.parse({ name: 'New' }))
    await next.stop()
    const last = newGovern()
    expect(await last.tags.byApp()).toEqual(new Map())
    expect((await last.policies.get('p'))?.name).toBe('New')
  })
})

test('a person’s word and fresh figures at the same time: both are there', async () => {
  const event = {
    kind: 'system' as const,
    severity: 'high' as const,
    title: 'Disk',
    detail: 'first',
    policy: null,
    appId: null,
    app: null,
    user: null,
    measures: {},
    evidence: [],
    from: new Date(startMs).toISOString(),
    to: new Date(startMs).toISOString(),
  }
  const raised = await govern.alerts.raise({ key: 'disk', ...event })
  const id = raised?.id ?? ''
  await Promise.all([
    govern.alerts.raise({ key: 'disk', ...event, detail: 'second' }),
    govern.alerts.change(id, { status: 'dismissed' }),
    govern.alerts.change(id, { comment: 'known' }),
  ])
  expect(await govern.alerts.get(id)).toMatchObject({
    status: 'dismissed',
    comment: 'known',
    detail: 'second',
  })
})
