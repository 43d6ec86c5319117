/** The syslog listeners as one: UDP, TCP and TLS by configuration, into one sink. */
import type { Logger } from 'pino'
import type { Config } from '../config/schema.ts'
import { compileSources } from '../config/sources.ts'
import type { Component } from '../lib/component.ts'
import type { FrameSink } from '../spool/frame-sink.ts'
import type { SyslogListenerStatus } from './syslog-status.ts'
import { createConnectionBudget } from './syslog-stream.ts'
import { createSyslogTcp } from './syslog-tcp.ts'
import { createSyslogTls } from './syslog-tls.ts'
import { createSyslogUdp } from './syslog-udp.ts'

export type SyslogConfig = Pick<Config, 'syslog' | 'sources'>

export interface Syslog extends Component<SyslogListenerStatus[]> {
  /** Allowed senders, data sources and certificates anew; sockets stay open. Rejects with LISTENER_FAILED for bad certificates. */
  reconfigure(config: SyslogConfig): Promise<void>
}

/** Makes the listeners. `start` throws LISTENER_FAILED, and then none listens. */
export function createSyslog(
  config: SyslogConfig,
  sink: FrameSink,
  log: Logger,
  now: () => number,
): Syslog {
  const { udp, tcp, tls } = config.syslog
  const resolve = compileSources(config.sources)
  const budget = createConnectionBudget()
  const listeners = {
    udp: createSyslogUdp({ listener: udp, resolve, now }, sink, log),
    tcp: createSyslogTcp({ listener: tcp, resolve, now, budget }, sink, log),
    tls: createSyslogTls({ listener: tls, resolve, now, budget }, sink, log),
  }
  const each = Object.values(listeners)
  const stop = async (): Promise<void> => {
    await Promise.all(each.map((listener) => listener.stop()))
  }
  return {
    async start() {
      try {
        for (const listener of each) await listener.start()
      } catch (error) {
        await stop()
        throw error
      }
    },
    stop,
    status: () => each.map((listener) => listener.status()),
    async reconfigure(next) {
      await listeners.tls.reloadCertificates()
      const change = compileSources(next.sources)
      for (const name of ['udp', 'tcp', 'tls'] as const)
        listeners[name].reconfigure({ allow: next.syslog[name].allow, resolve: change })
    },
  }
}
