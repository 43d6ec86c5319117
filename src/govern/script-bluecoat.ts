/**
 * Blue Coat (Symantec, Broadcom) ProxySG: a policy in the Content Policy Language, installed as the local policy file or a CPL layer.
 * https://techdocs.broadcom.com/us/en/symantec-security-software/web-and-network-security/edge-swg/7-4/content-policy-language.html
 */
import type { ScriptWriter } from './block-script.ts'
import { head, linesOf, safe } from './script-parts.ts'

export const bluecoat: ScriptWriter = {
  id: 'bluecoat',
  number: 102,
  aliases: ['blue-coat', 'proxysg', 'edge-swg'],
  vendor: 'Broadcom',
  product: 'Blue Coat ProxySG / Edge SWG',
  release: 'SGOS 7.4',
  documentation:
    'https://techdocs.broadcom.com/us/en/symantec-security-software/web-and-network-security/edge-swg/7-4/content-policy-language.html',
  extension: 'txt',
  use: 'Install as local policy file, or paste into a CPL layer. Installing a file without the layer takes the block away.',
  coverage: 'all-below',
  full: ({ names, nowMs }) =>
    linesOf([
      ...head(';', nowMs, names, []),
      '<Proxy> "gnomon-unsanctioned"',
      // url.domain= covers the domain and all below, url.host.exact= the one name
      ...names.map(({ name, below }) =>
        below ? `url.domain=${safe(name)} deny` : `url.host.exact=${safe(name)} deny`,
      ),
    ]),
  removal: ({ nowMs }) =>
    linesOf(head(';', nowMs, [], ['nothing is denied: install this in place of the block script'])),
  change: null,
}
