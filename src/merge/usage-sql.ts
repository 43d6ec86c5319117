/**
 * The SQL of one hour's usage. Parameters: report, from, to (epoch seconds), catalog, generation.
 *
 * A firewall often logs one connection twice: its end (`session`: bytes, no host name) and its requests (`web`: host name,
 * sometimes bytes again). Where both kinds exist for the same source, client, destination address and port in the hour, the session's
 * bytes count and the request's do not; and the session takes the requests' host and user when there is exactly one.
 */
const within = `report = {report:String} AND minute >= toDateTime({from:UInt32}, 'UTC') AND minute < toDateTime({to:UInt32}, 'UTC') AND record != 'dns'`

/** Parties with both kinds of records. */
export const pairsQuery = `
  SELECT source, src_ip, dst_ip, dst_port,
    sumIf(bytes_up_known + bytes_down_known + bytes_total_known, record = 'session') > 0 AS session_bytes,
    groupUniqArrayIf(2)(toString(dst_host), record = 'web' AND dst_host != '') AS names,
    groupUniqArrayIf(2)(toString(user), record = 'web' AND user != '') AS users
  FROM db.flows
  WHERE ${within} AND src_ip != '' AND dst_ip != ''
  GROUP BY source, src_ip, dst_ip, dst_port
  HAVING countIf(record = 'session') > 0 AND countIf(record = 'web') > 0`

const counters = [
  'bytes_up',
  'bytes_up_known',
  'bytes_down',
  'bytes_down_known',
  'bytes_total',
  'bytes_total_known',
]
const sums = (of: (name: string) => string): string =>
  counters.map((name) => `sum(${of(name)}) AS ${name}`).join(', ')

/** Flows of the hour by what usage tells apart, with the vendor's own name of the app. */
function hourFlows(paired: boolean): string {
  if (!paired)
    return `
    SELECT source, src_ip, toString(user) AS person, device, action, app_hint, if(dst_host = '', dst_ip, dst_host) AS host,
      sum(f.transactions) AS transactions, min(minute) AS first_seen, max(minute) AS last_seen, ${sums((name) => `f.${name}`)}
    FROM db.flows AS f WHERE ${within}
    GROUP BY source, src_ip, person, device, action, app_hint, host`
  return `
    SELECT source, src_ip,
      if(f.user = '' AND record = 'session' AND length(users) = 1, users[1], toString(f.user)) AS person,
      device, action, app_hint,
      multiIf(dst_host != '', toString(dst_host), record = 'session' AND length(names) = 1, names[1], toString(dst_ip)) AS host,
      sum(f.transactions) AS transactions, min(minute) AS first_seen, max(minute) AS last_seen,
      ${sums((name) => `if(record = 'web' AND session_bytes, 0, f.${name})`)}
    FROM db.flows AS f LEFT ANY JOIN (${pairsQuery}) AS p USING (source, src_ip, dst_ip, dst_port)
    WHERE ${within}
    GROUP BY source, src_ip, person, device, action, app_hint, host`
}

/** Destinations of the hour that the catalog was not asked about in this version: (host or address, vendor's app name). */
export function unnamedQuery(paired: boolean): string {
  return `
  SELECT DISTINCT host, app_hint FROM (${hourFlows(paired)})
  WHERE (host, app_hint) NOT IN (SELECT toString(host), app_hint FROM db.hosts WHERE catalog = {catalog:String})`
}

/** Writes the hour under its generation. `paired`: some parties have both kinds of records. */
export function usageInsert(paired: boolean): string {
  return `
  INSERT INTO db.usage (report, hour, generation, source, app_id, app, category, score, infrastructure, host, domain, user, device,
    src_ip, action, seen_by, first_seen, last_seen, transactions, ${counters.join(', ')})
  SELECT {report:String}, toDateTime({from:UInt32}, 'UTC'), {generation:UInt64}, source, app_id, app, category, score, infrastructure,
    f.host, if(h.domain = '', f.host, toString(h.domain)) AS domain, person, device, src_ip, action, ['network'],
    min(f.first_seen), max(f.last_seen), sum(f.transactions), ${counters.map((name) => `sum(f.${name})`).join(', ')}
  FROM (${hourFlows(paired)}) AS f
  LEFT ANY JOIN (
    SELECT toString(host) AS host, app_hint, app, app_id, category, score, infrastructure, domain FROM db.hosts WHERE catalog = {catalog:String}
  ) AS h ON f.host = h.host AND f.app_hint = h.app_hint
  GROUP BY source, app_id, app, category, score, infrastructure, f.host, domain, person, device, src_ip, action`
}
