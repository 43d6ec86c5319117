/** How far each source's clock is ahead of the agents', by hour: the start of a connection is what an agent tells, so the tenth part of the differences. */
import { mergeLimits } from '../limits.ts'
import { hourOf, inHours, number, window } from './agent-sql.ts'

const { behindSeconds, aheadSeconds, skewPairs, skewSecondsMax, skewSpreadSeconds, skewFlows } =
  mergeLimits

const exact = (client: string, port: string, server: string, to: string): string =>
  `cityHash64(${client}, ${port}, ${server}, ${to})`
const behindNat = (port: string, server: string, to: string): string =>
  `cityHash64('nat', ${port}, ${server}, ${to})`

/**
 * Two hours on either side: minutes stamped there belong, corrected, to the hours next to the pass, and their clocks are measured as any pass
 * would.
 */
const wide = (column: string): string => window(column, 2 * behindSeconds, aheadSeconds)

/** Flows with four parts, of each source and hour so many: by their hash, so that these are the same however hours are grouped. */
export const skewFlowsSql = `
  SELECT source, h, nat, k, e FROM (
    SELECT source, h, nat, if(nat, ${behindNat('src_port', 'server', 'dst_port')}, ${exact('client', 'src_port', 'server', 'dst_port')}) AS k,
      toUInt32(t + 59 + ${skewSecondsMax}) AS e, greatest(1, intDiv(count() OVER (PARTITION BY source, h), ${skewFlows})) AS share_of
    FROM (
      SELECT source, src_port, ${number('src_ip')} AS client, ${number('dst_ip')} AS server, dst_port, toUInt32(toUnixTimestamp(minute)) AS t, ${hourOf('t')} AS h,
        (client, h) NOT IN (SELECT DISTINCT ${number('local_ip')}, ${hourOf('toUnixTimestamp(at)')} FROM db.device_connections WHERE ${wide('at')} AND local_ip != '') AS nat
      FROM db.flows WHERE ${wide('minute')} AND record != 'dns' AND src_port != 0 AND dst_ip != '' AND src_ip != ''))
  WHERE k % share_of = 0`

/**
 * Of a source that sees devices behind a NAT only: connections with the same destination and port of the client, where they agree (a NAT
 * that gives ports of its own leaves chance, and that does not).
 */
export const skewsSql = `
  SELECT source, h, argMax(if(ok, seconds, 0), (ok, NOT nat)) AS seconds, argMax(pairs, (ok, NOT nat)) AS pairs FROM (
    SELECT source, h, nat, count() AS pairs, toInt32(quantileExact(0.1)(apart)) AS seconds,
      pairs >= ${skewPairs} AND (nat = 0 OR quantileExact(0.5)(apart) - seconds <= ${skewSpreadSeconds}) AS ok
    FROM (
      SELECT f.source AS source, f.h AS h, f.nat AS nat, toInt32(f.e) - ${skewSecondsMax} - 29 - toInt32(a.a_t) AS apart
      FROM db.merge_skew_flows AS f
      ASOF JOIN (
        SELECT k AS a_k, ${hourOf('t')} AS a_h, t AS a_t FROM (
          SELECT arrayJoin([${exact('client', 'local_port', 'server', 'remote_port')}, ${behindNat('local_port', 'server', 'remote_port')}]) AS k, t FROM (
            SELECT ${number('local_ip')} AS client, ${number('remote_ip')} AS server, local_port, remote_port, toUInt32(toUnixTimestamp(at)) AS t
            FROM db.device_connections WHERE ${wide('at')} AND role IN ('connection', 'inspection') AND local_port != 0 AND remote_ip != ''))
        WHERE k IN (SELECT k FROM db.merge_skew_flows)
      ) AS a ON f.k = a.a_k AND f.h = a.a_h AND f.e >= a.a_t
      WHERE abs(apart) <= 1830)
    GROUP BY source, h, nat)
  GROUP BY source, h`

/** What was measured of the sources' clocks. */
export const skewsInsert = `
  INSERT INTO db.clock_skews (report, hour, source, generation, seconds, pairs)
  SELECT {report:String}, toDateTime(h, 'UTC'), source, {generation:UInt64}, seconds, pairs FROM db.merge_skews WHERE ${inHours('h')}`
