/**
 * Keeps Defender for Endpoint's indicators as the tags want them: compares both sides, changes only what is ours, and remembers what was
 * done. Removals go first, so that the tenant's budget is free for what is new.
 */
import type { IndicatorsConfig } from '../config/govern-schema.ts'
import { OperatingError, causeOf } from '../errors.ts'
import { governLimits } from '../limits.ts'
import type { BlockList, LeftOut } from './block-list.ts'
import type { Governed } from './governed.ts'
import { IndicatorClient } from './indicator-client.ts'
import type { ImportFailure, IndicatorClientOptions } from './indicator-client.ts'
import { isOurs, planIndicators, wantedOf } from './indicator-plan.ts'
import type { IndicatorPlan, RemoteIndicator } from './indicator-plan.ts'
import { chunks } from './script-parts.ts'

export interface IndicatorWishes {
  unsanctioned: BlockList
  monitored: BlockList
  /** When an app's tag ends. */
  endsMs: ReadonlyMap<string, number>
}

/** What the last comparison did; the receipt. */
export interface IndicatorReport {
  at: string
  created: number
  updated: number
  removed: number
  unchanged: number
  /** Active ones of the tenant afterwards, and how many there may be. */
  active: number
  budget: number
  foreign: string[]
  overBudget: string[]
  failures: ImportFailure[]
  leftOut: LeftOut[]
  /** null = all was done. */
  error: string | null
}

export interface IndicatorsOptions extends Omit<IndicatorClientOptions, 'config'> {
  config: () => IndicatorsConfig | undefined
  wishes: (alwaysBelow: true) => Promise<IndicatorWishes>
  state: Governed<IndicatorReport>
}

const stateId = 'indicators'

export class Indicators {
  readonly #options: IndicatorsOptions
  #running: Promise<IndicatorReport> | null = null
  readonly #stop = new AbortController()

  constructor(options: IndicatorsOptions) {
    this.#options = options
  }

  get configured(): boolean {
    return this.#options.config() !== undefined
  }

  /** What the last comparison did; null = there was none. */
  async last(): Promise<IndicatorReport | null> {
    return this.#options.state.get(stateId)
  }

  /** What a comparison would do now. Throws GOVERN_REFUSED and GOVERN_FAILED. */
  async plan(): Promise<IndicatorPlan & { leftOut: LeftOut[] }> {
    return this.#with(async (client, config) => {
      const there = await client.list(this.#stop.signal)
      return this.#planned(config, there, await this.#options.wishes(true))
    })
  }

  /** Compares and mends, once at a time. Throws GOVERN_REFUSED and GOVERN_FAILED; the report tells how far it came. */
  async sync(): Promise<IndicatorReport> {
    this.#running ??= this.#sync(false).finally(() => (this.#running = null))
    return this.#running
  }

  /** Takes away all that are ours, whatever the tags say. */
  async removeAll(): Promise<IndicatorReport> {
    await this.#running?.catch(() => undefined)
    this.#running = this.#sync(true).finally(() => (this.#running = null))
    return this.#running
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running?.catch(() => undefined)
  }

  async #sync(nothing: boolean): Promise<IndicatorReport> {
    return this.#with(async (client, config) => {
      const { now, wishes, state } = this.#options
      const { signal } = this.#stop
      const report: IndicatorReport = {
        at: new Date(now()).toISOString(),
        created: 0,
        updated: 0,
        removed: 0,
        unchanged: 0,
        active: 0,
        budget: config.budget,
        foreign: [],
        overBudget: [],
        failures: [],
        leftOut: [],
        error: null,
      }
      try {
        const there = await client.list(signal)
        const none: BlockList = { names: [], leftOut: [], apps: [] }
        const wished = nothing
          ? { unsanctioned: none, monitored: none, endsMs: new Map<string, number>() }
          : await wishes(true)
        const plan = this.#planned(config, there, wished)
        const { unchanged, foreign, overBudget, leftOut, after } = plan
        Object.assign(report, { unchanged, foreign, overBudget, leftOut, active: there.length })
        await this.#carryOut(client, plan, there, config, report)
        report.active = after - report.failures.length
        return report
      } catch (error) {
        report.error = causeOf(error)
        throw error
      } finally {
        await state.put(stateId, report)
      }
    })
  }

  async #carryOut(
    client: IndicatorClient,
    plan: IndicatorPlan,
    there: readonly RemoteIndicator[],
    config: IndicatorsConfig,
    report: IndicatorReport,
  ): Promise<void> {
    const { signal } = this.#stop
    const ours = new Set(there.filter((one) => isOurs(one, config.mark)).map(({ id }) => id))
    for (const { id } of plan.remove) {
      if (!ours.has(id)) throw new Error('BUG: an indicator of somebody else would be removed')
      await client.remove(id, signal)
      report.removed++
    }
    const known = new Set(
      there
        .filter((one) => isOurs(one, config.mark))
        .map((one) => one.indicatorValue.toLowerCase()),
    )
    for (const batch of chunks(plan.put, governLimits.indicatorsPerImport)) {
      const failures = await client.put(batch, signal)
      const failed = new Set(failures.map(({ value }) => value))
      report.failures.push(...failures)
      const done = batch.filter(({ indicatorValue }) => !failed.has(indicatorValue))
      const updated = done.filter(({ indicatorValue }) => known.has(indicatorValue)).length
      report.updated += updated
      report.created += done.length - updated
    }
  }

  #planned(
    config: IndicatorsConfig,
    there: readonly RemoteIndicator[],
    wishes: IndicatorWishes,
  ): IndicatorPlan & { leftOut: LeftOut[] } {
    const { unsanctioned, monitored, endsMs } = wishes
    const nowMs = this.#options.now()
    const of = (list: BlockList, action: string) =>
      action === 'none' ? [] : wantedOf(list, { action, config, nowMs, endsMs })
    // blocks weigh more than warnings: they come first
    const wanted = [...of(unsanctioned, config.unsanctioned), ...of(monitored, config.monitored)]
    const leftOut = [...unsanctioned.leftOut, ...monitored.leftOut]
    return { ...planIndicators(wanted, there, { config, nowMs }), leftOut }
  }

  async #with<T>(
    work: (client: IndicatorClient, config: IndicatorsConfig) => Promise<T>,
  ): Promise<T> {
    const config = this.#options.config()
    if (config === undefined)
      throw new OperatingError(
        'GOVERN_REFUSED',
        'cannot talk to Defender for Endpoint: govern.indicators is not configured; see docs/blocks.md',
      )
    const { now, sleep } = this.#options
    const client = new IndicatorClient({ config, now, ...(sleep !== undefined && { sleep }) })
    try {
      return await work(client, config)
    } finally {
      await client.close()
    }
  }
}
