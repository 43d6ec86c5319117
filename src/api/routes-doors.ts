/** `GET doors`: where logs come in: listeners with their certificates, and the accounts of FTP with what they brought. */
import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { z } from 'zod'
import type { Config } from '../config/schema.ts'
import { causeOf } from '../errors.ts'
import type { FtpStatus } from '../intake/ftp.ts'
import { doorsSchema } from './door-schemas.ts'
import type { doorSchema } from './door-schemas.ts'
import { noQuerySchema } from './queries.ts'
import { answers } from './route-context.ts'

export interface DoorsContext {
  config: () => Pick<Config, 'syslog' | 'ftp' | 'api'>
  /** Bound ports by the listener's name. */
  listeners: () => { listener: string; port: number | null }[]
  ftp: () => FtpStatus
}

type Door = z.infer<typeof doorSchema>

export function doorsRoutes(context: DoorsContext): FastifyPluginAsyncZod {
  return async (app) => {
    app.route({
      method: 'GET',
      url: '/doors',
      config: { right: 'settings.read', bounded: true },
      schema: {
        operationId: 'getDoors',
        summary: 'Where logs come in: listeners, certificates, accounts of FTP',
        tags: ['system'],
        querystring: noQuerySchema,
        response: answers(doorsSchema),
      },
      handler: async () => {
        const ftp = context.ftp()
        return {
          doors: await doorsOf(context, ftp),
          ftpAccounts: ftp.accounts.map(({ user, source, files, bytes, failed, cutOff }) => ({
            user,
            source,
            files,
            bytes,
            failed,
            cutOff,
          })),
          logins: ftp.logins,
          hostKeys: ftp.hostKeys.map(({ fingerprint }) => fingerprint),
        }
      },
    })
  }
}

async function doorsOf(context: DoorsContext, ftp: FtpStatus): Promise<Door[]> {
  const { syslog, ftp: ftpConfig, api } = context.config()
  const bound = new Map(context.listeners().map(({ listener, port }) => [listener, port]))
  const closed = (name: 'udp' | 'tcp' | 'tls'): string =>
    !syslog[name].enabled
      ? `syslog.${name}.enabled is false`
      : name === 'tls' && syslog.tls.tls === undefined
        ? 'syslog.tls.tls names no certificate'
        : 'it does not listen'
  const syslogDoors = await Promise.all(
    (['udp', 'tcp', 'tls'] as const).map(async (name): Promise<Door> => {
      const port = bound.get(`syslog-${name}`) ?? null
      const file = name === 'tls' ? syslog.tls.tls?.certificate : undefined
      return {
        name: `syslog-${name}`,
        port,
        reason: port === null ? closed(name) : null,
        certificate: await certificateOf(file),
      }
    }),
  )
  const reason = ftp.reason ?? 'it is off'
  return [
    ...syslogDoors,
    {
      name: 'ftp',
      port: ftp.port,
      reason: ftp.port === null ? reason : null,
      certificate: await certificateOf(ftpConfig.tls?.certificate),
    },
    {
      name: 'sftp',
      port: ftp.sftpPort,
      reason: ftp.sftpPort === null ? reason : null,
      certificate: null,
    },
    {
      name: 'console',
      port: api.port,
      reason: null,
      certificate: await certificateOf(api.tls?.certificate),
    },
  ]
}

/** Of the first certificate in the file: the one that is shown. */
async function certificateOf(path: string | undefined): Promise<Door['certificate']> {
  if (path === undefined) return null
  try {
    const { subject, subjectAltName, validToDate, fingerprint256 } = new X509Certificate(
      await readFile(path),
    )
    return {
      subject: subject.replaceAll('\n', ', '),
      names: subjectAltName ?? null,
      ends: validToDate.toISOString(),
      fingerprint: fingerprint256,
      trouble: null,
    }
  } catch (error) {
    return { subject: null, names: null, ends: null, fingerprint: null, trouble: causeOf(error) }
  }
}
