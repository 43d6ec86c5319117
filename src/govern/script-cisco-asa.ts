/**
 * Cisco ASA: FQDN network objects in a group that an access list denies.
 * https://www.cisco.com/c/en/us/td/docs/security/asa/asa920/configuration/firewall/asa-920-firewall-config/access-objects.html
 * An ASA resolves each name itself and knows no wildcard: names that were seen below a domain are named one by one.
 */
import { createHash } from 'node:crypto'
import type { BlockName } from './block-list.ts'
import type { ScriptWriter } from './block-script.ts'
import { head, linesOf, namedOnly, objectName, safe } from './script-parts.ts'

const accessList = 'gnomon-block'

/** Names of objects have 64 characters at most. */
function objectOf(name: string): string {
  const full = `gnomon-${safe(name)}`
  if (full.length <= 64) return full
  return `${full.slice(0, 55)}-${createHash('sha256').update(name).digest('hex').slice(0, 8)}`
}

function define(names: readonly string[]): string[] {
  return names.flatMap((name) => [`object network ${objectOf(name)}`, ` fqdn ${safe(name)}`])
}

function members(names: readonly string[], no = ''): string[] {
  if (names.length === 0) return []
  return [
    `object-group network ${objectName}`,
    ...names.map((name) => ` ${no}network-object object ${objectOf(name)}`),
  ]
}

function undefine(names: readonly string[]): string[] {
  return names.map((name) => `no object network ${objectOf(name)}`)
}

const without = (names: readonly string[], others: readonly BlockName[]): string[] => {
  const kept = new Set(namedOnly(others))
  return names.filter((name) => !kept.has(name))
}

export const ciscoAsa: ScriptWriter = {
  id: 'cisco-asa',
  number: 104,
  aliases: ['asa'],
  vendor: 'Cisco',
  product: 'ASA',
  release: '9.20',
  documentation:
    'https://www.cisco.com/c/en/us/td/docs/security/asa/asa920/configuration/firewall/asa-920-firewall-config/access-objects.html',
  extension: 'txt',
  use: 'Paste in configuration mode. The ASA needs a DNS server (dns domain-lookup, dns server-group). Where an access list already stands inbound on the inside interface, put the deny line at its top and leave the last three lines away.',
  coverage: 'named-only',
  full({ names, nowMs }) {
    const all = namedOnly(names)
    if (all.length === 0) return linesOf(head('!', nowMs, names, ['nothing to block']))
    return linesOf([
      ...head('!', nowMs, names, ['an ASA blocks the names below, not all names under them']),
      ...define(all),
      ...members(all),
      `access-list ${accessList} extended deny ip any object-group ${objectName} log`,
      `access-list ${accessList} extended permit ip any any`,
      `access-group ${accessList} in interface inside`,
    ])
  },
  removal({ names, nowMs }) {
    return linesOf([
      ...head('!', nowMs, names, ['takes the block away']),
      `no access-group ${accessList} in interface inside`,
      `clear configure access-list ${accessList}`,
      `no object-group network ${objectName}`,
      ...undefine(namedOnly(names)),
    ])
  },
  change({ names, added, removed, nowMs }) {
    const gone = without(namedOnly(removed), names)
    const fresh = namedOnly(added)
    return linesOf([
      ...head('!', nowMs, names, [`${fresh.length} added, ${gone.length} taken away`]),
      ...define(fresh),
      ...members(fresh),
      ...members(gone, 'no '),
      ...undefine(gone),
    ])
  },
}
