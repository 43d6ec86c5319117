/** What one file may unpack to, over all its members and layers, and how a refusal reads. */
import { causeOf, OperatingError } from '../errors.ts'
import { fileLimits } from '../limits.ts'

/** Bounds that tests make small; the rest comes from `fileLimits`. */
export interface ArchiveLimits {
  archiveDepth: number
  archiveMembers: number
  expansionRatio: number
  bombFloorBytes: number
}

/** Counts what one file unpacks to. Every method throws ARCHIVE_REFUSED when its bound is hit. */
export class ArchiveBounds {
  readonly name: string
  readonly #limits: ArchiveLimits
  readonly #packedBytes: () => number
  #unpackedBytes = 0
  #members = 0

  /** `packedBytes` tells the size of the file, or what was read of it when its size is not known before. */
  constructor(name: string, packedBytes: () => number, limits: ArchiveLimits = fileLimits) {
    this.name = name
    this.#packedBytes = packedBytes
    this.#limits = limits
  }

  /** Bytes that came out of a decompressor. Nested layers count each, so that the work is bounded too. */
  unpacked(bytes: number): void {
    this.#unpackedBytes += bytes
    const { bombFloorBytes, expansionRatio } = this.#limits
    if (this.#unpackedBytes <= bombFloorBytes) return
    if (this.#unpackedBytes <= expansionRatio * this.#packedBytes()) return
    throw this.refusal(
      `it unpacks to more than ${expansionRatio} times its size, as archive bombs do`,
      'if it is a log, unpack it and send it as it is',
    )
  }

  /** One more member. */
  member(): void {
    this.#members++
    this.announced(0)
  }

  /** An archive says how many members it has: too many are refused before anything is unpacked. */
  announced(count: number): void {
    const { archiveMembers } = this.#limits
    if (this.#members + count <= archiveMembers) return
    throw this.refusal(`it has more than ${archiveMembers} members`, 'send it in several archives')
  }

  depth(depth: number): void {
    const { archiveDepth } = this.#limits
    if (depth <= archiveDepth) return
    throw this.refusal(
      `it has archives in archives more than ${archiveDepth} deep`,
      'unpack the outer ones',
    )
  }

  /** `cannot read NAME: WHY; CURE` */
  refusal(why: string, cure: string, cause?: unknown): OperatingError {
    return new OperatingError('ARCHIVE_REFUSED', `cannot read ${this.name}: ${why}; ${cure}`, {
      cause,
    })
  }

  /** Work of an archive's reader: what it throws becomes the refusal. */
  async guard<T>(kind: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw this.damaged(kind, error)
    }
  }

  /** The refusal for what a decompressor or zip reader said. */
  damaged(kind: string, error: unknown): OperatingError {
    if (error instanceof OperatingError) return error
    if (causeOf(error).includes('encrypt'))
      return this.refusal('it is encrypted', 'send it without a password', error)
    const ended = isEnd(error)
    const why = ended ? `its ${kind} data end too early` : `its ${kind} data are damaged`
    const cause = ended ? '' : ` (${label(causeOf(error))})`
    return this.refusal(why + cause, 'send the whole file again', error)
  }
}

function isEnd(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'Z_BUF_ERROR'
}

/** A name from outside, fit for messages and labels: no control characters, no line breaks, bounded. */
export function label(name: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is taken out
  const clean = name.replaceAll(
    /[\u0000-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069]/g,
    '?',
  )
  return clean.length <= fileLimits.labelCharacters
    ? clean
    : `${clean.slice(0, fileLimits.labelCharacters - 1)}…`
}
