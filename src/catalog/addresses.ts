/** Addresses and networks: the longest prefix that holds an address, in IPv4 and IPv6 (RFC 4291, RFC 5952). */
import { isIPv4, isIPv6 } from 'node:net'

/** The address in its one canonical spelling, IPv4-mapped IPv6 as IPv4, zone index cut; null when it is none. */
export function canonicalAddress(text: string): string | null {
  if (isIPv4(text)) return text
  if (!text.includes(':')) return null
  const zone = text.indexOf('%')
  const bare = zone < 0 ? text : text.slice(0, zone)
  if (!isIPv6(bare)) return null
  const short = new URL(`http://[${bare}]/`).hostname.slice(1, -1)
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short)
  if (mapped === null) return short
  const [high, low] = [Number.parseInt(mapped[1], 16), Number.parseInt(mapped[2], 16)]
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
}

/** Whether the text is a network such as `192.0.2.0/24` or `2001:db8::/32`, written with its own first address. */
export function isAddressRange(text: string): boolean {
  const range = parseRange(text)
  return range !== null && prefixOf(range.bits, range) === range.bits
}

interface Range {
  bits: bigint
  width: 32 | 128
  length: number
}

function parseRange(text: string): Range | null {
  const match = /^([0-9a-f.:]+)\/(\d{1,3})$/.exec(text)
  if (match === null) return null
  const address = canonicalAddress(match[1])
  if (address === null) return null
  const width = address.includes(':') ? 128 : 32
  const length = Number(match[2])
  return length > width ? null : { bits: bitsOf(address), width, length }
}

/** The address as a number; it must be canonical. */
function bitsOf(address: string): bigint {
  if (!address.includes(':')) {
    let bits = 0
    for (const part of address.split('.')) bits = bits * 256 + Number(part)
    return BigInt(bits)
  }
  const [left, right] = address.split('::')
  const head = left === '' ? [] : left.split(':')
  const tail = right === undefined || right === '' ? [] : right.split(':')
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0')
  const groups = [...head, ...zeros, ...tail]
  return BigInt(`0x${groups.map((group) => group.padStart(4, '0')).join('')}`)
}

function prefixOf(bits: bigint, { width, length }: { width: number; length: number }): bigint {
  const rest = BigInt(width - length)
  return (bits >> rest) << rest
}

/** Networks with what they stand for; a network added twice keeps the later value. */
export class AddressRanges<Value> {
  /** For each family and prefix length the networks of that length, longest first. */
  readonly #tables: { width: 32 | 128; length: number; values: Map<bigint, Value> }[] = []

  /** `range` must satisfy `isAddressRange`. */
  add(range: string, value: Value): void {
    const parsed = parseRange(range)
    if (parsed === null) throw new Error(`BUG: ${range} was not checked`)
    const { bits, width, length } = parsed
    let table = this.#tables.find((other) => other.width === width && other.length === length)
    if (table === undefined) {
      table = { width, length, values: new Map() }
      this.#tables.push(table)
      this.#tables.sort((a, b) => b.length - a.length)
    }
    table.values.set(bits, value)
  }

  /** What the smallest network around a canonical address stands for. */
  find(address: string): Value | undefined {
    if (this.#tables.length === 0) return undefined
    const width = address.includes(':') ? 128 : 32
    const bits = bitsOf(address)
    for (const table of this.#tables) {
      if (table.width !== width) continue
      const value = table.values.get(prefixOf(bits, table))
      if (value !== undefined) return value
    }
    return undefined
  }
}
