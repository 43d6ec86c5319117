/**
 * Resolvers: Unbound (pfSense and OPNsense use it) by local zones, and a response policy zone that BIND, Unbound, PowerDNS, Knot and
 * Infoblox read. https://nlnetlabs.nl/documentation/unbound/unbound.conf/ , https://datatracker.ietf.org/doc/draft-vixie-dnsop-dns-rpz/
 */
import type { ScriptWriter } from './block-script.ts'
import { head, linesOf, safe } from './script-parts.ts'

export const unbound: ScriptWriter = {
  id: 'unbound',
  number: null,
  aliases: ['pfsense', 'opnsense'],
  vendor: 'NLnet Labs',
  product: 'Unbound, pfSense, OPNsense',
  release: 'Unbound 1.17 and later',
  documentation: 'https://nlnetlabs.nl/documentation/unbound/unbound.conf/',
  extension: 'conf',
  use: 'Save as /etc/unbound/unbound.conf.d/gnomon.conf and unbound-control reload; in pfSense paste into Services > DNS Resolver > Custom options.',
  coverage: 'all-below',
  full: ({ names, nowMs }) =>
    linesOf([
      ...head('#', nowMs, names, []),
      'server:',
      ...names.flatMap(({ name, below }) =>
        below
          ? [`  local-zone: "${safe(name)}." always_nxdomain`]
          : // the name alone has no address, what stands below it is resolved
            [
              `  local-zone: "${safe(name)}." typetransparent`,
              `  local-data: "${safe(name)}. A 0.0.0.0"`,
              `  local-data: "${safe(name)}. AAAA ::"`,
            ],
      ),
    ]),
  removal: ({ nowMs }) =>
    linesOf([...head('#', nowMs, [], ['nothing is blocked: save in place of the block file'])]),
  change: null,
}

export const rpz: ScriptWriter = {
  id: 'rpz',
  number: null,
  aliases: ['bind', 'response-policy-zone'],
  vendor: 'ISC and others',
  product: 'Response policy zone',
  release: 'draft-vixie-dnsop-dns-rpz-00',
  documentation: 'https://datatracker.ietf.org/doc/draft-vixie-dnsop-dns-rpz/',
  extension: 'zone',
  use: 'Serve as zone gnomon.rpz: in BIND response-policy { zone "gnomon.rpz"; }, in Unbound an rpz: clause with this file.',
  coverage: 'all-below',
  full: ({ names, nowMs }) =>
    zone(
      names.flatMap(({ name, below }) => policy(name, below)),
      nowMs,
    ),
  removal: ({ nowMs }) => zone([], nowMs),
  change: null,
}

/** NXDOMAIN for the name, and for all below it. */
function policy(name: string, below: boolean): string[] {
  return [`${safe(name)} CNAME .`, ...(below ? [`*.${safe(name)} CNAME .`] : [])]
}

/** The serial grows with the time (RFC 1912 wants it to grow, not to be a date). */
function zone(records: readonly string[], nowMs: number): string {
  return linesOf([
    '$TTL 300',
    `@ IN SOA localhost. gnomon.localhost. ${Math.floor(nowMs / 1000)} 3600 600 86400 300`,
    '@ IN NS localhost.',
    ...records,
  ])
}
