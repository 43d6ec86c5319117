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
 * How sure that is are odds. When it is more likely than not the connections count with the flows, so that a visit counts once. Named is a device
 * only when it is sure: then a flow of the address goes to the one device with a fitting connection, first by the client's port where
 * the NAT kept it; with two of them, or with more flows than connections, to nobody.
 *
 * What an hour says depends on the hours around it only, which every pass has. The minutes of an hour in which an address reached a
 * destination are the bits of one number; so are those in which a connection may be logged.
 */
import { mergeLimits } from '../limits.ts'
import { hourOf, inHours, number } from './agent-sql.ts'

const {
  natShare,
  natMet,
  natMiss,
  natPriorDevices,
  natPriorRounds,
  natOddsMax,
  natLikely,
  natSure,
  natPortWeight,
  natFlows,
  natFlowsMax,
  natAddresses,
} = mergeLimits

/** Keys of a destination: address and port, name, and both ports with the address (`exact`). */
const keys = (row: {
  ip: string
  port: string
  host: string
  clientPort: string
}): string => `arrayJoin(arrayFilter(x -> x.1 != 0, [
    (if(${row.ip} = '', 0, cityHash64(${number(row.ip)}, ${row.port})), 0), (if(${row.host} = '', 0, cityHash64(${number(row.host)})), 0),
    (if(${row.ip} = '' OR ${row.clientPort} = 0, 0, cityHash64(${number(row.ip)}, ${row.port}, ${row.clientPort})), 1)]))`

/** Traffic of a slice's addresses that are no device's, by hour. */
export const natTrafficSql = `
  SELECT client, h, greatest(sumIf(transactions, kind = 'session'), sumIf(transactions, kind != 'session')) AS flows
  FROM db.merge_flows WHERE src_ip != '' AND h >= {from:UInt32} - 3600 AND h <= {to:UInt32} AND (client, h) NOT IN (SELECT client, h FROM db.merge_agent)
  GROUP BY client, h HAVING flows >= if({parts:UInt32} = 1, ${natFlows}, 1)`

const someTraffic = '(SELECT client, h FROM db.merge_nat_traffic)'

/**
 * What these addresses did, by destination: the minutes of each hour, as the agents' clocks have it (an hour's first minutes may be stamped in
 * the one before). A divided client has its traffic in several slices: all of it is taken.
 */
export const natEvidenceSql = `
  SELECT client, h, key.1 AS kd, key.2 AS exact, groupBitOr(bitShiftLeft(toUInt64(1), intDiv(ft, 60) % 60)) AS minutes FROM (
    SELECT client, f.t + 59 - w.w_seconds AS ft, ${hourOf('ft')} AS h,
      ${keys({ ip: 'dst_ip', port: 'dst_port', host: 'dst_host', clientPort: 'src_port' })} AS key
    FROM (SELECT source, client, t, h AS stamped, dst_ip, dst_port, dst_host, src_port FROM db.merge_flows WHERE client IN (SELECT client FROM db.merge_nat_traffic)) AS f
    LEFT ANY JOIN (SELECT source AS w_source, h AS w_h, seconds AS w_seconds FROM db.merge_skews) AS w ON f.source = w.w_source AND f.stamped = w.w_h
    WHERE (client, h) IN ${someTraffic} OR {parts:UInt32} > 1 AND h >= {from:UInt32} - 3600 AND h <= {to:UInt32} AND (client, h) NOT IN (SELECT client, h FROM db.merge_agent))
  GROUP BY client, h, kd, exact`

/** A slice's visits there that are nobody's yet. */
export const natFlowsSql = `
  SELECT vid, client, h, m, counted, key.1 AS kd, key.2 AS exact FROM (
    SELECT vid, client, h, toUInt32(intDiv(ft, 60)) AS m, toUInt64(counted) AS counted,
      ${keys({ ip: 'dst_ip', port: 'dst_port', host: 'host', clientPort: 'src_port' })} AS key
    FROM db.merge_matched WHERE dev = 0 AND (client, h) IN ${someTraffic})`

/**
 * A slice's connections that nobody else may have seen, by device, address and hour. One to a private address went to a proxy: no NAT shows it.
 * Of the hour and the one before, where there is one in the hour: who went elsewhere is no more of this site.
 */
export const natMadeSql = `
  SELECT dev, client, hh AS h, made FROM (
    SELECT dev, client, hh, count() AS made, max(h = hh) AS there FROM db.merge_rest ARRAY JOIN [h, toUInt32(h + 3600)] AS hh WHERE NOT met AND direct GROUP BY dev, client, hh)
  WHERE there`

/** Addresses with more traffic than one device has. Where every minute has flows of every destination nothing can be told. */
export const natAddressesSql = `
  SELECT client, h, sum(flows) AS flows FROM db.merge_nat_traffic GROUP BY client, h HAVING sum(flows) BETWEEN ${natFlows} AND ${natFlowsMax}
  ORDER BY sum(flows) DESC, client LIMIT ${natAddresses} BY h`

const ofAddresses = '(client, h) IN (SELECT client, h FROM db.merge_nat_addresses)'

/** A connection is stamped from a minute before to four behind; where the port agrees, too, one more each way. */
const first = 'toInt64(minute) - 1 - exact'
const span = '6 + 2 * exact'

/** Connections no source met, by destination and by the minutes in which a flow of theirs may be stamped; `via`: the proxy they went to. */
export const natAgentsSql = `
  SELECT id, dev, client, via, direct, own_h, who, service, process, source, kd, exact, h, ${first} - intDiv(h, 60) AS offset,
    bitAnd(bitShiftRight(bitShiftLeft(bits, greatest(offset, 0)), greatest(-offset, 0)), toUInt64(1152921504606846975)) AS minutes
  FROM (
    SELECT id, dev, client, if((server, h) IN (SELECT client, h FROM db.merge_nat_addresses), server, 0) AS via, direct, h AS own_h,
      who, service, process, source, intDiv(t, 60) AS minute, ${keys({ ip: 'remote_ip', port: 'remote_port', host: 'host', clientPort: 'local_port' })} AS key,
      key.1 AS kd, key.2 AS exact, bitShiftLeft(toUInt64(1), ${span}) - 1 AS bits
    FROM db.merge_rest WHERE NOT met)
  ARRAY JOIN arrayDistinct([toUInt32(intDiv(${first}, 60) * 3600), toUInt32(intDiv(${first} + ${span} - 1, 60) * 3600)]) AS h
  WHERE (kd, h) IN (SELECT kd, h FROM db.merge_nat_evidence WHERE ${ofAddresses})`

/** Where a device is said to speak to the internet from: a site's public address, 1 = one of its own, 0 = not told. */
const sites = (dev: string, hour: string): string => `
  LEFT ANY JOIN (SELECT dev AS p_dev, h AS p_h, if(many, ip, 1) AS site FROM db.merge_public) AS p ON ${dev} = p.p_dev AND ${hour} = p.p_h`

/**
 * What speaks for a device being behind an address, by hour, as a logarithm of odds. A connection may meet a flow by chance: with the share of the
 * hour's minutes in which a connection to that destination would meet one. The odds are those of all that met, against those that did not.
 */
export const natOddsSql = `
  SELECT b.nat AS nat, b.dev AS dev, b.client AS client, b.hh AS h, p.site AS site, round(b.odds - ${natMiss} * (r.made - b.met), 3) AS odds
  FROM (
    SELECT nat, dev, client, hh, count() AS met, sum(weight) - count() * ${natMet} AS odds FROM (
      SELECT f.nat AS nat, a.dev AS dev, a.client AS client, own_h, id, max(f.weight) AS weight
      FROM (
        SELECT client AS nat, h, kd, groupBitOr(minutes) AS seen,
          bitOr(bitOr(bitOr(bitShiftLeft(seen, 1), seen), bitOr(bitShiftRight(seen, 1), bitShiftRight(seen, 2))), bitOr(bitShiftRight(seen, 3), bitShiftRight(seen, 4))) AS near,
          if(max(exact) = 1, ${natPortWeight}, log(60 / least(60, bitCount(near)))) AS weight
        FROM db.merge_nat_evidence WHERE ${ofAddresses} GROUP BY client, h, kd) AS f
      INNER JOIN (SELECT id, dev, client, own_h, kd AS a_kd, h AS a_h, minutes AS a_minutes FROM db.merge_nat_agents WHERE via = 0 AND direct) AS a
        ON f.kd = a.a_kd AND f.h = a.a_h
      WHERE bitAnd(f.seen, a.a_minutes) != 0 AND f.h >= own_h AND own_h <= {to:UInt32} - 3600
      GROUP BY nat, dev, client, own_h, id)
    ARRAY JOIN [own_h, toUInt32(own_h + 3600)] AS hh WHERE ${inHours('hh')}
    GROUP BY nat, dev, client, hh) AS b
  INNER JOIN (SELECT dev AS r_dev, client AS r_client, h AS r_h, made FROM db.merge_nat_made) AS r ON b.dev = r.r_dev AND b.client = r.r_client AND b.hh = r.r_h
  ${sites('b.dev', 'b.hh')}
  WHERE b.met >= r.made * ${natShare}`

/**
 * How many of a site's devices are behind an address, by hour. It begins with what part the address has of all connections that nobody else saw (a
 * phone's few flows explain less than a site's); then the devices that share a public address say together how many of them are: each by its odds, again
 * until nothing changes much. A site with few devices stays near the beginning, which weighs as much as so many.
 */
export const natPriorsSql = `
  SELECT nat, site, h, arrayFold((p, i) -> (arraySum((x, n) -> n * p * x / (1 - p + p * x), bins.1, bins.2) + ${natPriorDevices} * begin) / (devices + ${natPriorDevices}),
    range(${natPriorRounds}), begin) AS prior
  FROM (
    SELECT nat, site, h, arrayMap(x -> (x.1, x.2), arraySort(groupArray((bin, n)))) AS bins, any(least(0.5, a.flows / m.m_made)) AS begin, any(m.devices) AS devices
    FROM (SELECT nat, site, h, exp(round(least(odds, ${natOddsMax}) * 4) / 4) AS bin, toFloat64(count()) AS n FROM db.merge_nat_odds GROUP BY nat, site, h, bin) AS o
    INNER JOIN (SELECT client AS a_nat, h AS a_h, flows FROM db.merge_nat_addresses) AS a ON o.nat = a.a_nat AND o.h = a.a_h
    INNER JOIN (
      SELECT site AS m_site, h AS m_h, devices, sum(made) OVER (PARTITION BY h) / 2 AS m_made
      FROM (SELECT p.site AS site, o.h AS h, toFloat64(count()) AS devices, sum(made) AS made FROM db.merge_nat_made AS o ${sites('o.dev', 'o.h')} GROUP BY site, h)
    ) AS m ON o.site = m.m_site AND o.h = m.m_h
    GROUP BY nat, site, h)`

/** Who is behind what, by hour. */
export const natBehindSql = `
  SELECT nat, dev, client, h, toUInt8(score >= ${natSure}) AS sure FROM (
    SELECT o.nat AS nat, o.dev AS dev, o.client AS client, o.h AS h, o.odds + log(q.prior / (1 - q.prior)) AS score
    FROM db.merge_nat_odds AS o
    INNER JOIN (SELECT nat AS q_nat, site AS q_site, h AS q_h, prior FROM db.merge_nat_priors) AS q ON o.nat = q.q_nat AND o.site = q.q_site AND o.h = q.q_h)
  WHERE score >= ${natLikely}
  UNION DISTINCT
  SELECT p_ip AS nat, dev, client, own_h AS h, toUInt8(1) AS sure
  FROM (SELECT DISTINCT dev, client, own_h FROM db.merge_nat_agents WHERE ${inHours('own_h')}) AS a
  INNER JOIN (SELECT dev AS p_dev, h AS p_h, ip AS p_ip FROM db.merge_public) AS p ON a.dev = p.p_dev AND a.own_h = p.p_h
  WHERE (p_ip, own_h) IN (SELECT client, h FROM db.merge_nat_addresses)`

/** Whether the connection `a` may be one of the address `nat` in the hour. */
const behind = (hour: string): string =>
  `if(via != 0, via = nat, (nat, dev, a_client, ${hour}) IN (SELECT nat, dev, client, h FROM db.merge_nat_behind))`
const ofDevices = '(via != 0 OR dev IN (SELECT dev FROM db.merge_nat_behind))'

/**
 * Flows of these addresses with their one device: the connections that fit are of one device, and these have no more flows to choose from
 * than they are. More flows: others are behind the address of whom no agent tells.
 */
export const natSql = `
  SELECT vid, any(dev) AS dev, if(uniqExact(who) = 1, any(who), 0) AS who, min(service) AS service,
    if(uniqExact(process) = 1, any(process), '') AS process, min(source) AS source
  FROM (
    SELECT *, uniqExact(dev) OVER (PARTITION BY vid) AS devices, count() OVER (PARTITION BY vid) AS made, sum(counted) OVER (PARTITION BY id, nat, h) AS flows
    FROM (
      SELECT *, max(exact) OVER (PARTITION BY vid) AS flow_best, max(exact) OVER (PARTITION BY id, nat, h) AS own_best
      FROM (
        SELECT vid, id, nat, h, any(via) AS via, any(a_client) AS a_client, any(f.counted) AS counted, max(f.exact) AS exact, any(dev) AS dev, any(who) AS who, any(service) AS service,
          any(process) AS process, any(source) AS source
        FROM (SELECT vid, client AS nat, h, kd, m, exact, counted FROM db.merge_nat_flows WHERE ${ofAddresses}) AS f
        INNER JOIN (
          SELECT id, dev, client AS a_client, via, who, service, toString(process) AS process, toString(source) AS source, kd AS a_kd,
            toUInt32(h / 60 + arrayJoin(bitPositionsToArray(minutes))) AS a_m
          FROM db.merge_nat_agents WHERE ${ofDevices}) AS a ON f.kd = a.a_kd AND f.m = a.a_m
        WHERE ${behind('h')} GROUP BY vid, id, nat, h))
    WHERE exact = flow_best AND exact = own_best
  ) WHERE devices = 1 AND (via != 0 OR (nat, dev, a_client, h) IN (SELECT nat, dev, client, h FROM db.merge_nat_behind WHERE sure = 1)) GROUP BY vid HAVING max(exact) = 1 OR min(flows) <= min(made)`

/** Connections that count with flows of these addresses. */
export const natSeenSql = `
  SELECT DISTINCT a.id AS id
  FROM (SELECT client AS nat, h, kd, minutes FROM db.merge_nat_evidence WHERE ${ofAddresses}) AS f
  INNER JOIN (
    SELECT id, dev, client AS a_client, via, own_h, kd AS a_kd, h AS a_h, minutes AS a_minutes FROM db.merge_nat_agents
    WHERE ${inHours('own_h')} AND ${ofDevices}
  ) AS a ON f.kd = a.a_kd AND f.h = a.a_h
  WHERE bitAnd(f.minutes, a.a_minutes) != 0 AND ${behind('own_h')}`

/** Visits with these devices laid over. */
export const placedSql = `
  SELECT v.* REPLACE (
      if(n_vid != 0, n_dev, v.dev) AS dev, if(n_vid != 0, 'nat', v.device_rule) AS device_rule, if(n_vid != 0, 1, v.met) AS met,
      if(n_vid != 0, n_source, v.agent_source) AS agent_source, if(n_vid != 0, n_service, v.key_service) AS key_service,
      if(n_vid != 0, toUInt8(n_who != 0), v.persons) AS persons, if(n_vid != 0, n_who, v.one_who) AS one_who,
      if(n_vid != 0, n_process, v.process) AS process)
  FROM db.merge_matched AS v
  LEFT ANY JOIN (
    SELECT vid AS n_vid, dev AS n_dev, who AS n_who, service AS n_service, process AS n_process, source AS n_source FROM db.merge_nat
    WHERE intDiv(vid, 4294967296) = {slice:UInt64}) AS n ON v.vid = n.n_vid`
