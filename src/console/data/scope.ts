/** Which report, source and time the pages are about. It stands in the address, so that a link shows the same. */
import { useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'
import type { Query } from './ask.ts'

export const ranges = {
  '24h': 'Last 24 hours',
  '7d': 'Last 7 days',
  '30d': 'Last 30 days',
  '90d': 'Last 90 days',
  all: 'All time',
  own: 'Own range',
} as const
export type Range = keyof typeof ranges

const hourMs = 3_600_000
const hours: Partial<Record<Range, number>> = { '24h': 24, '7d': 168, '30d': 720, '90d': 2160 }

/** As in the address: text, or not there. */
export interface ScopeSearch {
  report?: string
  source?: string
  range?: Range
  from?: string
  to?: string
}

/** What an address may hold for the scope; anything else in it is left out. */
export function scopeSearch(search: Record<string, unknown>): ScopeSearch {
  const { report, source, range, from, to } = search
  return {
    ...(typeof report === 'string' && report !== '' ? { report } : {}),
    ...(typeof source === 'string' && source !== '' ? { source } : {}),
    ...(typeof range === 'string' && range in ranges ? { range: range as Range } : {}),
    ...(isTime(from) ? { from } : {}),
    ...(isTime(to) ? { to } : {}),
  }
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value))
}

export interface Scope {
  report: string
  source: string | null
  range: Range
  from: string | null
  to: string | null
  /** For the API. */
  query: Query
}

/** A snapshot is looked at whole, the continuous report over 30 days, unless the address says otherwise. */
export function scopeOf(search: ScopeSearch, nowMs: number): Scope {
  const report = search.report ?? 'continuous'
  const range = search.range ?? (report === 'continuous' ? '30d' : 'all')
  const source = search.source ?? null
  const back = hours[range]
  // Whole hours: usage is kept by the hour, and the same question an instant later is the same question.
  const endMs = Math.ceil(nowMs / hourMs) * hourMs
  const from =
    range === 'own'
      ? (search.from ?? null)
      : back === undefined
        ? null
        : new Date(endMs - back * hourMs).toISOString()
  const to = range === 'own' ? (search.to ?? null) : null
  return { report, source, range, from, to, query: { report, source, from, to } }
}

/** What stands in the address, as the page's route lets it through. */
export function useAddress<Search>(): Search {
  const search: unknown = useSearch({ strict: false })
  return search as Search
}

export function useScope(): Scope {
  const search = useAddress<ScopeSearch>()
  const hour = Math.floor(Date.now() / 60_000)
  const { report, source, range, from, to } = search
  return useMemo(
    () =>
      scopeOf(
        {
          ...(report === undefined ? {} : { report }),
          ...(source === undefined ? {} : { source }),
          ...(range === undefined ? {} : { range }),
          ...(from === undefined ? {} : { from }),
          ...(to === undefined ? {} : { to }),
        },
        hour * 60_000,
      ),
    [report, source, range, from, to, hour],
  )
}
