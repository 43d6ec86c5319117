/** Syslog over TCP (RFC 6587), both framings on one port. */
import type { Logger } from 'pino'
import type { Config } from '../config/schema.ts'
import type { SourceResolver } from '../config/sources.ts'
import type { FrameSink } from '../spool/frame-sink.ts'
import type { SyslogListener } from './syslog-status.ts'
import { createConnectionBudget, StreamServer } from './syslog-stream.ts'
import type { ConnectionBudget, StreamLimits } from './syslog-stream.ts'

export interface SyslogTcpOptions {
  listener: Config['syslog']['tcp']
  resolve: SourceResolver
  /** Epoch milliseconds. */
  now: () => number
  /** Shared with the TLS listener; default: one of its own. */
  budget?: ConnectionBudget
  /** Smaller bounds for tests. */
  limits?: Partial<StreamLimits>
}

/** Makes the TCP listener. `start` throws LISTENER_FAILED. */
export function createSyslogTcp(
  options: SyslogTcpOptions,
  sink: FrameSink,
  log: Logger,
): SyslogListener {
  const server: StreamServer = new StreamServer(
    {
      name: 'syslog-tcp',
      listener: options.listener,
      resolve: options.resolve,
      now: options.now,
      budget: options.budget ?? createConnectionBudget(),
      limits: options.limits,
      accepted: (raw) => server.serve(raw),
    },
    sink,
    log,
  )
  return {
    start: async () => {
      if (options.listener.enabled) await server.start()
    },
    stop: () => server.stop(),
    status: () => server.snapshot(),
    reconfigure: (change) => server.reconfigure(change),
  }
}
