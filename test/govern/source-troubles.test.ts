import { expect, test } from 'vitest'
import type { StreamState } from '../../src/parse/batch.ts'
import { sourceTroubles } from '../../src/govern/source-troubles.ts'

const nowMs = Date.UTC(2026, 9, 15, 10)
const hourMs = 3_600_000
const stream: StreamState = {
  key: 'udp:5514|192.0.2.1',
  source: 'hq',
  listener: 'syslog-udp',
  peer: '192.0.2.1',
  format: 'FORTIGATE',
  confidence: 1,
  reason: '',
  lastSeenMs: nowMs - 1000,
  layout: null,
  transactions: 500,
  judged: 500,
  withUser: 500,
  withHost: 500,
  withBytes: 500,
  withAction: 500,
  zone: null,
  skew: null,
  drift: [],
  memory: null,
}

function off(ms: number, zoneless = 1): StreamState['skew'] {
  return { lines: 400, medianMs: ms, lowMs: ms - 1000, highMs: ms, freshMs: ms, zoneless }
}

const notice = { sinceMs: nowMs - hourMs, endedMs: null, words: ['lines changed'], marks: [] }

test.each<[string, Partial<StreamState>, string[]]>([
  ['nothing', {}, []],
  ['a right clock', { skew: off(-2000) }, []],
  ['another zone', { skew: off(2 * hourMs) }, ['clock|zone|hq|192.0.2.1']],
  ['a fast clock', { skew: off(300_000) }, ['clock|ahead|hq|192.0.2.1']],
  ['a slow clock', { skew: off(-300_000) }, ['clock|late|hq|192.0.2.1']],
  ['a clock that was heard yesterday', { skew: off(2 * hourMs), lastSeenMs: nowMs - 25 * hourMs }, []],
  ['files', { skew: null, listener: 'folder' }, []],
  ['changed lines', { drift: [notice] }, [`lines-changed|hq|192.0.2.1|${nowMs - hourMs}`]],
  ['a change that is over', { drift: [{ ...notice, endedMs: nowMs }] }, []],
  ['a change of long ago', { drift: [{ ...notice, sinceMs: nowMs - 200 * hourMs }] }, []],
])('%s', (_, patch, keys) => {
  expect(sourceTroubles([{ ...stream, ...patch }], nowMs).map(({ key }) => key)).toEqual(keys)
}) // prettier-ignore

test('an alert says which sender, since when, and what to do', () => {
  const [clock, change] = sourceTroubles(
    [{ ...stream, skew: off(2 * hourMs), drift: [notice] }],
    nowMs,
  )
  expect(clock).toMatchObject({
    severity: 'medium',
    title: 'Stamps are read in the wrong zone: source hq',
    measures: { source: 'hq', peer: '192.0.2.1', seconds: 7200 },
  })
  expect(clock.detail).toMatch(/^192\.0\.2\.1: Its stamps name no zone.* zone: Europe\/Berlin/)
  expect(change.detail).toMatch(
    /^192\.0\.2\.1: Since 2026-10-15 09:00 lines changed\. .*gnomon sources --source hq/,
  )
})
