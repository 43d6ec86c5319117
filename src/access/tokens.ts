/** API tokens for programs: some of their owner's rights, perhaps fewer sources, and always an end. Only a hash is kept. */
import { randomBytes } from 'node:crypto'
import { accessLimits } from '../limits.ts'
import type { Store } from '../store/store.ts'
import type { Account, Accounts } from './accounts.ts'
import { denied } from './accounts.ts'
import { hashOf, newSecret } from './keys.ts'
import { Records } from './records.ts'
import { rightsOfRole } from './rights.ts'
import type { Right, Viewer } from './rights.ts'

export interface Token {
  id: string
  /** What it is for. */
  name: string
  accountId: string
  hash: string
  scope: Right[]
  /** null = those of its account. */
  sources: string[] | null
  createdMs: number
  expiresMs: number
  usedMs: number | null
}

const prefix = 'gnomon_'

export class Tokens {
  readonly #records: Records<Token>
  readonly #accounts: Accounts
  readonly #now: () => number

  constructor(store: Store, accounts: Accounts, now: () => number) {
    this.#records = new Records(store, 'tokens', now)
    this.#accounts = accounts
    this.#now = now
  }

  load(): Promise<void> {
    return this.#records.load()
  }

  all(): Token[] {
    return [...this.#records.values()].sort((a, b) => b.createdMs - a.createdMs)
  }

  get(id: string): Token | null {
    return this.#records.get(id)
  }

  /** The text is told this once. Throws ACCESS_DENIED for rights and sources the account has not. */
  async create(
    account: Account,
    wish: { name: string; scope: Right[]; sources: string[] | null; days: number },
  ): Promise<{ token: Token; text: string }> {
    if (this.#records.size >= accessLimits.tokens)
      throw denied(`cannot create a token: there are ${accessLimits.tokens} already; remove some`)
    const own = new Set<Right>(rightsOfRole[account.role])
    const more = wish.scope.find((right) => !own.has(right))
    if (more !== undefined)
      throw denied(`cannot create a token with ${more}: your role has it not; leave it out`)
    const foreign = wish.sources?.find((name) => account.sources?.includes(name) === false)
    if (foreign !== undefined)
      throw denied(
        `cannot create a token for ${foreign}: you may not see that source; leave it out`,
      )
    const id = randomBytes(8).toString('hex')
    const secret = newSecret()
    const createdMs = this.#now()
    const token: Token = {
      id,
      name: wish.name,
      accountId: account.id,
      hash: hashOf(secret),
      scope: wish.scope,
      sources: wish.sources,
      createdMs,
      expiresMs: createdMs + wish.days * 24 * 60 * 60_000,
      usedMs: null,
    }
    await this.#records.put(token)
    return { token, text: `${prefix}${id}_${secret}` }
  }

  async remove(id: string): Promise<boolean> {
    return this.#records.remove(id)
  }

  async removeOf(accountId: string): Promise<void> {
    for (const { id, accountId: owner } of this.all())
      if (owner === accountId) await this.remove(id)
  }

  /** Who a token speaks for, or null: unknown, ended, or its account may no longer sign in. */
  viewer(text: string): Viewer | null {
    const match = /^gnomon_([0-9a-f]{16})_([\w-]{43})$/.exec(text)
    const token = match === null ? null : this.#records.get(match[1])
    if (token === null || match === null || token.hash !== hashOf(match[2])) return null
    const account = this.#accounts.get(token.accountId)
    if (account === null || account.disabled || this.#now() >= token.expiresMs) return null
    token.usedMs = this.#now()
    const own = new Set<Right>(rightsOfRole[account.role])
    return {
      kind: 'token',
      name: `token ${token.name} of ${account.name}`,
      accountId: account.id,
      role: account.role,
      rights: new Set(token.scope.filter((right) => own.has(right))),
      sources: bothOf(token.sources, account.sources),
    }
  }
}

/** What both allow; null = all. */
function bothOf(one: string[] | null, other: string[] | null): string[] | null {
  if (one === null) return other
  return other === null ? one : one.filter((name) => other.includes(name))
}
