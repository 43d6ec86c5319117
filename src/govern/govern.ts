/** Governing in one place: tags, blocks, policies, alerts, exclusions, deletion. The API and the daemon ask here. */
import type { Logger } from 'pino'
import type { Catalog } from '../catalog/match.ts'
import type { Config } from '../config/schema.ts'
import { causeOf } from '../errors.ts'
import type { Component } from '../lib/component.ts'
import { governLimits } from '../limits.ts'
import type { Store } from '../store/store.ts'
import { Alerts } from './alerts.ts'
import type { Muting } from './alerts.ts'
import { blockListOf } from './block-list.ts'
import type { BlockList } from './block-list.ts'
import { scriptWriter } from './block-script.ts'
import { deleteData } from './deletion.ts'
import type { DeletionOrder, DeletionProof } from './deletion.ts'
import type { DeletionPlaces } from './deletion-places.ts'
import { Governed, storedVersion, versions } from './governed.ts'
import type { LastVersion } from './governed.ts'
import { groupOf, readDepartments } from './departments.ts'
import type { Departments } from './departments.ts'
import { handOver } from './hand-over.ts'
import { Indicators } from './indicators.ts'
import type { IndicatorReport, IndicatorWishes } from './indicators.ts'
import { configuredWays } from './notify.ts'
import { People } from './people.ts'
import type { Policy } from './policy.ts'
import { rehearse, sizesOf } from './rehearsal.ts'
import type { Rehearsal } from './rehearsal.ts'
import { keepScript, writeScript } from './scripts.ts'
import type { GivenScript, Script, ScriptMode } from './scripts.ts'
import type { Trouble } from './system-alerts.ts'
import { Tags } from './tags.ts'
import type { TagChange } from './tags.ts'
import { Turns } from './turns.ts'
import type { TurnsStatus } from './turns.ts'
import { hostsSeen } from './usage-questions.ts'

export interface GovernOptions {
  store: Store
  catalog: () => Catalog
  config: () => Pick<Config, 'govern' | 'publish' | 'syslog' | 'ftp' | 'api' | 'defender' | 'merge'>
  log: Logger
  now: () => number
  /** null = no look at the disk. */
  dataDir: string | null
  /** Latest line of each source (epoch ms). */
  lastSeen: () => ReadonlyMap<string, number>
  /** What is wrong elsewhere now: feeds that are late, uploads that were refused. */
  troubles?: () => Promise<Trouble[]>
  /** What is known of an app's risk factor; null = unknown. */
  factor?: (appId: string, factor: string) => boolean | null
  /** Does work when all that was taken is stored, and while nothing is merged. */
  quietly: <T>(work: () => Promise<T>) => Promise<T>
  /** Files of the data folder that a deletion reaches; without it, none. */
  files?: DeletionPlaces
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>
}

/** Usage as somebody may see it. */
export interface SeenUsage {
  store: Store
  /** Names that he sees in place of others, by the names in small letters. */
  shownAs: (names: readonly string[]) => Promise<ReadonlyMap<string, string>>
}

const dayMs = 86_400_000

export class Govern implements Component<TurnsStatus> {
  readonly tags: Tags
  readonly alerts: Alerts
  readonly mutings: Governed<Muting>
  readonly policies: Governed<Policy>
  readonly people: People
  readonly indicators: Indicators
  readonly turns: Turns
  readonly #options: GovernOptions
  readonly #scripts: Governed<GivenScript>
  readonly #version: LastVersion = { last: 0 }
  /** Verdicts as the scripts in the folder have them; null = not known since the start. */
  #handedOver: string | null = null

  constructor(options: GovernOptions) {
    this.#options = options
    const { store, now, config } = options
    const nextVersion = versions(now, this.#version)
    const governed = <T extends object>(kind: ConstructorParameters<typeof Governed>[1]) =>
      new Governed<T>(store, kind, nextVersion)
    this.tags = new Tags(store, now, nextVersion)
    this.#scripts = governed('script')
    this.mutings = governed('muting')
    this.policies = governed('policy')
    this.alerts = new Alerts(store, now, nextVersion, this.mutings, async ({ policy }) => {
      const ways = configuredWays(config())
      if (policy === null) return ways
      const wanted: readonly string[] = (await this.policies.get(policy))?.notify ?? []
      return ways.filter((way) => wanted.includes(way))
    })
    this.people = new People(store, nextVersion, {
      exclusions: governed('exclusion'),
      groups: governed('group'),
      ranges: governed('range'),
    })
    this.indicators = new Indicators({
      config: () => config().govern.indicators,
      wishes: async () => this.#wishes(),
      state: governed<IndicatorReport>('state'),
      now,
      ...(options.sleep !== undefined && { sleep: options.sleep }),
    })
    this.turns = new Turns(options, this)
  }

  /** To be called before anybody may change anything. */
  async start(): Promise<void> {
    this.#version.last = Math.max(this.#version.last, await storedVersion(this.#options.store))
    this.turns.start()
  }

  async stop(): Promise<void> {
    await this.indicators.stop()
    await this.turns.stop()
  }

  status(): TurnsStatus {
    return this.turns.status()
  }

  /** Tags apps; what hangs on tags (indicators, scripts handed over) follows soon. Gives the change's id. */
  async tag(change: TagChange): Promise<string> {
    const id = await this.tags.set(change)
    await this.#followTags()
    return id
  }

  async undoTag(change: string, actor: string): Promise<string> {
    const id = await this.tags.undo(change, actor)
    await this.#followTags()
    return id
  }

  /** Names of the apps that are unsanctioned, or of those given. */
  async blockList(
    apps: ReadonlySet<string> | null = null,
    { alwaysBelow = false }: { alwaysBelow?: boolean } = {},
  ): Promise<BlockList> {
    const { store, catalog, config, now } = this.#options
    const blocked = apps ?? (await this.tags.appsWith('unsanctioned'))
    const sanctioned = await this.tags.appsWith('sanctioned')
    const sinceMs = now() - governLimits.rehearsalDays * dayMs
    return blockListOf(catalog(), {
      apps: blocked,
      // an app that would be blocked keeps none of its own names
      sanctioned: new Set([...sanctioned].filter((id) => !blocked.has(id))),
      keep: config().govern.keep,
      alwaysBelow,
      seen: await hostsSeen(store, [...blocked], sinceMs),
    })
  }

  /** What blocking some apps, or all unsanctioned ones, would have hit; `seen` = what the one who asks may see of it. */
  async rehearse(apps: ReadonlySet<string> | null, seen?: SeenUsage): Promise<Rehearsal> {
    const { store, now } = this.#options
    const groups = await this.people.groupsByUser()
    const sizes = new Map(sizesOf(groups))
    const departments = await this.#departments()
    for (const [user, name] of departments?.byUser ?? [])
      groups.set(user, [...(groups.get(user) ?? []), groupOf(name)])
    for (const [name, count] of departments?.sizes ?? []) sizes.set(groupOf(name), count)
    const shown = (await seen?.shownAs([...groups.keys()])) ?? new Map<string, string>()
    for (const [name, other] of shown) groups.set(other, groups.get(name) ?? [])
    return rehearse(seen?.store ?? store, await this.blockList(apps), groups, now(), sizes)
  }

  /** A directory that cannot be read is told in the log, and keeps no rehearsal from its work. */
  async #departments(): Promise<Departments | null> {
    const { config, log } = this.#options
    const { directory } = config().merge
    if (directory === undefined) return null
    return readDepartments(directory).catch((error: unknown) => {
      log.warn({ error: causeOf(error) }, 'departments of the directory are not known')
      return null
    })
  }

  /** A script as it would be; nothing is remembered. Throws GOVERN_REFUSED for an unknown format. */
  async script(format: string, mode: ScriptMode): Promise<Script> {
    return (await this.#script(format, mode)).script
  }

  /** The same, given out: the next change is told against it. */
  async giveScript(format: string, mode: ScriptMode, actor: string): Promise<Script> {
    const { script, list } = await this.#script(format, mode)
    await keepScript(this.#scripts, script, list, { actor, nowMs: this.#options.now() })
    return script
  }

  async deleteData(order: DeletionOrder): Promise<DeletionProof> {
    const { store, now, quietly, files = null } = this.#options
    const words = { people: this.people, mutings: this.mutings }
    return quietly(async () => deleteData(store, order, { files, words, nowMs: now() }))
  }

  async #script(format: string, mode: ScriptMode): Promise<{ script: Script; list: BlockList }> {
    const writer = scriptWriter(format)
    const list = await this.blockList()
    const last = await this.#scripts.get(writer.id)
    const nowMs = this.#options.now()
    return { script: writeScript(writer, list, last, { mode, nowMs }), list }
  }

  async #wishes(): Promise<IndicatorWishes> {
    const [current, monitored] = [await this.tags.current(), await this.tags.appsWith('monitored')]
    const endsMs = new Map<string, number>()
    for (const { appId, tag, expiresMs } of current)
      if (expiresMs !== null && ['unsanctioned', 'monitored'].includes(tag))
        endsMs.set(appId, expiresMs)
    return {
      unsanctioned: await this.blockList(null, { alwaysBelow: true }),
      monitored: await this.blockList(monitored, { alwaysBelow: true }),
      endsMs,
    }
  }

  /** The tag is set whatever becomes of this: a folder that cannot be written is told in the log. */
  async #followTags(): Promise<void> {
    this.turns.indicatorsSoon()
    try {
      await this.handOverScripts()
    } catch (error) {
      this.#options.log.error({ error: causeOf(error) }, 'block scripts were not handed over')
    }
  }

  /** Scripts in the folder follow the verdicts in force; one may have ended by itself. Throws GOVERN_FAILED, and is tried again. */
  async handOverScripts(): Promise<void> {
    const { handOver: to } = this.#options.config().govern
    if (to === undefined) return
    const verdicts = (await this.tags.current())
      .filter(({ tag }) => tag === 'unsanctioned' || tag === 'sanctioned')
      .map(({ appId, tag }) => `${appId} ${tag}`)
      .join('\n')
    if (verdicts === this.#handedOver) return
    const scripts = []
    for (const format of to.formats)
      scripts.push(await this.giveScript(format, 'full', 'hand-over'))
    await handOver(to.folder, scripts)
    this.#handedOver = verdicts
  }
}
