/** The hunting feed against a service that enforces the documented limits, signed in by a real OpenID provider. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { defenderSchema } from '../../src/config/defender-schema.ts'
import type { HuntingConfig } from '../../src/config/defender-schema.ts'
import type { Feed } from '../../src/defender/feed.ts'
import { createHuntingFeed } from '../../src/defender/hunting-feed.ts'
import type { HuntingFeedParts } from '../../src/defender/hunting-feed.ts'
import { until } from '../e2e/appliance.ts'
import { Door, feedContract, range, rowOf } from './feed-contract.ts'
import {
  HuntingService,
  certificateClientId,
  clientId,
  clientSecret,
  newCertificate,
  tenant,
} from './hunting-service.ts'

const minuteMs = 60_000
const limits = {
  rows: 100_000,
  sliceMs: 5 * minuteMs,
  pollMs: 30,
  retryMs: 20,
  callsPerMinute: 100_000,
  callsPerHour: 100_000,
}

let service: HuntingService
beforeAll(async () => {
  service = await HuntingService.start()
})
afterAll(() => service.stop())

function configOf(
  more: Record<string, unknown> = {},
  signIn: Record<string, unknown> = {},
): HuntingConfig {
  const credential = {
    kind: 'secret',
    tenantId: tenant,
    clientId,
    clientSecret,
    authority: service.url,
    ...signIn,
  }
  const tables = ['DeviceNetworkEvents']
  const given = { name: 'main', url: service.url, credential, tables, ...more }
  return defenderSchema.parse({ hunting: [given] }).hunting[0]
}

type Stamped = Record<string, unknown> & { Timestamp: string }

function rowsOf(ids: readonly number[], nowMs = Date.now()): Stamped[] {
  return ids.map((id) => rowOf(id, nowMs) as Stamped)
}

feedContract('hunting', {
  open: async () => undefined,
  close: async () => undefined,
  reset: async () => {
    service.reset()
    service.limits = { ...service.limits, rows: 100_000, callsPerMinute: 100_000 }
  },
  write: async (ids) => service.add('DeviceNetworkEvents', rowsOf(ids)),
  revoke: async (revoked) => {
    service.permitted = !revoked
  },
  feed: (parts) => createHuntingFeed({ ...parts, config: configOf(), limits }),
})

describe('hunting', () => {
  let folder: string
  let door: Door
  let nowMs: number
  const feeds: Feed[] = []

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gnomon-hunting-'))
    door = new Door()
    nowMs = Date.now()
    service.reset()
    service.limits = {
      rows: 100_000,
      callsPerMinute: 100_000,
      retryAfterSeconds: 1,
      answerBytes: 124e6,
    }
  })
  afterEach(async () => {
    for (const feed of feeds.splice(0)) await feed.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const make = (
    more: Record<string, unknown> = {},
    own: Partial<NonNullable<HuntingFeedParts['limits']>> = {},
    signIn: Record<string, unknown> = {},
  ): Feed => {
    const feed = createHuntingFeed({
      config: configOf(more, signIn),
      dataDir: folder,
      sink: door,
      log: pino({ level: 'silent' }),
      now: () => nowMs,
      limits: { ...limits, ...own },
    })
    feeds.push(feed)
    return feed
  }
  const turns = async (feed: Feed): Promise<void> => {
    nowMs++
    const since = nowMs
    await until('a turn', async () => {
      const { lastTurnMs, state } = feed.status()
      return lastTurnMs !== null && lastTurnMs >= since && state === 'waiting'
    })
  }

  test.each([
    ['mde', '/api/advancedqueries/run'],
    ['xdr', '/api/advancedhunting/run'],
    ['graph', '/v1.0/security/runHuntingQuery'],
  ])('%s', async (api, path) => {
    service.add('DeviceNetworkEvents', rowsOf(range(0, 40)))
    await make({ api }).start()
    await until('all rows', async () => door.rows().length >= 40)
    expect(door.rows()).toEqual(range(0, 40))
    expect(new Set(service.calls.map((call) => call.path))).toEqual(new Set([path]))
    expect(service.calls.every(({ timespan }) => (timespan !== null) === (api === 'graph'))).toBe(
      true,
    )
  })

  test('a clock that ran ahead for some hours passes over nothing', async () => {
    const realMs = nowMs
    service.add('DeviceNetworkEvents', rowsOf(range(0, 5), realMs))
    nowMs = realMs + 20 * 60 * minuteMs
    const feed = make({ startDays: 2 })
    await feed.start()
    await until('the first rows', async () => door.rows().length >= 5)
    await turns(feed)
    nowMs = realMs
    const now = new Date(realMs).toISOString()
    const later = rowsOf(range(5, 10), realMs).map((row) => ({ ...row, Timestamp: now }))
    service.add('DeviceNetworkEvents', later)
    await until('what came after the clock was put right', async () => door.rows().length >= 10)
    expect(door.rows()).toEqual(range(0, 10))
  })

  test('rows right at the edges of slices, and of the smallest pieces', async () => {
    const edge = Math.floor(nowMs / limits.sliceMs) * limits.sliceMs
    const offsets = [
      -1,
      0,
      1,
      -1000,
      1000,
      -limits.sliceMs,
      1 - limits.sliceMs,
      -limits.sliceMs - 1,
    ]
    const rows = rowsOf(range(0, offsets.length)).map((row, i) => ({
      ...row,
      Timestamp: new Date(edge + offsets[i]).toISOString(),
    }))
    service.add('DeviceNetworkEvents', rows)
    service.limits.rows = 2
    await make({}, { rows: 2 }).start()
    nowMs = Math.max(nowMs, edge + 2000)
    await until('all rows', async () => door.rows().length >= offsets.length)
    expect(door.rows()).toEqual(range(0, offsets.length))
  })

  test('more rows than an answer may have are asked in finer slices, none lost', async () => {
    service.limits.rows = 50
    service.add('DeviceNetworkEvents', rowsOf(range(0, 900)))
    await make({}, { rows: 50 }).start()
    await until('all rows', async () => door.rows().length >= 900)
    expect(door.rows()).toEqual(range(0, 900))
    expect(service.calls.every(({ rows }) => rows <= 50)).toBe(true)
  })

  test('… and one second of them by a hash', async () => {
    service.limits.rows = 50
    const at = new Date(Math.floor(nowMs / 1000) * 1000 - 5 * minuteMs).toISOString()
    service.add(
      'DeviceNetworkEvents',
      rowsOf(range(0, 300)).map((row) => ({ ...row, Timestamp: at })),
    )
    await make({}, { rows: 50 }).start()
    await until('all rows', async () => door.rows().length >= 300)
    expect(door.rows()).toEqual(range(0, 300))
    expect(service.calls.some(({ query }) => query.includes('hash('))).toBe(true)
  })

  test('an answer that is too large is asked in parts', async () => {
    service.limits.answerBytes = 20_000
    service.add('DeviceNetworkEvents', rowsOf(range(0, 200)))
    await make().start()
    await until('all rows', async () => door.rows().length >= 200)
    expect(door.rows()).toEqual(range(0, 200))
    expect(service.calls.some(({ status }) => status === 400)).toBe(true)
  })

  test('rows that come late are taken, those that came before are not taken again', async () => {
    service.add('DeviceNetworkEvents', rowsOf(range(0, 30)))
    const feed = make()
    await feed.start()
    await until('the first rows', async () => door.rows().length >= 30)
    await turns(feed)
    const calls = service.calls.length
    await turns(feed)
    // nothing changed: one count, no rows
    expect(service.calls.slice(calls).every(({ query }) => query.includes('summarize'))).toBe(true)
    const late = nowMs - 3 * 60 * minuteMs
    service.add('DeviceNetworkEvents', rowsOf(range(30, 35), late))
    service.add('DeviceNetworkEvents', rowsOf(range(35, 40)))
    await until('the late rows', async () => door.rows().length >= 40)
    await turns(feed)
    expect(door.rows()).toEqual(range(0, 40))
    expect(feed.status().repeated).toBeGreaterThan(0)
  })

  test('slices that can no longer change are done with, and their marks deleted', async () => {
    service.add('DeviceNetworkEvents', rowsOf(range(0, 30)))
    const feed = make({ lateMinutes: 60 })
    await feed.start()
    await until('the rows', async () => door.rows().length >= 30)
    nowMs += 3 * 60 * minuteMs
    const newest = new Date(nowMs).toISOString()
    service.add(
      'DeviceNetworkEvents',
      rowsOf([30]).map((row) => ({ ...row, Timestamp: newest })),
    )
    await until('the newest row', async () => door.rows().length >= 31)
    await turns(feed)
    await turns(feed)
    const sliceOf = Math.floor(nowMs / limits.sliceMs) * limits.sliceMs
    expect((await readdir(join(folder, 'defender', 'main.hunting'))).toSorted()).toEqual([
      `DeviceNetworkEvents-${sliceOf}.rows`,
      'state.json',
    ])
    service.calls.length = 0
    await turns(feed)
    const from = /datetime\(([^)]+)\)/.exec(service.calls[0].query)?.[1] ?? ''
    expect(nowMs - Date.parse(from)).toBeLessThanOrEqual(60 * minuteMs + limits.sliceMs)
  })

  test('429 is obeyed: it waits as long as it was told, and loses nothing', async () => {
    service.limits = { ...service.limits, rows: 20, callsPerMinute: 45, retryAfterSeconds: 1 }
    service.add('DeviceNetworkEvents', rowsOf(range(0, 400)))
    const feed = make({}, { rows: 20 })
    const startedMs = Date.now()
    await feed.start()
    await until('all rows', async () => door.rows().length >= 400)
    expect(door.rows()).toEqual(range(0, 400))
    const refused = service.calls.filter(({ status }) => status === 429).length
    expect(refused).toBeGreaterThan(0)
    expect(feed.status().failures['throttled']).toBe(refused)
    expect(Date.now() - startedMs).toBeGreaterThan(refused * 900)
  })

  test('its own budget keeps it below the quota: no call is refused', async () => {
    service.limits = { ...service.limits, callsPerMinute: 45 }
    service.add('DeviceNetworkEvents', rowsOf(range(0, 20)))
    const feed = make({}, { callsPerMinute: 10 })
    await feed.start()
    await until('ten calls', async () => service.calls.length >= 10)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(service.calls).toHaveLength(10)
    nowMs += minuteMs
    await until('the next', async () => service.calls.length > 10)
    expect(service.calls.every(({ status }) => status === 200)).toBe(true)
  })

  test('a secret that ran out is told in words, and taken up when it is good again', async () => {
    service.secretGood = false
    service.add('DeviceNetworkEvents', rowsOf(range(0, 5)))
    const feed = make()
    await feed.start()
    await until('it is told', async () => feed.status().failures['denied'] !== undefined)
    expect(feed.status().trouble).toMatch(/^cannot sign in: .*AADSTS7000222.*; check tenantId/)
    expect(door.calls).toBe(0)
    service.secretGood = true
    await until('all rows', async () => door.rows().length >= 5)
    await until('the trouble is over', async () => feed.status().trouble === null)
  })

  test('a wrong secret is refused by the provider itself', async () => {
    const feed = make({}, {}, { clientSecret: 'another one, as long' })
    await feed.start()
    await until('it is told', async () => feed.status().failures['denied'] !== undefined)
    expect(feed.status().trouble).toMatch(/^cannot sign in: .*invalid_client/)
  })

  test('a secret that was changed is taken up without a restart', async () => {
    service.add('DeviceNetworkEvents', rowsOf(range(0, 5)))
    let current = configOf({}, { clientSecret: 'another one, as long' })
    const feed = createHuntingFeed({
      config: current,
      dataDir: folder,
      sink: door,
      log: pino({ level: 'silent' }),
      now: () => nowMs,
      latest: async () => current,
      limits,
    })
    feeds.push(feed)
    await feed.start()
    await until('it is told', async () => feed.status().failures['denied'] !== undefined)
    current = configOf()
    await until('all rows', async () => door.rows().length >= 5)
    await until('the trouble is over', async () => feed.status().trouble === null)
  })

  test('a certificate signs in; one that the provider does not know is refused', async () => {
    service.add('DeviceNetworkEvents', rowsOf(range(0, 5)))
    const signIn = { kind: 'certificate', clientId: certificateClientId }
    const stranger = join(folder, 'stranger.pem')
    await writeFile(stranger, await newCertificate())
    const refused = make({ name: 'stranger' }, {}, { ...signIn, certificate: stranger })
    await refused.start()
    await until('it is told', async () => refused.status().failures['denied'] !== undefined)
    expect(refused.status().trouble).toMatch(/^cannot sign in: .*; check tenantId/)
    await refused.stop()
    // the right one is put in the same place: it is read again
    const own = join(folder, 'own.pem')
    await writeFile(own, await newCertificate())
    const feed = make({}, {}, { ...signIn, certificate: own })
    await feed.start()
    await until('it is told', async () => feed.status().failures['denied'] !== undefined)
    await writeFile(own, service.certificate)
    await until('all rows', async () => door.rows().length >= 5)
    expect(service.grants.at(-1)).toBe(certificateClientId)
  })

  // the library keeps where it found the service, and tokens, for as long as the process lives: one service for all
  describe("the machine's own identity", () => {
    const variable = 'AZURE_POD_IDENTITY_AUTHORITY_HOST'
    let machine: Awaited<ReturnType<HuntingService['machineIdentity']>>
    beforeAll(async () => {
      machine = await service.machineIdentity()
      process.env[variable] = machine.url
    })
    afterAll(async () => {
      delete process.env[variable]
      await machine.stop()
    })

    test.each<[string, string | undefined]>([
      ['the only one', undefined],
      ['one of several', '44444444-4444-4444-4444-444444444444'],
    ])('%s', async (_, chosen) => {
      service.add('DeviceNetworkEvents', rowsOf(range(0, 5)))
      const credential = {
        kind: 'managed-identity',
        ...(chosen !== undefined && { clientId: chosen }),
      }
      const given = { name: 'main', url: service.url, credential, tables: ['DeviceNetworkEvents'] }
      const feed = createHuntingFeed({
        config: defenderSchema.parse({ hunting: [given] }).hunting[0],
        dataDir: folder,
        sink: door,
        log: pino({ level: 'silent' }),
        now: () => nowMs,
        limits,
      })
      feeds.push(feed)
      await feed.start()
      await until('all rows', async () => door.rows().length >= 5)
      expect(machine.asked.at(-1)).toEqual({
        path: expect.stringMatching(/^\/metadata\/identity\/oauth2\/token\/?$/) as string,
        resource: service.url,
        clientId: chosen ?? null,
      })
    })
  })

  test('only what network protection blocked is asked of DeviceEvents', async () => {
    const blocked = { ActionType: 'ExploitGuardNetworkProtectionBlocked' }
    const [one, other] = rowsOf([1, 2])
    service.add('DeviceEvents', [
      { ...one, ...blocked },
      { ...other, ActionType: 'UsbDriveMounted' },
    ])
    await make({ tables: ['DeviceEvents'] }).start()
    await until('the row', async () => door.rows().length >= 1)
    expect(door.rows()).toEqual([1])
  })
})
