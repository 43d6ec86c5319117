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
  const draft = await tell<{ text: string }>('POST', '/config/draft', { text, changes })
  return draft.text
}
