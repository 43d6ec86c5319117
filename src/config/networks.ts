/** Addresses and networks, written in one way everywhere. */
import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net'

/**
 * The address as it is shown, compared and kept: an IPv4 address that came over an IPv6 socket (`::ffff:192.0.2.1`,
 * RFC 4291 section 2.5.5.2) is its IPv4 self; IPv6 is lower case. Text that is no address comes back unchanged.
 *
 *     normaliseAddress('::ffff:192.0.2.1') // '192.0.2.1'
 */
export function normaliseAddress(address: string): string {
  if (!isIPv6(address)) return address
  const lower = address.toLowerCase()
  return mappedIpv4(lower) ?? lower
}

/**
 * Compiles networks (CIDR or single addresses, checked by the configuration's schema) into one test. Addresses are
 * normalised first; the zone of a link-local address (`fe80::1%eth0`) does not matter; text that is no address is in
 * no network.
 */
export function compileNetworks(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const network of networks) addNetwork(list, network)
  return (address) => {
    const plain = normaliseAddress(withoutZone(address))
    const family = isIP(plain)
    return family !== 0 && list.check(plain, family === 4 ? 'ipv4' : 'ipv6')
  }
}

function addNetwork(list: BlockList, network: string): void {
  const slash = network.indexOf('/')
  const written = slash === -1 ? network : network.slice(0, slash)
  const address = normaliseAddress(written)
  const whole = isIPv4(address) ? 32 : 128
  let bits = slash === -1 ? whole : Number(network.slice(slash + 1))
  if (slash !== -1 && isIPv4(address) && isIPv6(written)) bits -= 96
  // A mapped network wider than ::ffff:0:0/96 stays IPv6; as IPv4 it would have less than no bits.
  if (bits < 0) list.addSubnet(written, bits + 96, 'ipv6')
  else list.addSubnet(address, bits, isIPv4(address) ? 'ipv4' : 'ipv6')
}

function withoutZone(address: string): string {
  const percent = address.indexOf('%')
  return percent === -1 ? address : address.slice(0, percent)
}

/** The IPv4 address inside `::ffff:a.b.c.d` or `::ffff:hhhh:hhhh`, else null. */
function mappedIpv4(address: string): string | null {
  if (!address.startsWith('::ffff:')) return null
  const rest = address.slice(7)
  if (isIPv4(rest)) return rest
  const parts = rest.split(':')
  if (parts.length !== 2) return null
  const high = Number.parseInt(parts[0], 16)
  const low = Number.parseInt(parts[1], 16)
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
}
