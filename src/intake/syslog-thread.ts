/** The intake thread as a component of the main thread. */
import { Worker } from 'node:worker_threads'
import { OperatingError } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'
import type { Component } from '../lib/component.ts'
import type { SealedSegment } from '../spool/segment-writer.ts'
import type { SyslogConfig } from './syslog.ts'
import type {
  SyslogNews,
  SyslogOrder,
  SyslogThreadOptions,
  SyslogThreadStatus,
} from './syslog-messages.ts'

export interface SyslogThread extends Component<SyslogThreadStatus | null> {
  reconfigure(config: SyslogConfig): Promise<void>
}

/**
 * Makes the thread. `start` throws LISTENER_FAILED. `onSealed` gets every segment; `onDeath` is called when the thread ends by
 * itself, a bug: without intake the appliance is to end, and to be started again by its supervisor.
 */
export function createSyslogThread(
  options: SyslogThreadOptions,
  onSealed: (segment: SealedSegment) => void,
  onDeath: (error: unknown) => void,
): SyslogThread {
  let worker: Worker | null = null
  let last: SyslogThreadStatus | null = null
  let waiting = new Map<SyslogNews['kind'], (news: SyslogNews) => void>()

  const next = (...kinds: SyslogNews['kind'][]): Promise<SyslogNews> =>
    new Promise((resolve) => {
      for (const kind of kinds) waiting.set(kind, resolve)
    })

  function hear(news: SyslogNews): void {
    if (news.kind === 'sealed') return onSealed(news.segment)
    if ('status' in news) last = news.status
    waiting.get(news.kind)?.(news)
    waiting.delete(news.kind)
  }

  const send = (order: SyslogOrder): void => worker?.postMessage(order)

  return {
    async start() {
      waiting = new Map()
      const made = new Worker(new URL('./syslog-worker.ts', import.meta.url), {
        workerData: options,
        name: 'gnomon-intake',
      })
      worker = made
      made.on('message', hear)
      const died = new Promise<SyslogNews>((resolve) => {
        made.once('error', (error) => {
          resolve({
            kind: 'failed',
            code: 'LISTENER_FAILED',
            message: error instanceof Error ? error.message : String(error),
          })
          if (worker === made) onDeath(error)
        })
      })
      const news = await Promise.race([next('started', 'failed'), died])
      if (news.kind !== 'failed') return
      worker = null
      throw new OperatingError(news.code as ErrorCode, news.message)
    },
    async stop() {
      const ending = worker
      if (ending === null) return
      const stopped = Promise.race([
        next('stopped'),
        new Promise((resolve) => ending.once('exit', resolve)),
      ])
      send({ kind: 'stop' })
      await stopped
      worker = null
      await ending.terminate()
    },
    status: () => last,
    async reconfigure(config) {
      const answer = next('reconfigured')
      send({ kind: 'reconfigure', config })
      const news = await answer
      if (news.kind === 'reconfigured' && news.error !== null)
        throw new OperatingError('LISTENER_FAILED', news.error)
    },
  }
}
