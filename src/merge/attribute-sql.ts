/**
 * Device, user, process and host of each visit. Rules in the order of their weight, the first that speaks decides:
 *
 * device: `port` (the same four parts as an agent's connection) · `lease` (who had the address; `connection` when a connection of that
 * device fits too) · `connection` alone (only one device has a fitting one, just before) · `hostname` (the log's own name of the
 * client is one device's) · `nat` (nat-sql.ts).
 * user: `log` · `port` · `connection` (one person's connections fit; a service account's are nobody's; of a proxy's requests that fit none
 * by name, the device's last connection to the proxy of which the agent tells no name) · `session`.
 * host: `log` (its request's, for a connection) · `port` · `connection` (names this device used the address by: one) · `answer` (names anybody did: one).
 */
import { mergeLimits } from '../limits.ts'
import { joinIdentities, personOf } from './agent-sql.ts'
import { counters } from './visits-sql.ts'

const { matchSeconds, closeSeconds, toleranceSeconds, leaseConfidence } = mergeLimits

const inPass = 'h >= {from:UInt32} AND h < {to:UInt32}'

/** What the connections of one key say in an hour and the one before; devices that have the address elsewhere are left out. */
export const keyFactsSql = `
  SELECT k, hh AS h, if(min(cityHash64(device_id)) = max(cityHash64(device_id)), 1, 2) AS devices,
    multiIf(countIf(person != '') = 0, 0, minIf(cityHash64(person), person != '') = maxIf(cityHash64(person), person != ''), 1, 2) AS persons,
    anyIf(person, person != '') AS one_person, if(minIf(cityHash64(process), process != '') = maxIf(cityHash64(process), process != ''), anyIf(toString(process), process != ''), '') AS one_process
  FROM (
    SELECT k, h, device_id, person, process FROM db.merge_agent_keys AS a
    LEFT ANY JOIN (SELECT local_ip AS c_ip, device_id AS c_device, h AS c_h, status AS c_status, 1 AS c_any FROM db.merge_claims) AS c
      ON a.local_ip = c.c_ip AND a.device_id = c.c_device AND a.h = c.c_h
    WHERE c_any = 0 OR c_status > 0)
  ARRAY JOIN [h, toUInt32(h + 3600)] AS hh WHERE hh >= {from:UInt32} AND hh < {to:UInt32} GROUP BY k, hh`

/** Names of devices as logs may write them: short and in lower case, where one device has it. */
export const deviceNamesSql = `
  SELECT short, any(device_id) AS device_id FROM (
    SELECT DISTINCT lower(splitByChar('.', toString(device))[1]) AS short, toString(device_id) AS device_id
    FROM (SELECT device, device_id FROM db.devices WHERE report = {report:String} UNION DISTINCT SELECT DISTINCT device, device_id FROM db.merge_agent)
    WHERE device != '')
  GROUP BY short HAVING count() = 1`

const fits = (key: string): string =>
  `${key}_device != '' AND toInt64(v.e) - toInt64(${key}_t) <= ${matchSeconds} + ${toleranceSeconds}`

/** Visits with their device. */
export const matchedSql = `
  SELECT vid, v.t AS t, v.h AS h, v.ft AS ft, source, src_ip, src_host, user, log_person, device, dst_ip, dst_port, src_port, app_hint, host, outcome, counted, host_rule, ${counters.join(', ')},
    ${fits('p')} AS by_port, ${fits('i')} AS by_address, NOT by_address AND ${fits('n')} AS by_name,
    NOT by_address AND NOT by_name AND ${fits('q')} AND toInt64(v.ft) - toInt64(q_t) <= ${closeSeconds} AS by_proxy,
    multiIf(by_address, i_device, by_name, n_device, by_proxy AND q_device = l_device, q_device, '') AS key_device, multiIf(by_address, i_t, by_name, n_t, 0) AS key_t,
    multiIf(by_address, x_devices, by_name, y_devices, 0) AS devices,
    multiIf(by_port, p_device, l_device != '', l_device, devices = 1 AND toInt64(v.ft) - toInt64(key_t) <= ${closeSeconds}, key_device, m_device != '', m_device, '') AS device_id,
    multiIf(by_port, 'port', l_device != '', if(devices = 1 AND key_device = l_device, 'connection', 'lease'), device_id = '', '', device_id = key_device, 'connection', 'hostname') AS device_rule,
    by_port OR device_id != '' AND device_id = key_device AS met,
    multiIf(by_port, p_source, met AND by_address, i_source, met AND by_name, n_source, met, q_source, '') AS agent_source,
    p_person, p_service, p_process, p_host,
    multiIf(by_address, i_service, by_name, n_service, by_proxy, q_service, 0) AS key_service, multiIf(by_address, i_person, by_name, n_person, by_proxy, q_person, '') AS key_person,
    multiIf(by_address, x_persons, by_name, y_persons, by_proxy, q_person != '', 0) AS persons,
    multiIf(by_address, x_person, by_name, y_person, by_proxy, q_person, '') AS one_person, multiIf(by_address, x_process, by_name, y_process, '') AS one_process
  FROM (
    SELECT *, rowNumberInAllBlocks() + 1 + {slice:UInt64} * 4294967296 AS vid, ${personOf('r.user')} AS log_person, toUInt32(r.t + 59 - w_seconds) AS ft, toUInt32(ft + ${toleranceSeconds}) AS e,
      client AS kl, port_key AS kp, address_key AS ki,
      if(host = '' OR src_ip = '', 0, cityHash64(client, cityHash64(host))) AS kn,
      if(dst_ip = '' AND kn != 0, cityHash64(client, 'proxied'), 0) AS kq,
      lower(splitByChar('.', if(device = '', toString(src_host), toString(device)))[1]) AS short
    FROM db.merge_visits AS r
    LEFT ANY JOIN (SELECT source AS w_source, h AS w_h, seconds AS w_seconds FROM db.merge_skews) AS w ON r.source = w.w_source AND r.h = w.w_h
    ${joinIdentities('r.user')}
  ) AS v
  ASOF LEFT JOIN (SELECT k AS p_k, t AS p_t, device_id AS p_device, person AS p_person, service AS p_service, toString(process) AS p_process, host AS p_host, toString(source) AS p_source FROM db.merge_ports) AS p
    ON v.kp = p.p_k AND v.e >= p.p_t
  ASOF LEFT JOIN (${keyed('i')}) AS i ON v.ki = i.i_k AND v.e >= i.i_t
  ASOF LEFT JOIN (${keyed('n')}) AS n ON v.kn = n.n_k AND v.e >= n.n_t
  ASOF LEFT JOIN (${keyed('q')}) AS q ON v.kq = q.q_k AND v.e >= q.q_t
  LEFT ANY JOIN (${facts('x')}) AS x ON v.ki = x.x_k AND v.h = x.x_h
  LEFT ANY JOIN (${facts('y')}) AS y ON v.kn = y.y_k AND v.h = y.y_h
  LEFT ANY JOIN (SELECT k AS l_k, t AS l_t, holder AS l_device FROM db.merge_leases WHERE confidence >= ${leaseConfidence}) AS l ON v.kl = l.l_k AND v.t = l.l_t
  LEFT ANY JOIN (SELECT short AS m_short, device_id AS m_device FROM db.merge_device_names) AS m ON v.short = m.m_short`

/** Connections by their keys, at one moment the one that a person made. */
export const keyedSql = `
  SELECT k, t, device_id, person, service, toString(source) AS source FROM db.merge_agent_keys ORDER BY k, t, person DESC, device_id LIMIT 1 BY k, t`

function keyed(name: string): string {
  return `SELECT k AS ${name}_k, t AS ${name}_t, device_id AS ${name}_device, person AS ${name}_person, service AS ${name}_service, source AS ${name}_source FROM db.merge_keyed`
}

function facts(name: string): string {
  return `SELECT k AS ${name}_k, h AS ${name}_h, devices AS ${name}_devices, persons AS ${name}_persons, one_person AS ${name}_person, one_process AS ${name}_process FROM db.merge_key_facts`
}

/** Moments for which a device's person is asked. */
export const personAskedSql = `SELECT DISTINCT CAST(cityHash64(device_id) AS UInt64) AS k, h, t, toUInt32(t + 59) AS e FROM db.merge_placed WHERE device_id != ''`

/** … and for those of connections that stand alone and name nobody. */
export const aloneAskedSql = `
  SELECT DISTINCT CAST(cityHash64(device_id) AS UInt64) AS k, h, toUInt32(intDiv(t, 60) * 60) AS t, toUInt32(intDiv(t, 60) * 60 + 59) AS e
  FROM db.merge_agent WHERE outward AND person = '' AND NOT service AND ${inPass}`

/** Names an address went by, in an hour and the one before: of each device, and of all. */
export const namesSql = `
  SELECT device_id, ip, hh AS h, if(min(cityHash64(host)) = max(cityHash64(host)), 1, 2) AS hosts, any(host) AS one_host FROM (
    SELECT device_id, remote_ip AS ip, h, host FROM db.merge_agent WHERE host != '' AND remote_ip != '' AND role != 'dns'
    UNION ALL
    SELECT device_id, arrayJoin(splitByChar(' ', toString(answers))) AS ip, h, host FROM db.merge_agent WHERE role = 'dns' AND host != '' AND answers != '')
  ARRAY JOIN [h, toUInt32(h + 3600)] AS hh WHERE hh >= {from:UInt32} AND hh < {to:UInt32} AND ip != '' GROUP BY GROUPING SETS ((device_id, ip, hh), (ip, hh))`

/** Visits with all that is known of them. */
export const attributedSql = `
  SELECT v.t AS t, v.h AS h, source, toString(src_ip) AS src_ip, app_hint, outcome, counted, ${counters.join(', ')},
    if(v.device_id = '', toString(v.device), d.d_name) AS device, v.device_id AS device_id, v.device_rule AS device_rule,
    multiIf(v.by_port, p_process, v.met, one_process, '') AS process, agent_source,
    multiIf(log_person != '', log_person, v.by_port AND (p_person != '' OR p_service), p_person, v.met AND key_service, '',
      v.met AND persons = 1, one_person, v.met AND persons > 1 AND s.s_several = 0 AND key_person != '' AND key_person = s.s_person, key_person,
      s.s_person) AS person,
    multiIf(log_person != '', 'log', v.by_port AND (p_person != '' OR p_service), 'port', v.met AND (key_service OR persons = 1), 'connection', person != '', 'session', '') AS user_rule,
    multiIf(log_person != '', toString(user), '') AS user_form,
    multiIf(v.host != '', v.host, v.by_port AND p_host != '', p_host, b.b_hosts = 1, b_host, c.c_hosts = 1, c_host, toString(dst_ip)) AS named,
    multiIf(v.host != '', host_rule, v.by_port AND p_host != '', 'port', b.b_hosts = 1, 'connection', c.c_hosts = 1, 'answer', '') AS host_rule, 1 AS network
  FROM db.merge_placed AS v
  LEFT ANY JOIN (SELECT device_id AS d_id, max(toString(device)) AS d_name FROM db.merge_device_list GROUP BY device_id) AS d ON v.device_id = d.d_id
  LEFT ANY JOIN (SELECT k AS s_k, t AS s_t, holder AS s_person, several AS s_several FROM db.merge_persons) AS s ON cityHash64(v.device_id) = s.s_k AND v.t = s.s_t
  LEFT ANY JOIN (SELECT device_id AS b_device, ip AS b_ip, h AS b_h, hosts AS b_hosts, one_host AS b_host FROM db.merge_names WHERE device_id != '') AS b
    ON v.device_id = b.b_device AND toString(v.dst_ip) = b.b_ip AND v.h = b.b_h
  LEFT ANY JOIN (SELECT ip AS c_ip, h AS c_h, hosts AS c_hosts, one_host AS c_host FROM db.merge_names WHERE device_id = '') AS c ON toString(v.dst_ip) = c.c_ip AND v.h = c.c_h`

/** All names of devices: what the agents' rows of the hours and the device list say. */
export const deviceListSql = `
  SELECT device_id, max(device) AS device FROM (
    SELECT toString(device_id) AS device_id, toString(device) AS device FROM db.merge_agent
    UNION ALL SELECT toString(device_id), toString(device) FROM db.devices WHERE report = {report:String}
    UNION ALL SELECT toString(device_id), toString(device) FROM db.device_addresses WHERE report = {report:String}
      AND at >= toDateTime64({from:UInt32} - 3600, 3, 'UTC') AND at < toDateTime64({to:UInt32} + 3600, 3, 'UTC'))
  GROUP BY device_id`

/** Connections that no source saw, as visits of their own: no bytes are known. One connection that has several rows counts once. */
export const aloneSql = `
  SELECT t, h, source, local_ip AS src_ip, '' AS app_hint, action AS outcome, toUInt32(greatest(events, 1)) AS counted, ${counters.map((name) => `toUInt64(0) AS ${name}`).join(', ')},
    device, device_id, if(device_id = '', '', 'agent') AS device_rule, toString(process) AS process, source AS agent_source,
    if(a.person != '' OR a.service, a.person, s_person) AS person, multiIf(a.person != '' OR a.service, 'agent', s_person != '', 'session', '') AS user_rule, user_form,
    multiIf(host != '', host, b_hosts = 1, b_host, c_hosts = 1, c_host, remote_ip) AS named, multiIf(host != '', 'agent', b_hosts = 1, 'connection', c_hosts = 1, 'answer', '') AS host_rule, 0 AS network
  FROM (
    SELECT * FROM db.merge_agent WHERE outward AND ${inPass} AND id NOT IN (SELECT id FROM db.merge_seen)
    ORDER BY device_id, h, local_port, remote_ip, remote_port, host, action, t, feed_row
    LIMIT 1 BY device_id, h, if(local_port = 0 OR events > 1, feed_row, cityHash64(local_ip, local_port, remote_ip, remote_port))
  ) AS a
  LEFT ANY JOIN (SELECT k AS s_k, t AS s_t, holder AS s_person FROM db.merge_alone_persons) AS s ON cityHash64(a.device_id) = s.s_k AND toUInt32(intDiv(a.t, 60) * 60) = s.s_t
  LEFT ANY JOIN (SELECT device_id AS b_device, ip AS b_ip, h AS b_h, hosts AS b_hosts, one_host AS b_host FROM db.merge_names WHERE device_id != '') AS b
    ON a.device_id = b.b_device AND a.remote_ip = b.b_ip AND a.h = b.b_h
  LEFT ANY JOIN (SELECT ip AS c_ip, h AS c_h, hosts AS c_hosts, one_host AS c_host FROM db.merge_names WHERE device_id = '') AS c ON a.remote_ip = c.c_ip AND a.h = c.c_h`

/** Connections that count with a flow: met where the address is, or behind the NAT they were found at. */
export const seenSql = `
  SELECT DISTINCT id FROM (
    SELECT a.id AS id FROM (SELECT id, local_ip, device_id, h FROM db.merge_agent WHERE id IN (SELECT id FROM db.merge_met)) AS a
    LEFT ANY JOIN (SELECT local_ip AS c_ip, device_id AS c_device, h AS c_h, status AS c_status, 1 AS c_any FROM db.merge_claims) AS c
      ON a.local_ip = c.c_ip AND a.device_id = c.c_device AND a.h = c.c_h
    WHERE c_any = 0 OR c_status > 0
    UNION ALL SELECT id FROM db.merge_nat_seen)`

/** What was measured of the sources' clocks. */
export const skewsInsert = `
  INSERT INTO db.clock_skews (report, hour, source, generation, seconds, pairs)
  SELECT {report:String}, toDateTime(h, 'UTC'), source, {generation:UInt64}, seconds, pairs FROM db.merge_skews WHERE ${inPass}`
