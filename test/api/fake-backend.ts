/** An appliance of pure memory behind the API, with hostile names in every place a log can reach. */
import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { OperatingError } from '../../src/errors.ts'
import type { ApiBackend, UploadRequest } from '../../src/api/backend.ts'
import type { ListQuery, Page, Paging } from '../../src/api/queries.ts'
import type { LedgerRow, SourceRow, StreamRow, UnparsedRow, UseRow } from '../../src/api/schemas.ts'
import type { Report } from '../../src/report/report.ts'
import { emptyReport, fixtureReport, hostile } from '../report/fixture.ts'

export const nowMs = Date.parse('2026-09-25T14:05:12Z')

export interface FakeBackend extends ApiBackend {
  uploads: { request: UploadRequest; bytes: number }[]
  /** Errors thrown by the method named, instead of an answer. */
  faults: Map<string, Error>
  asked: unknown[]
}

function stream(patch: Partial<StreamRow>): StreamRow {
  return {
    key: 'udp:5514|192.0.2.1',
    listener: 'syslog-udp',
    peer: '192.0.2.1',
    format: 'PALO_ALTO_SYSLOG',
    confidence: 0.99,
    reason: '64 of 64 lines fit Palo Alto PAN-OS, no other format fits one',
    lastSeen: '2026-09-25T14:05:09.000Z',
    transactions: 9000,
    judged: 9000,
    zone: null,
    clock: {
      state: 'right',
      seconds: -1,
      low: -4,
      high: 0,
      text: 'Its clock agrees with receipt.',
    },
    drift: [],
    withUser: 0.82,
    withHost: 0.97,
    withBytes: 0.991,
    withAction: 1,
    ...patch,
  }
}

const sources: SourceRow[] = [
  {
    name: 'hq-firewall',
    lastSeen: '2026-09-25T14:05:09.000Z',
    linesPerSecond: 1834.2,
    notices: [],
    commands: [{ format: 'PALO_ALTO', enable: 'set log-settings', blind: 'No bytes.' }],
    streams: [stream({}), stream({ key: 'udp:5514|192.0.2.2', peer: '192.0.2.2' })],
  },
  {
    name: `branch ${hostile.attribute}`,
    lastSeen: '2026-09-25T11:40:00.000Z',
    linesPerSecond: 0,
    notices: [`Since 2026-09-25 11:02 lines have the key '${hostile.script}'.`],
    commands: [{ format: 'FORTIGATE', enable: `config log ${hostile.script}`, blind: null }],
    streams: [
      stream({
        key: `tcp:5514|2001:db8::5`,
        peer: '2001:db8::5',
        listener: 'syslog-tcp',
        format: 'FORTIGATE',
        confidence: 0.86,
        reason: `logid= and type=traffic in 55 of 64 lines ${hostile.script}`,
        withUser: 0,
        withHost: 0.41,
        withBytes: 0.2,
        withAction: 0.02,
      }),
    ],
  },
  {
    name: 'old-proxy',
    lastSeen: '2026-09-21T08:00:00.000Z',
    linesPerSecond: 0,
    notices: [],
    commands: [],
    streams: [
      stream({
        key: 'folder:old-proxy',
        listener: 'folder',
        peer: 'access.log.4.gz',
        format: null,
        confidence: 0,
        reason: 'no format fits more than 2 of 64 lines',
        transactions: 0,
        judged: 0,
        clock: {
          state: 'files',
          seconds: null,
          low: null,
          high: null,
          text: 'Comes as files: no clock to compare with.',
        },
        withUser: null,
        withHost: null,
        withBytes: null,
        withAction: null,
      }),
    ],
  },
  {
    name: 'lab-proxy',
    lastSeen: null,
    linesPerSecond: null,
    notices: [],
    commands: [],
    streams: [],
  },
]

function ledgerRows(): LedgerRow[] {
  const rows: LedgerRow[] = []
  for (let hour = 13; hour >= 8; hour--)
    for (const [source, size] of [
      ['hq-firewall', 120_000],
      [`branch ${hostile.attribute}`, 9000],
    ] as const) {
      const lines = size + hour * 311
      const gap = hour === 10 && size === 9000 ? 8 : 0
      rows.push({
        hour: `2026-09-25T${String(hour).padStart(2, '0')}:00:00.000Z`,
        source,
        received: { lines: lines + gap, bytes: lines * 512 },
        transactions: { lines: lines - 3020 - 42 - 5, bytes: (lines - 3067) * 512 },
        skipped: { lines: 3020, bytes: 3020 * 512 },
        unparsed: { lines: 42, bytes: 42 * 512 },
        dropped: { lines: 5, bytes: null },
        reasons: [
          { outcome: 'skipped', reason: 'session-start', lines: 3020, bytes: 3020 * 512 },
          { outcome: 'unparsed', reason: 'no format matches', lines: 42, bytes: 42 * 512 },
          { outcome: 'dropped', reason: 'kernel-buffer', lines: 5, bytes: null },
        ],
      })
    }
  return rows
}

const unparsed: UnparsedRow[] = [
  ['no format matches', hostile.script],
  ['no format matches', `<13>Sep 25 14:03:11 gw kernel: ${hostile.ansi} ${hostile.bidi}`],
  ['time not readable', 'date=2026-99-99 time=14:03:10 devname="branch-fw" type="traffic"'],
  ['line too long', `id=firewall ${'x'.repeat(900)}`],
].map(([reason, text], index) => ({
  id: `u${index}`,
  receivedAt: '2026-09-25T14:03:12.000Z',
  source: index === 2 ? `branch ${hostile.attribute}` : 'hq-firewall',
  stream: 'udp:5514|192.0.2.1',
  reason,
  text,
  bytes: text.length,
}))

function cutPage<Row>(rows: Row[], { page, limit }: Paging): Page<Row> {
  return { rows: rows.slice((page - 1) * limit, page * limit), total: rows.length }
}

/** Sorted and filtered as the API promises: unknown last. */
function pageOf<Row extends { name: string }, Sort extends string>(
  all: Row[],
  query: ListQuery<Sort>,
): Page<Row> {
  const wanted = query.filter?.toLowerCase() ?? ''
  const sign = query.order === 'asc' ? 1 : -1
  const value = (row: Row) => (row as unknown as Record<Sort, string | number | null>)[query.sort]
  const rows = all
    .filter((row) => row.name.toLowerCase().includes(wanted))
    .toSorted((a, b) => {
      const [x, y] = [value(a), value(b)]
      if (x === null || y === null) return Number(x === null) - Number(y === null)
      return x < y ? -sign : Number(x > y) * sign
    })
  return cutPage(rows, query)
}

const uses: UseRow[] = [
  {
    name: hostile.script,
    id: null,
    transactions: 3,
    bytesTotal: null,
    blocked: 0,
    lastSeen: '2026-09-25T13:00:00.000Z',
  },
]

/** A backend with a middling company's data, or with nothing at all (a new appliance). */
export function fakeBackend(options: { empty?: boolean } = {}): FakeBackend {
  const empty = options.empty === true
  const report: Report = empty ? emptyReport() : fixtureReport()
  const fake: FakeBackend = {
    uploads: [],
    faults: new Map(),
    asked: [],
    sources: async () => (empty ? [] : sources),
    async ledger(query) {
      fake.asked.push(query)
      const rows = empty ? [] : ledgerRows()
      const sum = (pick: (row: LedgerRow) => number) => rows.reduce((n, row) => n + pick(row), 0)
      const totals = {
        received: sum((row) => row.received.lines),
        transactions: sum((row) => row.transactions.lines),
        skipped: sum((row) => row.skipped.lines),
        unparsed: sum((row) => row.unparsed.lines),
        dropped: sum((row) => row.dropped.lines),
        unbalanced: empty ? 0 : 1,
      }
      return { ...cutPage(rows, query), totals }
    },
    unparsed: async (query) =>
      cutPage(
        empty ? [] : unparsed.filter((row) => (query.reason ?? row.reason) === row.reason),
        query,
      ),
    replay: async () => ({ lines: unparsed.length, left: 0 }),
    reports: async () => [
      {
        id: 'continuous',
        title: 'Cloud Discovery',
        kind: 'continuous',
        from: report.from,
        to: report.to,
        transactions: report.totals.transactions,
      },
    ],
    async summary(scope) {
      fake.asked.push(scope)
      if (scope.report !== 'continuous') return null
      const { source, generatedAt, from, to, totals, risk, apps, unknown } = report
      const topApps = apps.slice(0, 10)
      const topUnknown = unknown.slice(0, 10)
      const { report: id } = report
      return { report: id, source, generatedAt, from, to, totals, risk, topApps, topUnknown }
    },
    async report(scope) {
      fake.asked.push(scope)
      return scope.report === 'continuous' ? report : null
    },
    async *usage() {
      for (let hour = 10; hour < 13; hour++)
        yield {
          hour: `2026-09-25T${hour}:00:00Z`,
          source: 'hq-firewall',
          app: 'Slack',
          host: 'files.slack.com',
          user: hostile.newline,
          device: null,
          srcIp: '192.0.2.10',
          action: 'allowed',
          transactions: 4,
          bytesUp: null,
          bytesDown: 400,
          bytesTotal: 400,
          seenBy: ['network'],
        }
    },
    async timeline(scope, only) {
      fake.asked.push({ ...scope, only })
      if (scope.report !== 'continuous') return null
      return { unit: report.timelineUnit, points: report.timeline }
    },
    async unknown(query) {
      fake.asked.push(query)
      const rows = report.unknown.map((row) => ({ ...row, name: row.domain }))
      const page = pageOf(rows, query)
      const names = new Set(page.rows.map(({ name }) => name))
      return { rows: report.unknown.filter(({ domain }) => names.has(domain)), total: page.total }
    },
    async apps(query) {
      fake.asked.push(query)
      return pageOf(report.apps, query)
    },
    async app(id) {
      const app = report.apps.find((one) => one.appId === id)
      if (app === undefined) return null
      return {
        app,
        users: uses,
        addresses: [],
        devices: [],
        hosts: uses,
        programs: [],
        seenBy: { network: app.transactions, agent: 0, both: 0 },
      }
    },
    async people(kind, query) {
      fake.asked.push(query)
      return pageOf(report[kind], query)
    },
    async person(kind, name) {
      const person = report[kind].find((one) => one.name === name)
      return person === undefined ? null : { person, apps: uses, others: [], picture: null }
    },
    overlap: async () => ({
      sources: [],
      unknownAddresses: [],
      unknownAddressCount: 0,
      unseenDevices: [],
      unseenDeviceCount: 0,
      prerequisites: { met: 0, notMet: 0, unknown: 0 },
      unfitDevices: [],
    }),
    freshness: async () => report.freshness,
    trace: async () => ({
      transactions: 0,
      bytesTotal: null,
      rules: [],
      flows: [],
      agentRows: [],
      leases: [],
      clocks: [],
    }),
    lookup: (host) => ({
      host: host.toLowerCase(),
      app: host === 'files.slack.com' ? 'Slack' : null,
      appId: host === 'files.slack.com' ? 'slack' : null,
      category: null,
      score: null,
      rule: null,
      infrastructure: false,
      domain: null,
    }),
    formats: () => [
      {
        id: 'PALO_ALTO_SYSLOG',
        aliases: ['PALO_ALTO'],
        vendor: 'Palo Alto Networks',
        product: 'PAN-OS',
        documentation: 'https://docs.paloaltonetworks.com/',
        summary: 'TRAFFIC and THREAT/url records',
        enable: 'Log at session end',
        blind: null,
      },
    ],
    checkUpload: async () => undefined,
    async takeUpload(body: Readable | string, request, onProgress) {
      let bytes = 0
      let lines = 0
      const bytesOf = typeof body === 'string' ? createReadStream(body) : body
      for await (const chunk of bytesOf as AsyncIterable<Buffer>) {
        bytes += chunk.length
        for (const byte of chunk) if (byte === 10) lines++
        onProgress({ phase: 'receiving', bytes, totalBytes: null })
      }
      onProgress({ phase: 'taking', bytes: 0, totalBytes: null })
      fake.uploads.push({ request, bytes })
      return { lines, duplicate: false }
    },
    async uploadParsed(id) {
      const upload = fake.uploads.find(({ request }) => request.id === id)
      if (upload === undefined) return null
      return {
        transactions: 2,
        skipped: 0,
        unparsed: 0,
        format: 'SQUID',
        confidence: 0.97,
        reason: 'all of 2 lines fit Squid',
      }
    },
    async uploadResult(id) {
      if (!fake.uploads.some(({ request }) => request.id === id)) return null
      return {
        formats: [{ format: 'SQUID', transactions: 2, skipped: 0, unparsed: 0 }],
        reasons: [],
      }
    },
    config: () => ({ api: { port: 8080 }, store: { password: '***' } }),
    reload: async () => ({ changed: ['sources'], needRestart: [] }),
    readiness: async () => ({ ready: true, checks: [{ name: 'store', ok: true, reason: null }] }),
  }
  return new Proxy(fake, {
    get(target, name, receiver) {
      const fault = target.faults.get(String(name))
      if (fault === undefined) return Reflect.get(target, name, receiver) as unknown
      return () => Promise.reject(fault)
    },
  })
}

export const storeDown = new OperatingError(
  'STORE_UNAVAILABLE',
  'cannot ask the store: connection refused; check store.url',
)
