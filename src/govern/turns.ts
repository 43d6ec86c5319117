/** What governing does by itself, in turns: policies and baselines over new usage, the appliance's own troubles, notices, indicators. */
import { causeOf } from '../errors.ts'
import { elapsedMs } from '../lib/elapsed.ts'
import { governLimits } from '../limits.ts'
import type { Alert } from './alerts.ts'
import { runBaselines } from './baseline-run.ts'
import type { Govern, GovernOptions } from './govern.ts'
import { Notifier } from './notify.ts'
import { runPolicy } from './policy-run.ts'
import { certificateTroubles } from './certificates.ts'
import { diskTrouble, driftingSources, eventOf, silentSources } from './system-alerts.ts'
import type { Trouble } from './system-alerts.ts'
import { Teller } from './tell.ts'
import type { NoticeCounts } from './tell.ts'

const dayMs = 86_400_000
/** After a tag changed: several changes of one sitting go in one comparison. */
const soonMs = 5000

export interface TurnsStatus {
  turns: number
  lastMs: number | null
  /** What became of notices since the start, by way. */
  notices: Record<string, NoticeCounts>
}

export class Turns {
  readonly #options: GovernOptions
  readonly #govern: Govern
  readonly #teller: Teller
  #timer: NodeJS.Timeout | undefined
  #running: Promise<unknown> = Promise.resolve()
  #stopping = true
  #turns = 0
  #lastMs: number | null = null
  /** When both sides were compared last; null = they are due. */
  #comparedMs: number | null = null

  constructor(options: GovernOptions, govern: Govern) {
    this.#options = options
    this.#govern = govern
    const { config, now, sleep, log } = options
    const notifier = new Notifier({ config, now, ...(sleep !== undefined && { sleep }) })
    this.#teller = new Teller({ alerts: govern.alerts, notifier, config, log, now })
  }

  start(): void {
    this.#stopping = false
    this.#turnIn(soonMs)
  }

  async stop(): Promise<void> {
    this.#stopping = true
    clearTimeout(this.#timer)
    await this.#running
  }

  status(): TurnsStatus {
    return { turns: this.#turns, lastMs: this.#lastMs, notices: this.#teller.counts() }
  }

  /** The next comparison comes soon. */
  indicatorsSoon(): void {
    this.#comparedMs = null
    if (!this.#stopping) this.#turnIn(soonMs)
  }

  /** One turn: alerts that are new. A part that fails is told in the log and does not keep the others from theirs. */
  async turn(): Promise<Alert[]> {
    const startedMs = this.#options.now()
    const raised: Alert[] = []
    const part = async (name: string, work: () => Promise<Alert[]>): Promise<void> => {
      try {
        raised.push(...(await work()))
      } catch (error) {
        this.#options.log.error(
          { part: name, error: causeOf(error) },
          'a part of governing failed, it is tried again',
        )
      }
    }
    const today = Math.floor(startedMs / dayMs) * dayMs
    // data come late: the day before is looked at too
    for (const dayStartMs of [today - dayMs, today]) {
      await part('policies', async () => this.#policies(dayStartMs, startedMs))
      await part('baselines', async () => this.#baselines(dayStartMs))
    }
    await part('system', async () => this.#system(startedMs))
    await part('scripts', async () => {
      await this.#govern.handOverScripts()
      return []
    })
    await part('indicators', async () => this.#indicators(startedMs))
    await part('notices', async () => {
      await this.#teller.round()
      return []
    })
    this.#turns++
    this.#lastMs = this.#options.now() - startedMs
    return raised
  }

  #turnIn(waitMs: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#running = this.#running
        .then(async () => this.turn())
        .finally(() => {
          if (!this.#stopping) this.#turnIn(governLimits.turnMs)
        })
    }, waitMs)
  }

  async #policies(dayStartMs: number, nowMs: number): Promise<Alert[]> {
    const { store, factor } = this.#options
    const { policies, alerts, people, tags } = this.#govern
    const raised: Alert[] = []
    const tagged = await tags.byApp()
    for (const [id, policy] of await policies.all()) {
      if (!policy.enabled) continue
      const members = await people.membersOf(policy.groups)
      const fresh = await runPolicy(
        store,
        alerts,
        {
          id,
          policy,
          part: { sources: policy.sources, members },
          knowledge: (appId) => ({
            tags: tagged.get(appId) ?? [],
            factor: (name) => factor?.(appId, name) ?? null,
          }),
        },
        dayStartMs,
        nowMs,
      )
      raised.push(...fresh)
      const apps = fresh.flatMap(({ appId }) => (appId === null ? [] : [appId]))
      if (policy.tag !== null && apps.length > 0)
        await this.#govern.tag({
          appIds: apps,
          tag: policy.tag,
          active: true,
          actor: `policy ${policy.name}`,
          reason: `policy ${policy.name}`,
          expiresMs: null,
        })
    }
    return raised
  }

  async #baselines(dayStartMs: number): Promise<Alert[]> {
    const { store, catalog } = this.#options
    const nameOf = (appId: string): string => catalog().apps.get(appId)?.name ?? appId
    return runBaselines(store, this.#govern.alerts, nameOf, dayStartMs)
  }

  async #system(nowMs: number): Promise<Alert[]> {
    const { store, config, dataDir, lastSeen, troubles } = this.#options
    const settings = config()
    const found: Trouble[] = [
      ...(settings.govern.silentSources ? await silentSources(store, lastSeen(), nowMs) : []),
      ...(await driftingSources(store, nowMs)),
      ...(dataDir === null ? [] : await diskTrouble(dataDir)),
      ...(await certificateTroubles(settings, nowMs)),
      ...((await troubles?.()) ?? []),
      ...(await this.#indicatorTroubles()),
    ]
    const { alerts } = this.#govern
    const raised: Alert[] = []
    for (const trouble of found) {
      const alert = await alerts.raise(eventOf(trouble, nowMs))
      if (alert !== null) raised.push(alert)
    }
    await alerts.resolveSystemBut(new Set(found.map(({ key }) => key)))
    return raised
  }

  async #indicatorTroubles(): Promise<Trouble[]> {
    const { indicators } = this.#govern
    const last = indicators.configured ? await indicators.last() : null
    if (last === null) return []
    const { active, budget, overBudget, error } = last
    const troubles: Trouble[] = []
    if (error !== null)
      troubles.push({
        key: 'indicators',
        severity: 'high',
        title: 'Indicators could not be brought to Defender',
        detail: error,
      })
    // told before it is hit: what comes after it would not be blocked
    if (overBudget.length > 0 || active > budget * 0.9)
      troubles.push({
        key: 'indicator-budget',
        severity: overBudget.length > 0 ? 'high' : 'medium',
        title: `The tenant has ${active} of ${budget} indicators`,
        detail:
          overBudget.length > 0
            ? `${overBudget.length} names are not blocked: there is no room. Take tags or indicators of others away.`
            : 'Beyond it no new name can be blocked. Take tags or indicators of others away.',
        measures: { active, budget, overBudget: overBudget.length },
      })
    return troubles
  }

  async #indicators(nowMs: number): Promise<Alert[]> {
    const { indicators } = this.#govern
    const settings = this.#options.config().govern.indicators
    if (settings === undefined) return []
    const sinceMs = elapsedMs(this.#comparedMs ?? -Infinity, nowMs)
    if (sinceMs < settings.everyMinutes * 60_000) return []
    this.#comparedMs = nowMs
    await indicators.sync()
    return []
  }
}
