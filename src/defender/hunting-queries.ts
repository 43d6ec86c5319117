/** The Kusto queries of the hunting feed. Only numbers and names of our own go into them. */

const network = [
  'Timestamp',
  'DeviceId',
  'DeviceName',
  'ActionType',
  'RemoteIP',
  'RemotePort',
  'RemoteUrl',
  'LocalIP',
  'LocalPort',
  'Protocol',
  'InitiatingProcessFileName',
  'InitiatingProcessAccountDomain',
  'InitiatingProcessAccountName',
  'InitiatingProcessAccountSid',
  'InitiatingProcessAccountUpn',
  'InitiatingProcessAccountObjectId',
  'ReportId',
  'AdditionalFields',
]

/** Columns that are used: an answer has a bound in bytes too. */
const columns: Record<string, readonly string[]> = {
  DeviceNetworkEvents: network,
  DeviceEvents: network.filter((name) => name !== 'Protocol'),
  DeviceInfo: [
    'Timestamp',
    'DeviceId',
    'DeviceName',
    'ClientVersion',
    'PublicIP',
    'OSPlatform',
    'OSBuild',
    'OSVersion',
    'OSVersionInfo',
    'OnboardingStatus',
    'SensorHealthState',
    'ExposureLevel',
    'JoinType',
    'IsAzureADJoined',
    'AadDeviceId',
    'DeviceType',
    'DeviceCategory',
    'LoggedOnUsers',
    'MergedToDeviceId',
    'AdditionalFields',
    'ReportId',
  ],
  DeviceNetworkInfo: [
    'Timestamp',
    'DeviceId',
    'DeviceName',
    'NetworkAdapterType',
    'NetworkAdapterStatus',
    'MacAddress',
    'TunnelType',
    'ConnectedNetworks',
    'IPAddresses',
    'ReportId',
  ],
  DeviceLogonEvents: [
    'Timestamp',
    'DeviceId',
    'DeviceName',
    'ActionType',
    'LogonType',
    'AccountDomain',
    'AccountName',
    'AccountSid',
    'RemoteIP',
    'ReportId',
  ],
}

interface Span {
  fromMs: number
  toMs: number
}

function within({ fromMs, toMs }: Span): string {
  const stamp = (ms: number): string => `datetime(${new Date(ms).toISOString()})`
  return `| where Timestamp >= ${stamp(fromMs)} and Timestamp < ${stamp(toMs)}`
}

/** Of DeviceEvents only what network protection blocked is of use. */
function source(table: string): string {
  if (!Object.hasOwn(columns, table)) throw new Error(`BUG: no columns of ${table}`)
  return table === 'DeviceEvents'
    ? "DeviceEvents | where ActionType == 'ExploitGuardNetworkProtectionBlocked'"
    : table
}

/** Rows by slice: `Slice`, `Rows`. */
export function countQuery(table: string, span: Span, sliceMs: number): string {
  return `${source(table)} ${within(span)} | summarize Rows = count() by Slice = bin(Timestamp, ${sliceMs / 1000}s)`
}

/** All rows of a span, or the part of them whose hash says so. */
export function rowsQuery(
  table: string,
  span: Span,
  part: { part: number; of: number } | null,
): string {
  const parted =
    part === null
      ? ''
      : ` | where hash(strcat(DeviceId, tostring(ReportId), tostring(Timestamp)), ${part.of}) == ${part.part}`
  return `${source(table)} ${within(span)}${parted} | project ${columns[table].join(', ')}`
}
