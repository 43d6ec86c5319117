/** Files of agent data: known by what they hold, the same lines however their bytes arrive. */
import { describe, expect, test } from 'vitest'
import { agentFileKind, agentLines, peekAgentFile } from '../../src/defender/agent-file.ts'
import { defenderLimits } from '../../src/limits.ts'
import { enveloped, networkEvent, read, windowsEvent } from './agent-parts.ts'

const header =
  '"Timestamp","DeviceId","DeviceName","ActionType","RemoteIP","RemotePort","RemoteUrl"'
const cells = '"5/17/2026 9:30:05 AM",ab,"pc ""x""",ConnectionSuccess,203.0.113.9,443,a.example'

test.each([
  ['the envelope', JSON.stringify(enveloped(networkEvent())), 'lines'],
  ['bare rows', `${JSON.stringify(networkEvent())}\n`, 'lines'],
  ['with a byte order mark', `\uFEFF${JSON.stringify(networkEvent())}\n{`, 'lines'],
  ['records', JSON.stringify({ records: [enveloped(networkEvent())] }), 'lines'],
  ['pretty-printed', JSON.stringify([networkEvent()], null, 2), 'json'],
  ['the portal’s export', `${header}\n${cells}\n`, 'csv'],
  ['… with semicolons', header.replaceAll(',', ';'), 'csv'],
  ['Windows events', windowsEvent(3, {}, 'Microsoft-Windows-Sysmon'), 'xml'],
  ['events of a DNS server', windowsEvent(3, {}, 'Microsoft-Windows-DNSServer'), null],
  ['a JSON log', '{"time":"2026-01-01","src":"192.0.2.1"}', null],
  ['a CSV log', 'Date,Time,src,dst\n', null],
  ['a W3C log', '#Fields: date time c-ip', null],
  ['nothing', '', null],
])('%s', (_, text, kind) => {
  expect(agentFileKind(Buffer.from(text))).toBe(kind)
})

async function* cutAt(text: string, bytes: number): AsyncGenerator<Uint8Array> {
  const all = Buffer.from(text)
  const shared = Buffer.alloc(bytes)
  // a reader that uses its buffer again
  for (let at = 0; at < all.length; at += bytes)
    yield await Promise.resolve(shared.subarray(0, all.copy(shared, 0, at, at + bytes)))
}

async function linesOf(text: string, bytes: number): Promise<string[]> {
  const { kind, all } = await peekAgentFile(cutAt(text, bytes))
  if (kind === null) throw new Error('not recognised')
  const out: Buffer[] = []
  for await (const chunk of agentLines(all, kind)) out.push(Buffer.from(chunk))
  return Buffer.concat(out).toString('utf8').split('\n').slice(0, -1)
}

const event = windowsEvent(5156, { Application: 'a', DestAddress: '203.0.113.9' })
const spread = event.replaceAll('><', '>\r\n  <')
/** Enough rows that the kind is known long before the end. */
const filler = Array.from({ length: 200 }, (_, i) => cells.replace('443', String(i + 1)))
const texts = {
  csv: [`\uFEFF${header}`, ...filler, '"5/17/2026 9:30:05 AM",ab,"two\nlines, é",x,,,', ''].join(
    '\r\n',
  ),
  xml: `<?xml version="1.0"?>\n<Events>\n${event}${spread}\n${event}</Events>`,
  json: JSON.stringify([networkEvent(), networkEvent({ DeviceName: 'a"}]{é' })], null, 2),
  lines: `${JSON.stringify(networkEvent())}\n${JSON.stringify(networkEvent())}\n`,
}

describe.each(Object.entries(texts))('%s', (_, text) => {
  test('the same lines, however the bytes are cut', async () => {
    const whole = await linesOf(text, 1 << 20)
    expect(whole.length).toBeGreaterThan(1)
    for (const bytes of [1, 7, 64, 1000]) expect(await linesOf(text, bytes)).toEqual(whole)
  })
})

test('rows of a CSV export are rows', async () => {
  const lines = await linesOf(texts.csv, 4096)
  expect(JSON.parse(lines[0])).toEqual({
    Timestamp: '5/17/2026 9:30:05 AM',
    DeviceId: 'ab',
    DeviceName: 'pc "x"',
    ActionType: 'ConnectionSuccess',
    RemoteIP: '203.0.113.9',
    RemotePort: '1',
    RemoteUrl: 'a.example',
  })
  expect(JSON.parse(lines[200]).DeviceName).toBe('two\nlines, é')
  const { told } = read(lines)
  expect(told.map(({ outcome }) => outcome)).toEqual([
    ...filler.map(() => 'transaction'),
    'skipped',
  ])
})

test('a CSV row that is too long ends as unparsed, the others are read', async () => {
  const long = `"5/17/2026 9:30:05 AM",ab,"${'x'.repeat(defenderLimits.recordBytes + 10)}",x,,,`
  const lines = await linesOf([header, cells, long, cells, ''].join('\n'), 65_536)
  const { told } = read(lines)
  expect(told.filter(({ outcome }) => outcome === 'transaction')).toHaveLength(2)
  expect(told.filter(({ outcome }) => outcome === 'unparsed').length).toBeGreaterThan(0)
})

test('each Windows event is one line', async () => {
  const lines = await linesOf(texts.xml, 4096)
  expect(lines).toHaveLength(3)
  expect(read(lines).tables.connections).toHaveLength(3)
})

test('an event without end is told, not held for ever', async () => {
  const open = `${event}${event.slice(0, 300)}${'x'.repeat(defenderLimits.recordBytes * 2)}`
  const { told } = read(await linesOf(open, 65_536))
  expect(told[0].outcome).toBe('transaction')
  expect(told.slice(1).every(({ outcome }) => outcome === 'unparsed')).toBe(true)
  expect(told.length).toBeGreaterThan(1)
})

test('objects spread over lines are rows', async () => {
  const lines = await linesOf(texts.json, 4096)
  expect(lines).toHaveLength(2)
  expect(read(lines).tables.connections.map(({ device }) => device)).toEqual([
    'PC-7.corp.example',
    'a"}]{é',
  ])
})
