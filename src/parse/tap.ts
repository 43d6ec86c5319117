/** Live lines of a source, as read and as understood. A thread works only while somebody looks, and falls behind rather than holding anything up. */
import { open } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import { causeOf } from '../errors.ts'
import { tapLimits } from '../limits.ts'
import type { StreamState } from './batch.ts'
import type { Definition } from './definition.ts'
import type { TapAnswer, TapLine, TapOrder, TapStart } from './tap-messages.ts'

export interface TapEvent {
  lines: TapLine[]
  /** Lines that came and are not among them. */
  leftOut: number
}

interface Looker {
  source: string
  give: (event: TapEvent) => void
  end: (why: string) => void
}

export class Tap {
  readonly #definitions: () => readonly Definition[]
  readonly #streams: () => readonly StreamState[]
  readonly #lookers = new Set<Looker>()
  #worker: Worker | null = null
  /** Segments given to the thread and not answered. */
  #waiting = 0
  /** Segments that came while it was busy. */
  #missed = 0

  constructor(definitions: () => readonly Definition[], streams: () => readonly StreamState[]) {
    this.#definitions = definitions
    this.#streams = streams
  }

  /** null = too many look already. The function given back ends it. */
  look(looker: Looker): (() => void) | null {
    if (this.#lookers.size >= tapLimits.lookers) return null
    this.#lookers.add(looker)
    this.#worker ??= this.#start()
    return () => {
      this.#lookers.delete(looker)
      if (this.#lookers.size === 0) this.#stop()
    }
  }

  /** A segment that is stored, before its file goes. Returns when its beginning is read, which is little work. */
  async segment(path: string): Promise<void> {
    const worker = this.#worker
    if (worker === null) return
    if (this.#waiting >= tapLimits.segmentsWaiting) {
      this.#missed++
      return
    }
    this.#waiting++
    const bytes = await beginningOf(path)
    const sources = [...new Set(Array.from(this.#lookers, ({ source }) => source))]
    worker.postMessage({ bytes, sources } satisfies TapOrder)
  }

  /** Segments that nobody was shown: the thread was busy. */
  get missed(): number {
    return this.#missed
  }

  stop(): void {
    for (const { end } of this.#lookers) end('the appliance stops')
    this.#lookers.clear()
    this.#stop()
  }

  #start(): Worker {
    const workerData: TapStart = { definitions: this.#definitions(), streams: this.#streams() }
    const worker = new Worker(new URL('./tap-worker.ts', import.meta.url), {
      workerData,
      name: 'gnomon-tap',
      resourceLimits: { maxOldGenerationSizeMb: tapLimits.heapMegabytes },
    })
    worker.on('message', (answer: TapAnswer | null) => {
      if (answer === null) return
      this.#waiting--
      this.#give(answer)
    })
    worker.on('error', (error: unknown) => {
      for (const { end } of this.#lookers) end(`the tap broke off: ${causeOf(error)}`)
      this.#lookers.clear()
      this.#stop()
    })
    worker.unref()
    return worker
  }

  #give({ lines, total }: TapAnswer): void {
    for (const { source, give } of this.#lookers) {
      const own = lines.filter((line) => line.source === source)
      if ((total[source] ?? 0) > 0)
        give({ lines: own, leftOut: Math.max(0, total[source] - own.length) })
    }
  }

  #stop(): void {
    const worker = this.#worker
    this.#worker = null
    this.#waiting = 0
    if (worker !== null) void worker.terminate()
  }
}

/** Whole blocks at the beginning are enough to look at; a torn last one is left out by its check sum. */
async function beginningOf(path: string): Promise<Uint8Array> {
  const file = await open(path)
  try {
    const bytes = new Uint8Array(Math.min(tapLimits.readBytes, (await file.stat()).size))
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0)
    return bytes.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}
