/** A report as a middling company would get it, with hostile names in every field a log can reach. */

import type { Report, ReportApp, ReportPerson, ReportSource } from '../../src/report/report.ts'
import { makeFreshness, makeOverlap } from './merged-fixture.ts'

/** Names that break careless renderers. */
export const hostile = {
  script: `<script>alert("x")</script>`,
  attribute: `"><img src=https://evil.example/x onerror=alert(1)>`,
  formula: `=cmd|' /C calc'!A0`,
  plus: '+1+1',
  dash: '-2+3',
  at: '@SUM(1+1)',
  tab: '\t=1+1',
  bidi: 'invoice\u202Efdp.exe',
  ansi: '\u001b[31mred\u001b[2J\u0007',
  csi: '\u009b2Jgone',
  newline: 'two\r\nlines',
  nul: 'nul\u0000byte',
  surrogate: 'half\ud800pair',
  dollar: '$& $1 $`',
  template: '${process.exit(1)}',
  quotes: `O'Hara "the, best"`,
  long: `${'a'.repeat(60)}.${'b'.repeat(4927)}.example.net`,
} as const

const appNames: readonly [string, string, number | null][] = [
  ['Microsoft 365', 'Collaboration', 10],
  ['Microsoft Teams', 'Communications', 10],
  ['Slack', 'Communications', 9],
  ['Zoom', 'Online meetings', 9],
  ['Google Drive', 'Cloud storage', 10],
  ['Dropbox', 'Cloud storage', 9],
  ['WeTransfer', 'Cloud storage', 6],
  ['MEGA', 'Cloud storage', 3],
  ['GitHub', 'Development tools', 10],
  ['GitLab', 'Development tools', 9],
  ['npm', 'Development tools', 8],
  ['ChatGPT', 'Generative AI', 8],
  ['Claude', 'Generative AI', 8],
  ['DeepL', 'Generative AI', 7],
  ['Midjourney', 'Generative AI', 4],
  ['Salesforce', 'CRM', 10],
  ['HubSpot', 'CRM', 9],
  ['Pipedrive', 'CRM', 7],
  ['ServiceNow', 'IT services', 10],
  ['Atlassian', 'Project management', 9],
  ['Trello', 'Project management', 8],
  ['Notion', 'Productivity', 7],
  ['Miro', 'Productivity', 8],
  ['Canva', 'Content management', 7],
  ['LinkedIn', 'Social network', 8],
  ['Facebook', 'Social network', 5],
  ['TikTok', 'Social network', 3],
  ['YouTube', 'Content sharing', 8],
  ['Spotify', 'Content sharing', 6],
  ['Netflix', 'Content sharing', 6],
  ['Pastebin', 'Content sharing', 2],
  ['DocuSign', 'Business management', 9],
  ['Workday', 'Human-resource management', 10],
  ['Shopify', 'E-commerce', 8],
  ['AnyDesk', 'IT services', 4],
  ['TeamViewer', 'IT services', 6],
  ['NordVPN', 'Security', 5],
  ['Telegram', 'Communications', 4],
  ['File.io', 'Cloud storage', 1],
  [hostile.script, hostile.attribute, null],
]

/** A small generator with a seed (mulberry32): the same report each time. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export interface FixtureOptions {
  apps?: number
  users?: number
  unknown?: number
  /** 'none': a log that tells no bytes at all. */
  bytes?: 'some' | 'none'
}

export function fixtureReport(options: FixtureOptions = {}): Report {
  const random = seeded(7)
  const told = options.bytes !== 'none'
  const apps = makeApps(options.apps ?? 40, random, told)
  const unknown = makeUnknown(options.unknown ?? 60, random, told)
  const users = makePeople(options.users ?? 200, random, told, userName)
  const addresses = makePeople(options.users ?? 200, random, told, addressName)
  const sum = (pick: (app: ReportApp) => number | null): number =>
    apps.reduce((total, app) => total + (pick(app) ?? 0), 0)
  const transactions =
    sum((app) => app.transactions) + unknown.reduce((n, row) => n + row.transactions, 0)
  const unknownBytes = unknown.reduce((total, row) => total + (row.bytesTotal ?? 0), 0)
  return {
    title: 'Cloud Discovery: head office and branches',
    report: 'continuous',
    source: null,
    generatedAt: '2026-09-25T14:05:12.000Z',
    from: '2026-09-21T14:00:00.000Z',
    to: '2026-09-25T13:00:00.000Z',
    totals: {
      transactions,
      bytesUp: told ? sum((app) => app.bytesUp) : null,
      bytesDown: told ? sum((app) => app.bytesDown) : null,
      bytesTotal: told ? sum((app) => app.bytesTotal) + unknownBytes : null,
      apps: apps.length,
      unknownDomains: unknown.length,
      users: users.length,
      addresses: addresses.length,
      devices: 0,
      blocked: sum((app) => app.blocked),
    },
    timeline: makeTimeline(apps, random, told),
    timelineUnit: 'hour',
    categories: makeCategories(apps, told),
    risk: makeRisk(apps, told),
    apps,
    unknown,
    infrastructure: ['Akamai', 'Amazon CloudFront', 'DigiCert OCSP', 'Windows Update'].map(
      (name, index) => ({
        name,
        hosts: 12 - index,
        ...volume(4e9 * random(), random, told),
      }),
    ),
    users,
    addresses,
    devices: [],
    sources: makeSources(transactions, told),
    unparsed: [
      { reason: 'no format matches', lines: 3120 },
      { reason: 'time not readable', lines: 411 },
      { reason: `field missing: ${hostile.ansi}`, lines: 12 },
    ],
    overlap: makeOverlap({ transactions, told, hostile }),
    freshness: makeFreshness(hostile),
    catalogVersion: '2026-09-15',
    gnomonVersion: '0.1.0',
  }
}

function volume(
  size: number,
  random: () => number,
  told: boolean,
): Pick<ReportApp, 'transactions' | 'bytesUp' | 'bytesDown' | 'bytesTotal'> {
  const total = Math.round(size)
  const up = Math.round(total * (0.05 + random() * 0.4))
  return {
    transactions: Math.max(1, Math.round(total / 180_000)),
    bytesUp: told ? up : null,
    bytesDown: told ? total - up : null,
    bytesTotal: told ? total : null,
  }
}

function makeApps(count: number, random: () => number, told: boolean): ReportApp[] {
  return Array.from({ length: count }, (_, index) => {
    const [name, category, score] = appNames[index % appNames.length] ?? ['App', 'Other', null]
    const round = Math.floor(index / appNames.length)
    const silent = index % 40 === 37
    return {
      appId: `app-${index}`,
      name: round === 0 ? name : `${name} ${round + 1}`,
      category,
      score,
      users: Math.ceil(random() * 180),
      devices: 0,
      addresses: Math.ceil(random() * 160),
      blocked: index % 5 === 3 ? Math.round(random() * 4000) : 0,
      firstSeen: '2026-09-21T14:00:00.000Z',
      lastSeen: '2026-09-25T13:00:00.000Z',
      ...volume((9e11 * (0.5 + random())) / (index + 2) ** 1.5, random, told && !silent),
      ...(index === 2 ? { bytesKnown: 1000 } : {}),
    }
  })
}

function makeUnknown(count: number, random: () => number, told: boolean): Report['unknown'] {
  const bad = [hostile.long, hostile.formula, hostile.bidi, '192.0.2.77', '2001:db8::77']
  return Array.from({ length: count }, (_, index) => ({
    domain: bad[index] ?? `service-${index}.example`,
    hosts: Math.ceil(random() * 9),
    users: Math.ceil(random() * 30),
    addresses: Math.ceil(random() * 30),
    blocked: index % 7 === 0 ? 40 : 0,
    lastSeen: '2026-09-25T11:00:00.000Z',
    ...volume((6e9 * random()) / (index + 1), random, told),
  }))
}

const userName = (index: number): string =>
  Object.values(hostile)[index] ?? `corp\\user.${String(index).padStart(4, '0')}`

const addressName = (index: number): string =>
  index < 200 ? `198.51.100.${index + 1}` : `2001:db8::${index.toString(16)}`

function makePeople(
  count: number,
  random: () => number,
  told: boolean,
  nameOf: (index: number) => string,
): ReportPerson[] {
  return Array.from({ length: count }, (_, index) => ({
    name: nameOf(index),
    apps: Math.ceil(random() * 24),
    others: Math.ceil(random() * 3),
    topApps: ['Microsoft 365', 'Slack', hostile.script].slice(0, 1 + (index % 3)),
    blocked: index % 9 === 0 ? 14 : 0,
    lastSeen: '2026-09-25T13:00:00.000Z',
    ...volume((4e10 * random()) / (1 + index / 12), random, told),
  }))
}

function makeTimeline(
  apps: readonly ReportApp[],
  random: () => number,
  told: boolean,
): Report['timeline'] {
  const start = Date.parse('2026-09-21T14:00:00Z')
  const categories = makeCategories(apps, told)
  const points: Report['timeline'] = []
  for (let hour = 0; hour < 96; hour++) {
    const ms = start + hour * 3_600_000
    const time = new Date(ms).getUTCHours()
    const busy = time >= 7 && time <= 18 ? 1 : 0.12
    if (hour === 36 || hour === 37) continue
    for (const entry of categories) {
      const part = (busy * (0.6 + random() * 0.8)) / 60
      points.push({
        at: new Date(ms).toISOString(),
        category: entry.category,
        transactions: Math.round(entry.transactions * part),
        bytesTotal: entry.bytesTotal === null ? null : Math.round(entry.bytesTotal * part),
      })
    }
  }
  return points
}

function makeCategories(apps: readonly ReportApp[], told: boolean): Report['categories'] {
  const groups = Map.groupBy(apps, (app) => app.category)
  return Array.from(groups, ([category, list]) => {
    const sum = (pick: (app: ReportApp) => number | null): number =>
      list.reduce((total, app) => total + (pick(app) ?? 0), 0)
    return {
      category,
      apps: list.length,
      transactions: sum((app) => app.transactions),
      bytesUp: told ? sum((app) => app.bytesUp) : null,
      bytesDown: told ? sum((app) => app.bytesDown) : null,
      bytesTotal: told ? sum((app) => app.bytesTotal) : null,
    }
  })
}

function within(low: number, high: number): (app: ReportApp) => boolean {
  return (app) => app.score !== null && app.score >= low && app.score <= high
}

function makeRisk(apps: readonly ReportApp[], told: boolean): Report['risk'] {
  const bands: [Report['risk'][number]['band'], (app: ReportApp) => boolean][] = [
    ['high', within(0, 3)],
    ['medium', within(4, 6)],
    ['low', within(7, 10)],
    ['unrated', (app) => app.score === null],
  ]
  return bands.map(([band, matches]) => {
    const list = apps.filter(matches)
    return {
      band,
      apps: list.length,
      transactions: list.reduce((total, app) => total + app.transactions, 0),
      bytesTotal: told ? list.reduce((total, app) => total + (app.bytesTotal ?? 0), 0) : null,
    }
  })
}

function makeSources(transactions: number, told: boolean): ReportSource[] {
  const main = Math.round(transactions * 0.9)
  const shares = { withUser: 0.82, withHost: 0.97, withBytes: told ? 0.991 : 0, withAction: 1 }
  const bytes = (size: number): number | null => (told ? size : null)
  return [
    {
      name: 'hq-firewall',
      formats: ['PALO_ALTO_SYSLOG'],
      received: main + 90_000 + 3531 + 25,
      transactions: main,
      skipped: 90_000,
      unparsed: 3531,
      dropped: 25,
      missing: 0,
      bytesUp: bytes(9e10),
      bytesDown: bytes(8e11),
      bytesTotal: bytes(8.9e11),
      ...shares,
      merged: { withUser: 0.96, withHost: 0.985, withDevice: 0.91 },
      notices: [],
      commands: [],
    },
    {
      name: `branch ${hostile.attribute}`,
      formats: ['FORTIGATE', 'CISCO_ASA'],
      received: transactions - main + 20,
      transactions: transactions - main,
      skipped: 0,
      unparsed: 12,
      dropped: 0,
      missing: 8,
      bytesUp: null,
      bytesDown: null,
      bytesTotal: null,
      withUser: 0,
      withHost: 0.41,
      withBytes: 0,
      withAction: 0.02,
      merged: null,
      notices: [`Since 2026-09-25 11:02 lines have the key '${hostile.script}'.`],
      commands: [{ format: 'FORTIGATE', enable: `config log\n  ${hostile.script}`, blind: null }],
    },
    {
      name: 'lab-proxy',
      formats: [],
      received: 0,
      transactions: 0,
      skipped: 0,
      unparsed: 0,
      dropped: 0,
      missing: 0,
      bytesUp: null,
      bytesDown: null,
      bytesTotal: null,
      withUser: null,
      withHost: null,
      withBytes: null,
      withAction: null,
      merged: null,
      notices: [],
      commands: [],
    },
  ]
}

/** A report of nothing, as on the first minute of a new appliance. */
export function emptyReport(): Report {
  return {
    title: 'Cloud Discovery',
    report: 'continuous',
    source: null,
    generatedAt: '2026-09-28T14:05:12.000Z',
    from: null,
    to: null,
    totals: {
      transactions: 0,
      bytesUp: null,
      bytesDown: null,
      bytesTotal: null,
      apps: 0,
      unknownDomains: 0,
      users: 0,
      addresses: 0,
      devices: 0,
      blocked: 0,
    },
    timeline: [],
    timelineUnit: 'hour',
    categories: [],
    risk: [],
    apps: [],
    unknown: [],
    infrastructure: [],
    users: [],
    addresses: [],
    devices: [],
    sources: [],
    unparsed: [],
    overlap: null,
    freshness: { complete: 0, waiting: 0, incomplete: 0, hours: [], agents: [] },
    catalogVersion: '2026-09-15',
    gnomonVersion: '0.1.0',
  }
}
