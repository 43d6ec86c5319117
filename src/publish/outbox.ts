/**
 * What waits to be sent, on disk. Files that belong together (one span of records, split by size) are one folder `<group>/` with
 * `<n>.log` and `<n>.json`; a rename makes the whole group appear at once. A state is written anew and renamed: after kill -9 or a power
 * cut each file is in the state that was last told, and the step after it is repeated.
 */
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { OperatingError, causeOf } from '../errors.ts'

/**
 * waiting → initiated (has an address) → uploaded (the blob is whole) → finalising (told, answer not here) → receipted.
 * refused: the tenant said no; uncertain: it may have been taken, and only a person can tell.
 */
export const jobStates = [
  'waiting',
  'initiated',
  'uploaded',
  'finalising',
  'receipted',
  'refused',
  'uncertain',
] as const
export type JobState = (typeof jobStates)[number]

export interface JobStep {
  at: string
  step: 'initiate' | 'upload' | 'finalise' | 'resend'
  /** What came back, without secrets. */
  answer: string
}

export interface Job {
  /** `<group>-<n>`. */
  id: string
  group: string
  upload: string
  tenant: string
  stream: string
  snapshot: boolean
  /** `source` of the API. */
  format: string
  content: 'merged' | 'raw' | 'file'
  fileName: string
  rows: number
  bytes: number
  sha256: string
  /** Span of the records, ISO 8601. */
  from: string | null
  to: string | null
  made: string
  state: JobState
  /** Pre-signed: carries its right in it. */
  url: string | null
  provider: 'azure' | 'aws' | null
  blocksDone: number
  /** A finalise was sent whose answer never came. */
  mayBeTaken: boolean
  /** Addresses had for this file. */
  addresses: number
  /** Tries of any step. */
  tries: number
  steps: JobStep[]
  /** Why it is not further, in words. */
  trouble: string | null
  closed: string | null
}

/** A file that is ready, in a staging folder. */
export type NewJob = Pick<
  Job,
  | 'upload'
  | 'tenant'
  | 'stream'
  | 'snapshot'
  | 'format'
  | 'content'
  | 'rows'
  | 'bytes'
  | 'sha256'
  | 'from'
  | 'to'
> & { fileName: (id: string) => string }

const groupName = /^g-[0-9]{15}-[a-z0-9]{4,40}$/i

export class Outbox {
  readonly folder: string
  readonly #jobs = new Map<string, Job>()
  #lastMs = 0

  private constructor(folder: string) {
    this.folder = folder
  }

  /** Makes the folder and takes up what is in it; staging folders of a process that died are removed. Throws FILE_UNREADABLE. */
  static async open(folder: string): Promise<Outbox> {
    const outbox = new Outbox(folder)
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      for (const name of (await readdir(folder)).toSorted()) await outbox.#takeUp(name)
    } catch (cause) {
      throw new OperatingError(
        'FILE_UNREADABLE',
        `cannot use the outbox ${folder}: ${causeOf(cause)}; check owner, rights and space of the data folder`,
        { cause },
      )
    }
    return outbox
  }

  async #takeUp(name: string): Promise<void> {
    const path = join(this.folder, name)
    if (name.startsWith('.staged-')) return rm(path, { recursive: true, force: true })
    if (!groupName.test(name)) return
    this.#lastMs = Math.max(this.#lastMs, Number(name.slice(2, 17)))
    const files = (await readdir(path)).filter((file) => file.endsWith('.json')).toSorted()
    if (files.length === 0) await rm(path, { recursive: true, force: true })
    for (const file of files) {
      const job = JSON.parse(await readFile(join(path, file), 'utf8')) as Job
      this.#jobs.set(job.id, job)
    }
  }

  /** A name for a new group: later ones sort behind earlier ones, also over a clock that goes back. */
  nextGroup(nowMs: number, tag: string): string {
    this.#lastMs = Math.max(nowMs, this.#lastMs + 1)
    return `g-${String(this.#lastMs).padStart(15, '0')}-${tag}`
  }

  /** Where the files of a group are written before they count. */
  async stage(group: string): Promise<string> {
    const path = join(this.folder, `.staged-${group}`)
    await mkdir(path, { mode: 0o700 })
    return path
  }

  async unstage(group: string): Promise<void> {
    await rm(join(this.folder, `.staged-${group}`), { recursive: true, force: true })
  }

  /** Makes a staged group count, all of it or nothing. Its files are named `0.log`, `1.log`, … in the order of `files`. */
  async commit(group: string, files: readonly NewJob[], nowMs: number): Promise<Job[]> {
    const staged = join(this.folder, `.staged-${group}`)
    const jobs = files.map(({ fileName, ...file }, i): Job => {
      const id = `${group}-${i}`
      return {
        ...file,
        id,
        group,
        fileName: fileName(id),
        made: new Date(nowMs).toISOString(),
        state: 'waiting',
        url: null,
        provider: null,
        blocksDone: 0,
        mayBeTaken: false,
        addresses: 0,
        tries: 0,
        steps: [],
        trouble: null,
        closed: null,
      }
    })
    for (const [i, job] of jobs.entries()) {
      await syncFile(join(staged, `${i}.log`))
      await writeSynced(join(staged, `${i}.json`), JSON.stringify(job))
    }
    await syncFile(staged)
    await rename(staged, join(this.folder, group))
    await syncFile(this.folder)
    for (const job of jobs) this.#jobs.set(job.id, job)
    return jobs
  }

  hasGroup(group: string): boolean {
    for (const job of this.#jobs.values()) if (job.group === group) return true
    return false
  }

  /** In the order they are to be sent. */
  jobs(): Job[] {
    return [...this.#jobs.values()].toSorted(
      (a, b) => a.group.localeCompare(b.group) || numberOf(a) - numberOf(b),
    )
  }

  get(id: string): Job | null {
    return this.#jobs.get(id) ?? null
  }

  /** Bytes of all bodies. */
  get bytes(): number {
    let bytes = 0
    for (const job of this.#jobs.values()) bytes += job.bytes
    return bytes
  }

  bodyOf(job: Job): string {
    return join(this.folder, job.group, `${numberOf(job)}.log`)
  }

  /** Writes the state down; resolves when it is on disk. */
  async save(job: Job): Promise<void> {
    const path = join(this.folder, job.group, `${numberOf(job)}.json`)
    await writeSynced(`${path}.new`, JSON.stringify(job))
    await rename(`${path}.new`, path)
    await syncFile(join(this.folder, job.group))
  }

  /** A file that is done leaves; the last one takes its folder along. */
  async remove(job: Job): Promise<void> {
    const folder = join(this.folder, job.group)
    await rm(join(folder, `${numberOf(job)}.json`), { force: true })
    await rm(this.bodyOf(job), { force: true })
    this.#jobs.delete(job.id)
    if (!this.hasGroup(job.group)) await rm(folder, { recursive: true, force: true })
  }

  async sizeOf(job: Job): Promise<number> {
    return (await stat(this.bodyOf(job))).size
  }
}

function numberOf(job: Job): number {
  return Number(job.id.slice(job.id.lastIndexOf('-') + 1))
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.datasync()
  } finally {
    await file.close()
  }
}

/** Of a folder: the names in it are on disk. */
async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
