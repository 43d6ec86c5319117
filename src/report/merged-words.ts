/** The joined view in words, for HTML and terminal alike: how far the two views overlap, and how fresh the hours are. */
import { formatCount, formatNoun, formatShare, formatTime } from './format.ts'
import type { Freshness } from './freshness.ts'
import type { Overlap, SourceOverlap } from './overlap.ts'

/** `good` needs no action. */
export interface MergedFact {
  level: 'good' | 'attention'
  text: string
}

/** `device 0 % → 83 %`: as its own lines tell, and after the merge. */
export function beforeAfter(before: number | null, after: number | null): string {
  return `${formatShare(before)} → ${formatShare(after)}`
}

/** What the merge did to a source's transactions, as one sentence without its name. */
export function sourceOverlapText(source: SourceOverlap): string {
  const { transactions, withAgent, ownDevice, withDevice, ownUser, withUser } = source
  return `${formatNoun(transactions, 'transaction')}, ${formatShare(withAgent)} seen by an agent too; device ${beforeAfter(ownDevice, withDevice)}, user ${beforeAfter(ownUser, withUser)}.`
}

/** What only one of the two views knows. */
export function overlapFacts(overlap: Overlap): MergedFact[] {
  const { unknownAddressCount, unseenDeviceCount, prerequisites } = overlap
  const { met, notMet, unknown } = prerequisites
  return [
    {
      level: unknownAddressCount === 0 ? 'good' : 'attention',
      text:
        unknownAddressCount === 0
          ? 'All traffic on the network is of devices with an agent.'
          : `${formatNoun(unknownAddressCount, 'address', 'addresses')} had traffic of no agent’s device: ${kinds(overlap)}.`,
    },
    {
      level: unseenDeviceCount === 0 ? 'good' : 'attention',
      text:
        unseenDeviceCount === 0
          ? 'Every device of an agent was seen on the network.'
          : `${formatNoun(unseenDeviceCount, 'device')} of agents ${unseenDeviceCount === 1 ? 'was' : 'were'} never seen on the network.`,
    },
    ...(met + notMet + unknown === 0
      ? []
      : [
          {
            level: notMet === 0 ? 'good' : 'attention',
            text: `Prerequisites for discovery: ${formatNoun(met, 'device')} ${met === 1 ? 'meets' : 'meet'} them, ${formatCount(notMet)} ${notMet === 1 ? 'does' : 'do'} not, of ${formatCount(unknown)} the feed does not tell enough.`,
          } as const,
        ]),
  ]
}

/** How many of the listed addresses are what, most first. */
function kinds({ unknownAddresses }: Overlap): string {
  const counts = new Map<string, number>()
  for (const { guess, otherwise } of unknownAddresses) {
    const kind = otherwise > 0 ? 'an agent’s device at other times' : guess
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  return [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .map(([guess, count]) => `${formatCount(count)} ${guess}`)
    .join(', ')
}

/** How fresh the hours are: counts, then each gap. None without hours. */
export function freshnessFacts({
  hours,
  complete,
  waiting,
  incomplete,
  agents,
}: Freshness): MergedFact[] {
  if (hours.length === 0) return []
  const parts = [
    `${formatCount(complete)} of ${formatNoun(hours.length, 'hour')} ${complete === 1 ? 'is' : 'are'} complete`,
    ...(waiting === 0 ? [] : [`${formatCount(waiting)} may still change`]),
    ...(incomplete === 0
      ? []
      : [`${formatCount(incomplete)} ${incomplete === 1 ? 'lacks' : 'lack'} rows of agents`]),
  ]
  return [
    { level: incomplete === 0 ? 'good' : 'attention', text: `${parts.join(', ')}.` },
    ...agents.map(({ source, newest, gaps }): MergedFact => {
      const last = `${source}: newest row ${formatTime(newest)}`
      if (gaps.length === 0) return { level: 'good', text: `${last}, no gap.` }
      const shown = gaps
        .slice(-gapsShown)
        .map(({ from, to }) => `${formatTime(from)} to ${formatTime(to)} UTC`)
      const more =
        gaps.length > shown.length ? ` and ${formatCount(gaps.length - shown.length)} before` : ''
      return {
        level: 'attention',
        text: `${last}; it tells nothing of ${shown.join(', ')}${more}.`,
      }
    }),
  ]
}

/** Gaps that are named, the newest. */
const gapsShown = 5
