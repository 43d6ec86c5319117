/**
 * Check Point: a custom application/site and a rule that drops it, through the management API's mgmt_cli.
 * https://sc1.checkpoint.com/documents/latest/APIs/ (application-site, access-rule)
 */
import type { BlockName } from './block-list.ts'
import type { ScriptWriter } from './block-script.ts'
import { chunks, head, linesOf, objectName, withWildcards } from './script-parts.ts'

/** URLs of one command: a command line has its length. */
const perCommand = 100

const session = [
  'set -euo pipefail',
  'LAYER="${LAYER:-Network}"',
  'SID="$(mktemp)"',
  'trap \'mgmt_cli logout -s "$SID" >/dev/null || true; rm -f "$SID"\' EXIT',
  'mgmt_cli login -r true > "$SID"',
]
const publish = ['mgmt_cli publish -s "$SID"']

function urls(names: readonly BlockName[], verb: '' | '.add' | '.remove'): string[] {
  return chunks(withWildcards(names), perCommand).map((part) => {
    const list = part.map((url, i) => `url-list${verb}.${i + 1} "${url}"`).join(' ')
    return `mgmt_cli set application-site name "${objectName}" ${list} -s "$SID"`
  })
}

export const checkpoint: ScriptWriter = {
  id: 'checkpoint',
  number: null,
  aliases: ['check-point'],
  vendor: 'Check Point',
  product: 'Security Management',
  release: 'R81.20 and R82',
  documentation: 'https://sc1.checkpoint.com/documents/latest/APIs/',
  extension: 'sh',
  use: 'Run in expert mode on the management server (LAYER names the policy layer), then install the policy.',
  coverage: 'all-below',
  full({ names, nowMs }) {
    const [first, ...more] = chunks(withWildcards(names), perCommand)
    if (first === undefined) return linesOf(['#!/bin/bash', ...head('#', nowMs, names, [])])
    const list = first.map((url, i) => `url-list.${i + 1} "${url}"`).join(' ')
    return linesOf([
      '#!/bin/bash',
      ...head('#', nowMs, names, []),
      ...session,
      `mgmt_cli add application-site name "${objectName}" primary-category "Custom_Application_Site" urls-defined-as-regular-expression false ${list} -s "$SID"`,
      ...more.map(
        (part) =>
          `mgmt_cli set application-site name "${objectName}" ${part.map((url, i) => `url-list.add.${i + 1} "${url}"`).join(' ')} -s "$SID"`,
      ),
      `mgmt_cli add access-rule layer "$LAYER" position top name "${objectName}" service "${objectName}" action "Drop" track.type "Log" -s "$SID"`,
      ...publish,
    ])
  },
  removal: ({ names, nowMs }) =>
    linesOf([
      '#!/bin/bash',
      ...head('#', nowMs, names, ['takes the block away']),
      ...session,
      `mgmt_cli delete access-rule layer "$LAYER" name "${objectName}" -s "$SID"`,
      `mgmt_cli delete application-site name "${objectName}" -s "$SID"`,
      ...publish,
    ]),
  change: ({ names, added, removed, nowMs }) =>
    linesOf([
      '#!/bin/bash',
      ...head('#', nowMs, names, [`${added.length} added, ${removed.length} taken away`]),
      ...session,
      ...urls(added, '.add'),
      ...urls(removed, '.remove'),
      ...publish,
    ]),
}
