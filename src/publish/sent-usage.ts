/**
 * Which usage an output has taken. A group of files is made of rows that are written into `sent_usage` under the group's name by one
 * statement first, so that file, record of what was sent, and receipt are of the same rows whatever merge does meanwhile.
 *
 * An hour that changed after it was taken (late logs, late Defender data) gives its growth only: traffic that is new at its client and
 * destination. Traffic that merely got another name is not sent a second time.
 */
import type { PseudonymKey } from '../access/pseudonyms.ts'
import { pseudonymSql } from '../access/pseudonyms.ts'
import type { Store } from '../store/store.ts'

export interface DueHour {
  /** Start, epoch seconds. */
  hour: number
  generation: number
  /** It was taken before, under an older generation. */
  again: 0 | 1
  rows: number
}

const hourSeconds = 3600
const counters = [
  'transactions',
  'bytes_up',
  'bytes_up_known',
  'bytes_down',
  'bytes_down_known',
  'bytes_total',
  'bytes_total_known',
] as const
const names = [
  'source',
  'app_id',
  'app',
  'category',
  'score',
  'infrastructure',
  'host',
  'user',
  'device',
  'src_ip',
  'action',
]
const into = `INSERT INTO db.sent_usage (output, grp, hour, ${names.join(', ')}, first_seen, last_seen, ${counters.join(', ')})`
/** Parameters: from, to, hours, source. */
const inHours = `report = 'continuous' AND hour >= toDateTime({from:UInt32}, 'UTC') AND hour <= toDateTime({to:UInt32}, 'UTC')
  AND has({hours:Array(UInt32)}, toUnixTimestamp(hour)) AND ({source:String} = '' OR source = {source:String})`

/** Hours that ended before `untilMs` and are newer than what the output has of them, oldest first. */
export async function dueHours(
  store: Store,
  output: string,
  untilMs: number,
  limit: number,
): Promise<DueHour[]> {
  return store.query<DueHour>(
    `SELECT toUnixTimestamp(u.hour) AS hour, u.made AS generation, s.taken > 0 AS again, u.rows AS rows FROM (
       SELECT hour, max(generation) AS made, argMax(rows, generation) AS rows FROM db.usage_hours
       WHERE report = 'continuous' AND hour <= toDateTime({until:UInt32}, 'UTC') GROUP BY hour) AS u
     LEFT JOIN (SELECT hour, max(generation) AS taken FROM db.sent_hours WHERE output = {output:String} GROUP BY hour) AS s
       ON u.hour = s.hour
     WHERE u.made > s.taken ORDER BY hour LIMIT {limit:UInt32}`,
    { output, until: Math.max(0, Math.floor(untilMs / 1000) - hourSeconds), limit },
  )
}

/** Takes the hours for the output under the group's name. */
export async function takeHours(
  store: Store,
  take: { output: string; group: string; source: string | null; hours: readonly DueHour[] },
): Promise<void> {
  const { output, group, hours } = take
  const first = hours.filter(({ again }) => !again)
  const later = hours.filter(({ again }) => again)
  const params = (list: readonly DueHour[]): Record<string, unknown> => ({
    output,
    group,
    source: take.source ?? '',
    hours: list.map(({ hour }) => hour),
    from: Math.min(...list.map(({ hour }) => hour)),
    to: Math.max(...list.map(({ hour }) => hour)),
  })
  if (first.length > 0) await store.command(wholeHours, params(first))
  if (later.length > 0) await store.command(grownHours, params(later))
  await store.insert(
    'sent_hours',
    hours.map(({ hour, generation }) => ({ output, grp: group, hour, generation })),
  )
}

const wholeHours = `${into}
  SELECT {output:String}, {group:String}, hour, ${names.map((name) => `u.${name}`).join(', ')}, min(u.first_seen), max(u.last_seen),
    ${counters.map((name) => `sum(u.${name})`).join(', ')}
  FROM db.current_usage AS u WHERE ${inHours}
  GROUP BY hour, ${names.map((name) => `u.${name}`).join(', ')}`

const one = (name: string): string =>
  `if(uniqExact(${name}) = 1, any(toString(${name})), '') AS ${name}`
const grown = (name: string): string => `greatest(c.${name}, s.${name}) - s.${name}`

const grownHours = `${into}
  SELECT {output:String}, {group:String}, c.hour, c.source, c.app_id, c.app, c.category, c.score, c.infrastructure, c.host, c.user,
    c.device, c.src_ip, c.action, c.first_seen, c.last_seen, ${counters.map(grown).join(', ')}
  FROM (
    SELECT hour, toString(source) AS source, toString(host) AS host, toString(src_ip) AS src_ip, toString(action) AS action,
      any(u.app_id) AS app_id, any(u.app) AS app, any(u.category) AS category, any(u.score) AS score,
      any(u.infrastructure) AS infrastructure, ${one('user')}, ${one('device')},
      min(u.first_seen) AS first_seen, max(u.last_seen) AS last_seen, ${counters.map((name) => `sum(u.${name}) AS ${name}`).join(', ')}
    FROM db.current_usage AS u WHERE ${inHours} GROUP BY hour, source, host, src_ip, action) AS c
  LEFT JOIN (
    SELECT hour, toString(source) AS source, toString(host) AS host, toString(src_ip) AS src_ip, toString(action) AS action,
      ${counters.map((name) => `sum(t.${name}) AS ${name}`).join(', ')}
    FROM db.sent_usage AS t WHERE output = {output:String} AND has({hours:Array(UInt32)}, toUnixTimestamp(hour))
    GROUP BY hour, source, host, src_ip, action) AS s
    ON c.hour = s.hour AND c.source = s.source AND c.host = s.host AND c.src_ip = s.src_ip AND c.action = s.action
  LEFT JOIN (
    SELECT hour, toString(source) AS source, toString(src_ip) AS src_ip, sum(n) AS more FROM (
      SELECT hour, source, src_ip, toInt64(transactions) AS n FROM db.current_usage WHERE ${inHours}
      UNION ALL
      SELECT hour, source, src_ip, -toInt64(transactions) AS n FROM db.sent_usage
      WHERE output = {output:String} AND has({hours:Array(UInt32)}, toUnixTimestamp(hour)))
    GROUP BY hour, source, src_ip) AS g
    ON c.hour = g.hour AND c.source = g.source AND c.src_ip = g.src_ip
  WHERE c.transactions > s.transactions AND g.more > 0`

/** A group that came to nothing. */
export async function forgetGroup(store: Store, group: string): Promise<void> {
  for (const table of ['sent_usage', 'sent_hours'])
    await store.command(`DELETE FROM db.${table} WHERE grp = {group:String}`, { group })
}

/** One row of usage as it goes out. '' = unknown. */
export interface SentRow {
  hour: number
  source: string
  app_id: string
  app: string
  category: string
  score: number | null
  infrastructure: number
  host: string
  user: string
  device: string
  src_ip: string
  /** Pseudonyms, the same that the console shows and can reveal. */
  user_alias: string
  device_alias: string
  action: '' | 'allowed' | 'blocked'
  first_seen: number
  last_seen: number
  transactions: number
  bytes_up: number | null
  bytes_down: number | null
  bytes_total: number | null
}

const columnsOf = (key: PseudonymKey): string => `toUnixTimestamp(hour) AS hour,
  ${pseudonymSql('user', 'user', key)} AS user_alias, ${pseudonymSql('device', 'device', key)} AS device_alias, source, app_id, app, category, score, infrastructure, host, user, device, src_ip, action,
  toUnixTimestamp(first_seen) AS first_seen, toUnixTimestamp(last_seen) AS last_seen, transactions,
  if(bytes_up_known > 0, toNullable(bytes_up), NULL) AS bytes_up, if(bytes_down_known > 0, toNullable(bytes_down), NULL) AS bytes_down,
  if(bytes_total_known > 0, toNullable(bytes_total), NULL) AS bytes_total`

/** The rows of a group in order of time, hour by hour: the embedded store answers each question as one piece. */
export async function* groupRows(
  store: Store,
  group: string,
  hours: readonly number[],
  key: PseudonymKey,
): AsyncGenerator<SentRow> {
  for (const hour of hours)
    yield* store.stream<SentRow>(
      `SELECT ${columnsOf(key)} FROM db.sent_usage AS sent
       WHERE grp = {group:String} AND hour = toDateTime({hour:UInt32}, 'UTC')
       ORDER BY sent.source, sent.src_ip, sent.host, sent.user, sent.device, sent.action`,
      { group, hour },
    )
}

/** What would go out of these hours, without taking them: for a look beforehand. */
export async function* previewRows(
  store: Store,
  source: string | null,
  hours: readonly number[],
  key: PseudonymKey,
): AsyncGenerator<SentRow> {
  for (const hour of hours)
    yield* store.stream<SentRow>(
      `SELECT ${columnsOf(key)} FROM db.current_usage AS u
       WHERE ${inHours} ORDER BY u.source, u.src_ip, u.host, u.user, u.device, u.action`,
      { hours: [hour], from: hour, to: hour, source: source ?? '' },
    )
}
