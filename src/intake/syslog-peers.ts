/** The senders of one listener: who they are, whether they may send, which data source they belong to. */
import { normaliseAddress } from '../config/networks.ts'
import type { SourceResolver } from '../config/sources.ts'
import type { StreamDescription } from '../spool/frame-sink.ts'
import type { AllowList } from './allow-list.ts'

export type SyslogListenerName = 'syslog-udp' | 'syslog-tcp' | 'syslog-tls'

export interface SyslogPeer {
  stream: StreamDescription
  /** False: in no allowed network. */
  allowed: boolean
}

export interface PeerTableOptions<Peer> {
  listener: SyslogListenerName
  /** The bound port; part of the stream's key. */
  port: number
  allow: AllowList
  resolve: SourceResolver
  /** Senders remembered. */
  limit: number
  /** Refused senders with a stream of their own. */
  refusedNamed: number
  /** Makes the listener's own record of a peer. */
  make: (peer: SyslogPeer) => Peer
}

/**
 * A bounded map from the socket's spelling of an address to the listener's record of that peer. What is forgotten is found
 * again by the same rules, so nothing but time is lost.
 */
export class PeerTable<Peer> {
  readonly #options: PeerTableOptions<Peer>
  readonly #peers = new Map<string, Peer>()
  #refused = 0
  #refusedRest: Peer | null = null

  constructor(options: PeerTableOptions<Peer>) {
    this.#options = options
  }

  get size(): number {
    return this.#peers.size
  }

  /** The record for an address as the socket gives it. */
  get(address: string): Peer {
    return this.#peers.get(address) ?? this.#add(address)
  }

  #add(address: string): Peer {
    const { allow, limit, make, refusedNamed } = this.#options
    const name = normaliseAddress(address)
    const allowed = allow(name)
    if (!allowed && this.#refused >= refusedNamed) {
      this.#refusedRest ??= make({ allowed, stream: this.#describe('refused') })
      return this.#refusedRest
    }
    if (!allowed) this.#refused++
    const peer = make({ allowed, stream: this.#describe(name) })
    if (this.#peers.size >= limit) {
      const [oldest] = this.#peers.keys()
      this.#peers.delete(oldest)
    }
    this.#peers.set(address, peer)
    return peer
  }

  #describe(peer: string): StreamDescription {
    const { listener, port, resolve } = this.#options
    return { key: streamKey(listener, port, peer), listener, peer, ...resolve({ listener, peer }) }
  }
}

/** `udp:5514|192.0.2.1` */
export function streamKey(listener: SyslogListenerName, port: number, peer: string): string {
  return `${listener.slice('syslog-'.length)}:${port}|${peer}`
}
