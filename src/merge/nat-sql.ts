/**
 * Devices behind one address (NAT, a proxy that hides its clients): such an address has no lease, and its ports are not the devices'. A
 * device's connections that nobody met under its own address are held against the flows of addresses that are no device's. It is behind one
 * of them in an hour
 *
 * - when it made them to that address itself (a proxy that is a client of the firewall),
 * - when the agent told this address as its public one,
 * - or when most of them meet flows of it at the same time and destination, more of them than chance explains; with what it did with the same
 *   address of its own in the hour before.
 *
 * Then a flow of the address goes to the one such device with a fitting connection, first by the client's port where the NAT kept it; with
 * two of them, or with more flows than connections, to nobody. The connections count with the flows in any case.
 *
 * What an hour says depends on the hours around it only, which every pass has.
 */
import { mergeLimits } from '../limits.ts'

const {
  behindSeconds,
  natConnections,
  natShare,
  natWeight,
  natPortWeight,
  natFlows,
  natFlowsMax,
  natAddresses,
} = mergeLimits

const inPass = (column: string): string => `${column} >= {from:UInt32} AND ${column} < {to:UInt32}`

/** Keys of a destination: address and port, name, and both ports with the address (`exact`). */
const keys = (row: {
  ip: string
  port: string
  host: string
  clientPort: string
}): string => `arrayJoin(arrayFilter(x -> x.1 != 0, [
    (if(${row.ip} = '', 0, cityHash64(toString(${row.ip}), ${row.port})), 0), (if(${row.host} = '', 0, cityHash64(toString(${row.host}))), 0),
    (if(${row.ip} = '' OR ${row.clientPort} = 0, 0, cityHash64(toString(${row.ip}), ${row.port}, ${row.clientPort})), 1)]))`

const agentKeys = keys({
  ip: 'remote_ip',
  port: 'remote_port',
  host: 'host',
  clientPort: 'local_port',
})

/** Connections of agents that nobody else may see. */
export const natKeysSql = `SELECT DISTINCT ${agentKeys}.1 AS kd FROM db.merge_agent WHERE outward`

/** Traffic of a slice's addresses that are no device's, by hour. */
export const natTrafficSql = `
  SELECT toString(src_ip) AS src_ip, h, greatest(sumIf(transactions, kind = 'session'), sumIf(transactions, kind != 'session')) AS flows
  FROM db.merge_flows WHERE src_ip != '' AND (toString(src_ip), h) NOT IN (SELECT local_ip, h FROM db.merge_agent) GROUP BY src_ip, h`

/** What these addresses did, by destination and minute: also in the hours around. */
export const natEvidenceSql = `
  SELECT DISTINCT src_ip, h, toUInt32(intDiv(ft, 60)) AS m, key.1 AS kd, key.2 AS exact FROM (
    SELECT toString(src_ip) AS src_ip, f.h AS h, f.t + 59 - w.w_seconds AS ft,
      ${keys({ ip: 'dst_ip', port: 'dst_port', host: 'dst_host', clientPort: 'src_port' })} AS key
    FROM (SELECT * FROM db.merge_flows WHERE src_ip != '' AND (toString(src_ip), h) NOT IN (SELECT local_ip, h FROM db.merge_agent)) AS f
    LEFT ANY JOIN (SELECT source AS w_source, h AS w_h, seconds AS w_seconds FROM db.merge_skews) AS w ON f.source = w.w_source AND f.h = w.w_h)
  WHERE key.1 IN (SELECT kd FROM db.merge_nat_keys)`

/** Addresses with more traffic than one device has. Where every minute has flows of every destination nothing can be told. */
export const natAddressesSql = `
  SELECT src_ip, h FROM db.merge_nat_traffic WHERE h >= {from:UInt32} - 3600 AND h <= {to:UInt32} GROUP BY src_ip, h HAVING sum(flows) BETWEEN ${natFlows} AND ${natFlowsMax}
  ORDER BY sum(flows) DESC, src_ip LIMIT ${natAddresses} BY h`

/** Connections no source met, by destination and by the minutes in which a flow of theirs may be stamped; `via`: the proxy they went to. */
export const natAgentsSql = `
  SELECT id, device_id, local_ip, via, own_h, person, service, process, source, kd, exact,
    arrayJoin(range(toUInt32(minute - 1 - exact), toUInt32(minute + 5 + exact))) AS m
  FROM (
    SELECT id, device_id, local_ip, if((remote_ip, h) IN (SELECT src_ip, h FROM db.merge_nat_addresses), remote_ip, '') AS via, h AS own_h,
      person, service, toString(process) AS process, toString(source) AS source, toUInt32(intDiv(t, 60)) AS minute, ${agentKeys} AS key, key.1 AS kd, key.2 AS exact
    FROM db.merge_agent WHERE outward AND id NOT IN (SELECT id FROM db.merge_met))
  WHERE kd IN (
    SELECT kd FROM db.merge_nat_evidence
    WHERE (src_ip, h) IN (SELECT src_ip, h FROM db.merge_nat_addresses) OR (src_ip, toUInt32(h + 3600)) IN (SELECT src_ip, h FROM db.merge_nat_addresses))`

/** Public addresses of devices, where an hour, or else the one before, tells one. */
const publicSql = `
  SELECT device_id AS p_device, hh AS p_h, multiIf(uniqExactIf(ip, own) = 1, anyIf(ip, own), countIf(own) = 0 AND uniqExact(ip) = 1, any(ip), '') AS p_ip
  FROM (
    SELECT toString(device_id) AS device_id, toString(ip) AS ip, toUInt32(intDiv(toUnixTimestamp(at), 3600) * 3600) AS h, hh, h = hh AS own
    FROM db.device_addresses ARRAY JOIN [toUInt32(intDiv(toUnixTimestamp(at), 3600) * 3600), toUInt32(intDiv(toUnixTimestamp(at), 3600) * 3600 + 3600)] AS hh
    WHERE report = {report:String} AND kind = 'public' AND at >= toDateTime64({from:UInt32} - ${behindSeconds}, 3, 'UTC')
      AND at < toDateTime64({to:UInt32} + ${behindSeconds}, 3, 'UTC'))
  GROUP BY device_id, hh`

const ofAddresses = `(src_ip, h) IN (SELECT src_ip, h FROM db.merge_nat_addresses)`

/**
 * Who is behind what, by hour. A connection may meet a flow by chance: with the share of the hour's minutes in which a connection to that
 * destination would meet one. The chances of all that met, multiplied, must be small.
 */
export const natBehindSql = `
  SELECT b.src_ip AS src_ip, b.device_id AS device_id, b.local_ip AS local_ip, b.hh AS h FROM (
    SELECT src_ip, device_id, local_ip, hh, count() AS met, sum(weight) AS odds FROM (
      SELECT f.src_ip AS src_ip, device_id, local_ip, own_h, id, max(if(a.exact = 1, ${natPortWeight}, log(1 / share))) AS weight
      FROM (SELECT DISTINCT src_ip, h, kd, m FROM db.merge_nat_evidence WHERE ${ofAddresses}) AS f
      INNER JOIN (SELECT id, device_id, local_ip, own_h, exact, kd AS a_kd, m AS a_m FROM db.merge_nat_agents WHERE via = '') AS a ON f.kd = a.a_kd AND f.m = a.a_m
      INNER JOIN (
        SELECT src_ip AS c_ip, h AS c_h, kd AS c_kd, least(1, uniqExact(met_m) / 60) AS share FROM db.merge_nat_evidence
        ARRAY JOIN range(toUInt32(m - 4), toUInt32(m + 2)) AS met_m WHERE ${ofAddresses} GROUP BY src_ip, h, kd
      ) AS c ON f.src_ip = c.c_ip AND f.h = c.c_h AND f.kd = c.c_kd
      WHERE f.h >= own_h AND own_h <= {to:UInt32} - 3600
      GROUP BY src_ip, device_id, local_ip, own_h, id)
    ARRAY JOIN [own_h, toUInt32(own_h + 3600)] AS hh WHERE ${inPass('hh')}
    GROUP BY src_ip, device_id, local_ip, hh HAVING met >= ${natConnections} AND odds >= ${natWeight}) AS b
  INNER JOIN (
    SELECT device_id AS r_device, local_ip AS r_ip, hh AS r_h, count() AS made FROM db.merge_agent
    ARRAY JOIN [h, toUInt32(h + 3600)] AS hh
    WHERE outward AND id NOT IN (SELECT id FROM db.merge_met) GROUP BY device_id, local_ip, hh
  ) AS r ON b.device_id = r.r_device AND b.local_ip = r.r_ip AND b.hh = r.r_h
  WHERE b.met >= r.made * ${natShare}
  UNION DISTINCT
  SELECT p_ip AS src_ip, device_id, local_ip, own_h AS h
  FROM (SELECT DISTINCT device_id, local_ip, own_h FROM db.merge_nat_agents WHERE ${inPass('own_h')}) AS a
  INNER JOIN (${publicSql}) AS p ON a.device_id = p.p_device AND a.own_h = p.p_h
  WHERE (p_ip, own_h) IN (SELECT src_ip, h FROM db.merge_nat_addresses)`

/** Whether the connection `a` may be one of the address `src_ip` in the hour. */
const behind = (hour: string): string =>
  `if(via != '', via = src_ip, (src_ip, device_id, local_ip, ${hour}) IN (SELECT src_ip, device_id, local_ip, h FROM db.merge_nat_behind))`

/** Flows of these addresses as they are matched. */
export const natFlowsSql = `
  SELECT vid, src_ip, h, toUInt32(intDiv(ft, 60)) AS m, counted, key.1 AS kd, key.2 AS exact FROM (
    SELECT vid, toString(src_ip) AS src_ip, h, ft, toUInt64(counted) AS counted,
      ${keys({ ip: 'dst_ip', port: 'dst_port', host: 'host', clientPort: 'src_port' })} AS key
    FROM db.merge_matched WHERE device_id = '' AND (toString(src_ip), h) IN (SELECT src_ip, h FROM db.merge_nat_addresses))`

/**
 * … with their one device: the connections that fit are of one device, and these have no more flows to choose from than they are. More
 * flows: others are behind the address of whom no agent tells.
 */
export const natSql = `
  SELECT vid, any(device_id) AS device_id, if(uniqExact(person) = 1, any(person), '') AS person, min(service) AS service,
    if(uniqExact(process) = 1, any(process), '') AS process, min(source) AS source
  FROM (
    SELECT *, uniqExact(device_id) OVER (PARTITION BY vid) AS devices, count() OVER (PARTITION BY vid) AS made, sum(counted) OVER (PARTITION BY id, src_ip, h) AS flows
    FROM (
      SELECT *, max(exact) OVER (PARTITION BY vid) AS flow_best, max(exact) OVER (PARTITION BY id, src_ip, h) AS own_best
      FROM (
        SELECT vid, id, src_ip, h, any(f.counted) AS counted, max(f.exact) AS exact, any(device_id) AS device_id, any(person) AS person, any(service) AS service,
          any(process) AS process, any(source) AS source
        FROM (SELECT vid, src_ip, h, kd, m, exact, counted FROM db.merge_nat_flows) AS f
        INNER JOIN (
          SELECT id, device_id, local_ip, via, person, service, process, source, kd AS a_kd, m AS a_m FROM db.merge_nat_agents
          WHERE via != '' OR device_id IN (SELECT device_id FROM db.merge_nat_behind)) AS a ON f.kd = a.a_kd AND f.m = a.a_m
        WHERE ${behind('h')} GROUP BY vid, id, src_ip, h))
    WHERE exact = flow_best AND exact = own_best
  ) WHERE devices = 1 GROUP BY vid HAVING max(exact) = 1 OR min(flows) <= min(made)`

/** Connections that count with flows of these addresses. */
export const natSeenSql = `
  SELECT DISTINCT a.id AS id
  FROM (SELECT DISTINCT src_ip, kd, m FROM db.merge_nat_evidence WHERE ${ofAddresses}) AS f
  INNER JOIN (
    SELECT id, device_id, local_ip, via, own_h, kd AS a_kd, m AS a_m FROM db.merge_nat_agents
    WHERE ${inPass('own_h')} AND (via != '' OR device_id IN (SELECT device_id FROM db.merge_nat_behind))
  ) AS a ON f.kd = a.a_kd AND f.m = a.a_m
  WHERE ${behind('own_h')}`

/** Visits with these devices laid over. */
export const placedSql = `
  SELECT v.* REPLACE (
      if(n_vid != 0, n_device, v.device_id) AS device_id, if(n_vid != 0, 'nat', v.device_rule) AS device_rule, if(n_vid != 0, 1, v.met) AS met,
      if(n_vid != 0, n_source, v.agent_source) AS agent_source, if(n_vid != 0, n_service, v.key_service) AS key_service,
      if(n_vid != 0, toUInt64(n_person != ''), v.persons) AS persons, if(n_vid != 0, n_person, v.one_person) AS one_person,
      if(n_vid != 0, n_process, v.one_process) AS one_process)
  FROM db.merge_matched AS v
  LEFT ANY JOIN (SELECT vid AS n_vid, device_id AS n_device, person AS n_person, service AS n_service, process AS n_process, source AS n_source FROM db.merge_nat) AS n ON v.vid = n.n_vid`
