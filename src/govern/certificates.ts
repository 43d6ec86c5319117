/** Certificates that the appliance shows or signs in with, looked after: who forgets one finds the doors closed on a Sunday. */
import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Config } from '../config/schema.ts'
import { causeOf } from '../errors.ts'
import { clientLimits } from '../limits.ts'
import type { Trouble } from './system-alerts.ts'

const dayMs = 86_400_000

export type CertificateConfig = Pick<
  Config,
  'syslog' | 'ftp' | 'api' | 'publish' | 'govern' | 'defender'
>

interface Watched {
  /** The configuration's key. */
  of: string
  file: string | undefined
  /** `chain`: of no use when one of them has ended; `authorities`: of use while one has not. */
  kind: 'chain' | 'authorities'
}

function watched({ syslog, ftp, api, publish, govern, defender }: CertificateConfig): Watched[] {
  const feeds = [...defender.storage, ...defender.hunting, ...defender.eventHubs]
  const chains: [of: string, file: string | undefined][] = [
    ['api.tls', api.tls?.certificate],
    ['syslog.tls', syslog.tls.tls?.certificate],
    ['ftp', ftp.tls?.certificate],
    ...publish.tenants.map(({ name, credential }): [string, string | undefined] => [
      `publish.tenants ${name}`,
      credential.kind === 'certificate' ? credential.certificate : undefined,
    ]),
    [
      'govern.indicators',
      govern.indicators?.credential.kind === 'certificate'
        ? govern.indicators.credential.certificate
        : undefined,
    ],
    ...feeds.map(({ name, credential }): [string, string | undefined] => [
      `defender ${name}`,
      credential?.kind === 'certificate' ? credential.certificate : undefined,
    ]),
  ]
  return [
    ...chains.map(([of, file]): Watched => ({ of, file, kind: 'chain' })),
    { of: 'syslog.tls.clientCa', file: syslog.tls.tls?.clientCa, kind: 'authorities' },
  ]
}

/** Certificates that end soon, have ended, or cannot be read. */
export async function certificateTroubles(
  config: CertificateConfig,
  nowMs: number,
): Promise<Trouble[]> {
  const troubles: Trouble[] = []
  for (const { of, file, kind } of watched(config)) {
    if (file === undefined) continue
    const ends = await endOf(file, kind).catch((error: unknown) => causeOf(error))
    const left = typeof ends === 'number' ? ends - nowMs : null
    if (left !== null && left > clientLimits.certificateEndsMs) continue
    const days = left === null ? null : Math.floor(left / dayMs)
    const says =
      days === null
        ? `It cannot be read: ${String(ends)}.`
        : days < 0
          ? 'It has ended.'
          : `It ends in ${days} days.`
    troubles.push({
      key: `certificate|${of}`,
      severity: days === null || days < 3 ? 'high' : 'medium',
      title: `The certificate of ${of} needs care`,
      detail: `${file}: ${says} Put a new one there and reload.`,
      measures: { file, days },
    })
  }
  return troubles
}

const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** When a file of certificates is of no use any more (epoch ms). A file may hold the key too. */
async function endOf(path: string, kind: Watched['kind']): Promise<number> {
  const blocks = (await readFile(path, 'utf8')).match(block) ?? []
  if (blocks.length === 0) throw new Error('no certificate is in it')
  const ends = blocks.map((pem) => new X509Certificate(pem).validToDate.getTime())
  return kind === 'chain' ? Math.min(...ends) : Math.max(...ends)
}
