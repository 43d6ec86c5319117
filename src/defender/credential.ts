/** Who the appliance is to Azure: an app registration by secret or certificate, or the machine's own identity. */
import type { TokenCredential } from '@azure/identity'
import type { CredentialConfig } from '../config/defender-schema.ts'

/** The library is loaded where a feed needs it: it takes 50 MB of memory. */
export async function credentialOf(config: CredentialConfig): Promise<TokenCredential> {
  const { ClientCertificateCredential, ClientSecretCredential, ManagedIdentityCredential } =
    await import('@azure/identity')
  const { kind, tenantId = '', clientId = '', clientSecret = '', certificate = '' } = config
  if (kind === 'managed-identity')
    return clientId === ''
      ? new ManagedIdentityCredential()
      : new ManagedIdentityCredential({ clientId })
  const options = {
    ...(config.authority === undefined ? {} : { authorityHost: config.authority }),
    // a well-known public host would be asked about every other one: of no use in a closed network
    disableInstanceDiscovery: true,
    // the feed tries again by itself, and tells why
    retryOptions: { maxRetries: 0 },
  }
  return kind === 'certificate'
    ? new ClientCertificateCredential(tenantId, clientId, certificate, options)
    : new ClientSecretCredential(tenantId, clientId, clientSecret, options)
}
