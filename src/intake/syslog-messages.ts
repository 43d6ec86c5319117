/** What the intake thread and the main thread tell each other. */
import type { SealedSegment } from '../spool/segment-writer.ts'
import type { SpoolWriterStatus } from '../spool/spool-writer.ts'
import type { SyslogConfig } from './syslog.ts'
import type { SyslogListenerStatus } from './syslog-status.ts'

export interface SyslogThreadOptions {
  config: SyslogConfig
  folder: string
  lanes: number
  maxBytes: number
  fsync: 'interval' | 'always' | 'never'
  /** Bytes in the spool, shared by all threads. */
  usage: BigInt64Array<SharedArrayBuffer>
  logLevel: string
}

export interface SyslogThreadStatus {
  listeners: SyslogListenerStatus[]
  writer: SpoolWriterStatus
}

export type SyslogOrder = { kind: 'reconfigure'; config: SyslogConfig } | { kind: 'stop' }

export type SyslogNews =
  | { kind: 'started'; status: SyslogThreadStatus }
  | { kind: 'failed'; code: string; message: string }
  | { kind: 'sealed'; segment: SealedSegment }
  | { kind: 'status'; status: SyslogThreadStatus }
  | { kind: 'reconfigured'; error: string | null }
  | { kind: 'stopped'; status: SyslogThreadStatus }
