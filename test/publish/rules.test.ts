/** The rules of publishing that need nothing but their input. */
import { describe, expect, test } from 'vitest'
import { isCron, publishFaults } from '../../src/config/publish-checks.ts'
import { publishSchema } from '../../src/config/publish-schema.ts'
import { publishLimits } from '../../src/limits.ts'
import { dueReason } from '../../src/publish/due.ts'
import {
  logTypeOf,
  mdaSourceOf,
  mdaSources,
  sourceOfLogType,
} from '../../src/publish/mda-sources.ts'
import { compileLeaveOut, compilePseudonyms, PrivacyCounter } from '../../src/publish/privacy.ts'
import { RateBudget } from '../../src/publish/rate-budget.ts'
import type { SentRow } from '../../src/publish/sent-usage.ts'
import {
  judged,
  pauseMs,
  Refused,
  retryAfterMs,
  shown,
  TryAgain,
  withoutQuery,
} from '../../src/publish/transport.ts'
import { sentRow } from './sent-row.ts'

const now = Date.UTC(2026, 8, 21, 14)

test.each<[value: string | undefined, want: number | null]>([
  ['5', 5000],
  ['0', 0],
  ['Mon, 21 Sep 2026 14:00:30 GMT', 30_000],
  ['Mon, 21 Sep 2026 13:00:00 GMT', 0],
  ['86400', null],
  ['soon', null],
  [undefined, null],
])('Retry-After %s', (value, want) => {
  expect(retryAfterMs(value, now)).toBe(want)
})

describe('an answer is a success, a reason to try again, or a refusal', () => {
  const answer = (status: number, text = '', headers = {}) => ({ status, text, headers })
  const outcome = (status: number, text?: string, headers?: object): unknown => {
    try {
      return judged(answer(status, text, headers), 'x', now).status
    } catch (error) {
      return error instanceof TryAgain
        ? [error.sent, error.waitMs]
        : error instanceof Refused
          ? 'refused'
          : error
    }
  }
  test.each<[status: number, text: string, headers: object, want: unknown]>([
    [200, '', {}, 200],
    [201, '', {}, 201],
    [429, '', { 'retry-after': '7' }, [false, 7000]],
    [429, '', {}, [false, publishLimits.throttledMs]],
    [
      400,
      'Request was throttled. Expected available in 5 seconds.',
      {},
      [false, publishLimits.throttledMs],
    ],
    [502, '', {}, [true, null]],
    [504, '', { 'retry-after': '3' }, [true, 3000]],
    [400, 'no', {}, 'refused'],
    [404, '', {}, 'refused'],
  ])('%i %s', (status, text, headers, want) => {
    expect(outcome(status, text, headers)).toEqual(want)
  })
})

test('pauses double, with jitter, up to the bound', () => {
  expect([1, 2, 3].map((n) => pauseMs(n, () => 0.5))).toEqual([1000, 2000, 4000])
  expect(pauseMs(100, () => 1)).toBe(publishLimits.retryMsMax * 1.25)
  expect(pauseMs(1, () => 0)).toBe(750)
})

test('receipts hold no rights', () => {
  expect(withoutQuery('https://b.example.com/c/d?sv=1&sig=secret')).toBe(
    'https://b.example.com/c/d',
  )
  expect(shown('{"url":"https://b/c?se=1&sig=abc%2F1","token":"xyz"}')).not.toMatch(/abc|xyz/)
})

test('a minute has so many requests, in the order they were asked for', async () => {
  let clock = 0
  const budget = new RateBudget(
    3,
    () => clock,
    async (ms) => {
      await new Promise(setImmediate)
      clock += ms
    },
  )
  const order: [number, number][] = []
  await Promise.all(
    Array.from({ length: 8 }, async (_, i) => budget.take().then(() => order.push([i, clock]))),
  )
  expect(order.map(([i]) => i)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  expect(order.map(([, at]) => at)).toEqual([0, 0, 0, 60_000, 60_000, 60_000, 120_000, 120_000])
  budget.closeFor(90_000)
  await budget.take()
  expect(clock).toBe(210_000)
})

test('a clock that is set back does not close the budget', async () => {
  let clock = 86_400_000
  const waits: number[] = []
  const budget = new RateBudget(
    2,
    () => clock,
    async (ms) => {
      waits.push(ms)
      clock += ms
    },
  )
  await budget.take()
  await budget.take()
  budget.closeFor(5000)
  clock = 0
  await budget.take()
  await budget.take()
  await budget.take()
  expect(waits).toEqual([60_000])
})

test.each<
  [bytes: number, sinceMs: number | null, called: 'schedule' | 'asked' | null, want: string | null]
>([
  [0, null, 'asked', null],
  [10, now - 1000, null, null],
  [1000, now - 1000, null, 'size'],
  [1, now - 60_000, null, 'time'],
  [1, now, 'schedule', 'schedule'],
  [1, now, 'asked', 'asked'],
])('due: %i bytes since %s, %s', (bytes, sinceMs, called, want) => {
  expect(dueReason({ everyBytes: 1000, everyMs: 60_000 }, { bytes, sinceMs }, called, now)).toBe(
    want,
  )
})

describe('names of formats there', () => {
  test('71 of them, each with its number where one is published', () => {
    expect(mdaSources.size).toBe(71)
    const unnumbered = [...mdaSources].filter((name) => logTypeOf(name) === null)
    expect(unnumbered).toEqual(['OPEN_SYSTEMS_SECURE_WEB_GATEWAY', 'WANDERA_SYSLOG'])
    for (const name of mdaSources) {
      const number = logTypeOf(name)
      if (number !== null) expect(sourceOfLogType(number)).toBe(name)
    }
  })

  test.each<[format: string, overSyslog: boolean, want: string | null]>([
    ['PALO_ALTO', true, 'PALO_ALTO_SYSLOG'],
    ['PALO_ALTO', false, 'PALO_ALTO'],
    ['PALO_ALTO_SYSLOG', false, 'PALO_ALTO'],
    ['SQUID', true, 'SQUID'],
    ['JUNIPER_SRX', false, 'JUNIPER_SRX_SYSLOG'],
    ['SURICATA_EVE', true, null],
  ])('%s, by syslog %s', (format, overSyslog, want) => {
    expect(mdaSourceOf(format, overSyslog)).toBe(want)
  })
})

describe('what stays here', () => {
  const rules = publishSchema.parse({
    uploads: [
      {
        name: 'u',
        tenant: 't',
        stream: 's',
        leaveOut: {
          users: ['Svc-Backup'],
          addresses: ['192.0.2.0/24'],
          hosts: ['payroll.example.com'],
        },
      },
    ],
  }).uploads[0].leaveOut
  test.each<[row: Partial<SentRow>, want: string | null]>([
    [{}, null],
    [{ host: '' }, 'no-destination'],
    [{ src_ip: '' }, 'no-client'],
    [{ infrastructure: 1 }, 'infrastructure'],
    [{ host: '10.1.2.3' }, 'internal'],
    [{ host: '203.0.113.9' }, null],
    [{ host: 'fileserver' }, 'internal'],
    [{ host: 'nas.corp.local' }, 'internal'],
    [{ user: 'svc-backup' }, 'user'],
    [{ src_ip: '192.0.2.77' }, 'address'],
    [{ host: 'a.Payroll.example.com' }, 'host'],
    [{ host: 'notpayroll.example.com' }, null],
  ])('%j', (row, want) => {
    expect(compileLeaveOut(rules)({ ...sentRow, ...row })).toBe(want)
  })

  test('pseudonyms: names are gone, addresses look like addresses, the same stays the same', () => {
    const disguise = compilePseudonyms(
      { users: true, devices: true, addresses: true },
      Buffer.alloc(32, 7),
    )
    const one = disguise({ ...sentRow, src_ip: '198.51.100.7' })
    const six = disguise({ ...sentRow, src_ip: '2001:db8::7' })
    expect(JSON.stringify([one.user, one.device, one.src_ip, six.src_ip])).not.toMatch(
      /ann|laptop|198\.51|2001:db8/,
    )
    expect(one).toMatchObject({ user: sentRow.user_alias, device: sentRow.device_alias })
    expect(one.src_ip).toMatch(/^10\.\d+\.\d+\.\d+$/)
    expect(six.src_ip).toMatch(/^fd[0-9a-f]{2}(:[0-9a-f]{1,4}){7}$/)
    expect(disguise({ ...sentRow, src_ip: '198.51.100.7' })).toEqual(one)
    expect(
      compilePseudonyms(
        { users: false, devices: false, addresses: false },
        Buffer.alloc(32),
      )(sentRow),
    ).toBe(sentRow)
  })

  test('the summary tells which fields name people', () => {
    const counter = new PrivacyCounter({ users: false, devices: true, addresses: false })
    counter.add(sentRow)
    counter.left('internal')
    const { rows, leftOut, fields } = counter.summary(100)
    expect([rows, leftOut]).toEqual([1, { internal: 1 }])
    expect(fields.find(({ field }) => field === 'user')).toEqual({
      field: 'user',
      rows: 1,
      distinct: 1,
      example: 'corp\\ann',
      treatment: 'the name of a person, as logged',
    })
    expect(fields.find(({ field }) => field === 'device')?.treatment).toContain('pseudonym')
  })
})

test.each<[text: string, want: boolean]>([
  ['0 2 * * *', true],
  ['*/15 8-18 * * 1-5', true],
  ['0 7 1,15 jan mon', true],
  ['0 2 * *', false],
  ['60 2 * * *', false],
  ['0 24 * * *', false],
  ['a b c d e', false],
])('cron %s', (text, want) => {
  expect(isCron(text)).toBe(want)
})

test('a configuration that cannot work is told so', () => {
  const publish = publishSchema.parse({
    tenants: [{ name: 'a', url: 'http://x.example.com', credential: { kind: 'secret' } }],
    uploads: [
      { name: 'u', tenant: 'b', stream: 's', content: 'raw', pseudonyms: { users: true } },
      { name: 'U', tenant: 'a', stream: 's', format: 'SQUID', schedule: 'daily', zone: 'Mars' },
    ],
    records: [{ name: 'r', to: 'siem.example.com' }],
    reports: [{ name: 'w', schedule: '0 7 * * 1', to: ['a@example.com'] }],
  })
  expect(publishFaults(publish).map(({ paths }) => paths[0].join('.'))).toEqual([
    'publish.uploads.1.name',
    'publish.tenants.0.credential.tenantId',
    'publish.tenants.0.credential.clientId',
    'publish.tenants.0.credential.clientSecret',
    'publish.tenants.0.url',
    'publish.uploads.0.tenant',
    'publish.uploads.0.source',
    'publish.uploads.0.pseudonyms',
    'publish.uploads.1.schedule',
    'publish.uploads.1.zone',
    'publish.uploads.1.format',
    'publish.records.0.to',
    'publish.reports.0.to',
  ])
})
