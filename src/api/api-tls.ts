/** HTTPS for console and API: TLS 1.2 and up, the certificate read anew at each reload. */
import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import type { SecureContextOptions } from 'node:tls'
import type { Config } from '../config/schema.ts'
import { OperatingError, causeOf } from '../errors.ts'

export type ApiTlsFiles = NonNullable<Config['api']['tls']>

/** Throws LISTENER_FAILED for files that cannot be read or do not fit each other. */
export async function readApiCertificate(files: ApiTlsFiles): Promise<SecureContextOptions> {
  try {
    const [cert, key] = await Promise.all([readFile(files.certificate), readFile(files.key)])
    const options: SecureContextOptions = { cert, key, minVersion: 'TLSv1.2' }
    createSecureContext(options)
    return options
  } catch (cause) {
    throw new OperatingError(
      'LISTENER_FAILED',
      `cannot use the certificate of the console and API: ${causeOf(cause)}; check api.tls`,
      { cause },
    )
  }
}
