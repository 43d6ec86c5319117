/** Accounts: local ones with a password and perhaps a second factor, and those an identity provider vouches for. */
import { randomUUID } from 'node:crypto'
import { OperatingError } from '../errors.ts'
import { accessLimits } from '../limits.ts'
import type { Store } from '../store/store.ts'
import type { Keys } from './keys.ts'
import { hashOf } from './keys.ts'
import { hashPassword, passwordFault } from './password.ts'
import { Records } from './records.ts'
import type { Role } from './rights.ts'
import { acceptTotp, newTotpSecret, totpUri } from './totp.ts'
import { newTypedCode, plainTypedCode } from './typed-code.ts'

export interface Account {
  id: string
  name: string
  role: Role
  /** Data sources it is limited to; null = all. */
  sources: string[] | null
  disabled: boolean
  createdMs: number
  /** When sign-in was last made good; null = never. */
  signedInMs: number | null
  /** Argon2id, or null: it signs on elsewhere. */
  password: string | null
  /** Issuer and subject at the identity provider, or null. */
  provider: { issuer: string; subject: string } | null
  /** Sealed with the appliance's key. `confirmed` false = shown and not yet proved. */
  totp: { sealed: string; confirmed: boolean; usedStep: number; recovery: string[] } | null
}

export interface AccountWish {
  name: string
  role: Role
  sources: string[] | null
}

export class Accounts {
  readonly #records: Records<Account>
  readonly #keys: Keys
  readonly #now: () => number
  readonly #passwordMin: () => number

  constructor(store: Store, keys: Keys, now: () => number, passwordMin: () => number) {
    this.#records = new Records(store, 'accounts', now)
    this.#keys = keys
    this.#now = now
    this.#passwordMin = passwordMin
  }

  load(): Promise<void> {
    return this.#records.load()
  }

  get(id: string): Account | null {
    return this.#records.get(id)
  }

  /** As the store has it now. What is written of an account is written whole: an older one would undo another appliance's change. */
  fresh(id: string): Promise<Account | null> {
    return this.#records.fresh(id)
  }

  all(): Account[] {
    return [...this.#records.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Nobody has finished the set-up yet. */
  get none(): boolean {
    return this.#records.size === 0
  }

  /** A local account; letters of both cases alike. */
  named(name: string): Account | null {
    const wanted = name.toLowerCase()
    for (const account of this.#records.values())
      if (account.name.toLowerCase() === wanted && account.provider === null) return account
    return null
  }

  /** Throws ACCESS_DENIED: a name that is taken or none, a bad password, too many accounts. */
  async create(wish: AccountWish, password: string): Promise<Account> {
    if (this.named(wish.name) !== null)
      throw denied(`cannot create account ${wish.name}: the name is taken; choose another`)
    this.#room()
    this.#checkPassword(password, wish.name)
    const hashed = await hashPassword(password)
    return this.#put({ ...this.#blank(wish), password: hashed })
  }

  /** The account of somebody the identity provider vouches for: made at the first sign-on, its role and sources taken from there each time. */
  async fromProvider(
    provider: { issuer: string; subject: string },
    wish: AccountWish,
  ): Promise<Account> {
    for (const account of this.#records.values())
      if (
        account.provider?.issuer === provider.issuer &&
        account.provider.subject === provider.subject
      ) {
        const known = await this.fresh(account.id)
        if (known !== null) return this.#put({ ...known, ...wish })
      }
    this.#room()
    return this.#put({ ...this.#blank(wish), provider })
  }

  #room(): void {
    if (this.#records.size >= accessLimits.accounts)
      throw denied(
        `cannot create an account: there are ${accessLimits.accounts} already; remove some`,
      )
  }

  #blank(wish: AccountWish): Account {
    return {
      id: randomUUID(),
      ...wish,
      disabled: false,
      createdMs: this.#now(),
      signedInMs: null,
      password: null,
      provider: null,
      totp: null,
    }
  }

  /** Throws ACCESS_DENIED when nobody could administer afterwards. */
  async change(
    id: string,
    change: Partial<Pick<Account, 'role' | 'sources' | 'disabled'>>,
  ): Promise<Account | null> {
    const account = await this.fresh(id)
    if (account === null) return null
    const next = { ...account, ...change }
    if (next.role !== 'administrator' || next.disabled) this.#keepOne(account)
    return this.#put(next)
  }

  async remove(id: string): Promise<Account | null> {
    const account = this.#records.get(id)
    if (account === null) return null
    this.#keepOne(account)
    await this.#records.remove(id)
    return account
  }

  #keepOne(account: Account): void {
    const able = (one: Account): boolean => one.role === 'administrator' && !one.disabled
    if (able(account) && !this.all().some((one) => one.id !== account.id && able(one)))
      throw denied(
        `cannot take the role from ${account.name}: it is the last administrator; make another one first`,
      )
  }

  async setPassword(id: string, password: string): Promise<void> {
    const account = this.#records.get(id)
    if (account === null || account.provider !== null)
      throw denied('cannot set a password: the account signs on elsewhere; change it there')
    this.#checkPassword(password, account.name)
    const hashed = await hashPassword(password)
    await this.#put({ ...((await this.fresh(id)) ?? account), password: hashed })
  }

  #checkPassword(password: string, name: string): void {
    const fault = passwordFault(password, name, this.#passwordMin())
    if (fault !== null) throw denied(`cannot use this password: ${fault}; choose another`)
  }

  async signedIn(id: string): Promise<void> {
    const account = this.#records.get(id)
    if (account !== null) await this.#put({ ...account, signedInMs: this.#now() })
  }

  /** Begins a second factor: its secret is shown once, and counts when a code of it was given. */
  async beginTotp(id: string): Promise<{ secret: string; uri: string }> {
    const account = this.#records.get(id)
    if (account === null || account.provider !== null)
      throw denied('cannot set a second factor: the account signs on elsewhere; set it there')
    if (account.totp?.confirmed === true)
      throw denied('cannot set a second factor: there is one; take it away first')
    const secret = newTotpSecret()
    const sealed = this.#keys.seal(secret, id)
    await this.#put({
      ...account,
      totp: { sealed, confirmed: false, usedStep: 0, recovery: [] },
    })
    return { secret, uri: totpUri(secret, account.name) }
  }

  /** Proves the second factor; gives codes for the day the phone is lost. null = the code is wrong. */
  async confirmTotp(id: string, code: string): Promise<string[] | null> {
    const account = this.#records.get(id)
    if (account?.totp === null || account === null || account.totp.confirmed) return null
    const step = this.#acceptedStep(account, code)
    if (step === null) return null
    const codes = Array.from({ length: 10 }, () => newTypedCode(3))
    const recovery = codes.map((one) => hashOf(plainTypedCode(one)))
    await this.#put({
      ...account,
      totp: { ...account.totp, confirmed: true, usedStep: step, recovery },
    })
    return codes
  }

  async removeTotp(id: string): Promise<void> {
    const account = this.#records.get(id)
    if (account !== null) await this.#put({ ...account, totp: null })
  }

  /** A code of the app, or one of the recovery codes; each counts once. */
  async acceptCode(account: Account, code: string): Promise<boolean> {
    const { totp } = account
    if (totp === null) return false
    const step = this.#acceptedStep(account, code)
    // the second: codes of 0.1.0's first builds, which told capitals from small letters
    const given = [hashOf(plainTypedCode(code)), hashOf(code.trim())]
    const left = totp.recovery.filter((hash) => !given.includes(hash))
    if (step === null && left.length === totp.recovery.length) return false
    const usedStep = step ?? totp.usedStep
    // in memory first, or two requests at once could use one code
    account.totp = { ...totp, usedStep, recovery: left }
    await this.#put(account)
    return true
  }

  #acceptedStep({ id, totp }: Account, code: string): number | null {
    if (totp === null) return null
    const secret = this.#keys.unseal(totp.sealed, id)
    return acceptTotp(secret, code, { nowMs: this.#now(), usedStep: totp.usedStep })
  }

  async #put(account: Account): Promise<Account> {
    await this.#records.put(account)
    return account
  }
}

export function denied(message: string): OperatingError {
  return new OperatingError('ACCESS_DENIED', message)
}
