/**
 * Merged usage as records for a SIEM: OCSF HTTP Activity (4002) and Network Activity (4001), https://schema.ocsf.io/1.4.0, ECS,
 * https://www.elastic.co/docs/reference/ecs, or CEF. Unknown is absent.
 */
import { createHash } from 'node:crypto'
import { isIP } from 'node:net'
import type { SentRow } from './sent-usage.ts'
import { lineFormats } from './usage-lines.ts'

export type RecordShape = 'ocsf' | 'ecs' | 'cef'

/** One record, without a line feed. */
export function recordLine(shape: RecordShape, row: SentRow, version: string): string {
  if (shape === 'cef')
    return (lineFormats.find(({ id }) => id === 'GENERIC_CEF') as (typeof lineFormats)[number])
      .line(row)
      .trimEnd()
  return JSON.stringify(shape === 'ocsf' ? ocsf(row, version) : ecs(row))
}

/** HTTP Activity where the destination has a name, Network Activity where it is only an address. */
function ocsf(row: SentRow, version: string): object {
  const address = isIP(row.host) > 0
  const classUid = address ? 4001 : 4002
  const blocked = row.action === 'blocked'
  // HTTP Activity: 99 Other (the methods are not kept); Network Activity: 6 Traffic
  const activity = address ? 6 : 99
  return {
    metadata: {
      version: '1.4.0',
      product: { name: 'Gnomon', vendor_name: 'Gnomon', version },
      log_name: row.source,
      uid: idOf(row),
    },
    category_uid: 4,
    category_name: 'Network Activity',
    class_uid: classUid,
    class_name: address ? 'Network Activity' : 'HTTP Activity',
    activity_id: activity,
    activity_name: address ? 'Traffic' : 'Usage',
    type_uid: classUid * 100 + activity,
    severity_id: 1,
    severity: 'Informational',
    time: row.first_seen * 1000,
    start_time: row.first_seen * 1000,
    end_time: row.last_seen * 1000,
    count: row.transactions,
    ...(row.action !== '' && {
      action_id: blocked ? 2 : 1,
      action: blocked ? 'Denied' : 'Allowed',
      disposition_id: blocked ? 2 : 1,
      disposition: blocked ? 'Blocked' : 'Allowed',
    }),
    src_endpoint: { ip: row.src_ip, ...(row.device !== '' && { hostname: row.device }) },
    dst_endpoint: {
      ...(address ? { ip: row.host } : { hostname: row.host }),
      ...(row.app !== '' && { svc_name: row.app }),
    },
    ...(!address && { http_request: { url: { hostname: row.host } } }),
    ...(row.user !== '' && { actor: { user: { name: row.user } } }),
    traffic: present({
      bytes: row.bytes_total,
      bytes_out: row.bytes_up,
      bytes_in: row.bytes_down,
    }),
    unmapped: present({
      app_id: row.app_id,
      app_category: row.category,
      app_score: row.score,
      infrastructure: row.infrastructure === 1 ? true : null,
    }),
  }
}

function ecs(row: SentRow): object {
  const address = isIP(row.host) > 0
  const blocked = row.action === 'blocked'
  return {
    '@timestamp': new Date(row.first_seen * 1000).toISOString(),
    'ecs.version': '8.17.0',
    event: {
      id: idOf(row),
      kind: 'event',
      category: address ? ['network'] : ['network', 'web'],
      type: ['connection', ...(row.action === '' ? [] : [blocked ? 'denied' : 'allowed'])],
      module: 'gnomon',
      dataset: 'gnomon.usage',
      provider: row.source,
      start: new Date(row.first_seen * 1000).toISOString(),
      end: new Date(row.last_seen * 1000).toISOString(),
      ...(row.action !== '' && { action: row.action, outcome: blocked ? 'failure' : 'success' }),
    },
    source: present({ ip: row.src_ip, address: row.src_ip, bytes: row.bytes_up }),
    destination: present({
      ip: address ? row.host : null,
      domain: address ? null : row.host,
      address: row.host,
      bytes: row.bytes_down,
    }),
    network: present({ bytes: row.bytes_total, application: row.app.toLowerCase() }),
    ...(!address && { url: { domain: row.host } }),
    ...(row.user !== '' && { user: { name: row.user } }),
    ...(row.device !== '' && { host: { name: row.device } }),
    gnomon: present({
      transactions: row.transactions,
      app_id: row.app_id,
      app: row.app,
      app_category: row.category,
      app_score: row.score,
    }),
  }
}

/** The same for the same row: a receiver that gets a batch twice can tell. */
function idOf(row: SentRow): string {
  return createHash('sha256').update(JSON.stringify(row)).digest('hex').slice(0, 32)
}

function present(fields: Record<string, string | number | boolean | null>): object {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== ''),
  )
}
