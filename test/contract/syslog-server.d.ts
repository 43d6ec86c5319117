/** The part of syslog-server that the tests use; the package's own types name other events. */
declare module 'syslog-server' {
  import type { EventEmitter } from 'node:events'

  export default class SyslogServer extends EventEmitter {
    start(options: { port: number; address: string; exclusive: boolean }): Promise<void>
    stop(): Promise<void>
  }
}
