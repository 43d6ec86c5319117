/** Formats whose columns somebody named: every kind, headers in any order and case, forms of dates, words for actions. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { compile } from '../../src/parse/compile.ts'
import {
  compileFormats,
  formatSet,
  loadDefinitions,
  parseDefinition,
  shippedParsers,
} from '../../src/parse/formats.ts'
import { LineReader } from '../../src/parse/line-reader.ts'
import { definitionOf, lackOf, mappedFormatSchema } from '../../src/parse/mapped-format.ts'
import type { CompiledFormat } from '../../src/parse/compile.ts'
import { fullFormats } from './parse-parts.ts'
import { newReader } from '../../src/parse/stream-reader.ts'
import type { Outcome } from '../../src/parse/transaction.ts'
import { timeZone } from '../../src/parse/zone.ts'

const receivedAtMs = Date.UTC(2026, 9, 15, 10)

/** What the definition made of the mapping reads: `field=value` of what is asked for, or the reason. */
function read(
  mapping: object,
  lines: readonly string[],
  zone?: string,
  among: readonly CompiledFormat[] | null = null,
): Outcome[] {
  const format = mappedFormatSchema.parse({ id: 'MINE', ...mapping })
  expect(lackOf(format)).toBeNull()
  const compiled = compile(parseDefinition(definitionOf(format), 'mine'), { full: true })
  const formats = formatSet(
    [...(among ?? []), compiled].toSorted(
      ({ definition: a }, { definition: b }) =>
        Number(a.generic) - Number(b.generic) || a.order - b.order,
    ),
  )
  const reader = new LineReader(
    formats,
    newReader(among === null ? compiled : null),
    zone === undefined ? null : timeZone(zone),
  )
  return lines.map((line) => reader.read(Buffer.from(line), receivedAtMs))
}

const csv = {
  kind: 'csv',
  header: true,
  time: { from: 'Date Time' },
  fields: {
    srcIp: 'Source_IP',
    user: 'login',
    url: 'URL',
    bytesUp: 'Sent',
    bytesDown: 'Received',
  },
  action: { from: 'Verdict', blocked: ['Stopped'] },
}
const header = 'Date Time,Source_IP,login,URL,Sent,Received,Verdict'
const row = '2026-10-15 09:30:00,192.0.2.7,ann,https://files.example.com/a,120,4000,passed'

const whole = {
  time: '2026-10-15T09:30:00.000Z',
  srcIp: '192.0.2.7',
  user: 'ann',
  url: 'https://files.example.com/a',
  dstHost: 'files.example.com',
  bytesUp: 120,
  bytesDown: 4000,
  bytesTotal: 4120,
  action: 'allowed',
}

test('names no manual, as nobody knows of one', () => {
  const text = definitionOf(mappedFormatSchema.parse({ id: 'MINE', ...csv }))
  expect(text).not.toContain('documentation')
  expect(parseDefinition(text, 'mine').documentation).toBeUndefined()
})

describe('each kind', () => {
  const placed = {
    time: { from: 0 },
    fields: { srcIp: 1, user: 2, url: 3, bytesUp: 4, bytesDown: 5 },
  }
  const keyed = {
    time: { from: 'time' },
    fields: { srcIp: 'src', user: 'User', url: 'url', bytesUp: 'out', bytesDown: 'in' },
    action: { from: 'verdict', blocked: ['deny'] },
  }
  const tail = 'out=120 in=4000 verdict=ok'
  test.each<[string, object, string[]]>([
    ['csv with header', csv, [header, row]],
    ['csv with header, behind a syslog header', csv, [`<134>Oct 15 09:30:01 gw ${header}`, `<134>Oct 15 09:30:01 gw ${row}`]],
    ['csv with header in another order and case', csv, [
      'VERDICT,received,sent,url,LOGIN,source_ip,date time',
      'passed,4000,120,https://files.example.com/a,ann,192.0.2.7,2026-10-15 09:30:00',
    ]],
    ['csv with header and columns nobody asked for', csv, [`x,${header},y`, `1,${row},2`]],
    ['csv with header, quoted, semicolons', { ...csv, delimiter: ';' }, [
      header.replaceAll(',', ';'),
      '"2026-10-15 09:30:00";"192.0.2.7";"ann";"https://files.example.com/a";"120";"4000";"passed"',
    ]],
    ['csv with header, tabs', { ...csv, delimiter: '\t' }, [header.replaceAll(',', '\t'), row.replaceAll(',', '\t')]],
    ['csv without header, by place', { kind: 'csv', ...placed, action: { from: 6, blocked: ['stopped'] } }, [row]],
    ['csv without header, by names given', { ...csv, header: false, names: header.split(',') }, [row]],
    ['csv without header, bars', { kind: 'csv', delimiter: '|', ...placed, action: { from: 6, blocked: ['stopped'] } }, [row.replaceAll(',', '|')]],
    ['csv without header, behind a syslog header', { kind: 'csv', ...placed, action: { from: 6, blocked: ['stopped'] } }, [`<134>Oct 15 09:30:01 gw ${row}`]],
    ['columns', { kind: 'columns', time: { from: 0, clock: 1 }, fields: { srcIp: 2, user: 3, url: 4, bytesUp: 5, bytesDown: 6 }, action: { from: 7, blocked: ['stopped'] } }, [
      row.replaceAll(',', '  '),
    ]],
    ['key=value', { kind: 'kv', ...keyed }, [`time="2026-10-15 09:30:00" src=192.0.2.7 user=ann url=https://files.example.com/a ${tail}`]],
    ['key=value, keys in any case and order', { kind: 'kv', ...keyed }, [
      'VERDICT=ok IN=4000 OUT=120 URL=https://files.example.com/a USER=ann SRC=192.0.2.7 TIME="2026-10-15 09:30:00"',
    ]],
    ['key: value, by bars', { kind: 'kv', delimiter: '|', assign: ':', ...keyed }, [
      'time:"2026-10-15 09:30:00"|src:192.0.2.7|user:ann|url:"https://files.example.com/a"|out:120|in:4000|verdict:ok',
    ]],
    ['json', { kind: 'json', ...keyed, fields: { ...keyed.fields, srcIp: 'client.ip', user: 'user' } }, [
      '{"time":"2026-10-15T09:30:00Z","client":{"ip":"192.0.2.7"},"user":"ann","url":"https://files.example.com/a","out":120,"in":4000,"verdict":"ok"}',
    ]],
    ['w3c', { kind: 'w3c', time: { from: 'date', clock: 'time' }, fields: { srcIp: 'c-ip', user: 'cs-username', url: 'cs-uri', bytesUp: 'cs-bytes', bytesDown: 'sc-bytes' }, action: { from: 's-action', blocked: ['DENIED'] } }, [
      '#Fields: date time c-ip cs-username cs-uri cs-bytes sc-bytes s-action',
      '2026-10-15 09:30:00 192.0.2.7 ann https://files.example.com/a 120 4000 OK',
    ]],
    ['regex', { kind: 'regex', pattern: '^(?P<at>\\S+ \\S+) (?P<who>\\w+)@(?P<ip>\\S+) -> (?P<url>\\S+) (?P<up>\\d+)/(?P<down>\\d+) (?P<verdict>\\w+)$', time: { from: 'at' }, fields: { srcIp: 'ip', user: 'who', url: 'url', bytesUp: 'up', bytesDown: 'down' }, action: { from: 'verdict', blocked: ['no'] } }, [
      '2026-10-15 09:30:00 ann@192.0.2.7 -> https://files.example.com/a 120/4000 yes',
    ]],
  ])('%s', (_, mapping, lines) => {
    const outcomes = read(mapping, lines)
    expect(outcomes.at(-1)).toMatchObject({ outcome: 'transaction', transaction: whole })
    for (const other of outcomes.slice(0, -1)) expect(other.outcome).toBe('skipped')
    // and nobody has to be told which format it is
    expect(read(mapping, lines, undefined, fullFormats.ordered)).toEqual(outcomes)
  }) // prettier-ignore
})

describe('dates', () => {
  test.each<[string, object, string, string]>([
    ['2026-10-15 09:30:00', {}, 'Europe/Berlin', '2026-10-15T07:30:00.000Z'],
    ['2026-10-15 09:30:00', { zone: 'utc' }, 'Europe/Berlin', '2026-10-15T09:30:00.000Z'],
    ['2026-10-15T09:30:00+05:30', {}, 'Europe/Berlin', '2026-10-15T04:00:00.000Z'],
    ['1792056600', {}, 'Europe/Berlin', '2026-10-15T09:30:00.000Z'],
    ['1792056600123', {}, 'UTC', '2026-10-15T09:30:00.123Z'],
    ['05/10/2026 09:30:00', { order: 'day-first' }, 'UTC', '2026-10-05T09:30:00.000Z'],
    ['10/05/2026 09:30:00', { order: 'month-first' }, 'UTC', '2026-10-05T09:30:00.000Z'],
    ['10/05/2026 9:30:00 PM', {}, 'UTC', '2026-10-05T21:30:00.000Z'],
    ['05.10.26 09:30', { order: 'day-first' }, 'UTC', '2026-10-05T09:30:00.000Z'],
    ['15/Oct/2026:09:30:00 +0200', {}, 'UTC', '2026-10-15T07:30:00.000Z'],
    ['Oct 15 2026 09:30:00', {}, 'UTC', '2026-10-15T09:30:00.000Z'],
    ['Oct 15 09:30:00', {}, 'UTC', '2026-10-15T09:30:00.000Z'],
    ['20261015093000', {}, 'UTC', '2026-10-15T09:30:00.000Z'],
    ['Thu, 15 Oct 2026 09:30:00 GMT', {}, 'UTC', '2026-10-15T09:30:00.000Z'],
    // 24 hours and a half of the day nevertheless
    ['22/03/2026 11:42:03 AM', { order: 'day-first' }, 'UTC', '2026-03-22T11:42:03.000Z'],
  ])('%s %j in %s', (stamp, more, zone, want) => {
    const mapping = { ...csv, header: false, names: header.split(','), time: { from: 'Date Time', ...more } }
    const [outcome] = read(mapping, [row.replace('2026-10-15 09:30:00', `"${stamp}"`)], zone)
    expect(outcome).toMatchObject({ outcome: 'transaction', transaction: { time: want } })
  }) // prettier-ignore

  test.each([
    ['2026-10-15', '09:30:00'],
    ['15.10.2026', '9:30:00 AM'],
    ['15/10/2026', '09:30'],
  ])('%s and %s in two columns', (date, clock) => {
    const mapping = { kind: 'csv', time: { from: 0, clock: 1, order: 'day-first' }, fields: { srcIp: 2, dstHost: 3 } }
    const [outcome] = read(mapping, [`${date},${clock},192.0.2.7,files.example.com`])
    expect(outcome).toMatchObject({ transaction: { time: '2026-10-15T09:30:00.000Z' } })
  }) // prettier-ignore
})

describe('words for actions', () => {
  test.each<[string, object, string | null]>([
    ['STOPPED', { blocked: ['stopped'] }, 'blocked'],
    ['passed', { blocked: ['stopped'] }, 'allowed'],
    ['passed', { blocked: ['stopped'], allowed: ['passed'] }, 'allowed'],
    ['asked', { blocked: ['stopped'], allowed: ['passed'] }, null],
    ['anything', { allowed: ['passed'] }, 'blocked'],
    ['denied', {}, 'blocked'],
    ['permit', {}, 'allowed'],
    ['puzzled', {}, null],
  ])('%s with %j', (word, action, want) => {
    const [, outcome] = read({ ...csv, action: { from: 'Verdict', ...action } }, [
      header,
      row.replace('passed', word),
    ])
    expect(outcome).toMatchObject({ outcome: 'transaction', transaction: { action: want } })
  })
})

describe('a test run says of each line why it is not read', () => {
  test.each<[string, string, string]>([
    ['no time', row.replace('2026-10-15 09:30:00', 'yesterday'), 'no format matches'],
    ['no destination', row.replace('https://files.example.com/a', ''), 'no destination'],
    ['nobody', row.replace('192.0.2.7,ann', ','), 'no source'],
    ['another log', 'sshd[12]: accepted publickey', 'fewer columns than the header names'],
  ])('%s', (_, line, reason) => {
    expect(read(csv, [header, row, line])[2]).toMatchObject({ outcome: 'unparsed', reason })
  })
})

test.each<[object, string]>([
  [{ ...csv, fields: { url: 'URL' } }, 'no column tells who: map srcIp, srcHost, user or device'],
  [{ ...csv, fields: { srcIp: 'Source_IP' } }, 'no column tells where: map url, dstHost or dstIp'],
  [{ ...csv, time: { from: 0 } }, 'column 0 has a name: use it'],
  [{ ...csv, header: false, names: ['a', 'b'] }, 'no column is named Date Time'],
  [{ ...csv, header: false }, 'no column is named Date Time'],
  [{ ...csv, kind: 'regex' }, 'a regex needs its pattern'],
])('%j is told what it lacks', (mapping, want) => {
  expect(lackOf(mappedFormatSchema.parse({ id: 'MINE', ...mapping }))).toBe(want)
})

test('lines of other devices that begin with a time, too, stay theirs', async () => {
  const format = mappedFormatSchema.parse({
    id: 'ODD_PROXY',
    kind: 'csv',
    delimiter: ';',
    time: { from: 0 },
    fields: { user: 1, srcIp: 2, url: 3, bytesDown: 4 },
  })
  const folder = await mkdtemp(join(tmpdir(), 'gnomon-own-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'ODD_PROXY.yaml'), definitionOf(format))
  const formats = compileFormats(await loadDefinitions([shippedParsers, folder]), { full: true })
  const odd = (i: number): string =>
    `1792056600.${100 + i};ann;192.0.2.7;https://files.example.com/${i};${i}`
  const squid = (i: number): string =>
    `1792056600.${100 + i}    120 192.0.2.7 TCP_MISS/200 ${4000 + i} GET http://www.example.com/a ann HIER_DIRECT/203.0.113.9 text/html`
  const unknown = '1792056600.123 something happened on a device that nobody knows'
  // the own ones came last, and alone: their stream is known by them
  const lines = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((i) => [odd(i), odd(i), unknown, squid(i)])
  const reader = new LineReader(formats, newReader(null), null)
  const outcomes = lines.map((line) => reader.read(Buffer.from(line), receivedAtMs))
  expect(outcomes.map(({ outcome, format: by }) => [outcome, by])).toEqual(
    lines.map((line) =>
      line === unknown
        ? ['unparsed', null]
        : ['transaction', line.includes(';') ? 'ODD_PROXY' : 'SQUID_NATIVE'],
    ),
  )
})
