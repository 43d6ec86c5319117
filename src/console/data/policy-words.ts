/** A policy in a sentence: what it is about, and what must be exceeded. */
import { formatBytes, formatCount, formatNoun, roundLabel } from '../../report/format.ts'
import type { Policy } from './govern-queries.ts'

const people = { users: 'user', addresses: 'address', devices: 'device' } as const
const plurals = { users: 'users', addresses: 'addresses', devices: 'devices' } as const
const volumes = { bytesTotal: 'of traffic', bytesUp: 'uploaded', bytesDown: 'downloaded' } as const

const some = (list: readonly string[], noun: string, plural = `${noun}s`): string =>
  list.length <= 2 ? list.join(' or ') : `one of ${formatNoun(list.length, noun, plural)}`

/** Which apps. */
export function aboutWords(policy: Policy): string {
  const { apps, categories, scoreMin, scoreBelow, tags, withoutTags, lacking } = policy
  const of = categories.length > 0 ? ` of ${some(categories, 'category', 'categories')}` : ''
  const conditions = [
    ...(scoreMin !== null ? [`scored ${scoreMin} or more`] : []),
    ...(scoreBelow !== null ? [`scored below ${scoreBelow}`] : []),
    ...(tags.length > 0 ? [`tagged ${some(tags, 'tag')}`] : []),
    ...(withoutTags.length > 0 ? [`not tagged ${some(withoutTags, 'tag')}`] : []),
    ...(lacking.length > 0 ? [`known to fulfil none of ${lacking.join(', ')}`] : []),
    ...(policy.newDays > 0 ? [`new in ${formatNoun(policy.newDays, 'day')}`] : []),
    ...(policy.sources.length > 0 ? [`seen by ${some(policy.sources, 'source')}`] : []),
    ...(policy.groups.length > 0 ? [`used by ${some(policy.groups, 'group')}`] : []),
  ]
  const whose =
    apps.length > 0
      ? formatNoun(apps.length, 'app')
      : of === '' && conditions.length === 0
        ? 'All apps'
        : 'Apps'
  return [`${whose}${of}`, ...conditions].join(', ')
}

/** What a day must exceed; all of it together. */
export function thresholdWords({ threshold }: Policy): string {
  const parts: string[] = []
  for (const [key, noun] of Object.entries(people)) {
    const bound = threshold[key as keyof typeof people]
    if (bound !== undefined)
      parts.push(formatNoun(bound, noun, plurals[key as keyof typeof plurals]))
  }
  if (threshold.transactions !== undefined)
    parts.push(`${formatCount(threshold.transactions)} transactions`)
  for (const [key, word] of Object.entries(volumes)) {
    const bound = threshold[key as keyof typeof volumes]
    if (bound !== undefined) parts.push(`${roundLabel(formatBytes(bound))} ${word}`)
  }
  return parts.length === 0 ? 'Any use at all' : `More than ${parts.join(' and ')} in a day`
}
