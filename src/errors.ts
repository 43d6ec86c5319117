/**
 * Operating errors: what the world did to us, said so that the reader knows what to do.
 * Our own bugs are not of this kind: they are asserted (node:assert) and stop the process.
 */

/** Every code an operating error can carry; one list, so that documents and tests can enumerate it. */
export const errorCodes = [
  'CONFIG_INVALID',
  'CONFIG_UNREADABLE',
  'FILE_UNREADABLE',
  'ARCHIVE_REFUSED',
  'LISTENER_FAILED',
  'FTP_FAILED',
  'SPOOL_FULL',
  'SPOOL_UNUSABLE',
  'DEFINITION_INVALID',
  'STORE_UNAVAILABLE',
  'STORE_LOCKED',
  'STORE_FAILED',
  'CATALOG_INVALID',
  'API_FAILED',
  'FEED_FAILED',
  'ACCESS_FAILED',
  'ACCESS_DENIED',
  'PLAYGROUND_REFUSED',
  'APPLIANCE_FAILED',
  'GOVERN_REFUSED',
  'GOVERN_FAILED',
  'EXPORT_REFUSED',
  'EXPORT_BUSY',
  'USAGE',
] as const

export type ErrorCode = (typeof errorCodes)[number]

/**
 * An error of operation. The message reads `cannot <verb> <thing>: <cause>; <what to do>`.
 *
 *     throw new OperatingError('FILE_UNREADABLE', `cannot read ${path}: no such file; check the path`, { cause })
 */
export class OperatingError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'OperatingError'
    this.code = code
  }
}

/** The text of anything thrown, for messages. */
export function causeOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
