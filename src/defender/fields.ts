/** The values of one row, each read as what its column is. A value of a wrong type is a fault of the row, said once, never thrown. */
import { canonicalAddress } from '../catalog/addresses.ts'
import { normaliseHost } from '../catalog/normalise.ts'
import { defenderLimits } from '../limits.ts'

/** Columns by name; values as JSON or a CSV export has them (numbers may come as text). */
export type AgentRow = Readonly<Record<string, unknown>>

export class Fields {
  readonly #row: AgentRow
  /** Why the row cannot be used, '' = nothing is wrong so far. */
  fault = ''

  constructor(row: AgentRow) {
    this.#row = row
  }

  /** The first of the columns that says something, cut; '' = none does. */
  text(...names: readonly string[]): string {
    for (const name of names) {
      const value = this.#scalar(name)
      if (value !== '') return value.slice(0, defenderLimits.valueCharacters)
    }
    return ''
  }

  lower(...names: readonly string[]): string {
    return this.text(...names).toLowerCase()
  }

  /** 0 = unknown. */
  port(name: string): number {
    const value = this.#scalar(name)
    if (value === '') return 0
    const port = Number(value)
    if (Number.isInteger(port) && port >= 0 && port <= 65535) return port
    return this.#wrong(`${name} is no port`, 0)
  }

  /** A count of at least 1, or `otherwise`. */
  count(name: string, otherwise: number): number {
    const value = Number(this.#scalar(name))
    return Number.isInteger(value) && value >= 1 && value <= 0xffffffff ? value : otherwise
  }

  /** An address in its canonical form; '' = unknown (also `0.0.0.0` and `::`). */
  address(name: string): string {
    const value = this.#scalar(name)
    if (value === '' || value === '-') return ''
    const address = addressOf(value)
    return address ?? this.#wrong(`${name} is no address`, '')
  }

  /** Host name of a column that holds a URL, a name or an address, with or without port. */
  host(name: string): { host: string; address: string } {
    return hostOf(this.#scalar(name))
  }

  /** JSON in a text column, or the value itself where a feed has it unpacked. `needed`: text that is no JSON is a fault. */
  json(name: string, needed: boolean): unknown {
    const value = this.#row[name]
    if (value === null || value === undefined || value === '') return null
    if (typeof value === 'object') return value
    if (typeof value !== 'string') return this.#wrong(`${name} has a wrong type`, null)
    if (value.length > defenderLimits.jsonCharacters)
      return this.#wrong(`${name} is too large`, null)
    try {
      return JSON.parse(value)
    } catch {
      return needed ? this.#wrong(`${name} is no JSON`, null) : null
    }
  }

  has(name: string): boolean {
    return this.#row[name] !== undefined
  }

  #scalar(name: string): string {
    const value = this.#row[name]
    if (typeof value === 'string') return value
    if (value === null || value === undefined) return ''
    if (typeof value === 'number' || typeof value === 'boolean') return String(value)
    return this.#wrong(`${name} has a wrong type`, '')
  }

  #wrong<T>(reason: string, value: T): T {
    if (this.fault === '') this.fault = reason
    return value
  }
}

/** Canonical, IPv4-mapped as IPv4, without zone index; '' for the unspecified address, null for what is no address. */
export function addressOf(text: string): string | null {
  const percent = text.indexOf('%')
  const address = canonicalAddress(percent < 0 ? text : text.slice(0, percent))
  return address === '0.0.0.0' || address === '::' ? '' : address
}

export function hostOf(text: string): { host: string; address: string } {
  if (text === '') return { host: '', address: '' }
  const { host, kind } = normaliseHost(text)
  if (kind === 'name') return { host, address: '' }
  return { host: '', address: kind === 'address' ? (addressOf(host) ?? '') : '' }
}

/** The object's own text of that name, else ''. */
export function textIn(value: unknown, ...names: readonly string[]): string {
  if (typeof value !== 'object' || value === null) return ''
  for (const name of names) {
    const found = (value as AgentRow)[name]
    if (typeof found === 'string' && found !== '')
      return found.slice(0, defenderLimits.valueCharacters)
    if (typeof found === 'number') return String(found)
  }
  return ''
}

export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1'
}

/** Addresses that tell nothing about who has them: loopback, link-local, multicast. */
export function isShared(address: string): boolean {
  return (
    isLoopback(address) ||
    address.startsWith('169.254.') ||
    /^fe[89ab]|^ff/.test(address) ||
    /^2(?:2[4-9]|3\d)\./.test(address)
  )
}
