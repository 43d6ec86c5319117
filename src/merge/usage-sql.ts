/** The last step: visits with all that is known of them become hours of usage. Parameters: report, from, to, catalog, generation. */
import { joinIdentities, personOf } from './agent-sql.ts'
import { counters } from './visits-sql.ts'

/** Visits where no agent's data are: their own user and device. */
export const plainSql = `
  SELECT t, h, source, src_ip, app_hint, outcome, counted, ${counters.join(', ')}, toString(device) AS device, '' AS device_id,
    if(device = '', '', 'log') AS device_rule, '' AS process, '' AS agent_source, ${personOf('v.user')} AS person, if(person = '', '', 'log') AS user_rule,
    toString(user) AS user_form, if(host = '', toString(dst_ip), host) AS named, host_rule, 1 AS network
  FROM db.merge_visits AS v ${joinIdentities('v.user')}`

/** Destinations that the catalog was not asked about in this version: (host or address, vendor's app name). */
export const unnamedSql = `
  SELECT DISTINCT named AS host, app_hint FROM db.merge_attributed
  WHERE (named, app_hint) NOT IN (SELECT toString(host), app_hint FROM db.hosts WHERE catalog = {catalog:String})`

const parts = [
  'source', 'device', 'device_id', 'process', 'src_ip', 'agent_source', 'device_rule', 'user_rule', 'host_rule', 'user_form',
] as const // prettier-ignore

/** Writes the hours under their generation. */
export const usageInsert = `
  INSERT INTO db.usage (report, hour, generation, ${parts.join(', ')}, app_id, app, category, score, infrastructure, host, domain, user, action, seen_by,
    first_seen, last_seen, transactions, ${counters.join(', ')})
  SELECT {report:String}, toDateTime(h, 'UTC'), {generation:UInt64}, ${parts.join(', ')}, app_id, app, category, score, infrastructure,
    u.named, if(c.domain = '', u.named, c.domain) AS domain, person, outcome, seen, min(first), max(last), sum(u.counted), ${counters.map((name) => `sum(u.${name})`).join(', ')}
  FROM (
    SELECT h, ${parts.join(', ')}, app_hint, named, person, outcome, multiIf(network = 0, ['agent'], agent_source = '', ['network'], ['network', 'agent']) AS seen,
      min(toDateTime(t, 'UTC')) AS first, max(toDateTime(t, 'UTC')) AS last, sum(counted) AS counted, ${counters.map((name) => `sum(${name}) AS ${name}`).join(', ')}
    FROM db.merge_attributed GROUP BY h, ${parts.join(', ')}, app_hint, named, person, outcome, seen
  ) AS u
  LEFT ANY JOIN (
    SELECT toString(host) AS c_host, app_hint AS c_hint, app, app_id, category, score, infrastructure, toString(domain) AS domain FROM db.hosts WHERE catalog = {catalog:String}
  ) AS c ON u.named = c.c_host AND u.app_hint = c.c_hint
  GROUP BY h, ${parts.join(', ')}, app_id, app, category, score, infrastructure, u.named, domain, person, outcome, seen`
