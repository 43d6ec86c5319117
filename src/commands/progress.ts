/** A line of progress on a terminal: bytes, lines a second, time left. Nothing is shown where no terminal is. */
import { formatBytes, formatShortCount } from '../report/format.ts'

const everyMs = 200

export class Progress {
  readonly #out: NodeJS.WritableStream & { isTTY?: boolean }
  readonly #now: () => number
  readonly #startedMs: number
  #shownMs = 0
  #name = ''
  #nameStartedMs = 0

  constructor(out: NodeJS.WritableStream, now: () => number) {
    this.#out = out
    this.#now = now
    this.#startedMs = now()
  }

  /** `lines`: read so far over all files. */
  show(name: string, at: { readBytes: number; totalBytes: number }, lines: number): void {
    const nowMs = this.#now()
    if (name !== this.#name) {
      this.#name = name
      this.#nameStartedMs = nowMs
    }
    if (this.#out.isTTY !== true || nowMs - this.#shownMs < everyMs) return
    this.#shownMs = nowMs
    const share = at.totalBytes === 0 ? 1 : at.readBytes / at.totalBytes
    const left =
      share > 0.01 ? `${duration(((nowMs - this.#nameStartedMs) / share) * (1 - share))} left` : ''
    const rate = `${formatShortCount(this.#rate(lines, nowMs))} lines/s`
    // each byte is read twice: to know the file again, and to take it
    const bytes = `${formatBytes(Math.round(at.readBytes / 2))} of ${formatBytes(Math.round(at.totalBytes / 2))}`
    this.#out.write(`\r\u001b[K${name}: ${Math.floor(share * 100)} %, ${bytes}, ${rate}, ${left}`)
  }

  end(lines: number): void {
    if (this.#out.isTTY !== true) return
    const tookMs = this.#now() - this.#startedMs
    this.#out.write(`\r\u001b[K${formatShortCount(lines)} lines in ${duration(tookMs)}\n`)
  }

  #rate(lines: number, nowMs: number): number {
    return Math.round((lines * 1000) / Math.max(1, nowMs - this.#startedMs))
  }
}

/** `5 s`, `3 min 20 s`, `2 h 5 min`. */
function duration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}
