/**
 * Device, user, process and host of each visit. Rules in the order of their weight, the first that speaks decides:
 *
 * device: `port` (the same four parts as an agent's connection) · `lease` (who had the address; `connection` when a connection of that
 * device fits too) · `connection` alone (only one device has a fitting one, just before) · `hostname` (the log's own name of the
 * client is one device's) · `nat` (nat-sql.ts).
 * user: `log` · `port` · `connection` (one person's connections fit; a service account's are nobody's; of a proxy's requests that fit none
 * by name, the device's last connection to the proxy of which the agent tells no name) · `session`.
 * host: `log` (its request's, for a connection) · `port` · `connection` (names this device used the address by: one) · `answer` (names anybody did: one).
 *
 * Devices and persons are numbers until the last step; 0 = unknown.
 */
import { mergeLimits } from '../limits.ts'
import { hourOf, inHours, joinForms, number, refuted, window } from './agent-sql.ts'
import { holderColumns, holderOf, timeOf, until } from './holders-sql.ts'
import { counters } from './visits-sql.ts'

const { matchSeconds, closeSeconds, toleranceSeconds, leaseConfidence } = mergeLimits

const visitColumns =
  'vid, t, h, ft, source, src_ip, src_host, user, log_who, device, dst_ip, dst_port, src_port, app_hint, host, outcome, counted, host_rule, client'

/**
 * Visits with their keys, and the time as the agents' clocks have it; connections are asked at the end of ten seconds, where a key with many has
 * the same last one as with all.
 */
const keyedVisits = `
  SELECT *, rowNumberInAllBlocks() + 1 + {slice:UInt64} * 4294967296 AS vid, w_who AS log_who, toUInt32(r.t + 59 - k_seconds) AS ft, toUInt32(intDiv(ft + ${toleranceSeconds}, 10) * 10 + 9) AS e,
    if(host = '' OR src_ip = '', 0, cityHash64(client, ${number('host')})) AS kn,
    if(dst_ip = '' AND kn != 0, client, 0) AS kq,
    lower(splitByChar('.', if(device = '', toString(src_host), toString(device)))[1]) AS short
  FROM db.merge_visits AS r
  LEFT ANY JOIN (SELECT source AS k_source, h AS k_h, seconds AS k_seconds FROM db.merge_skews) AS s ON r.source = s.k_source AND r.h = s.k_h
  ${joinForms('r.user')}`

const hit = (name: string): string => `arrayLast(x -> x.1 <= v.e, ${name}_row) AS ${name}`
const keyed = (name: string, key: string): string =>
  `LEFT ANY JOIN (SELECT k AS ${name}_k, row AS ${name}_row, alike AS ${name}_alike, process AS ${name}_process FROM db.merge_keyed) AS ${name}_keyed ON v.${key} = ${name}_k`
const facts = (name: string, key: string): string =>
  `LEFT ANY JOIN (SELECT k AS ${name}_fk, h AS ${name}_fh, devices AS ${name}_fd, persons AS ${name}_fp, who AS ${name}_fw, process AS ${name}_fq FROM db.merge_key_facts) AS ${name}_facts
    ON v.${key} = ${name}_fk AND v.h = ${name}_fh`

/** How far the connection's beginning may lie behind: (t, …) of none is 0. */
const fits = (t: string, seconds: number): string =>
  `${t} != 0 AND toInt64(ft) - toInt64(${t}) <= ${seconds}`

/** What is known of each visit by its keys. */
const found = `
  SELECT ${visitColumns}, ${counters.join(', ')}, short, ${hit('p')}, ${hit('i')}, ${hit('n')}, q_t, q_hit,
    i_alike, n_alike, i_process, n_process, i_fd, n_fd, i_fp, n_fp, i_fw, n_fw, i_fq, n_fq,
    ${holderColumns('l', 'toUInt32(v.t + 59)', 'near')},
    m_dev
  FROM (${keyedVisits}) AS v
  LEFT ANY JOIN (SELECT k AS p_k, row AS p_row FROM db.merge_ports) AS p_ports ON v.port_key = p_k
  ${keyed('i', 'address_key')}
  ${keyed('n', 'kn')}
  ASOF LEFT JOIN (SELECT k AS q_k, t AS q_t, hit AS q_hit FROM db.merge_proxied) AS q ON v.kq = q.q_k AND v.e >= q.q_t
  ${facts('i', 'address_key')}
  ${facts('n', 'kn')}
  LEFT ANY JOIN (SELECT k AS l_k, h AS l_h, row AS l_row, several AS l_several FROM db.merge_lease_held) AS l_held ON v.client = l_held.l_k AND v.h = l_held.l_h
  LEFT ANY JOIN (SELECT short AS m_short, dev AS m_dev FROM db.merge_device_names) AS m ON v.short = m.m_short`

/** … and who had its address then. A device that went to another address is not at the old one any more, though nobody else took it. */
export const foundSql = `
  SELECT ${visitColumns}, ${counters.join(', ')}, p, i, n, q_t, q_hit, i_alike, n_alike, i_process, n_process, i_fd, n_fd, i_fp, n_fp, i_fw, n_fw, i_fq, n_fq, m_dev,
    multiIf(l_holder = 0 OR multiIf(l_both AND l_since <= 1800 AND l_till <= 1800, 0.98, l_both, 0.9, 0.8) < ${leaseConfidence}, 0,
      l_both OR l_away = 0 OR ${holderOf('l_away')} = client OR toInt64(${timeOf('l_away')}) <= toInt64(t) + 59 - l_since, l_holder, 0) AS l_dev
  FROM (
    SELECT f.*, if(l_both OR d_dev = 0, toUInt128(0), arrayLast(x -> ${until('x', 'f.t + 59')}, d_row)) AS l_away
    FROM (${found}) AS f
    LEFT ANY JOIN (SELECT dev AS d_dev, h AS d_h, row AS d_row FROM db.merge_moved) AS d ON f.l_holder = d.d_dev AND f.h = d.d_h)`

/*
 * In steps, each a query of its own: a name that another uses in the same SELECT is expanded there, and names of names cost seconds before
 * the first row is read.
 */
const fitting = `
  SELECT *, ${fits('p.1', matchSeconds)} AS by_port, ${fits('i.1', matchSeconds)} AND NOT ${refuted('client', 'i.3', 'h')} AS by_address,
    ${fits('n.1', matchSeconds)} AND NOT ${refuted('client', 'n.3', 'h')} AS fits_name
  FROM db.merge_found`

const keyFound = `
  SELECT ${visitColumns}, ${counters.join(', ')}, l_dev, m_dev, p, by_port, by_address OR by_name AS by_key, by_proxy, q_hit,
    multiIf(by_address, i, by_name, n, (toUInt32(0), q_hit.1, q_hit.2, q_hit.3, q_hit.4)) AS best, multiIf(by_address, i_alike, by_name, n_alike, 0) AS alike,
    if(by_address, i_fd, n_fd) AS fact_devices, if(by_address, i_fp, n_fp) AS fact_persons, if(by_address, i_fw, n_fw) AS fact_who,
    multiIf(by_address, if(i_alike, i_process, i_fq), by_name, if(n_alike, n_process, n_fq), '') AS one_process
  FROM (
    SELECT *, NOT by_address AND fits_name AS by_name, NOT by_address AND NOT fits_name AND ${fits('q_t', closeSeconds)} AND NOT ${refuted('client', 'q_hit.2', 'h')} AS by_proxy
    FROM (${fitting}))`

const judged = `
  SELECT ${visitColumns}, ${counters.join(', ')}, dev, by_port, by_port OR dev != 0 AND dev = key_dev AS met,
    multiIf(by_port, 'port', l_dev != 0, if(devices = 1 AND key_dev = l_dev, 'connection', 'lease'), dev = 0, '', dev = key_dev, 'connection', 'hostname') AS device_rule,
    if(by_port, p.6, best.5) AS agent_id, p.4 AS p_who, p.5 AS p_service, key_service, key_who, persons, one_who, one_process
  FROM (
    SELECT *, multiIf(by_port, p.3, l_dev != 0, l_dev, devices = 1 AND by_key AND toInt64(ft) - toInt64(best.1) <= ${closeSeconds}, key_dev, m_dev) AS dev
    FROM (
      SELECT *, if(by_key OR by_proxy AND best.3 = l_dev, best.3, 0) AS key_dev, multiIf(NOT by_key, 0, alike, 1, fact_devices) AS devices,
        if(by_key OR by_proxy, best.4, 0) AS key_service, if(by_key OR by_proxy, best.2, 0) AS key_who,
        multiIf(NOT by_key, toUInt8(by_proxy AND best.2 != 0), alike, toUInt8(best.2 != 0), fact_persons) AS persons,
        multiIf(NOT by_key, if(by_proxy, best.2, 0), alike, best.2, fact_who) AS one_who
      FROM (${keyFound})))`

/** Visits with their device. */
export const matchedSql = `
  SELECT v.* EXCEPT (agent_id, one_process), if(v.by_port, a.a_process, v.one_process) AS process, if(v.by_port, toString(a.a_host), '') AS p_host, toString(a.a_source) AS agent_source
  FROM (${judged}) AS v
  LEFT ANY JOIN (SELECT id AS a_id, toString(process) AS a_process, host AS a_host, source AS a_source FROM db.merge_agent) AS a ON if(v.met, v.agent_id, 0) = a.a_id`

/** Names an address went by, in an hour and the one before: of each device (dev), and of all (0). The number of the only one, else 0. */
export const namesSql = `
  SELECT cityHash64(who, server, hh) AS k, if(min(name) = max(name), max(name), 0) AS only FROM (
    SELECT dev, server, h, name FROM (
      SELECT ${number('device_id')} AS dev, ${number('remote_ip')} AS server, ${hourOf('toUnixTimestamp(at)')} AS h, ${number('host')} AS name
      FROM db.device_connections WHERE ${window('at')} AND host != '' AND remote_ip != '' AND role != 'dns'
      UNION ALL
      SELECT ${number('device_id')} AS dev, cityHash64(arrayJoin(splitByChar(' ', toString(answers)))) AS server, ${hourOf('toUnixTimestamp(at)')} AS h, ${number('host')} AS name
      FROM db.device_connections WHERE ${window('at')} AND host != '' AND role = 'dns' AND answers != '')
    WHERE server != cityHash64('') GROUP BY dev, server, h, name)
  ARRAY JOIN [dev, 0] AS who ARRAY JOIN [h, toUInt32(h + 3600)] AS hh WHERE ${inHours('hh')} GROUP BY k`

/** … and their texts. */
export const namedSql = `
  SELECT ${number('host')} AS name, any(toString(host)) AS host FROM db.device_connections WHERE ${window('at')} AND host != '' GROUP BY name`

/** A row's names: its device's and anybody's for its address, where it has none. */
const named = (dev: string, address: string): string => `
  LEFT ANY JOIN (SELECT k AS b_k, only AS b_name FROM db.merge_names) AS b ON ${named1(dev, address)} = b.b_k
  LEFT ANY JOIN (SELECT k AS c_k, only AS c_name FROM db.merge_names) AS c ON ${named1('0', address)} = c.c_k
  LEFT ANY JOIN (SELECT name AS x_name, host AS x_host FROM db.merge_named) AS x ON if(b.b_name != 0, b.b_name, c.c_name) = x.x_name`
const named1 = (dev: string, address: string): string =>
  `if(v.host != '', 0, cityHash64(toUInt64(${dev}), ${number(address)}, v.h))`

const session = (minute: string): string => `
  SELECT v.*, s_several, ${holderColumns('s', `toUInt32(${minute} + 59)`, 'until-next')}`
const sessions = `
  LEFT ANY JOIN (SELECT k AS s_k, h AS s_h, row AS s_row, several AS s_several FROM db.merge_person_held) AS s ON v.dev = s.s_k AND v.h = s.s_h`

/**
 * Columns whole: by default the engine asks each branch for its own rows only, and what the branches share (who was on the device) again for each:
 * measured, 0.39 s instead of 0.16 s for 380,000 visits.
 */
const whole = "SETTINGS short_circuit_function_evaluation = 'disable'"

/** Texts of the numbers. */
const texts = `
  LEFT ANY JOIN (SELECT dev AS d_dev, device_id AS d_id, device AS d_name FROM db.merge_device_list) AS d ON v.dev = d.d_dev
  LEFT ANY JOIN (SELECT who AS o_who, person AS o_person FROM db.merge_people) AS o ON v.final_who = o.o_who`

/** Visits with all that is known of them. */
export const attributedSql = `
  SELECT t, h, source, toString(src_ip) AS src_ip, app_hint, outcome, counted, ${counters.join(', ')},
    if(v.dev = 0, toString(v.device), d_name) AS device, d_id AS device_id, device_rule, process, agent_source, o_person AS person,
    multiIf(log_who != 0, 'log', by_port AND (p_who != 0 OR p_service), 'port', met AND (key_service OR persons = 1), 'connection', final_who != 0, 'session', '') AS user_rule,
    if(log_who != 0, toString(user), '') AS user_form,
    multiIf(v.host != '', v.host, by_port AND p_host != '', p_host, x_host != '', x_host, toString(dst_ip)) AS named,
    multiIf(v.host != '', host_rule, by_port AND p_host != '', 'port', b_name != 0, 'connection', c_name != 0, 'answer', '') AS host_rule, 1 AS network
  FROM (
    SELECT *, multiIf(log_who != 0, log_who, by_port AND (p_who != 0 OR p_service), p_who, met AND key_service, 0, met AND persons = 1, one_who,
      met AND persons > 1 AND s_several = 0 AND key_who != 0 AND key_who = s_holder, key_who, s_holder) AS final_who
    FROM (${session('v.t')} FROM db.merge_placed AS v ${sessions})
  ) AS v
  ${texts}
  ${named('v.dev', 'v.dst_ip')} ${whole}`

/** Connections that no source saw, as visits of their own: no bytes are known. One connection that has several rows counts once. */
export const aloneSql = `
  SELECT t, h, source, toString(local_ip) AS src_ip, '' AS app_hint, toString(action) AS outcome, toUInt32(greatest(events, 1)) AS counted, ${counters.map((name) => `toUInt64(0) AS ${name}`).join(', ')},
    toString(device) AS device, toString(device_id) AS device_id, if(device_id = '', '', 'agent') AS device_rule, toString(process) AS process, toString(source) AS agent_source,
    o_person AS person, multiIf(who != 0 OR service, 'agent', s_holder != 0, 'session', '') AS user_rule, toString(user_form) AS user_form,
    multiIf(host != '', toString(host), x_host != '', x_host, toString(remote_ip)) AS named, multiIf(host != '', 'agent', b_name != 0, 'connection', c_name != 0, 'answer', '') AS host_rule, 0 AS network
  FROM (
    SELECT *, if(who != 0 OR service, who, s_holder) AS final_who
    FROM (${session('intDiv(v.t, 60) * 60')} FROM (
      SELECT * FROM db.merge_rest WHERE ${inHours('h')} AND id NOT IN (SELECT id FROM db.merge_nat_seen)
      ORDER BY device_id, h, local_port, remote_ip, remote_port, host, action, t, id
      LIMIT 1 BY device_id, h, if(local_port = 0 OR events > 1, id, cityHash64(local_ip, local_port, remote_ip, remote_port))
    ) AS v ${sessions})
  ) AS v
  ${texts}
  ${named('v.dev', 'v.remote_ip')} ${whole}`
