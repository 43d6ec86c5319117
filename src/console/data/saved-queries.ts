/** Queries of the apps' table that somebody saved in this browser. */
import { appSearchKeys } from './app-filter.ts'
import type { AppSearch } from './app-filter.ts'

export interface Saved {
  name: string
  search: AppSearch
}

const mostKept = 50
export const nameCharacters = 60

/** What was kept, as far as it can be used: another version, or somebody by hand, may have written it. */
export function queriesOf(kept: string | null): Saved[] {
  try {
    const list: unknown = JSON.parse(kept ?? '[]')
    return Array.isArray(list) ? list.flatMap(queryOf).slice(0, mostKept) : []
  } catch {
    return []
  }
}

function queryOf(one: unknown): Saved[] {
  if (typeof one !== 'object' || one === null || !('name' in one) || !('search' in one)) return []
  const { name, search } = one
  if (typeof name !== 'string' || name === '' || typeof search !== 'object') return []
  return [{ name: name.slice(0, nameCharacters), search: filtersOf({ ...search }) }]
}

/** The filters and the order of an address, without its report and time. */
export function filtersOf(search: object): AppSearch {
  const all: Record<string, unknown> = { ...search }
  return Object.fromEntries(
    appSearchKeys.flatMap((key) => (typeof all[key] === 'string' ? [[key, all[key]]] : [])),
  )
}

/** The last one saved stands last; one of the same name is replaced. */
export function withQuery(all: readonly Saved[], query: Saved): Saved[] {
  return [...withoutQuery(all, query.name), query].slice(-mostKept)
}

export function withoutQuery(all: readonly Saved[], name: string): Saved[] {
  return all.filter((one) => one.name !== name)
}

/** A name to begin with: what is filtered by. */
export function nameOf({ sort: _sort, order: _order, ...filters }: AppSearch): string {
  return Object.values(filters).join(', ').slice(0, nameCharacters)
}
