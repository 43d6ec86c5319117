/** Syslog over UDP (RFC 5426): one datagram, one message. */
import { createSocket } from 'node:dgram'
import type { RemoteInfo, Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import { causeOf } from '../errors.ts'
import { syslogLimits } from '../limits.ts'
import type { Config } from '../config/schema.ts'
import type { SourceResolver } from '../config/sources.ts'
import type { FrameSink } from '../spool/frame-sink.ts'
import { createAllowList } from './allow-list.ts'
import { createKernelDrops } from './kernel-drops.ts'
import { PeerTable, streamKey } from './syslog-peers.ts'
import {
  countDrop,
  createStatus,
  createWarner,
  isWithoutIpv6,
  listenError,
} from './syslog-status.ts'
import type { SyslogChange, SyslogListener, SyslogListenerStatus } from './syslog-status.ts'
import { createUdpPeer, UdpGather } from './udp-gather.ts'
import type { UdpPeer } from './udp-gather.ts'

export interface SyslogUdpOptions {
  listener: Config['syslog']['udp']
  resolve: SourceResolver
  /** Epoch milliseconds. */
  now: () => number
  /**
   * Sockets on the port (SO_REUSEPORT); the kernel spreads senders over them. Default 1: more only add up their receive
   * buffers, since one thread reads them all, and the port could then be shared with other programs of the same user.
   */
  sockets?: number
}

/**
 * Makes the UDP listener. Without IPv6 on the machine, `::` means all IPv4 addresses. `start` throws LISTENER_FAILED.
 */
export function createSyslogUdp(
  options: SyslogUdpOptions,
  sink: FrameSink,
  log: Logger,
): SyslogListener {
  const listener = new SyslogUdp(options, sink, log)
  return {
    start: () => listener.start(),
    stop: () => listener.stop(),
    status: () => listener.status(),
    reconfigure: (change) => listener.reconfigure(change),
  }
}

class SyslogUdp {
  readonly #options: SyslogUdpOptions
  readonly #sink: FrameSink
  readonly #log: Logger
  readonly #warn: (message: string, fields: Record<string, unknown>) => void
  readonly #status: SyslogListenerStatus = createStatus('syslog-udp')
  readonly #gather: UdpGather
  #rules: SyslogChange
  #sockets: Socket[] = []
  #peers: PeerTable<UdpPeer> | null = null
  #kernelDrops: { poll(): Promise<number | null> } | null = null
  #timer: NodeJS.Timeout | undefined
  #polling: Promise<void> = Promise.resolve()
  /** Set while datagrams are gathered, and since when. */
  #gathering: NodeJS.Timeout | undefined
  #gatheringSinceMs = 0
  readonly #gathered = () => this.#handOn()

  constructor(options: SyslogUdpOptions, sink: FrameSink, log: Logger) {
    this.#options = options
    this.#sink = sink
    this.#log = log
    this.#warn = createWarner(log, options.now)
    this.#gather = new UdpGather(sink, this.#status)
    this.#rules = { allow: options.listener.allow, resolve: options.resolve }
  }

  async start(): Promise<void> {
    const { host, port, enabled } = this.#options.listener
    if (!enabled || this.#sockets.length > 0) return
    try {
      await this.#bindAll(host)
    } catch (error) {
      await this.#closeAll()
      throw listenError('syslog-udp', { host, port }, error)
    }
    const bound = this.#sockets[0].address()
    this.#status.state = 'listening'
    this.#status.address = bound.address
    this.#status.port = bound.port
    this.#readBufferSizes()
    this.#kernelDrops = createKernelDrops(bound.port)
    await this.#poll()
    this.#timer = setInterval(() => {
      this.#gather.reportRefused(this.#options.now())
      this.#polling = this.#poll()
    }, syslogLimits.kernelDropsEveryMs).unref()
    this.#log.info({ address: bound.address, port: bound.port }, 'syslog-udp is listening')
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    if (this.#sockets.length === 0) return
    await this.#emptyBuffers()
    await this.#polling
    await this.#poll()
    await this.#closeAll()
    this.#handOn()
    this.#gather.reportRefused(this.#options.now())
    this.#status.state = 'off'
    this.#kernelDrops = null
  }

  status(): SyslogListenerStatus {
    return structuredClone({ ...this.#status, peers: this.#peers?.size ?? 0 })
  }

  reconfigure(change: SyslogChange): void {
    this.#handOn()
    this.#gather.reportRefused(this.#options.now())
    this.#rules = change
    if (this.#status.port !== null) this.#peers = this.#newPeers(this.#status.port)
  }

  #newPeers(port: number): PeerTable<UdpPeer> {
    return new PeerTable<UdpPeer>({
      listener: 'syslog-udp',
      port,
      allow: createAllowList(this.#rules.allow),
      resolve: this.#rules.resolve,
      limit: syslogLimits.peers,
      refusedNamed: syslogLimits.refusedPeersNamed,
      make: createUdpPeer,
    })
  }

  async #bindAll(host: string): Promise<void> {
    const count = this.#options.sockets ?? 1
    let address = host
    let { port } = this.#options.listener
    while (this.#sockets.length < count) {
      const socket = this.#open(isIPv6(address) ? 'udp6' : 'udp4', count > 1)
      try {
        await bind(socket, address, port)
      } catch (error) {
        if (address !== '::' || !isWithoutIpv6(error)) throw error
        await this.#closeAll()
        address = '0.0.0.0'
        continue
      }
      port = socket.address().port
      // Before the next socket is bound: this one receives from now on.
      if (this.#sockets.length === 1) this.#peers = this.#newPeers(port)
      socket.on('error', (error) => {
        this.#warn('syslog-udp: cannot receive', { cause: causeOf(error) })
      })
    }
  }

  #open(type: 'udp4' | 'udp6', reusePort: boolean): Socket {
    const socket = createSocket({
      type,
      ipv6Only: false,
      reusePort,
      recvBufferSize: syslogLimits.udpReceiveBufferBytes,
    })
    socket.on('message', (datagram, sender) => this.#message(datagram, sender))
    this.#sockets.push(socket)
    return socket
  }

  #message(datagram: Buffer, sender: RemoteInfo): void {
    // Nothing is received before the peers' table is there: it is made in the turn of the event loop that binds.
    const peer = this.#peers?.get(sender.address)
    if (peer === undefined) return
    if (this.#gathering === undefined) {
      this.#gatheringSinceMs = this.#options.now()
      this.#gathering = setTimeout(this.#gathered, syslogLimits.udpGatherMs)
    }
    this.#gather.take(peer, datagram, this.#gatheringSinceMs)
    if (this.#gather.bytes >= syslogLimits.udpGatherTotalBytes) this.#handOn()
  }

  /** Gathering is by time, not by turn of the event loop: a turn brings few datagrams, and of many senders one each. */
  #handOn(): void {
    clearTimeout(this.#gathering)
    this.#gathering = undefined
    this.#gather.flush(this.#options.now())
  }

  /** Linux tells twice what was granted, for its own bookkeeping (man 7 socket, SO_RCVBUF). */
  #readBufferSizes(): void {
    const askedBytes = syslogLimits.udpReceiveBufferBytes
    const told = Math.min(...this.#sockets.map((socket) => socket.getRecvBufferSize()))
    const grantedBytes = process.platform === 'linux' ? told / 2 : told
    const warned = this.#status.receiveBuffer !== null
    this.#status.receiveBuffer = { askedBytes, grantedBytes }
    if (grantedBytes >= askedBytes || warned) return
    this.#log.warn(
      { askedBytes, grantedBytes },
      `syslog-udp: the kernel grants a smaller receive buffer than asked for, bursts may be lost (and counted); set sysctl -w net.core.rmem_max=${askedBytes}`,
    )
  }

  async #poll(): Promise<void> {
    const growth = (await this.#kernelDrops?.poll()) ?? null
    if (growth === null) return
    this.#status.kernelDrops = (this.#status.kernelDrops ?? 0) + growth
    if (growth === 0) return
    const drop = { reason: 'kernel-buffer' as const, lines: growth, bytes: null }
    const { port } = this.#status
    const key = streamKey('syslog-udp', port ?? 0, 'kernel')
    const listener = 'syslog-udp'
    const stream = { key, listener, peer: 'kernel', source: listener, format: null, zone: null }
    countDrop(this.#status, drop)
    this.#sink.drop({ ...drop, stream, atMs: this.#options.now() })
    this.#warn('syslog-udp: the receive buffer overflowed, datagrams are lost', {
      port,
      datagrams: growth,
    })
  }

  /** Reads what the kernel holds, until a turn brings nothing or time is up. */
  async #emptyBuffers(): Promise<void> {
    const { received } = this.#status
    const endMs = performance.now() + syslogLimits.stopQuietMs
    let before = -1
    while (received.datagrams !== before && performance.now() < endMs) {
      before = received.datagrams
      await delay(5)
    }
  }

  async #closeAll(): Promise<void> {
    const sockets = this.#sockets
    this.#sockets = []
    await Promise.all(sockets.map(close))
  }
}

function bind(socket: Socket, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.bind({ address, port }, () => {
      socket.off('error', reject)
      resolve()
    })
  })
}

function close(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.close(() => resolve())
  })
}
