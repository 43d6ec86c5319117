/** "What your firewall is not telling you", from lines to words: the shares are those of the lines, live and in the report alike. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { judgeSource } from '../../src/api/words.ts'
import { watchLimits } from '../../src/limits.ts'
import { loadDefinitions, shippedParsers } from '../../src/parse/formats.ts'
import { buildReport } from '../../src/report/build-report.ts'
import { helpFrom } from '../../src/report/format-help.ts'
import { renderHtml } from '../../src/report/html.ts'
import { rememberedStreams } from '../../src/report/ledger-queries.ts'
import type { Report } from '../../src/report/report.ts'
import { renderTerminal } from '../../src/report/terminal.ts'
import { openInside, receivedAtMs } from '../store/store-parts.ts'
import type { Inside } from '../store/store-parts.ts'

/** Of 200 lines a quarter has no user, a tenth no host, a half no bytes, a twentieth no action; two hours ahead of receipt. */
function fortigate(i: number): string {
  return [
    '<189>date=2026-10-15 time=12:00:00 devname="FG1" devid="FG100E0000000001" logid="0000000013" type="traffic" subtype="forward"',
    `srcip=10.1.2.${i} srcport=50124 dstip=203.0.113.10 dstport=443 proto=6 service="HTTPS"`,
    ...(i % 20 === 0 ? [] : ['action="close"']),
    ...(i % 4 === 0 ? [] : ['user="ben"']),
    ...(i % 10 === 0 ? [] : ['hostname="files.example.com"']),
    ...(i % 2 === 0 ? [] : ['sentbyte=1200 rcvdbyte=3400']),
  ].join(' ')
}

/** A query has no bytes and no action: it is not asked for them. */
const dns = (i: number): string =>
  `"2026-10-15 10:00:00","ann","ann,PC1","192.0.2.${i}","198.51.100.1","Allowed","1 (A)","NOERROR","slack.com.","Chat","AD Users","AD Users",""`

let inside: Inside
let report: Report
beforeAll(async () => {
  inside = await openInside()
  const firewall = {
    key: 'udp:5514|192.0.2.1',
    peer: '192.0.2.1',
    listener: 'syslog-udp',
    source: 'hq',
  }
  const lines = Array.from({ length: 200 }, (_, i) => fortigate(i))
  await inside.take('a', lines, firewall)
  await inside.take(
    'b',
    Array.from({ length: 100 }, (_, i) => dns(i)),
    firewall,
  )
  report = await buildReport(inside.store, {
    report: 'continuous',
    source: null,
    fromMs: null,
    toMs: null,
    title: 't',
    catalogVersion: '1',
    gnomonVersion: '1',
    nowMs: receivedAtMs,
    helpOf: helpFrom(await loadDefinitions([shippedParsers])),
  })
}, 60_000)
afterAll(() => inside.close())

const known = { withUser: 0.75, withHost: 0.9, withBytes: 0.5, withAction: 0.95 }

test('the report has the shares of the lines', () => {
  expect(report.sources).toMatchObject([{ name: 'hq', transactions: 300, ...known }])
})

test('so has the live stream', () => {
  const [state] = inside.ingest.streams()
  expect(state).toMatchObject({ transactions: 300, judged: 200, withUser: 150, withHost: 180 })
  expect(state).toMatchObject({ withBytes: 100, withAction: 190 })
})

test('a source weighs its senders by what they were judged by', () => {
  const stream = { transactions: 1000, withUser: 0.5, withHost: 1, withBytes: 1, withAction: 1 }
  const row = (judged: number, withUser: number) => ({ ...stream, judged, withUser })
  const source = { name: 'hq', lastSeen: null, linesPerSecond: null, notices: [], commands: [] }
  const streams = [row(100, 0), row(300, 1)] as never
  expect(judgeSource({ ...source, streams }, receivedAtMs)).toMatchObject({ withUser: 0.75 })
})

test('the commands that mend it stand beside, and the wrong zone', () => {
  const [{ commands, notices }] = report.sources
  expect(commands.map(({ format }) => format)).toEqual(['CISCO_UMBRELLA', 'FORTIGATE'])
  expect(commands[1].enable).toMatch(/^config log syslogd setting\n/)
  expect(notices).toEqual([expect.stringMatching(/lie 2 h ahead of receipt.*Europe\/Berlin/)])
  const page = renderHtml(report)
  expect(page).toContain('What <bdi>FORTIGATE</bdi> must be told')
  expect(page).toContain('<pre>config log syslogd setting<br />')
  expect(page).toContain('lie 2 h ahead of receipt')
  expect(page).not.toContain('␊')
  const text = renderTerminal(report, { width: 100, colour: false })
  expect(text).toContain('What its devices must be told: gnomon formats FORTIGATE')
  expect(text).toContain('! Its stamps name no zone')
})

test('what a thread must know after a restart is stored', async () => {
  const [state] = await rememberedStreams(inside.store)
  expect(state).toMatchObject({ key: 'udp:5514|192.0.2.1', judged: 200 })
  expect(JSON.parse(state.memory ?? '')).toMatchObject({
    skew: { counts: [[7200, 200]] },
    drift: { notices: [] },
  })
  expect(watchLimits.skewLinesMin).toBeLessThanOrEqual(200)
})
