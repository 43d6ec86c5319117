/**
 * The agents' view of the hours. Statements in the order in which they run; each makes the scratch table it is named for. Devices, persons,
 * addresses and names are numbers (their hashes) until the end: what is joined to is then small and of fixed width.
 *
 * Parameters: report, from, to (epoch seconds of whole hours); and of a slice (slices.ts).
 */
import { mergeLimits } from '../limits.ts'
import { around, heldSql, observations, thinned } from './holders-sql.ts'
import { agentsInSlice, flowsWindow } from './slices.ts'

const {
  behindSeconds, toleranceSeconds, supportShare, refuteConnections, siteDevices, siteShare, elsewhereConnections,
  elsewhereSeen, skewSecondsMax,
} = mergeLimits // prettier-ignore

export const inHours = (column: string): string =>
  `${column} >= {from:UInt32} AND ${column} < {to:UInt32}`
export const window = (
  column: string,
  behind: number = behindSeconds,
  ahead: number = behindSeconds,
): string =>
  `report = {report:String} AND ${column} >= toDateTime64({from:UInt32} - ${behind}, 3, 'UTC') AND ${column} < toDateTime64({to:UInt32} + ${ahead}, 3, 'UTC')`

/** The number of a text. */
export const number = (text: string): string => `CAST(cityHash64(${text}) AS UInt64)`
/** … and the hour of a time. */
export const hourOf = (t: string): string => `toUInt32(intDiv(${t}, 3600) * 3600)`

/** Forms of names to persons. */
const identities = `
  SELECT form AS who_form, argMax(person, version) AS who_person, argMax(kind, version) AS who_kind
  FROM db.identities WHERE report = {report:String} GROUP BY form`

/** The person a form stands for; '' for a service account. */
export const personOf = (form: string): string =>
  `multiIf(who_kind = 'service', '', who_person != '', who_person, toString(${form}))`
export const joinIdentities = (form: string): string =>
  `LEFT ANY JOIN (${identities}) AS who ON lower(toString(${form})) = who.who_form`

/** Whether there is anything of agents in or around the hours. */
export const agentsSql = `
  SELECT (SELECT count() FROM db.device_connections WHERE ${window('at')})
    + (SELECT count() FROM db.device_addresses WHERE ${window('at')}) AS rows`

/** Names as the hours have them, with their person. */
export const formsSql = `
  SELECT ${number('form')} AS f, ${personOf('form')} AS person, if(person = '', 0, cityHash64(person)) AS who, who_kind = 'service' AS service FROM (
    SELECT DISTINCT user AS form FROM db.device_connections WHERE ${window('at')}
    UNION DISTINCT SELECT DISTINCT user FROM db.device_logons WHERE ${window('at')}
    UNION DISTINCT SELECT DISTINCT user FROM db.flows WHERE ${flowsWindow}) AS u
  ${joinIdentities('form')} WHERE form != ''`

export const joinForms = (form: string): string =>
  `LEFT ANY JOIN (SELECT f, who AS w_who, service AS w_service FROM db.merge_forms) AS w ON ${number(form)} = w.f`

export const peopleSql =
  'SELECT who, any(person) AS person FROM db.merge_forms WHERE who != 0 GROUP BY who'

/** Names of devices: what the agents' rows of the hours and the device list say. */
export const deviceListSql = `
  SELECT ${number('device_id')} AS dev, toString(any(device_id)) AS device_id, max(toString(device)) AS device FROM (
    SELECT DISTINCT device_id, device FROM db.device_connections WHERE ${window('at')}
    UNION ALL SELECT toLowCardinality(device_id), toLowCardinality(device) FROM db.devices WHERE report = {report:String}
    UNION ALL SELECT DISTINCT device_id, device FROM db.device_addresses WHERE ${window('at')})
  GROUP BY dev`

/** … as logs may write them: short and in lower case, where one device has it. */
export const deviceNamesSql = `
  SELECT short, any(dev) AS dev FROM (
    SELECT DISTINCT lower(splitByChar('.', toString(device))[1]) AS short, ${number('device_id')} AS dev FROM (
      SELECT device, device_id FROM db.devices WHERE report = {report:String}
      UNION DISTINCT SELECT DISTINCT toString(device), toString(device_id) FROM db.device_connections WHERE ${window('at')})
    WHERE device != '')
  GROUP BY short HAVING count() = 1`

const privateV4 = '10[.]|192[.]168[.]|172[.](?:1[6-9]|2[0-9]|3[01])[.]'
const isPrivate = `CAST(match(remote_ip, '^(?:${privateV4}|169[.]254[.]|f[cd]|fe[89ab])') AS UInt8)`
const isOutward = `role = 'connection' AND (host != '' OR remote_ip != '' AND ${isPrivate} = 0)`

/**
 * Public addresses of devices, where an hour, or else the one before, tells one; `many` tell it. Not `inside` are devices whose public address hardly
 * anybody else tells (a home, a telephone), and those whose public address is itself a client in a log (a NAT before that firewall).
 */
export const publicSql = `
  SELECT dev, h, ip, count() OVER (PARTITION BY h, ip) >= least(${siteDevices}, ${siteShare} * count() OVER (PARTITION BY h)) AS many,
    many AND (ip, h) NOT IN (SELECT DISTINCT ${number('src_ip')}, ${hourOf('toUnixTimestamp(minute)')} FROM db.flows WHERE ${flowsWindow}) AS inside FROM (
    SELECT dev, hh AS h, multiIf(max(own), if(minIf(ip, own) = maxIf(ip, own), maxIf(ip, own), 0), min(ip) = max(ip), max(ip), 0) AS ip
    FROM (
      SELECT ${number('device_id')} AS dev, ${number('ip')} AS ip, ${hourOf('toUnixTimestamp(at)')} AS h, hh, h = hh AS own
      FROM db.device_addresses ARRAY JOIN [${hourOf('toUnixTimestamp(at)')}, toUInt32(${hourOf('toUnixTimestamp(at)')} + 3600)] AS hh
      WHERE ${window('at', 2 * behindSeconds)} AND kind = 'public')
    WHERE hh >= {from:UInt32} - 3600 AND hh < {to:UInt32} GROUP BY dev, hh)
  WHERE ip != 0`

const outside = '(SELECT dev, h FROM db.merge_public WHERE NOT inside)'

/** The network of a private address: its first three parts; 0 of others. */
const network = (ip: string): string =>
  `if(CAST(match(${ip}, '^(?:${privateV4})') AS UInt8) = 1, CAST(cityHash64(substring(${ip}, 1, length(${ip}) - position(reverse(${ip}), '.'))) AS UInt64), 0)`

/** Connections of devices that seem to be outside, with private addresses. */
export const roamingSql = `
  SELECT feed_row AS id, toString(local_ip) AS ip, ${hourOf('toUnixTimestamp(at)')} AS h, ${network('local_ip')} AS net,
    arrayJoin([if(remote_ip = '', 0, cityHash64(${number('local_ip')}, ${number('remote_ip')}, remote_port)), if(host = '', 0, cityHash64(${number('local_ip')}, ${number('host')}))]) AS k
  FROM db.device_connections
  WHERE ${window('at')} AND ${isOutward} AND local_ip != '' AND (${number('device_id')}, ${hourOf('toUnixTimestamp(at)')}) IN ${outside} AND net != 0`

/**
 * Networks of private addresses whose devices outside are elsewhere, by hour: hardly one of their connections was seen. (Those of a VPN's network
 * are.) What one device's connections are too few to tell, those of its like tell together.
 */
export const elsewhereSql = `
  SELECT net, hh AS h FROM (SELECT id, net, h, max((k, h) IN seen OR (k, toUInt32(h + 3600)) IN seen) AS met FROM db.merge_roaming GROUP BY id, net, h)
  ARRAY JOIN [h, toUInt32(h + 3600)] AS hh
  WHERE ${inHours('hh')} GROUP BY net, hh HAVING count() >= ${elsewhereConnections} AND countIf(met) < count() * ${supportShare}`.replaceAll(
  'IN seen',
  `IN (
    SELECT k, h FROM (
      SELECT arrayJoin([cityHash64(${number('src_ip')}, ${number('dst_ip')}, dst_port), cityHash64(${number('src_ip')}, ${number('dst_host')})]) AS k, ${hourOf('toUnixTimestamp(minute)')} AS h
      FROM db.flows WHERE ${flowsWindow} AND src_ip IN (SELECT ip FROM db.merge_roaming))
    WHERE k IN (SELECT k FROM db.merge_roaming))`,
)

/** Whether a device with this network's address has it elsewhere by what its like do. */
const elsewhere = (net: string, dev: string, hour: string): string =>
  `(${net}, ${hour}) IN (SELECT net, h FROM db.merge_elsewhere) AND (${dev}, ${hour}) IN ${outside}`

/** Rows that came by several feeds, or again. */
export const twiceSql = `
  SELECT feed_row FROM db.device_connections WHERE ${window('at')} AND ${agentsInSlice} GROUP BY feed_row HAVING count() > 1`

const agentColumns = `feed_row, toUInt32(toUnixTimestamp(at)) AS t, ${hourOf('t')} AS h, device_id, device, ${number('device_id')} AS dev, user, local_ip, local_port, remote_ip, remote_port,
  ${number('local_ip')} AS client, ${number('remote_ip')} AS server, ${number('host')} AS name, host, action, process, role, events, source,
  ${isPrivate} = 0 AS direct, role = 'connection' AND (host != '' OR remote_ip != '' AND direct) AS outward`

const ofSlice = `FROM db.device_connections WHERE ${window('at')} AND ${agentsInSlice}`

/** Rows of a slice's addresses; one that came twice counts once: under the first feed's name. */
export const agentSql = `
  SELECT feed_row AS id, t, h, dev, w_who AS who, w_service AS service, client, server, name, local_ip, local_port, remote_ip, remote_port, host, action, process, role,
    events, source, device_id, device, user AS user_form, outward, direct
  FROM (
    SELECT ${agentColumns} ${ofSlice} AND feed_row NOT IN (SELECT feed_row FROM db.merge_twice)
    UNION ALL
    SELECT ${agentColumns} ${ofSlice} AND feed_row IN (SELECT feed_row FROM db.merge_twice) ORDER BY feed_row, source LIMIT 1 BY feed_row
  ) AS a ${joinForms('a.user')}`

const addressKey = "if(remote_ip = '', 0, cityHash64(client, server, remote_port))"
const nameKey = "if(host = '', 0, cityHash64(client, name))"

/**
 * Connections by the keys flows know them by: client with destination address and port, or with the name alone (of a proxied connection
 * the agent tells the proxy's port, the log the server's).
 */
export const agentKeysSql = `
  SELECT id, t, h, dev, who, service, process, client, arrayJoin(arrayFilter(x -> x != 0, [${addressKey}, ${nameKey}])) AS k
  FROM db.merge_agent WHERE role = 'connection' AND local_ip != ''`

/** Flows by the same keys, at the corrected time. */
export const flowKeysSql = `
  SELECT k, toInt64(t + 59 - w.w_seconds) AS ft FROM (
    SELECT source, h, t, arrayJoin(arrayFilter(x -> x != 0, [address_key, if(dst_host = '', 0, cityHash64(client, ${number('dst_host')}))])) AS k
    FROM db.merge_flows WHERE src_ip != '') AS f
  LEFT ANY JOIN (SELECT source AS w_source, h AS w_h, seconds AS w_seconds FROM db.merge_skews) AS w ON f.source = w.w_source AND f.h = w.w_h
  WHERE k IN (SELECT k FROM db.merge_agent_keys)`

/** Connections that a source saw too: a flow of the same key begins no earlier, and ends within an hour. */
export const metSql = `
  SELECT DISTINCT a.id AS id FROM (SELECT id, k, toInt64(t) - ${toleranceSeconds} AS b FROM db.merge_agent_keys) AS a
  ASOF JOIN (SELECT k AS f_k, ft AS f_t FROM db.merge_flow_keys) AS f ON a.k = f.f_k AND a.b <= f.f_t
  WHERE f.f_t - a.b <= ${behindSeconds} + ${toleranceSeconds}`

/**
 * Whether a device with a private address is where the address is seen: 2 = its connections are (the share that was met), 1 = nothing to
 * compare, 0 = they are not: it has this address in another network, at home say. By the connections of an hour and the one before; one
 * whose like are elsewhere is, too, unless several of its connections were seen: one or two may be by chance.
 */
export const claimsSql = `
  SELECT cityHash64(client, dev, hh) AS claim,
    multiIf(seen < ${elsewhereSeen} AND ${elsewhere('any(net)', 'dev', 'hh')}, 0, seen >= 1 AND seen >= made * ${supportShare}, 2, made < ${refuteConnections}, 1, 0) AS status,
    count() AS made, countIf(met) AS seen
  FROM (SELECT client, ${network('local_ip')} AS net, dev, h, id IN (SELECT id FROM db.merge_met) AS met FROM db.merge_agent WHERE outward AND local_ip != '')
  ARRAY JOIN [h, toUInt32(h + 3600)] AS hh
  WHERE ${inHours('hh')} GROUP BY client, dev, hh`

/** Whether the device has the address elsewhere, in an hour of the pass. */
export const refuted = (client: string, dev: string, hour: string): string =>
  `cityHash64(${client}, ${dev}, ${hour}) IN (SELECT claim FROM db.merge_claims WHERE status = 0)`

/**
 * When devices were seen with which address, by hour: by their connections, to ten seconds, and by what tells of their adapters. `net` is the
 * address's network.
 */
export const sightingsSql = `
  SELECT client, any(network) AS net, dev, h, groupUniqArray(moment) AS moments FROM (
    SELECT ${number('local_ip')} AS client, ${network('local_ip')} AS network, ${number('device_id')} AS dev, toUInt32(intDiv(toUnixTimestamp(at), 10) * 10) AS moment, ${hourOf('moment')} AS h
    FROM db.device_connections WHERE ${window('at')} AND local_ip != ''
    UNION ALL
    SELECT ${number('ip')} AS client, ${network('ip')} AS network, ${number('device_id')} AS dev, toUInt32(toUnixTimestamp(at)) AS moment, ${hourOf('moment')} AS h
    FROM db.device_addresses WHERE ${window('at')} AND kind = 'network-info')
  GROUP BY client, dev, h`

/**
 * Who had the addresses that a slice's flows have, in each hour that may ask: one with flows (of a divided client another part may have them).
 * The devices that fit best (`status`).
 */
export const leaseHeldSql = heldSql(`
  SELECT client AS k, hh AS h, max(status) AS best, if(best = 2, groupArrayArrayIf(seen_then, status = 2), groupArrayArray(seen_then)) AS seen,
    if(best = 2, minIf(dev, status = 2) = maxIf(dev, status = 2), min(dev) = max(dev)) AS alone
  FROM (
    SELECT client, dev, ${observations('dev')} AS seen_then, hh, multiIf(c_claim != 0, c_status, ${elsewhere('net', 'dev', 'hh')}, 0, 1) AS status
    FROM (SELECT * FROM db.merge_sightings WHERE client IN (SELECT client FROM db.merge_flows)) AS o
    ARRAY JOIN arrayFilter(x -> {parts:UInt32} > 1 OR cityHash64(client, x) IN (SELECT cityHash64(client, h) FROM db.merge_flows), ${around}) AS hh
    LEFT ANY JOIN (SELECT claim AS c_claim, status AS c_status FROM db.merge_claims) AS c ON cityHash64(client, dev, hh) = c.c_claim
    WHERE ${inHours('hh')} AND status > 0)
  GROUP BY client, hh`)

/** Where devices were last that had several addresses in an hour and the one before. */
export const movedSql = `
  SELECT dev, h, ${thinned('whole')} AS row FROM (
    SELECT dev, hh AS h, arraySort(groupArrayArray(${observations('client')})) AS whole FROM db.merge_sightings
    ARRAY JOIN [h, toUInt32(h + 3600)] AS hh WHERE ${inHours('hh')} GROUP BY dev, hh HAVING min(client) != max(client))`

/** Where a person was seen on a device: connections' own accounts, and logons at the screen. */
export const personHeldSql = heldSql(`
  SELECT dev AS k, hh AS h, groupArrayArray(${observations('who')}) AS seen, min(who) = max(who) AS alone FROM (
    SELECT dev, h, w_who AS who, groupUniqArray(moment) AS moments FROM (
      SELECT ${number('device_id')} AS dev, ${hourOf('moment')} AS h, toUInt32(intDiv(toUnixTimestamp(at), 10) * 10) AS moment, user
      FROM db.device_connections WHERE ${window('at')} AND user != ''
      UNION ALL
      SELECT ${number('device_id')} AS dev, ${hourOf('moment')} AS h, toUInt32(intDiv(toUnixTimestamp(at), 10) * 10) AS moment, user
      FROM db.device_logons
      WHERE ${window('at')} AND user != '' AND action IN ('LogonSuccess', 'LoggedOn')
        AND logon_type IN ('', 'Interactive', 'RemoteInteractive', 'CachedInteractive', 'CachedRemoteInteractive', 'Unlock', 'CachedUnlock')
    ) AS l ${joinForms('l.user')}
    WHERE w_who != 0 GROUP BY dev, h, who)
  ARRAY JOIN ${around} AS hh WHERE ${inHours('hh')} GROUP BY dev, hh`)

/** Four parts of a connection with its moments: (t, whether it is the connection's own row, dev, who, service, id), sorted. */
export const portsSql = `
  SELECT cityHash64(client, local_port, server, remote_port) AS k, arraySort(groupArray((t, role = 'connection', dev, who, service, id))) AS row
  FROM db.merge_agent WHERE role IN ('connection', 'inspection') AND local_port != 0 AND remote_ip != '' AND local_ip != '' GROUP BY k`

/** A connection that began so long after an hour did may have its flow stamped in the hour before: a clock behind, and what is borne. */
const stampedBefore = skewSecondsMax + toleranceSeconds + 70

/** A key has its moments by tens of seconds when they are many: the nearest is asked, and clocks are off by more. */
const sparse = (row: string): string => `if(length(${row}) > 500,
    arrayFilter((x, n) -> intDiv(x.1, 10) != intDiv(n.1, 10), ${row}, arrayPushBack(arrayPopFront(${row}), (toUInt32(0), toUInt64(0), toUInt64(0), toUInt8(0), toUInt64(0)))), ${row})`

/**
 * Keys with their moments: (t, who, dev, service, id), sorted; at one moment the connection that a person made is the last. `alike`: all of
 * one device, person and program.
 */
export const keyedSql = `
  SELECT k, ${sparse('whole')} AS row, alike, process FROM (
    SELECT k, arraySort(groupArray((t, who, dev, service, id))) AS whole, any(process) AS process,
      min(dev) = max(dev) AND min(who) = max(who) AND min(process) = max(process) AS alike
    FROM db.merge_agent_keys GROUP BY k)`

/**
 * What the connections of the other keys say of the flows stamped in an hour: those of the hour, of the one before, and of the next one's first
 * minutes, where the source's clock is behind. Whatever a flow may be matched with is among them, so that it is no matter what the pass has besides.
 */
export const keyFactsSql = `
  SELECT k, hh AS h, if(min(dev) = max(dev), 1, 2) AS devices,
    multiIf(max(who) = 0, 0, minIf(who, who != 0) = max(who), 1, 2) AS persons, max(who) AS who,
    if(minIf(process, process != '') = max(process), max(process), '') AS process
  FROM db.merge_agent_keys ARRAY JOIN if(t - h < ${stampedBefore}, [toUInt32(h - 3600), h, toUInt32(h + 3600)], [h, toUInt32(h + 3600)]) AS hh
  WHERE ${inHours('hh')} AND k IN (SELECT k FROM db.merge_keyed WHERE NOT alike) AND NOT ${refuted('client', 'dev', 'hh')} GROUP BY k, hh`

/** Connections to a proxy of which the agent tells no name. */
export const proxiedSql = `
  SELECT client AS k, t, max((who, dev, service, id)) AS hit FROM db.merge_agent
  WHERE role = 'connection' AND local_ip != '' AND host = '' AND NOT outward AND remote_ip != '' GROUP BY client, t`

/** A slice's connections that count with no flow of their own address: nobody met them, or where the address is another's. */
export const restSql = `
  SELECT *, id IN (SELECT id FROM db.merge_met) AS met FROM db.merge_agent
  WHERE outward AND NOT (met AND NOT ${refuted('client', 'dev', 'h')})`
