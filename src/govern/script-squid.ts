/** Squid: an access list by domain, http://www.squid-cache.org/Doc/config/acl/ (dstdomain; a leading dot covers all below). */
import type { ScriptWriter } from './block-script.ts'
import { head, linesOf, safe } from './script-parts.ts'

export const squid: ScriptWriter = {
  id: 'squid',
  number: null,
  aliases: [],
  vendor: 'Squid',
  product: 'Squid',
  release: 'Squid 5, 6 and 7',
  documentation: 'http://www.squid-cache.org/Doc/config/acl/',
  extension: 'conf',
  use: 'Save as /etc/squid/conf.d/gnomon-unsanctioned.conf, included before the rules that allow; squid -k parse, then squid -k reconfigure.',
  coverage: 'all-below',
  full: ({ names, nowMs }) =>
    linesOf([
      ...head('#', nowMs, names, []),
      ...names.map(
        ({ name, below }) => `acl gnomon_unsanctioned dstdomain ${below ? '.' : ''}${safe(name)}`,
      ),
      ...(names.length === 0 ? [] : ['http_access deny gnomon_unsanctioned']),
    ]),
  removal: ({ nowMs }) =>
    linesOf(head('#', nowMs, [], ['nothing is denied: save in place of the block file'])),
  change: null,
}
