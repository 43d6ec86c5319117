/** The last step: visits with all that is known of them become hours of usage. Parameters: report, from, to, catalog, generation. */
import { joinIdentities, personOf } from './agent-sql.ts'
import { counters } from './visits-sql.ts'

/** Visits where no agent's data are: their own user and device. */
export const plainSql = `
  SELECT t, h, source, src_ip, app_hint, outcome, counted, ${counters.join(', ')}, toString(device) AS device, '' AS device_id,
    if(device = '', '', 'log') AS device_rule, '' AS process, '' AS agent_source, ${personOf('v.user')} AS person, if(person = '', '', 'log') AS user_rule,
    toString(user) AS user_form, if(host = '', toString(dst_ip), host) AS named, host_rule, 1 AS network
  FROM db.merge_visits AS v ${joinIdentities('v.user')}`

/** A destination as the catalog is asked about it: host or address, and the vendor's app name. */
const destination = (host: string): string => `cityHash64(toString(${host}), toString(app_hint))`

/** Destinations that the catalog was not asked about in this version: (host or address, vendor's app name). */
export const unnamedSql = `
  SELECT DISTINCT named AS host, app_hint FROM db.merge_attributed
  WHERE ${destination('named')} NOT IN (SELECT ${destination('host')} FROM db.hosts WHERE catalog = {catalog:String})`

/** What the catalog said of the destinations; `what` stands for all of it, so that rows are grouped by one number. */
export const hostsSql = `
  SELECT ${destination('host')} AS k, app, app_id, category, score, infrastructure, domain,
    cityHash64(toString(app), toString(app_id), toString(category), ifNull(score, -1), infrastructure, toString(domain)) AS what
  FROM db.hosts WHERE catalog = {catalog:String} AND k IN (SELECT ${destination('named')} FROM db.merge_attributed) LIMIT 1 BY k`

const parts = [
  'source', 'device', 'device_id', 'process', 'src_ip', 'agent_source', 'device_rule', 'user_rule', 'host_rule', 'user_form',
] as const // prettier-ignore

/** Writes the hours under their generation. */
export const usageInsert = `
  INSERT INTO db.usage (report, hour, generation, ${parts.join(', ')}, app_id, app, category, score, infrastructure, host, domain, user, action, seen_by,
    first_seen, last_seen, transactions, ${counters.join(', ')})
  SELECT {report:String}, toDateTime(h, 'UTC'), {generation:UInt64}, ${parts.join(', ')}, app_id, app, category, score, infrastructure,
    named, if(c.domain = '', named, toString(c.domain)), person, outcome, multiIf(network = 0, ['agent'], agent_source = '', ['network'], ['network', 'agent']),
    toDateTime(first, 'UTC'), toDateTime(last, 'UTC'), n, ${counters.map((name) => `sum_${name}`).join(', ')}
  FROM (
    SELECT h, ${parts.join(', ')}, named, person, outcome, network, w.what AS what,
      min(t) AS first, max(t) AS last, sum(a.counted) AS n, ${counters.map((name) => `sum(a.${name}) AS sum_${name}`).join(', ')}
    FROM (SELECT *, ${destination('named')} AS destination FROM db.merge_attributed) AS a
    LEFT ANY JOIN (SELECT k, what FROM db.merge_hosts) AS w ON a.destination = w.k
    GROUP BY h, ${parts.join(', ')}, named, person, outcome, network, what
  ) AS u
  LEFT ANY JOIN (
    SELECT what AS c_what, app, app_id, category, score, infrastructure, domain FROM db.merge_hosts LIMIT 1 BY what
  ) AS c ON u.what = c.c_what`
