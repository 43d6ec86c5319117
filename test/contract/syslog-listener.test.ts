/** What every syslog listener promises, whatever carries the messages. */
import { createServer } from 'node:net'
import { createSocket } from 'node:dgram'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { compileSources } from '../../src/config/sources.ts'
import type { SyslogListener } from '../../src/intake/syslog-status.ts'
import { createConnectionBudget } from '../../src/intake/syslog-stream.ts'
import { createSyslogTcp } from '../../src/intake/syslog-tcp.ts'
import { createSyslogTls } from '../../src/intake/syslog-tls.ts'
import { createSyslogUdp } from '../../src/intake/syslog-udp.ts'
import { FakeSink } from '../intake/fake-sink.ts'
import {
  makeCertificates,
  onLoopback,
  openStream,
  receiving,
  sendStream,
  sendUdp,
  silent,
} from '../intake/syslog-parts.ts'
import type { Certificates } from '../intake/syslog-parts.ts'

type Kind = 'udp' | 'tcp' | 'tls'
type Place = Parameters<typeof onLoopback>[0]

let certificates: Certificates
const running: SyslogListener[] = []

beforeAll(async () => {
  certificates = await makeCertificates()
})
afterAll(() => certificates.remove())
afterEach(async () => {
  for (const listener of running.splice(0)) await listener.stop()
})

function make(kind: Kind, sink: FakeSink, place?: Place): SyslogListener {
  const listener = onLoopback(place)
  const made = {
    udp: () => createSyslogUdp({ ...receiving, listener }, sink, silent),
    tcp: () => createSyslogTcp({ ...receiving, listener }, sink, silent),
    tls: () =>
      createSyslogTls({ ...receiving, listener: { ...listener, tls: certificates } }, sink, silent),
  }[kind]()
  running.push(made)
  return made
}

async function started(kind: Kind, sink: FakeSink, place?: Place): Promise<SyslogListener> {
  const listener = make(kind, sink, place)
  await listener.start()
  return listener
}

function portOf(listener: SyslogListener): number {
  const { port } = listener.status()
  if (port === null) throw new Error('not bound')
  return port
}

/** Sends messages as each carrier frames them. */
async function send(kind: Kind, port: number, messages: readonly string[]): Promise<void> {
  if (kind === 'udp') await sendUdp(port, messages)
  else await sendStream(port, kind, messages.map((message) => `${message}\n`).join(''))
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `<34>${i} ${'x'.repeat(100)}`)
}

describe.each<Kind>(['udp', 'tcp', 'tls'])('syslog over %s', (kind) => {
  test('gives what was sent, exactly, with its stream', async () => {
    const sink = new FakeSink()
    const listener = await started(kind, sink)
    const port = portOf(listener)
    const sent = numbered(200)
    await send(kind, port, sent)
    await vi.waitFor(() => expect(sink.lines()).toBe(200))
    expect(sink.messages()).toEqual(sent)
    for (const frame of sink.frames) {
      expect(frame.stream).toEqual({
        key: `${kind}:${port}|127.0.0.1`,
        listener: `syslog-${kind}`,
        peer: '127.0.0.1',
        source: 'lab',
        format: null,
        zone: null,
      })
      expect(Math.abs(frame.receivedAtMs - Date.now())).toBeLessThan(60_000)
    }
    expect(listener.status()).toMatchObject({
      listener: `syslog-${kind}`,
      state: 'listening',
      address: '127.0.0.1',
      port,
      peers: 1,
      received: { lines: 200, frames: sink.frames.length },
      dropped: {},
    })
    expect(sink.drops).toEqual([])
  })

  test('dual stack: IPv4 senders on the IPv6 socket are IPv4', async () => {
    const sink = new FakeSink()
    const listener = await started(kind, sink, { host: '::' })
    await send(kind, portOf(listener), ['<34>one'])
    await vi.waitFor(() => expect(sink.lines()).toBe(1))
    expect(sink.frames[0].stream.peer).toBe('127.0.0.1')
    expect(sink.frames[0].stream.key).toBe(`${kind}:${portOf(listener)}|127.0.0.1`)
  })

  test('starts and stops twice, and starts again', async () => {
    const sink = new FakeSink()
    const listener = make(kind, sink)
    await listener.stop()
    await listener.start()
    await listener.start()
    await send(kind, portOf(listener), ['<34>one'])
    await vi.waitFor(() => expect(sink.lines()).toBe(1))
    await listener.stop()
    await listener.stop()
    expect(listener.status().state).toBe('off')
    await listener.start()
    await send(kind, portOf(listener), ['<34>two'])
    await vi.waitFor(() => expect(sink.lines()).toBe(2))
    expect(sink.messages()).toEqual(['<34>one', '<34>two'])
    expect(listener.status().received.lines).toBe(2)
  })

  test('does nothing when it is disabled', async () => {
    const options = { ...receiving, listener: { ...onLoopback(), enabled: false } }
    const sink = new FakeSink()
    const listener = {
      udp: () => createSyslogUdp(options, sink, silent),
      tcp: () => createSyslogTcp(options, sink, silent),
      tls: () => createSyslogTls(options, sink, silent),
    }[kind]()
    await listener.start()
    expect(listener.status()).toMatchObject({ state: 'off', port: null })
    await listener.stop()
  })

  test('says what to do when the port is taken', async () => {
    const { port, release } = await takePort(kind)
    const listener = make(kind, new FakeSink(), { port })
    await expect(listener.start()).rejects.toMatchObject({
      name: 'OperatingError',
      code: 'LISTENER_FAILED',
      message: expect.stringMatching(
        new RegExp(
          `^cannot listen for syslog-${kind} on 127\\.0\\.0\\.1:${port}: .*EADDRINUSE.*; .*syslog\\.${kind}\\.port`,
        ),
      ),
    })
    expect(listener.status().state).toBe('off')
    await listener.stop()
    await release()
    await listener.start()
    expect(listener.status()).toMatchObject({ state: 'listening', port })
  })

  test('says what to do when the address is not here', async () => {
    const listener = make(kind, new FakeSink(), { host: '192.0.2.1' })
    await expect(listener.start()).rejects.toMatchObject({
      code: 'LISTENER_FAILED',
      message: expect.stringContaining(`check syslog.${kind}.host`),
    })
  })

  test('refuses senders in no allowed network, and counts them', async () => {
    const sink = new FakeSink()
    const listener = await started(kind, sink, { allow: ['192.0.2.0/24'] })
    await send(kind, portOf(listener), ['<34>one']).catch(() => 'closed at once, as it should')
    await vi.waitFor(() => expect(sink.drops).toHaveLength(1), { timeout: 5000 })
    expect(sink.frames).toEqual([])
    expect(sink.drops[0]).toMatchObject({
      reason: 'sender-refused',
      stream: { key: `${kind}:${portOf(listener)}|127.0.0.1` },
    })
    expect(listener.status().dropped).toHaveProperty(['sender-refused'])
    listener.reconfigure({ allow: ['127.0.0.0/8'], resolve: receiving.resolve })
    await send(kind, portOf(listener), ['<34>two'])
    await vi.waitFor(() => expect(sink.messages()).toEqual(['<34>two']))
  })

  test('new rules hold without new sockets', async () => {
    const sink = new FakeSink()
    const listener = await started(kind, sink)
    const resolve = compileSources([{ name: 'renamed', format: 'CEF' }])
    listener.reconfigure({ allow: undefined, resolve })
    await send(kind, portOf(listener), ['<34>one'])
    await vi.waitFor(() => expect(sink.lines()).toBe(1))
    expect(sink.frames[0].stream).toMatchObject({ source: 'renamed', format: 'CEF' })
  })

  test('stop gives what was received before it', async () => {
    const sink = new FakeSink()
    const listener = await started(kind, sink)
    const sent = numbered(300)
    if (kind === 'udp') await sendUdp(portOf(listener), sent)
    else {
      const socket = await openStream(portOf(listener), kind)
      await new Promise<void>((resolve) => {
        socket.write(sent.join('\n'), () => resolve())
      })
    }
    await listener.stop()
    expect(sink.messages()).toEqual(sent)
  })
})

test('UDP drops and counts what a full spool refuses', async () => {
  const sink = new FakeSink()
  const listener = await started('udp', sink)
  sink.fill()
  await sendUdp(portOf(listener), numbered(50))
  const dropped = () => sink.drops.reduce((sum, drop) => sum + drop.lines, 0)
  await vi.waitFor(() => expect(dropped()).toBe(50))
  sink.empty()
  await sendUdp(portOf(listener), ['<34>after'])
  await vi.waitFor(() => expect(sink.messages()).toEqual(['<34>after']))
  expect(listener.status().dropped['spool-full']?.lines).toBe(50)
})

test('UDP on two sockets receives all, and tells buffers and kernel drops', async () => {
  const sink = new FakeSink()
  const options = { ...receiving, listener: onLoopback(), sockets: 2 }
  const listener = createSyslogUdp(options, sink, silent)
  running.push(listener)
  await listener.start()
  const senders = Array.from({ length: 8 }, () => sendUdp(portOf(listener), numbered(20)))
  await Promise.all(senders)
  await vi.waitFor(() => expect(sink.lines()).toBe(160))
  const { receiveBuffer, kernelDrops } = listener.status()
  expect(receiveBuffer?.grantedBytes).toBeGreaterThan(0)
  expect(kernelDrops).toBe(process.platform === 'linux' ? 0 : null)
})

test.skipIf(process.platform !== 'linux')('UDP counts what the kernel dropped', async () => {
  const sink = new FakeSink()
  const listener = await started('udp', sink)
  const { port, receiveBuffer } = listener.status()
  const size = 60_000
  const count = Math.ceil(((receiveBuffer?.grantedBytes ?? 0) * 3) / size)
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => {
    socket.connect(port ?? 0, '127.0.0.1', resolve)
  })
  // In one turn of the event loop: the listener, in the same thread, cannot read meanwhile.
  for (let i = 0; i < count; i++) socket.send(Buffer.alloc(size, 'x'))
  const lost = () => sink.drops.reduce((sum, drop) => sum + drop.lines, 0)
  await vi.waitFor(() => expect(sink.lines() + lost()).toBe(count), { timeout: 5000 })
  socket.close()
  expect(lost()).toBeGreaterThan(0)
  expect(listener.status().kernelDrops).toBe(lost())
  expect(sink.drops[0]).toMatchObject({
    reason: 'kernel-buffer',
    bytes: null,
    stream: { key: `udp:${port}|kernel`, source: 'syslog-udp' },
  })
})

describe.each<'tcp' | 'tls'>(['tcp', 'tls'])('connections over %s', (kind) => {
  test('a full spool holds the peer back; nothing is lost, order is kept', async () => {
    const sink = new FakeSink()
    const listener = await started(kind, sink)
    const sent = numbered(100_000)
    sink.fill()
    const sending = send(kind, portOf(listener), sent)
    await vi.waitFor(() => expect(listener.status().connections?.held).toBe(1))
    await delay(300)
    const { bytes } = listener.status().received
    expect(bytes).toBeLessThan(1_000_000)
    for (let i = 0; i < 5; i++) {
      sink.empty()
      await delay(5)
      sink.fill()
      await delay(20)
    }
    sink.empty()
    await sending
    await vi.waitFor(() => expect(sink.lines()).toBe(sent.length), { timeout: 10_000 })
    expect(sink.messages().join('\n') === sent.join('\n')).toBe(true)
    expect(listener.status().connections).toMatchObject({ held: 0 })
    expect(sink.drops).toEqual([])
  })

  test('a stop while the spool stays full counts what it held', async () => {
    const sink = new FakeSink()
    const listener = await started(kind, sink)
    sink.fill()
    const socket = await openStream(portOf(listener), kind)
    socket.write('<34>one\n<34>two\n<34>thr')
    await vi.waitFor(() => expect(listener.status().connections?.held).toBe(1))
    await listener.stop()
    expect(sink.drops).toMatchObject([{ reason: 'spool-full', lines: 3, bytes: 24 }])
    sink.empty()
    await delay(100)
    expect(sink.frames).toEqual([])
  })

  test('a peer that breaks off leaves its unfinished line', async () => {
    const sink = new FakeSink()
    const listener = await started(kind, sink)
    const socket = await openStream(portOf(listener), kind)
    socket.write('<34>one\n<34>tw')
    await vi.waitFor(() => expect(sink.lines()).toBe(1))
    socket.destroy()
    await vi.waitFor(() => expect(sink.messages()).toEqual(['<34>one', '<34>tw']))
    await vi.waitFor(() =>
      expect(listener.status().connections).toMatchObject({ open: 0, total: 1 }),
    )
  })

  test('a message with LF inside comes without waiting for the next', async () => {
    const sink = new FakeSink()
    const listener = await started(kind, sink)
    const socket = await openStream(portOf(listener), kind)
    socket.write('11 <34>one\ntwo')
    await vi.waitFor(() => expect(sink.messages()).toEqual(['<34>one\ntwo']), { timeout: 5000 })
    expect(listener.status().framing).toMatchObject({ counted: 1, errors: 0 })
    socket.destroy()
  })

  test('connections over the limit are refused and counted', async () => {
    const sink = new FakeSink()
    const budget = createConnectionBudget(2)
    const options = { ...receiving, budget }
    const tls = { ...onLoopback(), tls: certificates }
    const listener =
      kind === 'tcp'
        ? createSyslogTcp({ ...options, listener: onLoopback() }, sink, silent)
        : createSyslogTls({ ...options, listener: tls }, sink, silent)
    running.push(listener)
    await listener.start()
    const first = await openStream(portOf(listener), kind)
    const second = await openStream(portOf(listener), kind)
    await send(kind, portOf(listener), ['<34>x']).catch(() => 'refused, as it should be')
    await vi.waitFor(() =>
      expect(listener.status().connections).toMatchObject({ open: 2, total: 3, refusedLimit: 1 }),
    )
    first.destroy()
    await vi.waitFor(() => expect(listener.status().connections?.open).toBe(1))
    await send(kind, portOf(listener), ['<34>y'])
    await vi.waitFor(() => expect(sink.messages()).toEqual(['<34>y']))
    second.destroy()
  })

  test('an idle peer is closed and counted', async () => {
    const sink = new FakeSink()
    const options = { ...receiving, limits: { idleMs: 100 } }
    const tls = { ...onLoopback(), tls: certificates }
    const listener =
      kind === 'tcp'
        ? createSyslogTcp({ ...options, listener: onLoopback() }, sink, silent)
        : createSyslogTls({ ...options, listener: tls }, sink, silent)
    running.push(listener)
    await listener.start()
    await openStream(portOf(listener), kind)
    await vi.waitFor(() =>
      expect(listener.status().connections).toMatchObject({ open: 0, idleClosed: 1 }),
    )
  })

  test('new rules close peers that are no longer allowed', async () => {
    const sink = new FakeSink()
    const listener = await started(kind, sink)
    const socket = await openStream(portOf(listener), kind)
    socket.write('<34>one\n')
    await vi.waitFor(() => expect(sink.lines()).toBe(1))
    listener.reconfigure({ allow: ['192.0.2.0/24'], resolve: receiving.resolve })
    await vi.waitFor(() => expect(listener.status().connections?.open).toBe(0))
  })
})

/** A port of the loopback that another program holds. */
async function takePort(kind: Kind): Promise<{ port: number; release: () => Promise<void> }> {
  if (kind === 'udp') {
    const socket = createSocket('udp4')
    await new Promise<void>((resolve) => {
      socket.bind(0, '127.0.0.1', resolve)
    })
    const { port } = socket.address()
    return { port, release: () => new Promise((resolve) => socket.close(() => resolve())) }
  }
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('not bound')
  const { port } = bound
  return { port, release: () => new Promise((resolve) => server.close(() => resolve())) }
}
