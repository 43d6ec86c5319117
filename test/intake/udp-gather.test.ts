import { describe, expect, test } from 'vitest'
import { syslogLimits } from '../../src/limits.ts'
import { createStatus } from '../../src/intake/syslog-status.ts'
import { createUdpPeer, lineCount, UdpGather } from '../../src/intake/udp-gather.ts'
import type { UdpPeer } from '../../src/intake/udp-gather.ts'
import { FakeSink } from './fake-sink.ts'

function peer(name: string, allowed = true): UdpPeer {
  const stream = { key: `udp:5514|${name}`, listener: 'syslog-udp', peer: name, source: name }
  return createUdpPeer({ allowed, stream: { ...stream, format: null, zone: null } })
}

function gather() {
  const sink = new FakeSink()
  const status = createStatus('syslog-udp')
  return { sink, status, gatherer: new UdpGather(sink, status) }
}

test.each<[message: string, want: number]>([
  ['<34>one', 1],
  ['one', 1],
  ['<34>one\n<34>two', 2],
  ['one\n<1>two\n<191>three', 3],
  ['<34>one\ntwo', 0],
  ['<34>one\n<34>two\nthree', 0],
  ['<34>one\n<>two', 0],
  ['<34>one\n<1234>two', 0],
  ['<34>one\n<12', 0],
  ['<34>one\n\n<34>two', 0],
])('lineCount %j is %i', (message, want) => {
  expect(lineCount(Buffer.from(message))).toBe(want)
})

describe('one datagram becomes', () => {
  test.each<[name: string, datagram: string, kind: string, bytes: string, lines: number]>([
    ['a line', '<34>one', 'lines', '<34>one\n', 1],
    ['a line without its LF', '<34>one\n', 'lines', '<34>one\n', 1],
    ['a line without its CRLF', '<34>one\r\n', 'lines', '<34>one\n', 1],
    ['a line without its NUL', '<34>one\n\0', 'lines', '<34>one\n', 1],
    ['several lines', '<34>one\n<34>two\n', 'lines', '<34>one\n<34>two\n', 2],
    ['one message with LF', '<34>one\ntwo\n', 'counted', '11 <34>one\ntwo', 1],
  ])('%s', (_name, datagram, kind, bytes, lines) => {
    const { sink, gatherer } = gather()
    gatherer.take(peer('192.0.2.1'), Buffer.from(datagram), 1)
    gatherer.flush(5)
    expect(sink.frames).toMatchObject([{ kind, lines, receivedAtMs: 5 }])
    expect(sink.frames[0].bytes.toString()).toBe(bytes)
  })

  test.each([
    ['empty', ''],
    ['LF', '\n'],
    ['NUL', '\0'],
  ])('nothing: %s', (_name, datagram) => {
    const { sink, status, gatherer } = gather()
    gatherer.take(peer('192.0.2.1'), Buffer.from(datagram), 1)
    gatherer.flush(1)
    expect(sink.frames).toEqual([])
    expect(status.received).toMatchObject({ datagrams: 1, empty: 1, lines: 0 })
  })
})

test('datagrams of interleaved peers are one append for each peer, in order', () => {
  const { sink, gatherer } = gather()
  const peers = [peer('192.0.2.1'), peer('192.0.2.2')]
  for (let i = 0; i < 10; i++) gatherer.take(peers[i % 2], Buffer.from(`<34>${i}`), 1)
  gatherer.flush(1)
  expect(sink.frames.map((frame) => frame.bytes.toString().replaceAll('\n', ' '))).toEqual([
    '<34>0 <34>2 <34>4 <34>6 <34>8 ',
    '<34>1 <34>3 <34>5 <34>7 <34>9 ',
  ])
  expect(gatherer.bytes).toBe(0)
})

test('a message with LF between others keeps its place', () => {
  const { sink, gatherer } = gather()
  const sender = peer('192.0.2.1')
  for (const text of ['<34>a', '<34>b\nb', '<34>c\nc', '<34>d'])
    gatherer.take(sender, Buffer.from(text), 1)
  gatherer.flush(1)
  expect(sink.messages()).toEqual(['<34>a', '<34>b\nb', '<34>c\nc', '<34>d'])
  expect(sink.frames.map((frame) => frame.kind)).toEqual(['lines', 'counted', 'lines'])
})

test('a full gatherer is handed on before more is taken, the largest datagrams fit', () => {
  const { sink, status, gatherer } = gather()
  const sender = peer('192.0.2.1')
  const sent = [65_507, 500, 65_507, 500, 500].map((size) => 'x'.repeat(size))
  for (const text of sent) gatherer.take(sender, Buffer.from(text), 1)
  gatherer.flush(1)
  expect(sink.messages()).toEqual(sent)
  expect(status.received).toMatchObject({ lines: 5, frames: sink.frames.length })
  for (const frame of sink.frames)
    expect(frame.bytes.length).toBeLessThanOrEqual(syslogLimits.udpGatherBytes)
})

test('what a full spool refuses is a drop with lines and bytes', () => {
  const { sink, status, gatherer } = gather()
  const sender = peer('192.0.2.1')
  sink.fill()
  gatherer.take(sender, Buffer.from('<34>one'), 1)
  gatherer.take(sender, Buffer.from('<34>two'), 1)
  gatherer.flush(7)
  const drop = { reason: 'spool-full', lines: 2, bytes: 16, atMs: 7 }
  expect(sink.drops).toEqual([{ stream: sender.stream, ...drop }])
  expect(status.dropped).toEqual({ 'spool-full': { lines: 2, bytes: 16 } })
  expect(status.received).toMatchObject({ datagrams: 2, lines: 0 })
})

test('refused senders are reported once for each report', () => {
  const { sink, status, gatherer } = gather()
  const stranger = peer('203.0.113.9', false)
  for (let i = 0; i < 3; i++) gatherer.take(stranger, Buffer.from('<34>one'), 1)
  gatherer.flush(6)
  expect(sink.drops).toEqual([])
  gatherer.reportRefused(7)
  gatherer.reportRefused(8)
  expect(sink.frames).toEqual([])
  expect(sink.drops).toMatchObject([{ reason: 'sender-refused', lines: 3, bytes: 21 }])
  expect(status.dropped).toEqual({ 'sender-refused': { lines: 3, bytes: 21 } })
})
