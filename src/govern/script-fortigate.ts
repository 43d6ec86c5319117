/**
 * Fortinet FortiGate: a URL filter table and a web filter profile that uses it.
 * https://docs.fortinet.com/document/fortigate/7.6.0/cli-reference (config webfilter urlfilter)
 */
import type { BlockName } from './block-list.ts'
import type { ScriptWriter } from './block-script.ts'
import { head, linesOf, objectName, withWildcards } from './script-parts.ts'

/** The table's number: high, so that it meets none that an administrator made by counting up. */
const table = 9001

function entries(names: readonly BlockName[]): string[] {
  return withWildcards(names).flatMap((url, i) => [
    `        edit ${i + 1}`,
    `            set url "${url}"`,
    `            set type ${url.startsWith('*.') ? 'wildcard' : 'simple'}`,
    '            set action block',
    '        next',
  ])
}

function tableLines(names: readonly BlockName[]): string[] {
  return [
    'config webfilter urlfilter',
    `    delete ${table}`,
    `    edit ${table}`,
    `        set name "${objectName}"`,
    '        config entries',
    ...entries(names).map((line) => `    ${line}`),
    '        end',
    '    next',
    'end',
  ]
}

export const fortigate: ScriptWriter = {
  id: 'fortigate',
  number: 108,
  aliases: ['fortinet', 'fortios'],
  vendor: 'Fortinet',
  product: 'FortiGate',
  release: 'FortiOS 7.6',
  documentation: 'https://docs.fortinet.com/document/fortigate/7.6.0/cli-reference',
  extension: 'txt',
  use: 'Paste into the CLI (config vdom first, where there are VDOMs), then set webfilter-profile "gnomon-unsanctioned" and an SSL inspection profile in the firewall policies.',
  coverage: 'all-below',
  full: ({ names, nowMs }) =>
    linesOf([
      ...head('#', nowMs, names, []),
      'config webfilter profile',
      `    edit "${objectName}"`,
      '        config web',
      '            unset urlfilter-table',
      '        end',
      '    next',
      'end',
      ...tableLines(names),
      'config webfilter profile',
      `    edit "${objectName}"`,
      '        set comment "Unsanctioned apps, by Gnomon"',
      '        config web',
      `            set urlfilter-table ${table}`,
      '        end',
      '    next',
      'end',
    ]),
  removal: ({ names, nowMs }) =>
    linesOf([
      ...head('#', nowMs, names, [
        'takes the block away; unset webfilter-profile in the firewall policies first',
      ]),
      'config webfilter profile',
      `    delete "${objectName}"`,
      'end',
      'config webfilter urlfilter',
      `    delete ${table}`,
      'end',
    ]),
  // entries have numbers only: the table is written anew, the profile and the policies that use it stay
  change: null,
}
