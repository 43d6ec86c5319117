/**
 * One visit in two logs of one device counts once. A firewall often logs a connection twice: its end (`session`: bytes, no host) and
 * its requests (`web`: host and user, sometimes bytes again). Both have the same party: source, client, destination address and port.
 *
 * - The connection is the visit: it counts, with its bytes; it takes host, user and a block from its requests, which count no more.
 * - A request belongs to a connection by its source port where the minute row has one, else by the party, when all requests of the
 *   party that found no connection by port name one host (first those with the same app name of the vendor).
 * - Connections of a party whose requests name several hosts cannot be told apart: then each request counts, and the connections
 *   leave their bytes at the address, and no count.
 * - A request whose connection is logged in the same or the next hour is found; a longer connection counts again when it ends.
 *
 * Parameters: report, from, to (epoch seconds of whole hours), and the slice (slices.ts).
 */
import { flowsWindow, inSlice } from './slices.ts'

/** Counters of a flow, as they are summed. */
export const counters = [
  'bytes_up',
  'bytes_up_known',
  'bytes_down',
  'bytes_down_known',
  'bytes_total',
  'bytes_total_known',
] as const

/** Flows of the hours and of what stands before and behind them, with the keys they are matched by. */
export const flowsSql = `
  SELECT rowNumberInAllBlocks() AS id, toUnixTimestamp(minute) AS t, toUInt32(intDiv(t, 3600) * 3600) AS h, record AS kind,
    source, src_ip, src_host, user, device, dst_host, dst_ip, dst_port, src_port, action, app_hint, transactions, ${counters.join(', ')},
    CAST(cityHash64(src_ip) AS UInt64) AS client, CAST(cityHash64(dst_ip) AS UInt64) AS server, CAST(cityHash64(source) AS UInt64) AS seer,
    CAST(if(dst_host = '', 0, cityHash64(dst_host)) AS UInt64) AS name, CAST(if(user = '', 0, cityHash64(user)) AS UInt64) AS login,
    if(src_ip = '' OR dst_ip = '', 0, cityHash64(client, server, dst_port)) AS address_key,
    if(address_key = 0 OR src_port = 0, 0, cityHash64(client, src_port, server, dst_port)) AS port_key,
    if(address_key = 0, 0, cityHash64(seer, address_key)) AS party,
    if(party = 0 OR src_port = 0, 0, cityHash64(party, src_port)) AS party_port
  FROM db.flows WHERE ${flowsWindow} AND ${inSlice}`

/** Parties with both kinds of records. */
export const partiesSql = `
  SELECT party FROM db.merge_flows WHERE party != 0 GROUP BY party
  HAVING countIf(kind = 'session' AND name = 0) > 0 AND countIf(kind = 'web' AND name != 0) > 0`

const inParties = 'party IN (SELECT party FROM db.merge_parties)'

/** What a group of requests says, as numbers: its user when all agree, and whether all were blocked. */
const said = (key: string): string => `
  if(minIf(login, login != 0) = max(login), max(login), 0) AS ${key}_login, min(blocked) AS ${key}_blocked`

/** Requests of paired parties. */
const requests = `SELECT *, action = 'blocked' AS blocked FROM db.merge_flows WHERE kind = 'web' AND name != 0 AND ${inParties}`

/**
 * Connections of paired parties with what their own port's requests say. The first host stands for all: a connection names one server.
 * A port is used again after hours, so a connection looks at its own hour and the one before.
 */
export const sessionsSql = `
  SELECT id, party, party_port, h, src_port, app_hint, bytes_up_known + bytes_down_known + bytes_total_known > 0 AS told,
    w.p_name AS p_name, w.p_login AS p_login, w.p_blocked AS p_blocked
  FROM (SELECT * FROM db.merge_flows WHERE kind = 'session' AND name = 0 AND ${inParties}) AS s
  LEFT ANY JOIN (
    SELECT party_port AS p_port, hh AS p_h, toUInt64(min(bitOr(bitShiftLeft(toUInt128(t), 64), toUInt128(name)))) AS p_name, ${said('p')}
    FROM (${requests}) ARRAY JOIN [h, toUInt32(h + 3600)] AS hh WHERE party_port != 0 GROUP BY party_port, hh
  ) AS w ON s.party_port = w.p_port AND s.h = w.p_h`

/** Requests of paired parties; `by_port`: a connection of their hour or the next has their port. */
export const websSql = `
  SELECT id, party, h, src_port, name, login, blocked, app_hint, s.s_port != 0 AS by_port, s.s_told AS s_told, s.s_blocked AS s_blocked
  FROM (${requests}) AS w
  LEFT ANY JOIN (
    SELECT party_port AS s_port, hh AS s_h, max(told) AS s_told, max(p_blocked) AS s_blocked
    FROM db.merge_sessions ARRAY JOIN [toUInt32(h - 3600), h] AS hh
    WHERE party_port != 0 AND p_name != 0 GROUP BY party_port, hh
  ) AS s ON w.party_port = s.s_port AND w.h = s.s_h`

/** Requests without a connection of their port, by party and hour of the connection that may be theirs. */
const looseWebs = (key: string, hint: boolean): string => `
  SELECT party AS ${key}_party, hh AS ${key}_h${hint ? `, app_hint AS ${key}_hint` : ''}, if(min(name) = max(name), 1, 2) AS ${key}_hosts, max(name) AS ${key}_name, ${said(key)}
  FROM db.merge_webs ARRAY JOIN [h, toUInt32(h + 3600)] AS hh
  WHERE NOT by_port${hint ? " AND app_hint != ''" : ''} GROUP BY party, hh${hint ? ', app_hint' : ''}`

/** Connections as paired; `how`: port, party, mixed (its requests name several hosts), none. */
export const connectionsSql = `
  SELECT id, party, h, src_port, told,
    multiIf(p_name != 0, 'port', a_hosts = 1 OR b_hosts = 1, 'party', b_hosts > 1, 'mixed', 'none') AS how,
    multiIf(how = 'port', p_name, a_hosts = 1, a_name, b_hosts = 1, b_name, 0) AS name,
    multiIf(how = 'port', p_login, a_hosts = 1, a_login, b_hosts = 1, b_login, 0) AS login,
    multiIf(how = 'port', p_blocked, a_hosts = 1, a_blocked, b_hosts = 1, b_blocked, 0) AS blocked
  FROM db.merge_sessions AS s
  LEFT ANY JOIN (${looseWebs('a', true)}) AS a ON s.party = a.a_party AND s.h = a.a_h AND s.app_hint = a.a_hint
  LEFT ANY JOIN (${looseWebs('b', false)}) AS b ON s.party = b.b_party AND s.h = b.b_h`

/** Requests that count with their connection; `told`: so do their bytes. A block that the connection does not show counts itself. */
export const coveredSql = `
  SELECT id, if(by_port, s_told, c_told) AS told
  FROM db.merge_webs AS w
  LEFT ANY JOIN (
    SELECT party AS c_party, hh AS c_h, name AS c_name, max(src_port = 0) AS c_portless, max(told) AS c_told, max(blocked) AS c_blocked, 1 AS c_any
    FROM db.merge_connections ARRAY JOIN [toUInt32(h - 3600), h] AS hh WHERE how = 'party' GROUP BY party, hh, name
  ) AS c ON w.party = c.c_party AND w.h = c.c_h AND w.name = c.c_name
  WHERE if(by_port, s_blocked = 1 OR NOT blocked,
    c_any = 1 AND (w.src_port = 0 OR c_portless = 1) AND (c_blocked = 1 OR NOT blocked))`

/** Texts of the requests' numbers. */
const texts = (number: string, text: string, key: string): string =>
  `LEFT ANY JOIN (SELECT ${number} AS ${key}_no, any(toString(${text})) AS ${key}_text FROM (${requests}) GROUP BY ${key}_no) AS ${key} ON s.s_${number} = ${key}_no`

/**
 * Flows of the hours as visits: host, user and action as paired. `counted` = transactions; bytes of a request whose connection told
 * them are gone.
 */
export function visitsSql(paired: boolean): string {
  const inHours = 'h >= {from:UInt32} AND h < {to:UInt32}'
  const columns =
    't, h, source, src_ip, src_host, user, device, dst_ip, dst_port, src_port, app_hint, client, address_key, port_key'
  if (!paired)
    return `SELECT ${columns}, toString(dst_host) AS host, toString(action) AS outcome, transactions AS counted,
      if(dst_host = '', '', 'log') AS host_rule, ${counters.join(', ')} FROM db.merge_flows WHERE ${inHours}`
  return `
  SELECT ${columns.replace('user', "if(f.user = '' AND s.s_login != 0, y_text, toString(f.user)) AS user")},
    if(s.s_id != 0, if(s.s_name = 0, '', x_text), toString(f.dst_host)) AS host, if(s.s_blocked = 1, 'blocked', toString(f.action)) AS outcome,
    if(s.s_how = 'mixed' OR w.w_id != 0, 0, f.transactions) AS counted,
    if(host = '', '', 'log') AS host_rule,
    ${counters.map((name) => `if(w.w_told = 1, 0, f.${name}) AS ${name}`).join(', ')}
  FROM (SELECT * FROM db.merge_flows WHERE ${inHours}) AS f
  LEFT ANY JOIN (SELECT id + 1 AS s_id, how AS s_how, name AS s_name, login AS s_login, blocked AS s_blocked FROM db.merge_connections) AS s
    ON f.id + 1 = s.s_id
  LEFT ANY JOIN (SELECT id + 1 AS w_id, told AS w_told FROM db.merge_covered) AS w ON f.id + 1 = w.w_id
  ${texts('name', 'dst_host', 'x')}
  ${texts('login', 'user', 'y')}
  WHERE w.w_id = 0 OR w.w_told = 0 AND f.bytes_up_known + f.bytes_down_known + f.bytes_total_known > 0`
}
