/**
 * Who Gnomon is to a tenant: an Entra application by secret or certificate, a managed identity (all by @azure/identity), or a legacy
 * API token. Tokens are had through the tenant's own transport, so that proxy and authorities hold there too.
 */
import type { ClientSecretCredentialOptions, TokenCredential } from '@azure/identity'
import type { TenantConfig } from '../config/publish-schema.ts'
import { causeOf } from '../errors.ts'
import { entraCredential } from '../lib/entra-credential.ts'
import type { Asked, Transport } from './transport.ts'
import { TryAgain } from './transport.ts'

type HttpClient = NonNullable<ClientSecretCredentialOptions['httpClient']>
type HttpRequest = Parameters<HttpClient['sendRequest']>[0]
type HttpHeaders = HttpRequest['headers']

export interface Credentials {
  /** Value of the Authorization header. Rejects with TryAgain: a sign-in that fails may be mended while we run. */
  header(): Promise<string>
}

export function credentialsOf(
  { kind, token = '', scope, ...signIn }: TenantConfig['credential'],
  transport: Transport,
): Credentials {
  if (kind === 'token') return { header: async () => `Token ${token}` }
  let credential: Promise<TokenCredential> | null = null
  return {
    async header() {
      try {
        credential ??= entraCredential({ kind, ...signIn }, httpClientOver(transport))
        const bearer = await (await credential).getToken(scope)
        if (bearer === null) throw new Error('no token was given')
        return `Bearer ${bearer.token}`
      } catch (cause) {
        if (cause instanceof TryAgain) throw cause
        throw new TryAgain(`sign-in: ${firstLine(causeOf(cause))}`, { sent: false, cause })
      }
    },
  }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0].slice(0, 300)
}

/** @azure/identity over our transport. */
function httpClientOver(transport: Transport): HttpClient {
  return {
    async sendRequest(request) {
      const asked: Asked = {
        method: request.method as Asked['method'],
        headers: request.headers.toJSON(),
        body: typeof request.body === 'string' ? request.body : null,
      }
      const answer = await transport.request(request.url, asked)
      return {
        request,
        status: answer.status,
        headers: new Headers(answer.headers),
        bodyAsText: answer.text,
      }
    },
  }
}

/** The little of a headers object that the SDK asks for. */
class Headers implements HttpHeaders {
  readonly #values: Map<string, string>

  constructor(values: Record<string, string>) {
    this.#values = new Map(Object.entries(values))
  }

  get(name: string): string | undefined {
    return this.#values.get(name.toLowerCase())
  }

  has(name: string): boolean {
    return this.#values.has(name.toLowerCase())
  }

  set(name: string, value: string | number | boolean): void {
    this.#values.set(name.toLowerCase(), String(value))
  }

  delete(name: string): void {
    this.#values.delete(name.toLowerCase())
  }

  toJSON(): Record<string, string> {
    return Object.fromEntries(this.#values)
  }

  [Symbol.iterator](): Iterator<[string, string]> {
    return this.#values[Symbol.iterator]()
  }
}
