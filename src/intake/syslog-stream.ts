/** What the TCP and the TLS listener have in common: accepting, refusing, limits, stopping. */
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import { causeOf } from '../errors.ts'
import { syslogLimits } from '../limits.ts'
import type { SourceResolver } from '../config/sources.ts'
import type { FrameSink } from '../spool/frame-sink.ts'
import { createAllowList } from './allow-list.ts'
import { createFramingCounts, createFramingScratch } from './framing.ts'
import { SyslogConnection } from './syslog-connection.ts'
import type { ConnectionContext } from './syslog-connection.ts'
import { PeerTable } from './syslog-peers.ts'
import type { SyslogPeer } from './syslog-peers.ts'
import {
  codeOf,
  countDrop,
  countFailure,
  createStatus,
  createWarner,
  isWithoutIpv6,
  listenError,
} from './syslog-status.ts'
import type { SyslogChange, SyslogListenerStatus } from './syslog-status.ts'

/** Connections over all listeners, with their limit. */
export interface ConnectionBudget {
  /** False: the limit is reached and nothing was taken. */
  take(): boolean
  give(): void
}

/** One budget is shared by all stream listeners of a process. */
export function createConnectionBudget(limit: number = syslogLimits.connections): ConnectionBudget {
  let open = 0
  return {
    take: () => {
      if (open >= limit) return false
      open++
      return true
    },
    give: () => {
      open--
    },
  }
}

export interface StreamServerOptions {
  name: 'syslog-tcp' | 'syslog-tls'
  listener: { host: string; port: number; allow?: string[] | undefined }
  resolve: SourceResolver
  /** Epoch milliseconds. */
  now: () => number
  budget: ConnectionBudget
  /** Smaller bounds for tests. */
  limits?: Partial<StreamLimits> | undefined
  /** Takes an accepted socket and gives the one that carries syslog to `serve`: at once (TCP) or after the handshake (TLS). */
  accepted(raw: Socket): void
}

export interface StreamLimits {
  idleMs: number
  lineBytes: number
  frameBytes: number
}

/** A listener for byte streams. */
export class StreamServer {
  readonly status: SyslogListenerStatus
  readonly connections: NonNullable<SyslogListenerStatus['connections']>
  readonly warn: (message: string, fields: Record<string, unknown>) => void
  readonly #options: StreamServerOptions
  readonly #sink: FrameSink
  readonly #log: Logger
  readonly #context: ConnectionContext
  readonly #limits: StreamLimits
  #rules: SyslogChange
  #server: Server | null = null
  #peers: PeerTable<SyslogPeer> | null = null
  /** Accepted sockets, also those in their handshake. */
  readonly #raw = new Set<Socket>()
  /** Peers that send, and peers gone whose frames still wait. */
  readonly #open = new Set<SyslogConnection>()
  #timer: NodeJS.Timeout | undefined
  readonly #failed = (error: Error) => {
    countFailure(this.connections.failed, codeOf(error))
  }

  constructor(options: StreamServerOptions, sink: FrameSink, log: Logger) {
    this.#options = options
    this.#sink = sink
    this.#log = log
    this.#rules = { allow: options.listener.allow, resolve: options.resolve }
    this.#limits = {
      idleMs: syslogLimits.idleMs,
      lineBytes: syslogLimits.partialLineBytes,
      frameBytes: syslogLimits.frameBytes,
      ...options.limits,
    }
    this.connections = {
      open: 0,
      total: 0,
      refusedSender: 0,
      refusedLimit: 0,
      idleClosed: 0,
      failed: {},
      held: 0,
    }
    this.status = createStatus(options.name)
    this.status.framing = createFramingCounts()
    this.status.connections = this.connections
    this.warn = createWarner(log, options.now)
    this.#context = {
      sink,
      status: this.status,
      now: options.now,
      warn: this.warn,
      scratch: createFramingScratch(),
      lineBytes: this.#limits.lineBytes,
      frameBytes: this.#limits.frameBytes,
    }
  }

  async start(): Promise<void> {
    if (this.#server !== null) return
    const { name } = this.#options
    const { host, port } = this.#options.listener
    const server = createServer({ keepAlive: true }, (socket) => this.#accept(socket))
    try {
      await listen(server, host, port).catch((error: unknown) => {
        if (host !== '::' || !isWithoutIpv6(error)) throw error
        return listen(server, '0.0.0.0', port)
      })
    } catch (error) {
      throw listenError(name, { host, port }, error)
    }
    server.on('error', (error) => {
      this.warn(`${name}: cannot accept`, { cause: causeOf(error) })
    })
    this.#server = server
    const bound = boundAddress(server)
    this.status.state = 'listening'
    this.status.address = bound.address
    this.status.port = bound.port
    this.#peers = this.#newPeers(bound.port)
    this.#timer = setInterval(() => {
      for (const connection of this.#open) connection.tick()
    }, syslogLimits.settleMs).unref()
    this.#log.info({ address: bound.address, port: bound.port }, `${name} is listening`)
  }

  async stop(): Promise<void> {
    const server = this.#server
    if (server === null) return
    this.#server = null
    clearInterval(this.#timer)
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve())
    })
    await this.#quiet()
    for (const connection of this.#open) connection.end()
    await Promise.race([
      Promise.all([...this.#open].map((connection) => connection.delivered())),
      delay(syslogLimits.stopGraceMs, undefined, { ref: false }),
    ])
    for (const connection of this.#open) connection.giveUp()
    for (const socket of this.#raw) socket.destroy()
    await closed
    this.status.state = 'off'
  }

  snapshot(): SyslogListenerStatus {
    this.connections.held = 0
    for (const connection of this.#open) if (connection.isHeld) this.connections.held++
    this.status.received.empty = this.status.framing?.empty ?? 0
    return structuredClone({ ...this.status, peers: this.#peers?.size ?? 0 })
  }

  reconfigure(change: SyslogChange): void {
    this.#rules = change
    if (this.status.port === null) return
    this.#peers = this.#newPeers(this.status.port)
    for (const connection of this.#open) {
      const peer = this.#peers.get(connection.stream.peer)
      if (peer.allowed) connection.stream = peer.stream
      else {
        this.connections.refusedSender++
        connection.socket.destroy()
      }
    }
  }

  #newPeers(port: number): PeerTable<SyslogPeer> {
    return new PeerTable<SyslogPeer>({
      listener: this.#options.name,
      port,
      allow: createAllowList(this.#rules.allow),
      resolve: this.#rules.resolve,
      limit: syslogLimits.peers,
      refusedNamed: syslogLimits.refusedPeersNamed,
      make: (peer) => peer,
    })
  }

  #accept(raw: Socket): void {
    // Without a listener an error would end the process; the socket is closed by it, and that is handled.
    raw.on('error', this.#failed)
    const peer = this.#peerOf(raw)
    if (peer === undefined) {
      raw.destroy()
      return
    }
    this.connections.total++
    if (!peer.allowed) {
      this.#refuse(raw, peer)
      return
    }
    const { budget, name } = this.#options
    if (!budget.take()) {
      this.connections.refusedLimit++
      this.warn(`${name}: too many connections, a sender was refused`, { peer: peer.stream.peer })
      raw.destroy()
      return
    }
    this.connections.open++
    this.#raw.add(raw)
    raw.once('close', () => {
      this.#raw.delete(raw)
      this.connections.open--
      budget.give()
    })
    this.#options.accepted(raw)
  }

  /** Undefined when the sender has left already. */
  #peerOf(socket: Socket): SyslogPeer | undefined {
    return socket.remoteAddress === undefined ? undefined : this.#peers?.get(socket.remoteAddress)
  }

  /** Nothing was read, so nothing is known of lines and bytes; the refusal itself is on record. */
  #refuse(raw: Socket, peer: SyslogPeer): void {
    this.connections.refusedSender++
    raw.destroy()
    const drop = { reason: 'sender-refused' as const, lines: 0, bytes: null }
    countDrop(this.status, drop)
    this.#sink.drop({ ...drop, stream: peer.stream, atMs: this.#options.now() })
    this.warn(`${this.#options.name}: a sender in no allowed network was refused`, {
      peer: peer.stream.peer,
    })
  }

  /** Reads syslog from a socket whose sender is allowed. */
  serve(socket: Socket): void {
    if (!socket.listeners('error').includes(this.#failed)) socket.on('error', this.#failed)
    const peer = this.#peerOf(socket)
    if (peer === undefined) {
      socket.destroy()
      return
    }
    const connection = new SyslogConnection(socket, peer.stream, this.#context)
    this.#open.add(connection)
    socket.setTimeout(this.#limits.idleMs, () => {
      if (connection.isHeld) return
      this.connections.idleClosed++
      socket.destroy()
    })
    socket.on('data', (chunk) => {
      // No encoding is set on the socket: chunks are never strings.
      if (typeof chunk !== 'string') connection.receive(chunk)
    })
    socket.once('close', () => {
      connection.end()
      void connection.delivered().finally(() => this.#open.delete(connection))
    })
  }

  /** Waits until a moment brings no more bytes: what peers sent before the stop is taken. */
  async #quiet(): Promise<void> {
    const endMs = performance.now() + syslogLimits.stopQuietMs
    let before = -1
    while (this.status.received.bytes !== before && performance.now() < endMs) {
      before = this.status.received.bytes
      await delay(5)
    }
  }
}

function boundAddress(server: Server): AddressInfo {
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('BUG: a bound server has a port')
  return bound
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, ipv6Only: false }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
