/**
 * The agents' view of the hours, laid beside the network's. Statements in the order in which they run; each makes the scratch table it is
 * named for. Times of flows are the start of a minute; a source's clock is corrected by what connections that both saw tell.
 *
 * Parameters: report, from, to (epoch seconds of whole hours).
 */
import { mergeLimits } from '../limits.ts'
import { flowsWindow } from './slices.ts'

const {
  behindSeconds,
  toleranceSeconds,
  skewPairs,
  skewSecondsMax,
  skewSpreadSeconds,
  supportShare,
  refuteConnections,
} = mergeLimits

const inHours = (column: string): string => `${column} >= {from:UInt32} AND ${column} < {to:UInt32}`
const window = (column: string, behind: number, ahead: number): string =>
  `report = {report:String} AND ${column} >= toDateTime64({from:UInt32} - ${behind}, 3, 'UTC') AND ${column} < toDateTime64({to:UInt32} + ${ahead}, 3, 'UTC')`

/** Forms of names to persons. */
const identities = `
  SELECT form AS who_form, argMax(person, version) AS who_person, argMax(kind, version) AS who_kind
  FROM db.identities WHERE report = {report:String} GROUP BY form`

/** The person a form stands for; '' for a service account. */
export const personOf = (form: string): string =>
  `multiIf(who_kind = 'service', '', who_person != '', who_person, toString(${form}))`
export const joinIdentities = (form: string): string =>
  `LEFT ANY JOIN (${identities}) AS who ON lower(toString(${form})) = who.who_form`

/** Whether there is anything of agents in or around the hours. */
export const agentsSql = `
  SELECT (SELECT count() FROM db.device_connections WHERE ${window('at', behindSeconds, behindSeconds)})
    + (SELECT count() FROM db.device_addresses WHERE ${window('at', behindSeconds, behindSeconds)}) AS rows`

/** A row that came by several feeds, or again, counts once: under the first feed's name. */
export const agentSql = `
  SELECT rowNumberInAllBlocks() + 1 AS id, t, h, feed_row, device_id, device, user_form, ${personOf('user_form')} AS person, who_kind = 'service' AS service, local_ip, local_port,
    remote_ip, remote_port, host, action, process, role, answers, events, source, client, server, name,
    role = 'connection' AND (host != '' OR remote_ip != '' AND NOT internal) AS outward
  FROM (
    SELECT toUnixTimestamp(at) AS t, toUInt32(intDiv(t, 3600) * 3600) AS h, feed_row, toString(device_id) AS device_id, device, toString(user) AS user_form, toString(local_ip) AS local_ip,
      CAST(cityHash64(local_ip) AS UInt64) AS client, CAST(cityHash64(remote_ip) AS UInt64) AS server, CAST(cityHash64(host) AS UInt64) AS name,
      local_port, toString(remote_ip) AS remote_ip, remote_port, toString(host) AS host, action, process, toString(role) AS role, answers, events, source,
      match(CAST(remote_ip AS String), '^(?:10[.]|192[.]168[.]|172[.](?:1[6-9]|2[0-9]|3[01])[.]|169[.]254[.]|f[cd]|fe[89ab])') AS internal
    FROM db.device_connections WHERE ${window('at', behindSeconds, behindSeconds)}
    ORDER BY feed_row, source LIMIT 1 BY feed_row
  ) AS a ${joinIdentities('a.user_form')}`

/** Skew of each source and hour: connections with the same four parts on both sides. The start is what an agent tells, so the tenth part of the differences. */
export const portsSql = `
  SELECT k, t, id, device_id, person, service, process, host, source FROM (
    SELECT cityHash64(client, local_port, server, remote_port) AS k, t, id, device_id, person, service, process, host, source, feed_row
    FROM db.merge_agent WHERE role IN ('connection', 'inspection') AND local_port != 0 AND remote_ip != '' AND local_ip != ''
    ORDER BY k, t, role, feed_row LIMIT 1 BY k, t)`

/**
 * … Of a source that sees devices behind a NAT only: connections with the same destination and port of the client, where they agree (a NAT
 * that gives ports of its own leaves chance, and that does not).
 */
export const skewsSql = `
  SELECT source, h, argMax(if(ok, seconds, 0), (ok, NOT nat)) AS seconds, argMax(pairs, (ok, NOT nat)) AS pairs FROM (
    SELECT f.source AS source, f.h AS h, f.nat AS nat, count() AS pairs, toInt32(quantileExact(0.1)(apart)) AS seconds,
      pairs >= ${skewPairs} AND (nat = 0 OR quantileExact(0.5)(apart) - seconds <= ${skewSpreadSeconds}) AS ok
    FROM (
      SELECT f.source AS source, f.h AS h, f.nat AS nat, toInt32(f.t) + 30 - toInt32(a.a_t) AS apart
      FROM (
        SELECT source, h, t, toUInt32(t + 59 + ${skewSecondsMax}) AS e, client NOT IN (SELECT DISTINCT client FROM db.merge_agent WHERE local_ip != '') AS nat,
          if(nat = 1, cityHash64('nat', src_port, server, dst_port), cityHash64(client, src_port, server, dst_port)) AS k
        FROM (
          SELECT source, src_ip, src_port, CAST(cityHash64(src_ip) AS UInt64) AS client, CAST(cityHash64(dst_ip) AS UInt64) AS server, dst_port, toUnixTimestamp(minute) AS t, toUInt32(intDiv(t, 3600) * 3600) AS h
          FROM db.flows WHERE ${flowsWindow} AND src_port != 0 AND dst_ip != '' AND src_ip != '')
        WHERE h >= {from:UInt32} - 3600 AND h < {to:UInt32} + 3600) AS f
      ASOF JOIN (
        SELECT k AS a_k, toUInt32(intDiv(t, 3600) * 3600) AS a_h, t AS a_t FROM db.merge_ports
        UNION ALL
        SELECT cityHash64('nat', local_port, server, remote_port), h, t FROM db.merge_agent
        WHERE role IN ('connection', 'inspection') AND local_port != 0 AND remote_ip != ''
      ) AS a ON f.k = a.a_k AND f.h = a.a_h AND f.e >= a.a_t
      WHERE abs(toInt32(f.t) - toInt32(a.a_t)) <= 1800) AS f
    GROUP BY source, h, nat)
  GROUP BY source, h`

/**
 * Flows by the keys agents know them by: client with destination address and port, or with the name alone (of a proxied connection the
 * agent tells the proxy's port, the log the server's); with the corrected time.
 */
export const flowKeysSql = `
  SELECT k, ft FROM (
    SELECT arrayJoin(arrayFilter(x -> x != 0, [address_key, if(name = 0, 0, cityHash64(client, name))])) AS k,
      t + 59 - w.w_seconds AS ft
    FROM (SELECT DISTINCT source, client, address_key, if(dst_host = '', 0, CAST(cityHash64(dst_host) AS UInt64)) AS name, h, t FROM db.merge_flows WHERE src_ip != '') AS f
    LEFT ANY JOIN (SELECT source AS w_source, h AS w_h, seconds AS w_seconds FROM db.merge_skews) AS w ON f.source = w.w_source AND f.h = w.w_h
  ) AS f`

/** Connections of agents by the same keys. */
export const agentKeysSql = `
  SELECT id, t, h, device_id, local_ip, person, service, process, source,
    arrayJoin(arrayFilter(x -> x != 0, [if(remote_ip = '', 0, cityHash64(client, server, remote_port)), if(host = '', 0, cityHash64(client, name)),
      if(host = '' AND NOT outward AND remote_ip != '', cityHash64(client, 'proxied'), 0)])) AS k
  FROM db.merge_agent WHERE role = 'connection' AND local_ip != ''`

/** Connections that a source saw too: a flow of the same key begins no earlier, and ends within an hour. With several slices an id may come twice. */
export const metSql = `
  SELECT DISTINCT a.id AS id FROM (SELECT id, k, toInt64(t) - ${toleranceSeconds} AS b FROM db.merge_agent_keys) AS a
  ASOF JOIN (SELECT k AS f_k, toInt64(ft) AS f_t FROM db.merge_flow_keys) AS f ON a.k = f.f_k AND a.b <= f.f_t
  WHERE f.f_t - a.b <= ${behindSeconds} + ${toleranceSeconds}`

/** Addresses that ask who they are. */
export const clientsSql = `SELECT DISTINCT toString(src_ip) AS ip FROM db.merge_visits WHERE src_ip != ''`

/**
 * Whether a device with a private address is where the address is seen: 2 = its connections are (the share that was met), 1 = nothing to
 * compare, 0 = they are not: it has this address in another network, at home say. By the connections of an hour and the one before.
 */
export const claimsSql = `
  SELECT local_ip, device_id, hh AS h, count() AS made, countIf(met.id != 0) AS seen,
    multiIf(seen >= 1 AND seen >= made * ${supportShare}, 2, made < ${refuteConnections}, 1, 0) AS status
  FROM (SELECT * FROM db.merge_agent WHERE outward AND local_ip != '') AS a LEFT ANY JOIN (SELECT id FROM db.merge_met) AS met ON a.id = met.id
  ARRAY JOIN [h, toUInt32(h + 3600)] AS hh
  GROUP BY local_ip, device_id, hh`

/** Where a device was seen with an address that flows have, for each hour that may ask (its own and its neighbours). */
export const leaseSeenSql = `
  SELECT CAST(cityHash64(ip) AS UInt64) AS k, hh AS h, t, device_id AS holder FROM (
    SELECT ip, device_id, t, hh, status, max(status) OVER (PARTITION BY ip, hh) AS best FROM (
      SELECT o.ip AS ip, o.device_id AS device_id, o.t AS t, o.hh AS hh, if(c.c_any = 1, c.status, 1) AS status
      FROM (
        SELECT ip, device_id, t, arrayJoin(arrayMap(x -> toUInt32(intDiv(t, 3600) * 3600 + x), [-3600, 0, 3600])) AS hh FROM (
          SELECT DISTINCT toString(ip) AS ip, toString(device_id) AS device_id, toUInt32(toUnixTimestamp(at)) AS t
          FROM db.device_addresses WHERE ${window('at', behindSeconds, behindSeconds)} AND kind = 'network-info'
          UNION DISTINCT
          SELECT DISTINCT local_ip, device_id, toUInt32(intDiv(t, 10) * 10) FROM db.merge_agent WHERE local_ip != '')
        WHERE ip IN (SELECT ip FROM db.merge_clients)
      ) AS o
      LEFT ANY JOIN (SELECT local_ip, device_id, h, status, 1 AS c_any FROM db.merge_claims) AS c
        ON o.ip = c.local_ip AND o.device_id = c.device_id AND o.hh = c.h)
    WHERE status > 0)
  WHERE status = best AND ${inHours('hh')}`

/** Moments for which an address's device is asked. */
export const leaseAskedSql = `
  SELECT DISTINCT client AS k, h, t, toUInt32(t + 59) AS e FROM db.merge_visits WHERE src_ip != ''`

/** Where a person was seen on a device: connections' own accounts, and logons at the screen. */
export const personSeenSql = `
  SELECT CAST(cityHash64(device_id) AS UInt64) AS k, toUInt32(0) AS h, t, person AS holder FROM (
    SELECT device_id, person, toUInt32(intDiv(t, 10) * 10) AS t FROM db.merge_agent WHERE person != ''
    UNION DISTINCT
    SELECT device_id, ${personOf('l.user')} AS person, toUInt32(intDiv(t, 10) * 10) AS t FROM (
      SELECT DISTINCT toString(device_id) AS device_id, toString(user) AS user, toUInt32(toUnixTimestamp(at)) AS t FROM db.device_logons
      WHERE ${window('at', behindSeconds, behindSeconds)} AND user != '' AND action IN ('LogonSuccess', 'LoggedOn')
        AND logon_type IN ('', 'Interactive', 'RemoteInteractive', 'CachedInteractive', 'CachedRemoteInteractive', 'Unlock', 'CachedUnlock')
    ) AS l ${joinIdentities('l.user')}
    WHERE person != '')`

/** Which address a device was seen with last. */
export const deviceAddressesSql = `
  SELECT device_id, t, max(CAST(cityHash64(ip) AS UInt64)) AS k FROM (
    SELECT DISTINCT toString(device_id) AS device_id, toString(ip) AS ip, toUInt32(toUnixTimestamp(at)) AS t
    FROM db.device_addresses WHERE ${window('at', behindSeconds, behindSeconds)} AND kind = 'network-info'
    UNION DISTINCT
    SELECT DISTINCT device_id, local_ip, toUInt32(intDiv(t, 10) * 10) FROM db.merge_agent WHERE local_ip != '')
  GROUP BY device_id, t`

/** Leases: a device that went to another address is not at the old one any more, though nobody else took it. */
export function leasesSql(held: string): string {
  return `
  SELECT l.k AS k, l.t AS t, if(l.one_side AND d_t != 0 AND d_k != l.k AND d_t > l.e - l.since, '', l.holder) AS holder, l.confidence AS confidence, l.several AS several
  FROM (SELECT *, toUInt32(t + 59) AS e FROM (${held})) AS l
  ASOF LEFT JOIN (SELECT device_id AS d_device, t AS d_t, k AS d_k FROM db.merge_device_addresses) AS d ON l.holder = d.d_device AND l.e >= d.d_t`
}
