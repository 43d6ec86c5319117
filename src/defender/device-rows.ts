/**
 * DeviceInfo, DeviceNetworkInfo and DeviceLogonEvents to devices, addresses and logons.
 * https://learn.microsoft.com/en-us/defender-xdr/advanced-hunting-deviceinfo-table
 */
import { addressOf, isShared, textIn } from './fields.ts'
import type { Fields } from './fields.ts'
import { skip, unread } from './outcome.ts'
import type { RowContext, RowOutcome } from './outcome.ts'
import { judgeDevice } from './prerequisites.ts'

interface Device {
  at: number
  device_id: string
  device: string
  source: string
}

/** Which device a row is about; a fault when it tells none. */
function deviceOf(f: Fields, at: number, { source }: RowContext): Device {
  const device = { at, device_id: f.lower('DeviceId'), device: f.text('DeviceName'), source }
  if (device.device_id === '' && f.fault === '') f.fault = 'no DeviceId'
  return device
}

export function readDeviceInfo(f: Fields, at: number, to: RowContext): RowOutcome {
  const format = 'DEFENDER_DEVICE_INFO'
  const device = deviceOf(f, at, to)
  const detail = f.json('AdditionalFields', false)
  const build = buildOf(f, detail)
  const facts = {
    platform: f.text('OSPlatform'),
    build,
    onboarding: f.text('OnboardingStatus'),
    sensorHealth: f.text('SensorHealthState'),
    networkProtection: protectionOf(
      f.text('NetworkProtection') || textIn(detail, 'NetworkProtection', 'networkProtection'),
    ),
    clientVersion: f.text('ClientVersion'),
  }
  const judged = judgeDevice(facts)
  const publicIp = f.address('PublicIP')
  const people = f.json('LoggedOnUsers', false)
  const row = {
    ...device,
    os_platform: facts.platform,
    os_version: [f.text('OSVersion'), f.text('OSVersionInfo')].filter((x) => x !== '').join(' '),
    os_build: build,
    onboarding: facts.onboarding,
    sensor_health: facts.sensorHealth,
    network_protection: facts.networkProtection,
    exposure: f.text('ExposureLevel'),
    join_type: f.text('JoinType') || (/^(?:true|1)$/i.test(f.text('IsAzureADJoined')) ? 'AAD' : ''),
    type: f.text('DeviceType', 'DeviceCategory'),
    public_ip: publicIp,
    aad_device_id: f.lower('AadDeviceId'),
    merged_to: f.lower('MergedToDeviceId'),
    prerequisites: judged.prerequisites,
    prerequisites_reason: judged.reason,
  }
  if (f.fault !== '') return unread(format, f.fault)
  to.tables.device(row)
  to.tables.address({ ...device, ip: publicIp, mac: '', kind: 'public', network: '' })
  for (const person of Array.isArray(people) ? people : []) {
    const name = textIn(person, 'UserName', 'userName')
    const domain = textIn(person, 'DomainName', 'domainName')
    const sid = textIn(person, 'Sid', 'sid', 'AccountSid')
    if (name === '' && sid === '') continue
    const user = name === '' || domain === '' ? name : `${domain}\\${name}`
    to.tables.logon({ ...device, user, sid, logon_type: '', action: 'LoggedOn', remote_ip: '' })
  }
  return { outcome: 'transaction', reason: '', format }
}

/**
 * The build with its revision where anything has it: DeviceInfo documents the build alone (OSBuild, a number), its free text
 * (OSVersionInfo) may have both, and an own query may add a column.
 */
function buildOf(f: Fields, detail: unknown): string {
  for (const name of ['OSBuild', 'OSVersionInfo', 'OSVersion']) {
    const revised = /(?:^|[\s.(])(\d{5}\.\d+)(?=$|[\s),;])/.exec(f.text(name))
    if (revised !== null) return revised[1]
  }
  const build = f.text('OSBuild')
  const names = ['OSBuildRevision', 'OsBuildRevision', 'OSRevision'] as const
  const revision = f.text(...names) || textIn(detail, ...names)
  return /^\d{5}$/.test(build) && /^\d{1,6}$/.test(revision) ? `${build}.${revision}` : build
}

/** The words of the ways to ask for it (`1`, `Enabled`, `BlockMode`, ...) as one. */
function protectionOf(text: string): string {
  const word = text.toLowerCase()
  if (word === '') return ''
  if (/block|^1$|^enabled|^true$|^on$/.test(word)) return 'block'
  if (/audit|^2$/.test(word)) return 'audit'
  return /off|disabled|^0$|^false$/.test(word) ? 'off' : ''
}

export function readNetworkInfo(f: Fields, at: number, to: RowContext): RowOutcome {
  const format = 'DEFENDER_NETWORK_INFO'
  const device = deviceOf(f, at, to)
  const status = f.lower('NetworkAdapterStatus')
  const list = f.json('IPAddresses', true)
  const networks = f.json('ConnectedNetworks', false)
  const mac = f.lower('MacAddress').replaceAll(/[^0-9a-f]/g, '')
  const tunnel = f.text('TunnelType')
  const network = [
    ...(Array.isArray(networks) ? networks.map((one) => textIn(one, 'Name', 'name')) : []),
    f.text('NetworkAdapterType'),
    /^none$/i.test(tunnel) ? '' : tunnel,
  ].filter((word) => word !== '')
  if (f.fault !== '') return unread(format, f.fault)
  if (status !== '' && status !== 'up') return skip(format, 'adapter is not up')
  const addresses = addressesOf(list)
  if (addresses.length === 0) return skip(format, 'adapter without address')
  for (const ip of addresses)
    to.tables.address({
      ...device,
      ip,
      mac: mac.length === 12 ? (mac.match(/../g) ?? []).join(':') : '',
      kind: 'network-info',
      network: network.join('; ').slice(0, 200),
    })
  return { outcome: 'transaction', reason: '', format }
}

function addressesOf(list: unknown): string[] {
  const texts = (Array.isArray(list) ? list : [list]).map((one) =>
    typeof one === 'string' ? one : textIn(one, 'IPAddress', 'IpAddress', 'ipAddress'),
  )
  return texts
    .map((text) => addressOf(text.split('/')[0]) ?? '')
    .filter((ip) => ip !== '' && !isShared(ip))
}

export function readLogonEvent(f: Fields, at: number, to: RowContext): RowOutcome {
  const format = 'DEFENDER_LOGON_EVENTS'
  const device = deviceOf(f, at, to)
  const name = f.text('AccountName')
  const domain = f.text('AccountDomain')
  const row = {
    ...device,
    user: f.text('AccountUpn') || (name === '' || domain === '' ? name : `${domain}\\${name}`),
    sid: f.text('AccountSid'),
    logon_type: f.text('LogonType'),
    action: f.text('ActionType').replace(/AggregatedReport$/, ''),
    remote_ip: f.address('RemoteIP'),
  }
  if (f.fault !== '') return unread(format, f.fault)
  if (row.user === '' && row.sid === '') return skip(format, 'no account')
  to.tables.logon(row)
  return { outcome: 'transaction', reason: '', format, withUser: true }
}
