/** The configuration: its file, what it may hold, what a change would do. */
import { queryOptions } from '@tanstack/react-query'
import type { z } from 'zod'
import type { configCheckSchema, configFileSchema } from '../../api/routes-config.ts'
import type { Shape } from '../../config/shape.ts'
import { ask, tell } from './ask.ts'

export type { Shape }
export type ConfigFile = z.infer<typeof configFileSchema>
export type ConfigCheck = z.infer<typeof configCheckSchema>

export interface ConfigChange {
  path: (string | number)[]
  /** null = taken away. */
  value: unknown
}

/** 404 where there is no file: a demo, or an appliance on defaults. */
export const configFileQuery = queryOptions({
  queryKey: ['config-file'],
  queryFn: ({ signal }) => ask<ConfigFile>('/config/file', {}, { signal }),
  retry: false,
})

export const configSchemaQuery = queryOptions({
  queryKey: ['config-schema'],
  queryFn: ({ signal }) => ask<Shape>('/config/schema', {}, { signal }),
  staleTime: Infinity,
})

export function configCheckQuery(text: string, revision: string) {
  return queryOptions({
    queryKey: ['config-check', text, revision],
    queryFn: () => tell<ConfigCheck>('POST', '/config/check', { text }),
    staleTime: Infinity,
    retry: false,
  })
}

export async function draftOf(text: string, changes: readonly ConfigChange[]): Promise<string> {
  const draft = await tell<{ text: string }>('POST', '/config/draft', {
    text,
    changes: inOrder(changes),
  })
  return draft.text
}

/**
 * Entries of lists are named by their place: they are taken away when all else is done, the last one first, and added in their order.
 * What would be changed in an entry that goes is left out.
 */
export function inOrder(changes: readonly ConfigChange[]): ConfigChange[] {
  const gone = changes.filter(({ path, value }) => value === null && isPlace(path))
  const within = ({ path }: ConfigChange): boolean =>
    gone.some((entry) => entry.path.every((key, index) => path[index] === key))
  const place = ({ path }: ConfigChange): number =>
    path.findLast((key) => typeof key === 'number') ?? -1
  return [
    ...changes.filter((change) => !within(change)).toSorted((a, b) => place(a) - place(b)),
    ...gone.toSorted((a, b) => place(b) - place(a)),
  ]
}

const isPlace = (path: ConfigChange['path']): boolean => typeof path.at(-1) === 'number'
