/** Plain lists: for clouds that take a file, and for firewalls that fetch a list by themselves (external dynamic lists). */
import type { BlockName } from './block-list.ts'
import type { ScriptWriter } from './block-script.ts'
import { linesOf, namedOnly, safe, withWildcards } from './script-parts.ts'

type List = (names: readonly BlockName[]) => string[]

/** A list is the same text whatever it is for: of the removal the names that a block held, of a change nothing but a new list. */
function listWriter(
  about: Omit<ScriptWriter, 'full' | 'removal' | 'change' | 'extension' | 'number'> & {
    number?: number
    list: List
    /** The list of what is to be taken away is what the vendor's own "remove" takes; else an empty list is the removal. */
    removesByList: boolean
  },
): ScriptWriter {
  const { list, removesByList, number = null, ...rest } = about
  return {
    ...rest,
    number,
    extension: 'txt',
    full: ({ names }) => linesOf(list(names)),
    removal: ({ names }) => (removesByList ? linesOf(list(names)) : ''),
    change: null,
  }
}

const domains: List = (names) => names.map(({ name }) => safe(name))

export const zscaler = listWriter({
  id: 'zscaler',
  number: 120,
  aliases: ['zia'],
  vendor: 'Zscaler',
  product: 'Internet Access',
  release: 'ZIA 6.2',
  documentation: 'https://help.zscaler.com/zia/url-format-guidelines',
  use: 'Import into a custom URL category that a URL filtering rule blocks. The removal lists what to remove (PUT /urlCategories/{id}?action=REMOVE_FROM_LIST).',
  coverage: 'all-below',
  // a leading dot covers the domain and all below it
  list: (names) => names.map(({ name, below }) => `${below ? '.' : ''}${safe(name)}`),
  removesByList: true,
})

export const umbrella = listWriter({
  id: 'umbrella',
  aliases: ['cisco-umbrella', 'secure-access'],
  vendor: 'Cisco',
  product: 'Umbrella, Secure Access',
  release: '2026',
  documentation: 'https://docs.umbrella.com/deployment-umbrella/docs/add-destinations-in-bulk',
  use: 'Upload to a destination list that a DNS or web policy blocks; entries cover all names below. The removal lists what to delete.',
  coverage: 'all-below',
  list: domains,
  removesByList: true,
})

export const plain = listWriter({
  id: 'plain',
  aliases: ['domains', 'list'],
  vendor: 'any',
  product: 'Plain list of domains',
  release: 'one name a line',
  documentation: 'https://www.rfc-editor.org/rfc/rfc1123#section-2',
  use: 'For whatever takes a list of domains. The removal lists what to remove.',
  coverage: 'all-below',
  list: domains,
  removesByList: true,
})

export const hosts = listWriter({
  id: 'hosts',
  aliases: ['hosts-file'],
  vendor: 'any',
  product: 'hosts file',
  release: 'hosts(5)',
  documentation: 'https://man7.org/linux/man-pages/man5/hosts.5.html',
  use: 'Append to a hosts file; it holds single names, so those seen below a domain are named one by one.',
  coverage: 'named-only',
  list: (names) => namedOnly(names).map((name) => `0.0.0.0 ${name}`),
  removesByList: false,
})

/** What firewalls fetch from `/api/v1/block-lists/ID.txt`. */
export const externalLists: readonly ScriptWriter[] = [
  listWriter({
    id: 'edl-pan',
    aliases: ['edl'],
    vendor: 'Palo Alto Networks',
    product: 'External dynamic list of type URL list',
    release: 'PAN-OS 11.2',
    documentation:
      'https://docs.paloaltonetworks.com/pan-os/11-2/pan-os-admin/policy/use-an-external-dynamic-list-in-policy',
    use: 'Objects > External Dynamic Lists, type URL List, source /api/v1/block-lists/edl-pan.txt; name it in a URL filtering profile.',
    coverage: 'all-below',
    list: (names) => withWildcards(names).map((url) => `${url}/`),
    removesByList: false,
  }),
  listWriter({
    id: 'edl-fortinet',
    aliases: ['fortinet-threat-feed'],
    vendor: 'Fortinet',
    product: 'External connector (FortiGuard category or domain name)',
    release: 'FortiOS 7.6',
    documentation:
      'https://docs.fortinet.com/document/fortigate/7.6.0/administration-guide/9463/threat-feeds',
    use: 'Security Fabric > External Connectors, source /api/v1/block-lists/edl-fortinet.txt.',
    coverage: 'all-below',
    list: (names) => withWildcards(names),
    removesByList: false,
  }),
  listWriter({
    id: 'edl-domains',
    aliases: ['external-list'],
    vendor: 'any',
    product: 'External list of domains',
    release: 'one name a line',
    documentation: 'https://docs.pi-hole.net/database/domain-database/groups/',
    use: 'For whatever fetches a list of domains: source /api/v1/block-lists/edl-domains.txt.',
    coverage: 'all-below',
    list: domains,
    removesByList: false,
  }),
]
