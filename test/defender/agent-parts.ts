/** Rows as they go into the tables, and lines as feeds bring them. */
import { AgentTables } from '../../src/defender/agent-tables.ts'
import type {
  AddressRow,
  ConnectionRow,
  DeviceRow,
  LogonRow,
} from '../../src/defender/agent-tables.ts'
import { readAgentLine } from '../../src/defender/agent-lines.ts'
import type { RowOutcome } from '../../src/defender/outcome.ts'
import type { Zone } from '../../src/defender/row-time.ts'

export const deviceId = '0f'.repeat(20)

/** Notes what is added. */
class NotedTables extends AgentTables {
  readonly connections: ConnectionRow[] = []
  readonly addresses: AddressRow[] = []
  readonly logons: LogonRow[] = []
  readonly devices: DeviceRow[] = []

  override connection(row: ConnectionRow): void {
    this.connections.push(row)
    super.connection(row)
  }

  override address(row: AddressRow): void {
    this.addresses.push(row)
    super.address(row)
  }

  override logon(row: LogonRow): void {
    this.logons.push(row)
    super.logon(row)
  }

  override device(row: DeviceRow): void {
    this.devices.push(row)
    super.device(row)
  }
}

export interface Read {
  told: RowOutcome[]
  tables: NotedTables
}

/** Reads lines; stamps of 1999 are refused. */
export function read(lines: readonly string[], zone: Zone | null = null): Read {
  const tables = new NotedTables()
  const refuseTime = (ms: number): string =>
    Number.isNaN(ms) ? 'impossible date' : ms < Date.UTC(2000, 0) ? 'too old' : ''
  const to = { tables, source: 'agents', stream: 'test', refuseTime }
  return { told: lines.flatMap((line) => readAgentLine(line, zone, to)), tables }
}

/** A connection's properties. */
export function networkEvent(more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    Timestamp: '2026-09-21T14:13:20.1234567Z',
    DeviceId: deviceId,
    DeviceName: 'PC-7.corp.example',
    ActionType: 'ConnectionSuccess',
    RemoteIP: '203.0.113.9',
    RemotePort: 443,
    RemoteUrl: 'https://Files.Example.com/a?b',
    LocalIP: '10.2.79.210',
    LocalPort: 50123,
    Protocol: 'TcpV4',
    InitiatingProcessFileName: 'msedge.exe',
    InitiatingProcessAccountDomain: 'CORP',
    InitiatingProcessAccountName: 'ann',
    InitiatingProcessAccountUpn: 'ann@corp.example',
    InitiatingProcessAccountSid: 'S-1-5-21-7-7-7-1001',
    ReportId: 77,
    AdditionalFields: null,
    ...more,
  }
}

/** As the streaming API writes it. */
export function enveloped(
  properties: Record<string, unknown>,
  table = 'DeviceNetworkEvents',
): Record<string, unknown> {
  return {
    time: '2026-09-21T14:20:00.0000000Z',
    tenantId: '11111111-1111-1111-1111-111111111111',
    operationName: 'Publish',
    category: `AdvancedHunting-${table}`,
    properties,
  }
}

export function windowsEvent(
  id: number,
  data: Record<string, string>,
  provider = 'Microsoft-Windows-Security-Auditing',
): string {
  const fields = Object.entries(data).map(([name, value]) => `<Data Name='${name}'>${value}</Data>`)
  return (
    `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='${provider}'/>` +
    `<EventID>${id}</EventID><TimeCreated SystemTime='2026-09-21T14:13:20.5000000Z'/><EventRecordID>${4000 + id}</EventRecordID>` +
    `<Channel>c</Channel><Computer>PC-9.corp.example</Computer></System><EventData>${fields.join('')}</EventData></Event>`
  )
}
