/** Finds and reads the one configuration file. */
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { OperatingError, causeOf } from '../errors.ts'
import { configLimits } from '../limits.ts'

/** Where the configuration lies when nobody says so. */
export const defaultConfigPath = '/etc/gnomon/gnomon.yaml'

/**
 * The configuration's path and text; null = there is none, which means defaults. Only the file at the usual place may be
 * missing: one that was named and is not there is a mistake. Throws OperatingError CONFIG_UNREADABLE.
 */
export async function locateConfig(options: {
  path?: string | undefined
  env: NodeJS.ProcessEnv
}): Promise<{ path: string; text: string } | null> {
  const named = options.path ?? (options.env['GNOMON_CONFIG'] || undefined)
  const path = named ?? defaultConfigPath
  try {
    return { path, text: await readText(path, configLimits.fileBytes) }
  } catch (cause) {
    if (path === defaultConfigPath && codeOf(cause) === 'ENOENT') return null
    const cure = options.path === undefined && named !== undefined ? 'GNOMON_CONFIG' : 'the path'
    throw new OperatingError(
      'CONFIG_UNREADABLE',
      `cannot read the configuration ${path}: ${causeOf(cause)}; check ${cure} and its permissions`,
      { cause },
    )
  }
}

/** The text of a small regular file (no pipe, no device), UTF-8 without its byte order mark. Throws plain errors. */
export async function readText(path: string, maxBytes: number): Promise<string> {
  // Not blocking: to open a pipe nobody writes to would wait for ever.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    if (!(await file.stat()).isFile()) throw new Error('not a regular file')
    const buffer = Buffer.alloc(maxBytes + 1)
    let length = 0
    while (length < buffer.length) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, null)
      if (bytesRead === 0) break
      length += bytesRead
    }
    if (length > maxBytes) throw new Error(`larger than ${maxBytes} bytes`)
    return decoded(buffer.subarray(0, length))
  } finally {
    await file.close()
  }
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new Error('not UTF-8 text', { cause })
  }
}

/** `ENOENT` and the like. */
export function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error ? String(error.code) : null
}
