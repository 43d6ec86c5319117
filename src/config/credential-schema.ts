/** Who Gnomon is to Microsoft's services, one shape for feeds, uploads and indicators: an Entra application, or the machine's own identity. */
import { z } from 'zod'
import type { Path } from './document.ts'

const kinds = ['secret', 'certificate', 'managed-identity'] as const

const fields = {
  tenantId: z.string().optional().describe('Directory (tenant) id; for secret and certificate'),
  clientId: z
    .string()
    .optional()
    .describe('Application (client) id; for secret and certificate, and a user-assigned identity'),
  clientSecret: z
    .string()
    .optional()
    .describe('For secret, best as ${file:/run/secrets/gnomon}')
    .meta({ secret: true }),
  certificate: z
    .string()
    .optional()
    .describe('PEM file with certificate and private key; for certificate'),
  authority: z
    .url()
    .default('https://login.microsoftonline.com')
    .describe('Where tokens are had; another one for national clouds'),
}

/** Of a service whose library asks for its own tokens. */
export const credential = z
  .strictObject({
    kind: z
      .enum(kinds)
      .describe('How Gnomon signs in: an Entra application, or the identity of the machine'),
    ...fields,
  })
  .describe('Sign-in')

/** Of an API: `description` says what the resource is. */
export function credentialFor(resource: string, description: string) {
  return credential
    .extend({ scope: z.string().default(resource).describe(description) })
    .describe('Sign-in')
}

/** As `credentialFor`, or by a token of the API's own. */
export function credentialOrToken(resource: string, description: string) {
  return credentialFor(resource, description)
    .extend({
      kind: z
        .enum([...kinds, 'token'])
        .describe(
          'How Gnomon signs in: an Entra application, the identity of the machine, or a legacy API token',
        ),
      token: z.string().optional().describe('For token: 64 hex characters').meta({ secret: true }),
    })
    .describe('Sign-in')
}

const needed = {
  secret: ['tenantId', 'clientId', 'clientSecret'],
  certificate: ['tenantId', 'clientId', 'certificate'],
  'managed-identity': [],
  token: ['token'],
} as const

type Kind = keyof typeof needed
type Given = { kind: Kind } & { [Key in (typeof needed)[Kind][number]]?: string | undefined }

/** What a credential of its kind lacks; `path` is where it stands. */
export function credentialFaults(given: Given, path: Path): { path: Path; text: string }[] {
  return needed[given.kind]
    .filter((key) => (given[key] ?? '') === '')
    .map((key) => ({ path: [...path, key], text: `must be given for kind ${given.kind}` }))
}
