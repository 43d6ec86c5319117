/** A network or an address as a span of IPv6 addresses, IPv4 mapped (RFC 4291, 2.5.5.2), as the store compares them. */
import { isIP } from 'node:net'

const all = (1n << 128n) - 1n

export class AddressSpan {
  readonly #from: bigint
  readonly #to: bigint

  private constructor(from: bigint, to: bigint) {
    this.#from = from
    this.#to = to
  }

  /** null = neither an address nor CIDR notation. Bits behind the prefix are cleared. */
  static parse(text: string): AddressSpan | null {
    const [, address, prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? []
    if (address === undefined) return null
    const version = isIP(address)
    if (version === 0 || address.includes('%')) return null
    const bits = version === 4 ? 32 : 128
    const length = prefix === undefined ? bits : Number(prefix)
    if (length > bits) return null
    const host = (1n << BigInt(bits - length)) - 1n
    const from = valueOf(address, version) & (all ^ host)
    return new AddressSpan(from, from | host)
  }

  get first(): string {
    return textOf(this.#from)
  }

  get last(): string {
    return textOf(this.#to)
  }

  overlaps(other: AddressSpan): boolean {
    return this.#from <= other.#to && other.#from <= this.#to
  }
}

function valueOf(address: string, version: number): bigint {
  if (version === 4) return (0xffffn << 32n) | quad(address)
  const [head, tail = null] = address.split('::')
  const left = groups(head)
  const right = tail === null ? [] : groups(tail)
  const middle = Array.from({ length: 8 - left.length - right.length }, () => 0n)
  return [...left, ...middle, ...right].reduce((value, group) => (value << 16n) | group, 0n)
}

function quad(address: string): bigint {
  return address.split('.').reduce((value, part) => (value << 8n) | BigInt(part), 0n)
}

/** A last group may be dotted: `::ffff:192.0.2.1`. */
function groups(text: string): bigint[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [BigInt(`0x${group}`)]
    const value = quad(group)
    return [value >> 16n, value & 0xffffn]
  })
}

function textOf(value: bigint): string {
  const hex = value.toString(16).padStart(32, '0')
  return (hex.match(/.{4}/g) ?? []).join(':')
}
