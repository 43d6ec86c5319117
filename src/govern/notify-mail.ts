/** An alert as a mail: plain text, for names of logs are data and no HTML. */
import { visible } from '../report/text.ts'
import type { Alert } from './alerts.ts'

const megabytes = (bytes: number | null): string =>
  bytes === null ? 'unknown' : `${(bytes / 1e6).toFixed(1)} MB`

export function mailText(alert: Alert): { subject: string; text: string } {
  const { severity, title, detail, evidence, from, to, id } = alert
  const rows = evidence.map(
    ({ user, device, address, host, bytesUp, bytesDown, transactions }) =>
      `- ${visible([user, device, address].filter((one) => one !== null).join(', ') || 'unknown')} to ${visible(host)}: ${transactions} transactions, ${megabytes(bytesUp)} up, ${megabytes(bytesDown)} down`,
  )
  return {
    // a subject is one line, whatever an app is called
    subject: `[Gnomon, ${severity}] ${visible(title)}`.replaceAll(/\s+/g, ' ').slice(0, 200),
    text: [
      visible(title),
      '',
      visible(detail),
      `Time: ${from} to ${to}`,
      ...(rows.length === 0 ? [] : ['', 'Most of it:', ...rows]),
      '',
      `Alert ${id}`,
      '',
    ].join('\n'),
  }
}
