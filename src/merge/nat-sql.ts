/**
 * Devices behind one address (NAT, a proxy that hides its clients): such an address has no lease, and its ports are not the devices'. A
 * device is behind it in an hour when most of its connections that nobody else saw meet flows of it at the same time and destination,
 * more of them than chance explains. Then a flow of the address goes to the one such device with a fitting connection; with two of them,
 * or with more flows than connections, to nobody. The connections count with the flows in any case.
 */
import { mergeLimits } from '../limits.ts'

const { natConnections, natShare, natWeight, natFlows, natAddresses } = mergeLimits

/** Connections no source met, by destination and by the minutes in which a flow of theirs may be stamped. */
export const natAgentsSql = `
  SELECT id, device_id, h AS own_h, person, service, toString(process) AS process, toString(source) AS source,
    arrayJoin(arrayFilter(x -> x != 0, [if(remote_ip = '', 0, cityHash64(remote_ip, remote_port)), if(host = '', 0, cityHash64(host))])) AS kd,
    arrayJoin(range(toUInt32(intDiv(t, 60) - 1), toUInt32(intDiv(t, 60) + 5))) AS m, m != intDiv(t, 60) AS early
  FROM db.merge_agent WHERE outward AND id NOT IN (SELECT id FROM db.merge_met)`

/** Flows of addresses that have no device and more traffic than one, by the same. */
export const natFlowsSql = `
  SELECT vid, toString(src_ip) AS src_ip, h, intDiv(ft, 60) AS m, toUInt64(counted) AS counted,
    arrayJoin(arrayFilter(x -> x != 0, [if(dst_ip = '', 0, cityHash64(toString(dst_ip), dst_port)), if(host = '', 0, cityHash64(host))])) AS kd
  FROM db.merge_matched
  WHERE device_id = '' AND (src_ip, h) IN (
    SELECT src_ip, h FROM db.merge_matched WHERE device_id = '' AND src_ip != '' GROUP BY src_ip, h HAVING sum(counted) >= ${natFlows}
    ORDER BY sum(counted) DESC, src_ip LIMIT ${natAddresses} BY h)`

/**
 * Who is behind what, by hour. A connection may meet a flow by chance: with the share of the hour's minutes in which a connection to that
 * destination would meet one. The chances of all that met, multiplied, must be small.
 */
export const natBehindSql = `
  SELECT b.src_ip AS src_ip, b.device_id AS device_id, b.h AS h FROM (
    SELECT src_ip, device_id, h, count() AS met, sum(weight) AS odds FROM (
      SELECT src_ip, device_id, h, id, max(log(1 / share)) AS weight
      FROM (SELECT DISTINCT src_ip, h, kd, m FROM db.merge_nat_flows) AS f
      INNER JOIN (SELECT id, device_id, kd AS a_kd, m AS a_m FROM db.merge_nat_agents) AS a ON f.kd = a.a_kd AND f.m = a.a_m
      INNER JOIN (
        SELECT src_ip AS c_ip, h AS c_h, kd AS c_kd, least(1, uniqExact(met_m) / 60) AS share FROM db.merge_nat_flows
        ARRAY JOIN range(toUInt32(m - 4), toUInt32(m + 2)) AS met_m GROUP BY src_ip, h, kd
      ) AS c ON f.src_ip = c.c_ip AND f.h = c.c_h AND f.kd = c.c_kd
      GROUP BY src_ip, device_id, h, id)
    GROUP BY src_ip, device_id, h HAVING met >= ${natConnections} AND odds >= ${natWeight}) AS b
  INNER JOIN (
    SELECT device_id AS r_device, toUInt32(intDiv(m, 60) * 3600) AS r_h, uniqExact(id) AS made FROM db.merge_nat_agents
    WHERE NOT early GROUP BY r_device, r_h) AS r ON b.device_id = r.r_device AND b.h = r.r_h
  WHERE b.met >= r.made * ${natShare}`

/** Flows of these addresses with their one device; not where an hour has more flows to the destination than its devices made connections. */
export const natSql = `
  SELECT vid, any(device_id) AS device_id, if(uniqExact(person) = 1, any(person), '') AS person, min(service) AS service,
    if(uniqExact(process) = 1, any(process), '') AS process, min(source) AS source
  FROM (
    SELECT vid, device_id, person, service, process, source, flows,
      uniqExact(device_id) OVER (PARTITION BY vid) AS devices, uniqExact(id) OVER (PARTITION BY src_ip, h, kd) AS made
    FROM (SELECT vid, src_ip, h, kd, m FROM db.merge_nat_flows WHERE (src_ip, h) IN (SELECT src_ip, h FROM db.merge_nat_behind)) AS f
    INNER JOIN (
      SELECT id, device_id, person, service, process, source, kd AS a_kd, m AS a_m FROM db.merge_nat_agents
      WHERE device_id IN (SELECT device_id FROM db.merge_nat_behind)) AS a ON f.kd = a.a_kd AND f.m = a.a_m
    INNER JOIN (SELECT src_ip AS n_ip, h AS n_h, kd AS n_kd, sum(counted) AS flows FROM db.merge_nat_flows GROUP BY src_ip, h, kd) AS n
      ON f.src_ip = n.n_ip AND f.h = n.n_h AND f.kd = n.n_kd
    WHERE (src_ip, device_id, h) IN (SELECT src_ip, device_id, h FROM db.merge_nat_behind)
  ) WHERE devices = 1 AND flows <= made GROUP BY vid`

/**
 * Connections that count with flows of these addresses, of the same hour: the next one may be merged at another time, and what an hour
 * says must not depend on that.
 */
export const natSeenSql = `
  SELECT DISTINCT a.id AS id
  FROM (SELECT DISTINCT src_ip, h, kd, m FROM db.merge_nat_flows WHERE (src_ip, h) IN (SELECT src_ip, h FROM db.merge_nat_behind)) AS f
  INNER JOIN (
    SELECT id, device_id, own_h, kd AS a_kd, m AS a_m FROM db.merge_nat_agents WHERE device_id IN (SELECT device_id FROM db.merge_nat_behind)
  ) AS a ON f.kd = a.a_kd AND f.m = a.a_m
  WHERE h = own_h AND (src_ip, device_id, h) IN (SELECT src_ip, device_id, h FROM db.merge_nat_behind)`

/** Visits with these devices laid over. */
export const placedSql = `
  SELECT v.* REPLACE (
      if(n_vid != 0, n_device, v.device_id) AS device_id, if(n_vid != 0, 'nat', v.device_rule) AS device_rule, if(n_vid != 0, 1, v.met) AS met,
      if(n_vid != 0, n_source, v.agent_source) AS agent_source, if(n_vid != 0, n_service, v.key_service) AS key_service,
      if(n_vid != 0, toUInt64(n_person != ''), v.persons) AS persons, if(n_vid != 0, n_person, v.one_person) AS one_person,
      if(n_vid != 0, n_process, v.one_process) AS one_process)
  FROM db.merge_matched AS v
  LEFT ANY JOIN (SELECT vid AS n_vid, device_id AS n_device, person AS n_person, service AS n_service, process AS n_process, source AS n_source FROM db.merge_nat) AS n ON v.vid = n.n_vid`
