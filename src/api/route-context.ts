/** What all routes share. */
import { z } from 'zod'
import type { ApiBackend } from './backend.ts'
import { problemSchema } from './schemas.ts'
import type { Uploads } from './uploads.ts'

export interface RouteContext {
  backend: ApiBackend
  uploads: Uploads
  now: () => number
  version: string
}

const problem = {
  description: 'A problem (RFC 9457)',
  content: { 'application/problem+json': { schema: problemSchema } },
}

/** What every route may answer. */
export const problems = { '4xx': problem, '5xx': problem } as const

/** The answers of a route: its own, and problems of the client's and of our making. */
export function answers<Schema extends z.ZodType, Status extends 200 | 202 = 200>(
  schema: Schema,
  status: Status = 200 as Status,
) {
  return { [status]: schema, '4xx': problem, '5xx': problem } as Record<Status, Schema> & {
    '4xx': typeof problem
    '5xx': typeof problem
  }
}

/** A page of rows. */
export function pageOf<Row extends z.ZodType>(row: Row) {
  return z.object({
    rows: z.array(row),
    total: z.int().min(0).describe('Over all pages'),
    page: z.int(),
    limit: z.int(),
  })
}
