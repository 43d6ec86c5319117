/** What the freshness of the hours says of each feed of agents: up to when it told, and whether it is late. */
import type { Freshness, HourFreshness } from '../../report/freshness.ts'

type HourState = HourFreshness['state']

/** In the order of the page, with what each means. */
export const hourWords = {
  complete: { word: 'Complete', means: 'merged, and every feed has told of them' },
  waiting: {
    word: 'May still change',
    means: 'running, not merged yet, or a feed is not that far',
  },
  incomplete: { word: 'Lack rows', means: 'a feed of agents tells nothing of them' },
} as const satisfies Record<HourState, { word: string; means: string }>

export const hourStates = Object.keys(hourWords) as HourState[]

export interface FeedFreshness {
  source: string
  /** Null = no row in these hours. */
  newest: string | null
  /** It should have told more by now. */
  late: boolean
  /** Hours that lack its rows. */
  lacks: number
}

/** The late ones first, then by name; a source that is missed and told nothing at all is one of them. */
export function feedsOf({ agents, hours }: Pick<Freshness, 'agents' | 'hours'>): FeedFreshness[] {
  const lacks = new Map<string, number>()
  for (const { missing } of hours)
    for (const source of missing) lacks.set(source, (lacks.get(source) ?? 0) + 1)
  const told = agents.map(({ source, newest, gaps }): FeedFreshness => {
    const last = gaps.at(-1)
    const late = last !== undefined && Date.parse(last.from) >= Date.parse(newest)
    return { source, newest, late, lacks: lacks.get(source) ?? 0 }
  })
  const mute = [...lacks]
    .filter(([source]) => !agents.some((agent) => agent.source === source))
    .map(([source, count]): FeedFreshness => ({ source, newest: null, late: true, lacks: count }))
  return [...told, ...mute].toSorted(
    (a, b) => Number(b.late) - Number(a.late) || (a.source < b.source ? -1 : 1),
  )
}
