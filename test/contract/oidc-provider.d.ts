/** The little of oidc-provider 9 that the tests use; the package has no types of its own. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  export interface ClientCredentialsToken {
    clientId: string
    isValid: boolean
    scope?: string
  }

  export class Provider {
    constructor(issuer: string, configuration: object)
    /** Whether forwarded headers are believed. */
    proxy: boolean
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>
    readonly ClientCredentials: { find(token: string): Promise<ClientCredentialsToken | undefined> }
  }

  export default Provider
}
