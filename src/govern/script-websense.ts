/**
 * Websense / Forcepoint Content Gateway: rules of filter.config.
 * https://www.websense.com/content/support/library/web/v85/wcg_help/filtconf.aspx
 */
import type { ScriptWriter } from './block-script.ts'
import { head, linesOf, safe } from './script-parts.ts'

export const websense: ScriptWriter = {
  id: 'websense',
  number: 135,
  aliases: ['forcepoint'],
  vendor: 'Forcepoint',
  product: 'Websense / Forcepoint Content Gateway',
  release: '8.5',
  documentation: 'https://www.websense.com/content/support/library/web/v85/wcg_help/filtconf.aspx',
  extension: 'txt',
  use: 'Put into filter.config above rules that allow, then run content_line -x.',
  coverage: 'all-below',
  full: ({ names, nowMs }) =>
    linesOf([
      ...head('#', nowMs, names, []),
      ...names.flatMap(({ name, below }) => [
        `dest_host=${safe(name)} action=deny`,
        ...(below ? [`dest_domain=${safe(name)} action=deny`] : []),
      ]),
    ]),
  removal: ({ nowMs }) =>
    linesOf(head('#', nowMs, [], ['nothing is denied: put this in place of the rules before'])),
  change: null,
}
