/** The way to the mail server (`publish.mail`), for reports and alerts. */
import type { Transporter } from 'nodemailer'
import type { MailConfig } from '../config/publish-schema.ts'
import { readBundle } from './transport.ts'

/** To be closed after use. Throws FILE_UNREADABLE for authorities that cannot be read. */
export async function mailTransport(mail: MailConfig, timeoutMs: number): Promise<Transporter> {
  const { createTransport } = await import('nodemailer')
  const ca = mail.caBundle === undefined ? undefined : await readBundle(mail.caBundle)
  return createTransport({
    host: mail.host,
    port: mail.port,
    secure: mail.tls === 'direct',
    requireTLS: mail.tls === 'starttls',
    ignoreTLS: mail.tls === 'none',
    ...(ca !== undefined && { tls: { ca } }),
    ...(mail.user !== undefined && { auth: { user: mail.user, pass: mail.password ?? '' } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
}
