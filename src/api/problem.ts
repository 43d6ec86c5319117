/** Errors as problem details (https://www.rfc-editor.org/rfc/rfc9457): a status, a stable code, a sentence. Never a stack. */
import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { OperatingError } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'
import type { Problem } from './schemas.ts'

/** Codes of the API's own problems; those of operating errors are in errors.ts. */
export const problemCodes = [
  'BAD_REQUEST',
  'CROSS_SITE',
  'UNAUTHORIZED',
  'SETUP_NEEDED',
  'CODE_NEEDED',
  'LOCKED',
  'FORBIDDEN',
  'NOT_FOUND',
  'METHOD_NOT_ALLOWED',
  'CONFLICT',
  'TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'UNPROCESSABLE',
  'TOO_MANY_REQUESTS',
  'UNAVAILABLE',
  'INTERNAL',
] as const
export type ProblemCode = (typeof problemCodes)[number]

/** A request that cannot be served, thrown by routes. */
export class ApiProblem extends Error {
  readonly status: number
  readonly code: ProblemCode

  constructor(status: number, code: ProblemCode, detail: string) {
    super(detail)
    this.name = 'ApiProblem'
    this.status = status
    this.code = code
  }
}

export function notFound(what: string): ApiProblem {
  return new ApiProblem(404, 'NOT_FOUND', `cannot find ${what}; check its name`)
}

/** The client's fault is 422, a full or missing part of the appliance 503, ours 500. */
const statusOfCode: Record<ErrorCode, number> = {
  CONFIG_INVALID: 422,
  CONFIG_UNREADABLE: 422,
  FILE_UNREADABLE: 422,
  ARCHIVE_REFUSED: 422,
  DEFINITION_INVALID: 422,
  CATALOG_INVALID: 422,
  GOVERN_REFUSED: 422,
  GOVERN_FAILED: 500,
  USAGE: 422,
  LISTENER_FAILED: 503,
  FTP_FAILED: 503,
  SPOOL_FULL: 503,
  SPOOL_UNUSABLE: 503,
  STORE_UNAVAILABLE: 503,
  STORE_LOCKED: 503,
  STORE_FAILED: 500,
  API_FAILED: 500,
  FEED_FAILED: 503,
  ACCESS_FAILED: 503,
  ACCESS_DENIED: 403,
  PLAYGROUND_REFUSED: 422,
  APPLIANCE_FAILED: 503,
  EXPORT_REFUSED: 422,
  EXPORT_BUSY: 503,
}

const codeOfStatus: Record<number, ProblemCode> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  413: 'TOO_LARGE',
  414: 'TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  422: 'UNPROCESSABLE',
  429: 'TOO_MANY_REQUESTS',
  431: 'TOO_LARGE',
  503: 'UNAVAILABLE',
}

/** The problem of anything thrown while a request was served. */
export function problemOf(error: unknown, requestId: string): Problem {
  const make = (status: number, code: string, detail: string): Problem => ({
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    code,
    detail,
    requestId,
  })
  if (error instanceof ApiProblem) return make(error.status, error.code, error.message)
  if (error instanceof OperatingError)
    return make(statusOfCode[error.code], error.code, error.message)
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.map((issue) => ({
      field: fieldOf(issue),
      message: issue.message ?? 'not valid',
    }))
    const { field, message } = errors[0]
    const detail = `cannot use ${field}: ${message}; see /api/v1/openapi.json`
    return { ...make(400, 'BAD_REQUEST', detail), errors }
  }
  const status = (error as Partial<FastifyError> | null)?.statusCode
  const code = status === undefined ? undefined : codeOfStatus[status]
  // Messages of the server's own refusals (FST_ERR_…) are about the request; all others may hold anything.
  if (status !== undefined && code !== undefined && error instanceof Error)
    return make(status, code, error.message)
  return make(
    500,
    'INTERNAL',
    `cannot answer: a fault of ours; see request ${requestId} in the log`,
  )
}

/** Zod names the keys it does not know in the message alone, and the place of a wrong value as a JSON pointer. */
function fieldOf(issue: { instancePath: string; params?: unknown }): string {
  const path = issue.instancePath.replace(/^\//, '').replaceAll('/', '.')
  const keys = (issue.params as { keys?: unknown } | undefined)?.keys
  if (path === '' && Array.isArray(keys)) return String(keys[0])
  return path === '' ? 'body' : path
}

/** Sends a problem; those of our own making are logged whole. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemOf(error, request.id)
  if (problem.status >= 500)
    request.log.error({ err: error, code: problem.code }, 'a request could not be answered')
  void reply
    .status(problem.status)
    .type('application/problem+json')
    .header('x-content-type-options', 'nosniff')
    .serializer(JSON.stringify)
  void reply.send(problem)
}
