/**
 * Palo Alto Networks PAN-OS: a custom URL category and a rule that denies it, as set commands of configuration mode.
 * https://docs.paloaltonetworks.com/advanced-url-filtering/administration/configuring-url-filtering/url-category-exceptions
 * An entry ends with a slash, or `example.com` would fit `example.com.evil.example` too.
 */
import type { BlockName } from './block-list.ts'
import type { ScriptWriter } from './block-script.ts'
import { head, linesOf, objectName, withWildcards } from './script-parts.ts'

const list = (verb: 'set' | 'delete', names: readonly BlockName[]): string[] =>
  withWildcards(names).map(
    (url) => `${verb} profiles custom-url-category ${objectName} list "${url}/"`,
  )

export const paloAlto: ScriptWriter = {
  id: 'palo-alto',
  number: 112,
  aliases: ['pan-os', 'paloalto'],
  vendor: 'Palo Alto Networks',
  product: 'PAN-OS',
  release: 'PAN-OS 11.2',
  documentation:
    'https://docs.paloaltonetworks.com/advanced-url-filtering/administration/configuring-url-filtering/url-category-exceptions',
  extension: 'txt',
  use: 'Paste in configuration mode (set cli scripting-mode on; configure), look at it with show, then commit.',
  coverage: 'all-below',
  full: ({ names, nowMs }) =>
    linesOf([
      ...head('#', nowMs, names, []),
      `set profiles custom-url-category ${objectName} description "Unsanctioned apps, by Gnomon"`,
      `set profiles custom-url-category ${objectName} type "URL List"`,
      ...list('set', names),
      ...(names.length === 0
        ? []
        : [
            `set rulebase security rules ${objectName} from any to any source any destination any`,
            `set rulebase security rules ${objectName} source-user any application any service any`,
            `set rulebase security rules ${objectName} category ${objectName} action deny log-end yes`,
            `move rulebase security rules ${objectName} top`,
          ]),
    ]),
  removal: ({ names, nowMs }) =>
    linesOf([
      ...head('#', nowMs, names, ['takes the block away']),
      `delete rulebase security rules ${objectName}`,
      `delete profiles custom-url-category ${objectName}`,
    ]),
  change: ({ names, added, removed, nowMs }) =>
    linesOf([
      ...head('#', nowMs, names, [`${added.length} added, ${removed.length} taken away`]),
      ...list('set', added),
      ...list('delete', removed),
    ]),
}
