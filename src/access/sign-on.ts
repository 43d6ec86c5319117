/**
 * Sign-on with an identity provider: OpenID Connect, authorization code flow with PKCE, state and nonce
 * (https://openid.net/specs/openid-connect-core-1_0.html, RFC 9700). The role comes from a claim of the ID token.
 */
import { isIP } from 'node:net'
import type { Configuration } from 'openid-client'
import type { Config } from '../config/schema.ts'
import { OperatingError, causeOf } from '../errors.ts'
import { accessLimits } from '../limits.ts'
import type { AccountWish } from './accounts.ts'
import { denied } from './accounts.ts'
import { newSecret } from './keys.ts'

export type OidcConfig = NonNullable<Config['access']['oidc']>

export const callbackPath = '/api/v1/session/oidc/callback'

interface Begun {
  verifier: string
  state: string
  nonce: string
  begunMs: number
}

export interface SignedOn {
  provider: { issuer: string; subject: string }
  wish: AccountWish
}

export class SignOn {
  readonly #config: OidcConfig
  readonly #now: () => number
  #provider: Promise<Configuration> | null = null
  readonly #begun = new Map<string, Begun>()

  constructor(config: OidcConfig, now: () => number) {
    this.#config = config
    this.#now = now
  }

  /** Where the browser goes, and what it holds (a cookie) until it comes back. Throws ACCESS_FAILED when the provider does not answer. */
  async begin(): Promise<{ url: string; ticket: string }> {
    const provider = await this.#discover()
    const client = await import('openid-client')
    const begun: Begun = {
      verifier: client.randomPKCECodeVerifier(),
      state: client.randomState(),
      nonce: client.randomNonce(),
      begunMs: this.#now(),
    }
    const ticket = newSecret()
    for (const [key, { begunMs }] of this.#begun) {
      const old = this.#now() - begunMs > accessLimits.signOnMs
      if (!old && this.#begun.size < accessLimits.signOns) break
      this.#begun.delete(key)
    }
    this.#begun.set(ticket, begun)
    const url = client.buildAuthorizationUrl(provider, {
      redirect_uri: this.#redirectUri(),
      scope: this.#config.scope,
      code_challenge: await client.calculatePKCECodeChallenge(begun.verifier),
      code_challenge_method: 'S256',
      state: begun.state,
      nonce: begun.nonce,
    })
    return { url: url.href, ticket }
  }

  /** What the provider says of who came back. Each ticket is good once. Throws ACCESS_DENIED and ACCESS_FAILED. */
  async finish(ticket: string, query: string): Promise<SignedOn> {
    const begun = this.#begun.get(ticket)
    this.#begun.delete(ticket)
    if (begun === undefined || this.#now() - begun.begunMs > accessLimits.signOnMs)
      throw denied('cannot sign on: it was begun too long ago, or in another browser; begin again')
    const provider = await this.#discover()
    const client = await import('openid-client')
    const url = new URL(this.#redirectUri())
    url.search = query
    const answer = await client
      .authorizationCodeGrant(provider, url, {
        pkceCodeVerifier: begun.verifier,
        expectedState: begun.state,
        expectedNonce: begun.nonce,
        idTokenExpected: true,
      })
      .catch((cause: unknown) => {
        throw new OperatingError(
          'ACCESS_DENIED',
          `cannot sign on: the identity provider says ${causeOf(cause)}; try again, or ask who keeps it`,
          { cause },
        )
      })
    const claims = answer.claims() as Record<string, unknown> | undefined
    if (claims === undefined) throw denied('cannot sign on: the identity provider gave no ID token')
    return {
      provider: { issuer: String(claims['iss']), subject: String(claims['sub']) },
      wish: wishOf(claims, this.#config),
    }
  }

  #redirectUri(): string {
    return `${this.#config.publicUrl.replace(/\/+$/, '')}${callbackPath}`
  }

  #discover(): Promise<Configuration> {
    this.#provider ??= this.#ask().catch((error: unknown) => {
      this.#provider = null
      throw error
    })
    return this.#provider
  }

  async #ask(): Promise<Configuration> {
    const { discovery, allowInsecureRequests } = await import('openid-client')
    const { issuer, clientId, clientSecret } = this.#config
    const server = new URL(issuer)
    try {
      return await discovery(server, clientId, clientSecret, undefined, {
        timeout: accessLimits.providerSeconds,
        // plain HTTP to this very machine only: everything else is a mistake that gives sign-ons away
        ...(isOwnHost(server) && { execute: [allowInsecureRequests] }),
      })
    } catch (cause) {
      throw new OperatingError(
        'ACCESS_FAILED',
        `cannot ask the identity provider ${issuer}: ${causeOf(cause)}; check access.oidc.issuer and the way there`,
        { cause },
      )
    }
  }
}

function isOwnHost({ protocol, hostname }: URL): boolean {
  return (
    protocol === 'http:' &&
    (hostname === 'localhost' ||
      hostname === '[::1]' ||
      (isIP(hostname) === 4 && hostname.startsWith('127.')))
  )
}

/** Name, role and sources by the claims. Throws ACCESS_DENIED when no entry of `roles` fits and there is no default. */
export function wishOf(claims: Record<string, unknown>, config: OidcConfig): AccountWish {
  const name = ['preferred_username', 'email', 'upn', 'name', 'sub']
    .map((claim) => claims[claim])
    .find((value) => typeof value === 'string' && value !== '')
  const shown = Array.from(String(name)).slice(0, accessLimits.nameCharacters).join('')
  const values = new Set([claims[config.claim]].flat().map(String))
  const entry = config.roles.find(({ value }) => values.has(value))
  if (entry !== undefined) return { name: shown, role: entry.role, sources: entry.sources ?? null }
  if (config.defaultRole !== undefined)
    return { name: shown, role: config.defaultRole, sources: null }
  throw denied(
    `cannot sign on ${shown}: none of the values of the claim ${config.claim} has a role here; ask an administrator to add one to access.oidc.roles`,
  )
}
