/**
 * Sends the notices that wait: they lie in the store with their alerts, so that a restart goes on with them. Each is delivered at least
 * once, under the alert's id; a process that dies between an answer and its entry sends it again.
 */
import type { Logger } from 'pino'
import { causeOf } from '../errors.ts'
import { governLimits } from '../limits.ts'
import type { Alert, Alerts, Notice } from './alerts.ts'
import { configuredWays, ways } from './notify.ts'
import type { Notifier, NotifyConfig, Way } from './notify.ts'

export interface NoticeCounts {
  sent: number
  /** Tries that failed and come again. */
  retried: number
  /** Given up: nobody took it for a day. */
  failed: number
}

export interface TellerOptions {
  alerts: Alerts
  notifier: Pick<Notifier, 'tell'>
  config: () => NotifyConfig
  log: Logger
  now: () => number
}

const dayMs = 86_400_000

export class Teller {
  readonly #options: TellerOptions
  readonly #counts = new Map<Way, NoticeCounts>()

  constructor(options: TellerOptions) {
    this.#options = options
  }

  /** One round over what waits; a way that fails holds up the others no longer than once a round. */
  async round(): Promise<void> {
    const { alerts, now } = this.#options
    const waiting = await alerts.untold(now() - 8 * dayMs, governLimits.noticesWaiting)
    const down = new Set<string>()
    for (const alert of waiting) {
      const notices: Notice[] = []
      for (const notice of alert.notices)
        notices.push(notice.status === 'pending' ? await this.#send(alert, notice, down) : notice)
      // only the notices: a person may have dismissed the alert meanwhile
      await alerts.change(alert.id, { notices })
    }
  }

  async #send(alert: Alert, { way }: Notice, down: Set<string>): Promise<Notice> {
    const { notifier, config, now, log } = this.#options
    const at = new Date(now()).toISOString()
    const known = ways.find((one) => one === way)
    if (known === undefined || !configuredWays(config()).includes(known))
      return { way, status: 'failed', at, error: `${way} is not configured any more` }
    try {
      if (down.has(way)) throw new Error('it failed for another alert just now')
      await notifier.tell(known, alert)
      this.#countsOf(known).sent++
      return { way, status: 'sent', at, error: null }
    } catch (error) {
      down.add(way)
      const over = now() - Date.parse(alert.raised) >= dayMs
      this.#countsOf(known)[over ? 'failed' : 'retried']++
      log.error(
        { way, alert: alert.id, error: causeOf(error) },
        over
          ? 'a notice was not sent for a day, it is given up'
          : 'a notice was not sent, it is tried again',
      )
      return { way, status: over ? 'failed' : 'pending', at, error: causeOf(error) }
    }
  }

  #countsOf(way: Way): NoticeCounts {
    const known = this.#counts.get(way) ?? { sent: 0, retried: 0, failed: 0 }
    this.#counts.set(way, known)
    return known
  }

  /** Since the start, by way. */
  counts(): Record<string, NoticeCounts> {
    return Object.fromEntries(this.#counts)
  }
}
