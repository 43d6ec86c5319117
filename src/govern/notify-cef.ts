/**
 * An alert as one CEF line in a syslog envelope (RFC 5424). CEF's escapes: `\` and `|` in the head, `\` and `=` and line ends in values.
 * https://www.microfocus.com/documentation/arcsight/arcsight-smartconnectors/pdfdoc/cef-implementation-standard/
 */
import type { Alert } from './alerts.ts'
import { version } from '../lib/version.ts'

const levels = { low: 3, medium: 6, high: 9 } as const
/** local0, by severity: notice, warning, error. */
const priorities = { low: 16 * 8 + 5, medium: 16 * 8 + 4, high: 16 * 8 + 3 } as const

const plain = (text: string): string => text.replaceAll(/\p{Cc}+/gu, ' ')
const head = (text: string): string => plain(text).replaceAll(/[\\|]/g, '\\$&')
const value = (text: string): string => plain(text).replaceAll(/[\\=]/g, '\\$&')

export function cefLine(alert: Alert): string {
  const { id, kind, severity, title, detail, policy, app, appId, user, raised, evidence } = alert
  const [first] = evidence
  const fields: [name: string, text: string | null | undefined][] = [
    ['externalId', id],
    ['rt', String(Date.parse(raised))],
    ['cat', kind],
    ['msg', detail],
    ['suser', user ?? first?.user],
    ['shost', first?.device],
    ['src', first?.address],
    ['dhost', first?.host],
    ['cs1', app],
    ['cs1Label', app === null ? null : 'app'],
    ['cs2', appId],
    ['cs2Label', appId === null ? null : 'appId'],
    ['cs3', policy],
    ['cs3Label', policy === null ? null : 'policy'],
  ]
  const extension = fields
    .filter(([, text]) => text !== null && text !== undefined && text !== '')
    .map(([name, text]) => `${name}=${value(String(text).slice(0, 1000))}`)
    .join(' ')
  const cef = `CEF:0|Gnomon|Gnomon|${head(version)}|${kind}|${head(title.slice(0, 500))}|${levels[severity]}|${extension}`
  return `<${priorities[severity]}>1 ${raised} gnomon gnomon - ${kind} - ${cef}`
}
