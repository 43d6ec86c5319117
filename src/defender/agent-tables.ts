/** The four tables of a segment's agent rows, gathered as columns and written as Native blocks (store/migrations/0002-defender.sql). */
import { encodeNative } from '../lib/native.ts'
import type { NativeColumn } from '../lib/native.ts'

type Kind = 'text' | 'string' | 'time' | 'port' | 'count' | 'hash'

const connection = {
  at: 'time',
  device_id: 'text',
  device: 'text',
  user: 'text',
  user_account: 'text',
  user_sid: 'text',
  user_object_id: 'text',
  local_ip: 'text',
  local_port: 'port',
  remote_ip: 'text',
  remote_port: 'port',
  host: 'text',
  protocol: 'text',
  action: 'text',
  process: 'text',
  kind: 'text',
  role: 'text',
  answers: 'text',
  events: 'count',
  source: 'text',
  stream: 'text',
  feed_row: 'hash',
} as const satisfies Record<string, Kind>

const address = {
  at: 'time',
  device_id: 'text',
  device: 'text',
  ip: 'text',
  mac: 'text',
  kind: 'text',
  network: 'text',
  source: 'text',
} as const satisfies Record<string, Kind>

const logon = {
  at: 'time',
  device_id: 'text',
  device: 'text',
  user: 'text',
  sid: 'text',
  logon_type: 'text',
  action: 'text',
  remote_ip: 'text',
  source: 'text',
} as const satisfies Record<string, Kind>

const device = {
  device_id: 'string',
  device: 'string',
  at: 'time',
  os_platform: 'text',
  os_version: 'text',
  os_build: 'text',
  onboarding: 'text',
  sensor_health: 'text',
  network_protection: 'text',
  exposure: 'text',
  join_type: 'text',
  type: 'text',
  public_ip: 'text',
  aad_device_id: 'string',
  merged_to: 'string',
  prerequisites: 'text',
  prerequisites_reason: 'text',
  source: 'text',
} as const satisfies Record<string, Kind>

type RowOf<Spec extends Record<string, Kind>> = {
  -readonly [Name in keyof Spec]: Spec[Name] extends 'text' | 'string'
    ? string
    : Spec[Name] extends 'hash'
      ? bigint
      : number
}

export type ConnectionRow = RowOf<typeof connection>
export type AddressRow = RowOf<typeof address>
export type LogonRow = RowOf<typeof logon>
export type DeviceRow = RowOf<typeof device>

/** One table's block. */
export interface AgentBlock {
  table: AgentTableName
  bytes: Uint8Array<ArrayBuffer>
}

export type AgentTableName = 'device_connections' | 'device_addresses' | 'device_logons' | 'devices'

/** Text that repeats: each value once, its places in a list. */
class Words {
  readonly #places = new Map<string, number>()
  readonly #index: number[] = []

  add(word: string): void {
    let place = this.#places.get(word)
    if (place === undefined) this.#places.set(word, (place = this.#places.size))
    this.#index.push(place)
  }

  column(name: string): NativeColumn {
    const dictionary = Array.from(this.#places.keys(), (word) => Buffer.from(word))
    const data = { dictionary, index: Uint32Array.from(this.#index) }
    return { name, type: 'LowCardinality(String)', data }
  }
}

class Table<Spec extends Record<string, Kind>> {
  readonly #spec: Spec
  readonly #rows: RowOf<Spec>[] = []

  constructor(spec: Spec) {
    this.#spec = spec
  }

  get rows(): number {
    return this.#rows.length
  }

  add(row: RowOf<Spec>): void {
    this.#rows.push(row)
  }

  encode(report: string): Uint8Array<ArrayBuffer> {
    const columns = Object.entries(this.#spec).map(([name, kind]) => this.#column(name, kind))
    const of = new Words()
    for (let i = 0; i < this.#rows.length; i++) of.add(report)
    return encodeNative([of.column('report'), ...columns], this.#rows.length)
  }

  #column(name: string, kind: Kind): NativeColumn {
    const rows = this.#rows as Record<string, string | number | bigint>[]
    switch (kind) {
      case 'text': {
        const words = new Words()
        for (const row of rows) words.add(row[name] as string)
        return words.column(name)
      }
      case 'string':
        return { name, type: 'String', data: rows.map((row) => Buffer.from(row[name] as string)) }
      case 'time':
        return {
          name,
          type: 'DateTime64(3)',
          data: BigInt64Array.from(rows, (row) => BigInt(row[name])),
        }
      case 'port':
        return { name, type: 'UInt16', data: Uint16Array.from(rows, (row) => Number(row[name])) }
      case 'count':
        return { name, type: 'UInt32', data: Uint32Array.from(rows, (row) => Number(row[name])) }
      case 'hash':
        return {
          name,
          type: 'UInt64',
          data: BigUint64Array.from(rows, (row) => BigInt(row[name])),
        }
    }
  }
}

const minuteMs = 60_000
const hourMs = 3_600_000

/** A segment's rows. */
export class AgentTables {
  readonly #connections = new Table(connection)
  readonly #addresses = new Table(address)
  readonly #logons = new Table(logon)
  readonly #devices = new Table(device)
  readonly #seen = new Set<string>()
  readonly #hours = new Set<number>()

  connection(row: ConnectionRow): void {
    this.#connections.add(row)
    this.#hours.add(Math.floor(row.at / hourMs))
  }

  logon(row: LogonRow): void {
    this.#logons.add(row)
    this.#hours.add(Math.floor(row.at / hourMs))
  }

  device(row: DeviceRow): void {
    this.#devices.add(row)
  }

  /** What a connection tells of addresses is kept once a minute: the same rows whatever segments it came in. */
  address(row: AddressRow): void {
    if (row.ip === '') return
    const at = row.kind === 'connection' ? Math.floor(row.at / minuteMs) * minuteMs : row.at
    const key = `${at}\0${row.device_id}\0${row.ip}\0${row.kind}\0${row.mac}`
    if (this.#seen.has(key)) return
    this.#seen.add(key)
    this.#addresses.add({ ...row, at })
    this.#hours.add(Math.floor(at / hourMs))
  }

  /** Hours (epoch ms) that the rows touch. */
  hours(): number[] {
    return Array.from(this.#hours, (hour) => hour * hourMs)
  }

  get rows(): number {
    return this.#connections.rows + this.#addresses.rows + this.#logons.rows + this.#devices.rows
  }

  /** Blocks of the tables that have rows. */
  encode(report: string): AgentBlock[] {
    const tables = [
      ['device_connections', this.#connections],
      ['device_addresses', this.#addresses],
      ['device_logons', this.#logons],
      ['devices', this.#devices],
    ] as const
    return tables.flatMap(([table, rows]) =>
      rows.rows === 0 ? [] : [{ table, bytes: rows.encode(report) }],
    )
  }
}
