/** The log: JSON lines on stderr, so that stdout stays the commands' own. Every thread writes whole lines. */
import { destination, pino } from 'pino'
import type { Logger } from 'pino'

export function createLog(level: string): Logger {
  return pino(
    { level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` },
    destination({ fd: 2, sync: true }),
  )
}
