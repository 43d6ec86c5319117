import { describe, expect, test } from 'vitest'
import { judgeSource } from '../../src/api/words.ts'
import type { SourceRow } from '../../src/api/schemas.ts'
import { sourceStory, sourceTable, sources } from '../../src/commands/sources.ts'
import { runCommand } from './run-command.ts'
import { standIn } from './stand-in.ts'

const nowMs = Date.parse('2026-09-25T14:05:12Z')
const stream = {
  key: 'udp|192.0.2.1',
  listener: 'syslog-udp',
  peer: '192.0.2.1',
  format: 'PALO_ALTO',
  confidence: 0.97,
  reason: '62 of 64 lines fit',
  lastSeen: '2026-09-25T14:05:09.000Z',
  transactions: 9000,
  judged: 9000,
  zone: null,
  clock: {
    state: 'right' as const,
    seconds: -1,
    low: -4,
    high: 0,
    text: 'Its clock agrees with receipt.',
  },
  drift: [],
  withUser: 0,
  withHost: 0.97,
  withBytes: 0.5,
  withAction: 1,
}
const source = (patch: Partial<SourceRow>) =>
  judgeSource(
    {
      name: 'hq',
      lastSeen: stream.lastSeen,
      linesPerSecond: 1834.2,
      streams: [stream],
      notices: [],
      commands: [{ format: 'PALO_ALTO', enable: 'set log\n  on', blind: 'No user.' }],
      ...patch,
    },
    nowMs,
  )

const rows = [
  source({}),
  source({
    name: 'evil\u001b[31m\u202e',
    streams: [
      { ...stream, format: null, confidence: 0, transactions: 0, reason: 'no format fits' },
    ],
    linesPerSecond: 0.25,
  }),
  source({ name: 'lab', lastSeen: null, linesPerSecond: null, streams: [] }),
]
const appliance = standIn()

describe('the table', () => {
  test('has a row for each source and its blind spots below', () => {
    expect(sourceTable(rows)).toEqual([
      'Source             State      Format          Sure  Last seen (UTC)   Senders  Lines/s  Transactions  Clock',
      'hq                 receiving  PALO_ALTO        97%  2026-09-25 14:05        1    1,834         9,000   -1 s',
      '  No transactions name a user, so nobody can say who used an app: turn on user identification or proxy authentication, or join Defender data.',
      '  50% of transactions tell bytes; the rest does not say how much data went where: log the end of each session with bytes sent and received.',
      '  What its devices must be told: gnomon sources --source hq',
      'evil␛[31m[U+202E]  receiving  not recognised    0%  2026-09-25 14:05        1      0.3             0   -1 s',
      '  not recognised: no format fits',
      'lab                waiting    –                  –  –                       0        –             0      –',
    ])
  })

  test('tells below a source which of its feeds does not go on', () => {
    const feed = {
      name: 'main',
      kind: 'storage' as const,
      state: 'failing' as const,
      silent: true,
      lastData: null,
      lines: 0,
      trouble: 'cannot list: \u001b[31m403; check the key',
    }
    const [, , ...below] = sourceTable([source({ lastSeen: null, streams: [], feeds: [feed] })])
    expect(below).toEqual([
      '  feed main: cannot list: ␛[31m403; check the key',
      '  feed main is silent: nothing since the start',
    ])
  })

  test('tells below a source that its clock is wrong and its lines changed', () => {
    const late = { ...stream.clock, state: 'zone' as const, seconds: 7200 }
    const notices = ['Its stamps \u001b[31m lie 2 h ahead.', 'Since 2026-09-25 14:02 more.']
    const told = { withUser: 1, withHost: 1, withBytes: 1, withAction: 1 }
    const [, row, ...below] = sourceTable([
      source({
        notices,
        streams: [
          { ...stream, ...told },
          { ...stream, ...told, clock: late },
        ],
      }),
    ])
    expect(row).toMatch(/  \+2 h$/)
    expect(below).toEqual([
      '  ! Its stamps ␛[31m lie 2 h ahead.',
      '  ! Since 2026-09-25 14:02 more.',
    ])
  })

  test.each([80, 140])('fits a terminal of %i columns', (width) => {
    const notices = [
      `Since 2026-09-25 14:02 ${'PALO_ALTO lines (web) have 116 fields; '.repeat(5)}`,
    ]
    const lines = [
      ...sourceTable([source({ notices }), ...rows], width),
      ...sourceStory(
        source({ notices, name: 'a-name-that-is-longer-than-names-should-be' }),
        width,
      ),
    ]
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width)
    expect(lines[0]).toMatch(width === 80 ? /^Source +State +Format +Sure +Lines/ : /Senders/)
  })

  test('says so when there is none', () => {
    expect(sourceTable([])).toEqual(['No source has sent anything yet, and none is configured.'])
  })
})

describe('gnomon sources', () => {
  test('shows the table, or the answer as it came', async () => {
    const reason = '2 hours could not be merged and are tried again: disk is full'
    let checks = [{ name: 'merge', ok: true, reason: null as string | null }]
    appliance.answer(({ path }) =>
      path === '/readyz'
        ? { status: 503, body: { ready: false, checks } }
        : { body: { rows, total: 3, later: 'field' } },
    )
    const { stdout } = await runCommand(sources, ['--url', appliance.url()])
    expect(stdout).toBe(`${sourceTable(rows).join('\n')}\n`)
    checks = [{ name: 'merge', ok: true, reason }]
    const failing = await runCommand(sources, ['--url', appliance.url()])
    expect(failing.stdout).toBe(`${stdout}\nThe merge: ${reason}\n`)
    const json = await runCommand(sources, ['--json'], { GNOMON_URL: appliance.url() })
    expect(JSON.parse(json.stdout)).toEqual({ rows, total: 3, later: 'field' })
    const asked = ['/api/v1/sources', '/readyz']
    expect(appliance.asked.map(({ path }) => path)).toEqual([...asked, ...asked, asked[0]])
  })

  test('shows the senders of one', async () => {
    appliance.answer(() => ({ body: { rows, total: 3 } }))
    const { code, stdout } = await runCommand(sources, ['--url', appliance.url(), '--source', 'hq'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^hq: receiving, 9,000 transactions\n/)
    expect(stdout).toContain('192.0.2.1  syslog-udp  PALO_ALTO   97%')
    expect(stdout).toContain('  62 of 64 lines fit\n  Its clock agrees with receipt.\n')
    expect(stdout).toContain(
      '\nWhat PALO_ALTO must be told (gnomon formats PALO_ALTO):\n  set log\n    on\nWhat stays blind: No user.\n',
    )
  })

  test('1 when there is none of that name', async () => {
    appliance.answer(() => ({ body: { rows, total: 3 } }))
    const ran = await runCommand(sources, ['--url', appliance.url(), '--source', 'nope\u001b'])
    expect(ran).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'gnomon sources: cannot find source nope␛; see gnomon sources\n',
    })
  })
})
