/** Who may: accounts, sessions, tokens, set-up and audit in one place, over the store. The API asks here who is asking. */
import type { Logger } from 'pino'
import type { Config } from '../config/schema.ts'
import { causeOf } from '../errors.ts'
import type { Component } from '../lib/component.ts'
import { accessLimits } from '../limits.ts'
import type { Store } from '../store/store.ts'
import { Accounts } from './accounts.ts'
import type { Account } from './accounts.ts'
import { Audit } from './audit.ts'
import { Keys } from './keys.ts'
import { Lockout } from './lockout.ts'
import { MachineToken } from './machine-token.ts'
import { Naming } from './naming.ts'
import { verifyPassword } from './password.ts'
import { pseudonymKey } from './pseudonyms.ts'
import type { PseudonymKey } from './pseudonyms.ts'
import { viewerOf } from './rights.ts'
import type { Viewer } from './rights.ts'
import { Sessions } from './sessions.ts'
import { SetupCode } from './setup-code.ts'
import { SignOn } from './sign-on.ts'
import { Tokens } from './tokens.ts'
import type { View } from './viewer-store.ts'

export type AccessConfig = Pick<Config, 'api' | 'access' | 'privacy' | 'sources' | 'store'>

export interface AccessStatus {
  accounts: number
  setupNeeded: boolean
}

export interface AccessOptions {
  dataDir: string
  store: Store
  config: () => AccessConfig
  log: Logger
  now: () => number
}

/** How a sign-in ends. `code` = the password is right and a second factor is wanted. */
export type SignIn =
  | { state: 'in'; account: Account }
  | { state: 'wrong' }
  | { state: 'code' }
  | { state: 'locked'; seconds: number }

/** The CLI beside the appliance: all rights. */
const machine = viewerOf('machine', { name: 'this machine', role: 'administrator' })

export class Access implements Component<AccessStatus> {
  readonly accounts: Accounts
  readonly sessions: Sessions
  readonly tokens: Tokens
  readonly audit: Audit
  readonly naming: Naming
  readonly lockout: Lockout
  readonly setup: SetupCode
  readonly machineToken = new MachineToken()
  readonly pseudonymKey: PseudonymKey
  readonly #options: AccessOptions
  #timer: NodeJS.Timeout | undefined
  #stopped = false
  #signOn: { config: unknown; signOn: SignOn } | null = null

  private constructor(options: AccessOptions, keys: Keys) {
    const { store, now, log, config } = options
    this.#options = options
    this.pseudonymKey = pseudonymKey(keys)
    this.audit = new Audit(store, log, now)
    this.accounts = new Accounts(store, keys, now, () => config().access.passwordCharacters)
    this.sessions = new Sessions(store, now, () => ({
      idleMs: config().access.sessionIdleMinutes * 60_000,
      absoluteMs: config().access.sessionHours * 3_600_000,
    }))
    this.tokens = new Tokens(store, this.accounts, now)
    this.naming = new Naming({
      store,
      audit: this.audit,
      key: this.pseudonymKey,
      now,
      secondPerson: () => config().privacy.secondPerson,
    })
    this.lockout = new Lockout(config().access.lockAfter, now)
    this.setup = new SetupCode((code) =>
      log.warn(
        { code },
        `set-up: nobody may sign in yet; open the console and give this code to make the first administrator: ${code}`,
      ),
    )
  }

  /** With the key of the data folder, which is made when there is none. Throws ACCESS_FAILED. */
  static async open(options: AccessOptions): Promise<Access> {
    return new Access(options, await Keys.open(options.dataDir))
  }

  static withKeys(options: AccessOptions, keys: Keys): Access {
    return new Access(options, keys)
  }

  async start(): Promise<void> {
    await this.#load()
    // several appliances over one store: what is taken away on one must soon be so on all
    if (this.#options.config().store.url !== undefined) this.#readAgain()
    await this.machineToken.start(this.#options.dataDir)
    if (this.setupNeeded) this.setup.renew()
  }

  async #load(): Promise<void> {
    await this.accounts.load()
    await this.sessions.load()
    await this.tokens.load()
    await this.naming.load()
  }

  #readAgain(): void {
    if (this.#stopped) return
    this.#timer = setTimeout(() => {
      this.#load()
        .catch((error: unknown) =>
          this.#options.log.error({ error: causeOf(error) }, 'accounts could not be read again'),
        )
        .finally(() => this.#readAgain())
    }, accessLimits.readAgainMs)
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer)
    this.#stopped = true
    await this.audit.stop()
  }

  status(): AccessStatus {
    return { accounts: this.accounts.all().length, setupNeeded: this.setupNeeded }
  }

  /** Everybody who reaches the port may do everything. */
  get open(): boolean {
    return this.#options.config().api.access === 'open'
  }

  /** Counters are told to who signed in only. */
  get metricsAsk(): boolean {
    return !this.open && this.#options.config().api.metrics === 'accounts'
  }

  get passwordCharacters(): number {
    return this.#options.config().access.passwordCharacters
  }

  get setupNeeded(): boolean {
    return !this.open && this.accounts.none
  }

  /** Who asks when no session or token says so: nobody, unless the API is open. */
  anyone(address: string): Viewer | null {
    return this.open
      ? viewerOf('anyone', { name: `anyone at ${address}`, role: 'administrator' })
      : null
  }

  /** A program of this machine, while nobody has finished the set-up: it could read the data folder as well. */
  get beforeSetup(): Viewer | null {
    return this.setupNeeded ? machine : null
  }

  /** The owner of a session cookie. */
  async bySession(cookie: string): Promise<Viewer | null> {
    const session = await this.sessions.use(cookie)
    const account = session === null ? null : this.accounts.get(session.accountId)
    return account === null || account.disabled ? null : this.viewer(account)
  }

  /** The owner of a token; the machine's is good from the loopback only. */
  byToken(text: string, fromLoopback: boolean): Viewer | null {
    if (fromLoopback && this.machineToken.is(text)) return machine
    return this.tokens.viewer(text)
  }

  viewer({ id, name, role, sources, provider }: Account): Viewer {
    const shown = provider === null ? name : `${name} (${new URL(provider.issuer).host})`
    const bounds = role === 'administrator' ? null : sources
    return viewerOf('account', { name: shown, accountId: id, role, sources: bounds })
  }

  /** Checks name, password and second factor. Whatever is wrong looks and lasts the same. */
  async signIn(name: string, password: string, code: string | null): Promise<SignIn> {
    const seconds = this.lockout.wait(name)
    if (seconds > 0) return { state: 'locked', seconds }
    // a name that is none is asked for too: it takes as long
    const account = await this.accounts.fresh(this.accounts.named(name)?.id ?? '')
    const right = await verifyPassword(password, account?.password ?? null)
    if (!right || account === null || account.disabled) {
      this.lockout.fail(name)
      return { state: 'wrong' }
    }
    if (account.totp?.confirmed === true) {
      if (code === null) return { state: 'code' }
      if (!(await this.accounts.acceptCode(account, code))) {
        this.lockout.fail(name)
        return { state: 'wrong' }
      }
    }
    this.lockout.clear(name)
    await this.accounts.signedIn(account.id)
    return { state: 'in', account }
  }

  /** null = no identity provider is configured. */
  get signOn(): SignOn | null {
    const { oidc } = this.#options.config().access
    if (oidc === undefined) return null
    if (this.#signOn?.config !== oidc)
      this.#signOn = { config: oidc, signOn: new SignOn(oidc, this.#options.now) }
    return this.#signOn.signOn
  }

  /** What of the store a viewer sees. */
  viewOf(viewer: Viewer): View {
    const { sources, privacy } = this.#options.config()
    const marked = sources.filter(({ pseudonyms }) => pseudonyms === true).map(({ name }) => name)
    const all = privacy.pseudonyms === 'all' || !viewer.rights.has('names.read')
    return { sources: viewer.sources, masked: all ? 'all' : marked, key: this.pseudonymKey }
  }
}
