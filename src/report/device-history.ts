/** Which addresses a device had and who was logged on to it, as its agent told: what its page shows beside its traffic. */
import { apiLimits } from '../limits.ts'
import type { Row, Store } from '../store/store.ts'
import type { UsageScope } from './scope.ts'

export interface DeviceAddress extends Row {
  ip: string
  /** Name of the network and kind of adapter, one of them when there were several; '' = not told. */
  network: string
  first: string
  last: string
  times: number
}

export interface DeviceLogon extends Row {
  user: string
  /** As Defender names it: Interactive, RemoteInteractive, Network, …; '' = not told. */
  how: string
  first: string
  last: string
  times: number
}

export interface DeviceHistory {
  addresses: DeviceAddress[]
  logons: DeviceLogon[]
}

/** Of all devices of this name, the last first. Logons that failed are left out: nobody was there. */
export async function deviceHistory(
  store: Store,
  { report }: Pick<UsageScope, 'report'>,
  name: string,
): Promise<DeviceHistory> {
  const params = { report, name, limit: apiLimits.historyRows }
  const addresses = await store.query<DeviceAddress>(
    `SELECT toString(a.ip) AS ip, max(a.place) AS network, min(a.at) AS first, max(a.at) AS last, count() AS times
     FROM (SELECT ip, at, if(kind = 'public', 'public', toString(network)) AS place FROM db.device_addresses
       WHERE report = {report:String} AND lower(device) = lower({name:String}) AND ip != '') AS a
     GROUP BY a.ip ORDER BY last DESC, ip LIMIT {limit:UInt32}`,
    params,
  )
  const logons = await store.query<DeviceLogon>(
    `SELECT toString(l.user) AS user, toString(l.logon_type) AS how, min(l.at) AS first, max(l.at) AS last, count() AS times
     FROM db.device_logons AS l WHERE l.report = {report:String} AND lower(l.device) = lower({name:String}) AND l.user != ''
       AND l.action IN ('LogonSuccess', 'LoggedOn')
     GROUP BY l.user, l.logon_type ORDER BY last DESC, user LIMIT {limit:UInt32}`,
    params,
  )
  return { addresses, logons }
}
