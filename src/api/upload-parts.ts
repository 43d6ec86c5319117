/**
 * Uploads by parts, for files that one request would not bring over: opened with their size, then filled at offsets, in the manner of
 * tus (https://tus.io/protocols/resumable-upload). What arrived lies in the data folder and outlives a broken line, a reload of the
 * page and a restart; what nobody goes on with is deleted, and counted.
 */
import {
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  statfs,
  writeFile,
} from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { z } from 'zod'
import { causeOf } from '../errors.ts'
import { chunksOf, writeAll } from '../intake/archive-source.ts'
import { apiLimits, fileLimits } from '../limits.ts'
import { ApiProblem } from './problem.ts'

const keptSchema = z.object({
  id: z.uuid(),
  /** Account, or what stands for one: nobody else goes on with it. */
  owner: z.string(),
  name: z.string(),
  source: z.string().nullable(),
  report: z.string(),
  title: z.string().nullable(),
  sizeBytes: z.int().min(1).max(fileLimits.uploadBytes),
  /** When the file was changed last, as its owner's machine says: with name and size it tells whether it is the same file. */
  modifiedMs: z.number().nullable(),
  startedMs: z.number(),
})
export type KeptUpload = z.infer<typeof keptSchema>

export interface PartialUpload {
  readonly kept: KeptUpload
  /** In the file, and synced. The next part begins here. */
  receivedBytes: number
  /** Of the last part. */
  touchedMs: number
  /** Whole, and on its way into the spool. */
  taking: boolean
}

interface Writing {
  body: Readable
  done: Promise<void>
}

export class UploadParts {
  readonly #folder: string
  readonly #now: () => number
  readonly #open = new Map<string, PartialUpload>()
  readonly #writing = new Map<string, Writing>()
  #abandoned = 0

  constructor(folder: string, now: () => number) {
    this.#folder = folder
    this.#now = now
  }

  /** Takes up what an earlier process left; gives the uploads that are whole and were not taken yet. */
  async start(): Promise<PartialUpload[]> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const names = await readdir(this.#folder)
    for (const name of names) {
      const id = name.split('.', 1)[0]
      if (name === `${id}.json`) {
        const upload = await this.#readKept(id)
        if (upload !== null) this.#open.set(id, upload)
      }
    }
    for (const name of names)
      if (!this.#open.has(name.split('.', 1)[0]))
        await rm(join(this.#folder, name), { force: true })
    return [...this.#open.values()].filter(isWhole)
  }

  async #readKept(id: string): Promise<PartialUpload | null> {
    try {
      const kept = keptSchema.parse(
        JSON.parse(await readFile(join(this.#folder, `${id}.json`), 'utf8')),
      )
      const { size, mtimeMs } = await stat(this.pathOf(id))
      return kept.id === id
        ? { kept, receivedBytes: size, touchedMs: mtimeMs, taking: false }
        : null
    } catch {
      // half made when the process ended, or damaged: nothing was promised of it but to try again
      return null
    }
  }

  /** Throws 413, and 503 when there are too many or the disk has no room. */
  async open(kept: KeptUpload): Promise<PartialUpload> {
    await this.forgetOld()
    if (kept.sizeBytes > fileLimits.uploadBytes) throw tooLarge()
    let waiting = kept.sizeBytes
    for (const one of this.#open.values()) waiting += one.kept.sizeBytes - one.receivedBytes
    if (this.#open.size >= apiLimits.uploadsOpen)
      throw new ApiProblem(
        503,
        'UNAVAILABLE',
        `cannot open more than ${apiLimits.uploadsOpen} uploads; finish some, or give them up`,
      )
    const { bavail, bsize } = await statfs(this.#folder)
    if (waiting > bavail * bsize)
      throw new ApiProblem(
        503,
        'UNAVAILABLE',
        'cannot take the upload: the data disk has no room for it and those that are open; free some, or send less',
      )
    const upload = { kept, receivedBytes: 0, touchedMs: this.#now(), taking: false }
    await writeFile(this.pathOf(kept.id), '', { mode: 0o600, flag: 'wx' })
    const note = join(this.#folder, `${kept.id}.json`)
    await writeFile(`${note}.tmp`, JSON.stringify(kept), { mode: 0o600 })
    await rename(`${note}.tmp`, note)
    this.#open.set(kept.id, upload)
    return upload
  }

  /** What is not whole, of one owner; the newest first. */
  async of(owner: string): Promise<PartialUpload[]> {
    await this.forgetOld()
    return [...this.#open.values()].filter((one) => one.kept.owner === owner).toReversed()
  }

  find(id: string): PartialUpload | null {
    return this.#open.get(id) ?? null
  }

  pathOf(id: string): string {
    return join(this.#folder, `${id}.part`)
  }

  get abandoned(): number {
    return this.#abandoned
  }

  /**
   * Appends a part, and tells whether the upload is whole. An earlier part that still hangs on a dead line is ended first: who sends
   * again knows better. What came before a line broke stays. Throws 409 when the part begins elsewhere, 413 when it is too large.
   */
  async append(upload: PartialUpload, offset: number, body: Readable): Promise<boolean> {
    const { id } = upload.kept
    for (let last = this.#writing.get(id); last !== undefined; last = this.#writing.get(id)) {
      last.body.destroy()
      await last.done
    }
    if (this.#open.get(id) !== upload) throw goneProblem(id)
    if (offset !== upload.receivedBytes)
      throw new ApiProblem(
        409,
        'CONFLICT',
        `cannot go on at byte ${offset}: ${upload.receivedBytes} bytes arrived; send what comes after them`,
      )
    const ended = Promise.withResolvers<void>()
    const mine = { body, done: ended.promise }
    this.#writing.set(id, mine)
    try {
      await this.#write(upload, body)
    } finally {
      upload.touchedMs = this.#now()
      this.#writing.delete(id)
      ended.resolve()
    }
    return isWhole(upload)
  }

  async #write(upload: PartialUpload, body: Readable): Promise<void> {
    const handle = await open(this.pathOf(upload.kept.id), 'a')
    try {
      // a write that failed may have left bytes that were never told of
      await handle.truncate(upload.receivedBytes)
      await pour(handle, upload, body)
    } catch (error) {
      if (error instanceof ApiProblem) throw error
      const full = (error as NodeJS.ErrnoException).code === 'ENOSPC'
      throw new ApiProblem(
        full ? 503 : 400,
        full ? 'UNAVAILABLE' : 'BAD_REQUEST',
        full
          ? 'cannot take this part: the data disk is full; free some room, then go on'
          : `cannot take all of this part: ${causeOf(error)}; ask how much arrived, and go on there`,
      )
    } finally {
      await handle.close()
    }
  }

  /** Its bytes are in the spool, or its owner gave it up. */
  async drop(id: string): Promise<void> {
    this.#open.delete(id)
    const writing = this.#writing.get(id)
    writing?.body.destroy()
    await writing?.done
    await rm(join(this.#folder, `${id}.json`), { force: true })
    await rm(this.pathOf(id), { force: true })
  }

  /** Deletes what nobody went on with. */
  async forgetOld(): Promise<void> {
    const oldest = this.#now() - apiLimits.uploadAbandonedMs
    for (const upload of this.#open.values()) {
      if (upload.touchedMs > oldest || upload.taking || this.#writing.has(upload.kept.id)) continue
      this.#abandoned++
      await this.drop(upload.kept.id)
    }
  }
}

export function isWhole({ kept, receivedBytes }: PartialUpload): boolean {
  return receivedBytes === kept.sizeBytes
}

async function pour(handle: FileHandle, upload: PartialUpload, body: Readable): Promise<void> {
  const { sizeBytes } = upload.kept
  let part = 0
  try {
    for await (const chunk of chunksOf(body)) {
      part += chunk.length
      if (part > apiLimits.uploadPartBytes)
        throw new ApiProblem(
          413,
          'TOO_LARGE',
          `cannot take a part of more than ${apiLimits.uploadPartBytes} bytes; send smaller ones`,
        )
      if (upload.receivedBytes + chunk.length > sizeBytes)
        throw new ApiProblem(
          413,
          'TOO_LARGE',
          `cannot take more than the ${sizeBytes} bytes that were announced; is it another file?`,
        )
      await writeAll(handle, chunk)
      upload.receivedBytes += chunk.length
    }
  } finally {
    await handle.datasync()
  }
}

export function tooLarge(): ApiProblem {
  return new ApiProblem(
    413,
    'TOO_LARGE',
    `cannot take an upload of more than ${fileLimits.uploadBytes} bytes; send it in several files`,
  )
}

function goneProblem(id: string): ApiProblem {
  return new ApiProblem(404, 'NOT_FOUND', `cannot find upload ${id}; open it again`)
}
