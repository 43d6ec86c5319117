/**
 * Uploads in three steps, as Defender for Cloud Apps takes them: an address is given out, bytes are put there (whole, or in blocks as Azure's
 * clients do above 64 MB), and the file counts when it is finalised. Addresses carry their right in them and live an hour; what is never
 * finalised is deleted.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileLimits, publishLimits } from '../limits.ts'
import { ApiProblem } from './problem.ts'
import { labelOf } from './uploads.ts'

export interface ServedUpload {
  id: string
  secret: string
  fileName: string
  madeMs: number
  /** Files of the body, in order; empty = nothing was put. */
  files: string[]
  blocks: Map<string, { file: string; bytes: number }>
  bytes: number
  /** Answer of the finalise that took it: the same again gives the same. */
  done: { success: true; inputStreamId: string } | null
}

export class MdaUploads {
  readonly #folder: string
  readonly #now: () => number
  readonly #open = new Map<string, ServedUpload>()
  #serial = 0

  constructor(folder: string, now: () => number) {
    this.#folder = folder
    this.#now = now
  }

  /** What an earlier process left was never finalised. */
  async start(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true })
  }

  async issue(fileName: string): Promise<ServedUpload> {
    await this.#forgetOld()
    if (this.#open.size >= publishLimits.servedUploads)
      throw new ApiProblem(
        503,
        'UNAVAILABLE',
        'cannot give out more upload addresses; finalise some, or wait',
      )
    const id = randomBytes(16).toString('hex')
    const secret = randomBytes(32).toString('base64url')
    const upload: ServedUpload = {
      id,
      secret,
      fileName: labelOf(fileName),
      madeMs: this.#now(),
      files: [],
      blocks: new Map(),
      bytes: 0,
      done: null,
    }
    this.#open.set(id, upload)
    return upload
  }

  /** The upload behind an address; null when it is none of ours, or too old. */
  find(id: string, secret: string): ServedUpload | null {
    const upload = this.#open.get(id)
    if (upload === undefined || this.#now() - upload.madeMs > publishLimits.servedUploadMs)
      return null
    const [one, other] = [upload.secret, secret].map((text) =>
      createHash('sha256').update(text).digest(),
    )
    return timingSafeEqual(one, other) ? upload : null
  }

  /** The address as given out, whatever host it is asked by. */
  findUrl(url: string): ServedUpload | null {
    const parsed = URL.parse(url)
    const id = parsed?.pathname.split('/').at(-1) ?? ''
    return this.find(id, parsed?.searchParams.get('sig') ?? '')
  }

  /** The whole body; the same address again replaces it. */
  async put(upload: ServedUpload, body: Readable): Promise<void> {
    const { file, bytes } = await this.#write(upload, body, fileLimits.uploadBytes)
    await this.#drop(upload.files)
    upload.files = [file]
    upload.bytes = bytes
  }

  async putBlock(upload: ServedUpload, blockId: string, body: Readable): Promise<void> {
    let held = 0
    for (const block of upload.blocks.values()) held += block.bytes
    const written = await this.#write(upload, body, fileLimits.uploadBytes - held)
    const old = upload.blocks.get(blockId)
    if (old !== undefined) await this.#drop([old.file])
    upload.blocks.set(blockId, written)
  }

  /** The blocks of the list, in its order, are the body; all others go. */
  async putList(upload: ServedUpload, xml: string): Promise<void> {
    const ids = Array.from(
      xml.matchAll(/<(?:Latest|Uncommitted|Committed)>([^<]*)</g),
      ([, id]) => id,
    )
    const found = ids.map((id) => upload.blocks.get(id))
    if (ids.length === 0 || found.includes(undefined))
      throw new ApiProblem(
        400,
        'BAD_REQUEST',
        'cannot use this block list: InvalidBlockList; put all of its blocks first',
      )
    const blocks = found as { file: string; bytes: number }[]
    upload.files = blocks.map(({ file }) => file)
    upload.bytes = blocks.reduce((sum, { bytes }) => sum + bytes, 0)
    const kept = new Set(upload.files)
    await this.#drop(
      [...upload.blocks.values()].map(({ file }) => file).filter((file) => !kept.has(file)),
    )
    upload.blocks.clear()
  }

  body(upload: ServedUpload): Readable {
    const { files } = upload
    return Readable.from(
      (async function* () {
        for (const file of files) yield* createReadStream(file)
      })(),
      { objectMode: false },
    )
  }

  /** Its bytes are in the spool; the address stays known, so that the same finalise again gives the same answer. */
  async taken(upload: ServedUpload): Promise<void> {
    await this.#drop(upload.files)
    upload.files = []
  }

  async #write(
    upload: ServedUpload,
    body: Readable,
    maxBytes: number,
  ): Promise<{ file: string; bytes: number }> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const file = join(this.#folder, `${upload.id}-${++this.#serial}`)
    let bytes = 0
    const bound = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        bytes += chunk.length
        if (bytes <= maxBytes) return done(null, chunk)
        done(
          new ApiProblem(
            413,
            'TOO_LARGE',
            `cannot take more than ${fileLimits.uploadBytes} bytes; split the file`,
          ),
        )
      },
    })
    try {
      await pipeline(body, bound, createWriteStream(file, { mode: 0o600 }))
    } catch (error) {
      await this.#drop([file])
      throw error
    }
    return { file, bytes: (await stat(file)).size }
  }

  async #drop(files: readonly string[]): Promise<void> {
    for (const file of files) await rm(file, { force: true })
  }

  async #forgetOld(): Promise<void> {
    const oldest = this.#now() - publishLimits.servedUploadMs
    for (const [id, upload] of this.#open) {
      if (upload.madeMs > oldest) break
      this.#open.delete(id)
      await this.#drop([...upload.files, ...Array.from(upload.blocks.values(), ({ file }) => file)])
    }
  }
}
