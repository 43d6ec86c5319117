/**
 * Juniper SRX: URL patterns, a custom category and local web filtering, as set commands.
 * https://www.juniper.net/documentation/us/en/software/junos/utm/topics/topic-map/security-utm-web-filtering-local.html
 * Patterns with a wildcard must begin with http://; they hold for HTTPS by the name in the handshake.
 */
import { governLimits } from '../limits.ts'
import type { BlockName } from './block-list.ts'
import type { ScriptWriter } from './block-script.ts'
import { chunks, head, linesOf, objectName, withWildcards } from './script-parts.ts'

/** `gnomon-unsanctioned-1`, …: names of pattern lists have 29 characters at most. */
const listOf = (i: number): string => `${objectName}-${i + 1}`

function patterns(names: readonly BlockName[]): string[][] {
  const all = withWildcards(names).map((name) => `http://${name}`)
  return chunks(all, governLimits.srxPatternsPerList).slice(0, governLimits.srxLists)
}

function warning(names: readonly BlockName[]): string[] {
  const room = governLimits.srxPatternsPerList * governLimits.srxLists
  const all = withWildcards(names).length
  return all <= room ? [] : [`ONLY ${room} of ${all} patterns fit into one category of an SRX`]
}

const custom = 'security utm custom-objects'
const profile = `security utm feature-profile web-filtering juniper-local profile ${objectName}`

function removalLines(): string[] {
  return [
    `delete security utm utm-policy ${objectName}`,
    `delete ${profile}`,
    `delete ${custom} custom-url-category ${objectName}`,
    `wildcard delete ${custom} url-pattern ${objectName}-*`,
  ]
}

export const juniperSrx: ScriptWriter = {
  id: 'juniper-srx',
  number: 129,
  aliases: ['srx', 'juniper'],
  vendor: 'Juniper',
  product: 'SRX',
  release: 'Junos 23.4',
  documentation:
    'https://www.juniper.net/documentation/us/en/software/junos/utm/topics/topic-map/security-utm-web-filtering-local.html',
  extension: 'txt',
  use: 'load set terminal in configuration mode, then name utm-policy gnomon-unsanctioned in the permit action of the security policies, commit check, commit.',
  coverage: 'all-below',
  full: ({ names, nowMs }) =>
    linesOf([
      ...head('#', nowMs, names, warning(names)),
      ...(names.length === 0
        ? []
        : [
            ...patterns(names).flatMap((list, i) =>
              list.map((url) => `set ${custom} url-pattern ${listOf(i)} value ${url}`),
            ),
            ...patterns(names).map(
              (_, i) => `set ${custom} custom-url-category ${objectName} value ${listOf(i)}`,
            ),
            'set security utm default-configuration web-filtering type juniper-local',
            `set ${profile} category ${objectName} action block`,
            `set ${profile} default permit`,
            `set security utm utm-policy ${objectName} web-filtering http-profile ${objectName}`,
          ]),
    ]),
  removal: ({ names, nowMs }) =>
    linesOf([
      ...head('#', nowMs, names, [
        'takes the block away; delete utm-policy in the security policies first',
      ]),
      ...removalLines(),
    ]),
  // a name may have moved to another pattern list: the lists are written anew, the policy that uses them stays
  change: ({ names, added, removed, nowMs }) =>
    linesOf([
      ...head('#', nowMs, names, [`${added.length} added, ${removed.length} taken away`]),
      `wildcard delete ${custom} url-pattern ${objectName}-*`,
      `delete ${custom} custom-url-category ${objectName}`,
      ...patterns(names).flatMap((list, i) =>
        list.map((url) => `set ${custom} url-pattern ${listOf(i)} value ${url}`),
      ),
      ...patterns(names).map(
        (_, i) => `set ${custom} custom-url-category ${objectName} value ${listOf(i)}`,
      ),
    ]),
}
