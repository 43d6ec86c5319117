/** Tokens of Entra (https://learn.microsoft.com/javascript/api/overview/azure/identity-readme): an application by secret or certificate, or the machine's own identity. */
import type { ClientSecretCredentialOptions, TokenCredential } from '@azure/identity'

export interface EntraSignIn {
  kind: 'secret' | 'certificate' | 'managed-identity'
  tenantId?: string | undefined
  clientId?: string | undefined
  clientSecret?: string | undefined
  /** Path of a PEM file with certificate and private key. */
  certificate?: string | undefined
  /** Address of the cloud's sign-in. */
  authority: string
}

/** The library is loaded where it is needed: it takes 50 MB of memory. `httpClient`: instead of its own, for a proxy or authorities. */
export async function entraCredential(
  signIn: EntraSignIn,
  httpClient?: ClientSecretCredentialOptions['httpClient'],
): Promise<TokenCredential> {
  const { ClientCertificateCredential, ClientSecretCredential, ManagedIdentityCredential } =
    await import('@azure/identity')
  const { kind, tenantId = '', clientId = '', clientSecret = '', certificate = '' } = signIn
  if (kind === 'managed-identity')
    return clientId === ''
      ? new ManagedIdentityCredential()
      : new ManagedIdentityCredential({ clientId })
  const options: ClientSecretCredentialOptions = {
    authorityHost: signIn.authority,
    // a well-known public host would be asked about every other one: of no use in a closed network, or behind a proxy
    disableInstanceDiscovery: true,
    // who asks for tokens tries again by itself, and tells why
    retryOptions: { maxRetries: 0 },
    ...(httpClient !== undefined && { httpClient }),
  }
  return kind === 'certificate'
    ? new ClientCertificateCredential(tenantId, clientId, certificate, options)
    : new ClientSecretCredential(tenantId, clientId, clientSecret, options)
}
