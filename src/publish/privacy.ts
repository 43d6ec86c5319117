/** What leaves and under which name: rows that are left out (each with its reason), keyed pseudonyms, and a summary by field. */
import { createHmac } from 'node:crypto'
import { isIP, isIPv6 } from 'node:net'
import { compileNetworks } from '../config/networks.ts'
import type { LeaveOut, Pseudonyms } from '../config/publish-schema.ts'
import type { SentRow } from './sent-usage.ts'

export type LeftOut =
  | 'infrastructure'
  | 'internal'
  | 'user'
  | 'address'
  | 'host'
  | 'no-client'
  | 'no-destination'

const privateNetworks = compileNetworks([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '224.0.0.0/3',
  '::1/128',
  'fc00::/7',
  'fe80::/10',
  'ff00::/8',
])

/** Why a row stays here, or null. Compiled once. */
export function compileLeaveOut(rules: LeaveOut): (row: SentRow) => LeftOut | null {
  const users = new Set(rules.users.map((user) => user.toLowerCase()))
  const inAddresses = compileNetworks(rules.addresses)
  const hosts = rules.hosts.map((host) => host.toLowerCase().replace(/^\*?\./, ''))
  return ({ infrastructure, host, user, src_ip }) => {
    if (host === '') return 'no-destination'
    if (src_ip === '') return 'no-client'
    if (rules.infrastructure && infrastructure === 1) return 'infrastructure'
    if (rules.internal && isInternal(host)) return 'internal'
    if (user !== '' && users.has(user.toLowerCase())) return 'user'
    if (rules.addresses.length > 0 && inAddresses(src_ip)) return 'address'
    const name = host.toLowerCase()
    return hosts.some((below) => name === below || name.endsWith(`.${below}`)) ? 'host' : null
  }
}

function isInternal(host: string): boolean {
  if (isIP(host) > 0) return privateNetworks(host)
  return (
    !host.includes('.') || /\.(?:local|lan|internal|intranet|home\.arpa|localdomain)$/i.test(host)
  )
}

/** The row with the names that may leave. `key` is for addresses; users and devices have theirs in the row. */
export function compilePseudonyms(choice: Pseudonyms, key: Buffer): (row: SentRow) => SentRow {
  if (!choice.users && !choice.devices && !choice.addresses) return (row) => row
  return (row) => ({
    ...row,
    user: choice.users ? row.user_alias : row.user,
    device: choice.devices ? row.device_alias : row.device,
    src_ip: choice.addresses ? addressFor(row.src_ip, key) : row.src_ip,
  })
}

/** Readers want an address where an address stands: 24 bits of 10/8, 120 of fd00::/8. */
function addressFor(address: string, key: Buffer): string {
  const bytes = createHmac('sha256', key).update(address.toLowerCase()).digest()
  if (!isIPv6(address)) return `10.${bytes[0]}.${bytes[1]}.${bytes[2]}`
  const groups = Array.from({ length: 7 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16))
  return `fd${bytes[15].toString(16).padStart(2, '0')}:${groups.join(':')}`
}

export interface FieldSummary {
  field: string
  /** Rows that carry it, distinct values (up to 10,000), and one of them as it leaves. */
  rows: number
  distinct: number
  example: string | null
  /** In words: a person's name, pseudonym, … */
  treatment: string
}

export interface PrivacySummary {
  rows: number
  bytes: number
  leftOut: Partial<Record<LeftOut, number>>
  fields: FieldSummary[]
}

/** Counts what leaves, field by field. */
export class PrivacyCounter {
  readonly leftOut: Partial<Record<LeftOut, number>> = {}
  readonly #choice: Pseudonyms
  readonly #seen = new Map<keyof SentRow, { rows: number; values: Set<string> }>()
  #rows = 0

  constructor(choice: Pseudonyms) {
    this.#choice = choice
  }

  left(reason: LeftOut): void {
    this.leftOut[reason] = (this.leftOut[reason] ?? 0) + 1
  }

  add(row: SentRow): void {
    this.#rows++
    for (const field of summaryFields) {
      const value = row[field]
      if (value === '' || value === null) continue
      const seen = this.#seen.get(field) ?? { rows: 0, values: new Set<string>() }
      seen.rows++
      if (seen.values.size < 10_000) seen.values.add(String(value))
      this.#seen.set(field, seen)
    }
  }

  summary(bytes: number): PrivacySummary {
    const fields = summaryFields.map((field): FieldSummary => {
      const seen = this.#seen.get(field)
      return {
        field,
        rows: seen?.rows ?? 0,
        distinct: seen?.values.size ?? 0,
        example: seen?.values.values().next().value ?? null,
        treatment: this.#treatment(field),
      }
    })
    return { rows: this.#rows, bytes, leftOut: { ...this.leftOut }, fields }
  }

  #treatment(field: keyof SentRow): string {
    const { users, devices, addresses } = this.#choice
    if (field === 'user') return users ? 'pseudonym, keyed here' : 'the name of a person, as logged'
    if (field === 'device') return devices ? 'pseudonym, keyed here' : 'the name of a device'
    if (field === 'src_ip') return addresses ? 'pseudonym, keyed here' : 'the address of a client'
    return 'says nothing about a person by itself'
  }
}

const summaryFields = [
  'hour',
  'user',
  'device',
  'src_ip',
  'host',
  'app',
  'action',
  'transactions',
  'bytes_up',
  'bytes_down',
  'bytes_total',
] as const satisfies readonly (keyof SentRow)[]
