/** The intake thread: sockets in, spool out. Nothing else runs here, so that a busy store or report never loses a datagram. */
import { parentPort, workerData } from 'node:worker_threads'
import { OperatingError, causeOf } from '../errors.ts'
import { createLog } from '../lib/log.ts'
import { syslogLimits } from '../limits.ts'
import { SpoolWriter } from '../spool/spool-writer.ts'
import { createSyslog } from './syslog.ts'
import type { SyslogNews, SyslogOrder, SyslogThreadOptions } from './syslog-messages.ts'
import { createWarner } from './syslog-status.ts'

const port = parentPort
if (port === null) throw new Error('BUG: syslog-worker.ts is started as a thread only')
const options = workerData as SyslogThreadOptions
const log = createLog(options.logLevel)
const warn = createWarner(log, Date.now)
const tell = (news: SyslogNews): void => port.postMessage(news)

const writer = new SpoolWriter({
  folder: options.folder,
  lanes: options.lanes,
  tag: 's',
  maxBytes: options.maxBytes,
  fsync: options.fsync,
  usage: options.usage,
  now: Date.now,
  onSealed: (segment) => tell({ kind: 'sealed', segment }),
  onTrouble: (error) =>
    warn('spool: a write failed; TCP peers are held back, UDP is dropped and counted', {
      error: causeOf(error),
    }),
})
const syslog = createSyslog(options.config, writer, log, Date.now)
const status = () => ({ listeners: syslog.status(), writer: writer.status() })

try {
  await writer.start()
  await syslog.start()
  const timer = setInterval(() => tell({ kind: 'status', status: status() }), syslogLimits.statusMs)
  port.on('message', (order: SyslogOrder) => {
    if (order.kind === 'reconfigure') void reconfigure(order)
    else void stop(timer)
  })
  tell({ kind: 'started', status: status() })
} catch (error) {
  await writer.stop()
  tell({
    kind: 'failed',
    code: error instanceof OperatingError ? error.code : 'LISTENER_FAILED',
    message: causeOf(error),
  })
  port.close()
}

async function reconfigure(order: Extract<SyslogOrder, { kind: 'reconfigure' }>): Promise<void> {
  try {
    await syslog.reconfigure(order.config)
    tell({ kind: 'reconfigured', error: null })
  } catch (error) {
    tell({ kind: 'reconfigured', error: causeOf(error) })
  }
}

async function stop(timer: NodeJS.Timeout): Promise<void> {
  clearInterval(timer)
  await syslog.stop()
  await writer.stop()
  tell({ kind: 'stopped', status: status() })
  port?.close()
}
