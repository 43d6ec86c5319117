/** A long list as pages see it: the rows that are here, how many there are, and what fetches the next. */
import { useInfiniteQuery } from '@tanstack/react-query'
import type { InfiniteData, UseInfiniteQueryOptions } from '@tanstack/react-query'
import { useCallback, useMemo } from 'react'
import type { Query } from './ask.ts'
import type { Rows } from './queries.ts'

export function usePages<Page extends Rows<unknown>>(
  asked: UseInfiniteQueryOptions<Page, Error, InfiniteData<Page>, (string | Query)[], number>,
) {
  const pages = useInfiniteQuery(asked)
  const { data, hasNextPage, isFetching, fetchNextPage } = pages
  const rows = useMemo<Page['rows']>(() => data?.pages.flatMap((page) => page.rows) ?? [], [data])
  const more = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage()
  }, [hasNextPage, isFetching, fetchNextPage])
  return { pages, rows, more, total: data?.pages[0].total }
}
