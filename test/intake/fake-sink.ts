/** A spool that only remembers, and refuses when told to. */
import type { Drop, FrameKind, FrameSink, StreamDescription } from '../../src/spool/frame-sink.ts'

export interface RecordedFrame {
  stream: StreamDescription
  receivedAtMs: number
  kind: FrameKind
  bytes: Buffer
  lines: number
}

export class FakeSink implements FrameSink {
  readonly frames: RecordedFrame[] = []
  readonly drops: Drop[] = []
  refusals = 0
  #full = false
  #waiting: (() => void)[] = []

  append(
    stream: StreamDescription,
    receivedAtMs: number,
    kind: FrameKind,
    bytes: Uint8Array,
    lines: number,
  ): boolean {
    if (this.#full) {
      this.refusals++
      return false
    }
    this.frames.push({ stream, receivedAtMs, kind, bytes: Buffer.from(bytes), lines })
    return true
  }

  drained(): Promise<void> {
    if (!this.#full) return Promise.resolve()
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
    })
  }

  drop(drop: Drop): void {
    this.drops.push(drop)
  }

  /** From now on every append is refused … */
  fill(): void {
    this.#full = true
  }

  /** … until this. */
  empty(): void {
    this.#full = false
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }

  /** The messages of all frames in order, without their framing. */
  messages(): string[] {
    return this.frames.flatMap((frame) => messagesOf(frame.kind, frame.bytes))
  }

  lines(): number {
    return this.frames.reduce((sum, frame) => sum + frame.lines, 0)
  }
}

/** Cuts a frame as the parse stage must; throws where it breaks the contract of FrameKind. */
export function messagesOf(kind: FrameKind, bytes: Buffer): string[] {
  const messages: string[] = []
  let at = 0
  while (at < bytes.length) {
    if (kind === 'lines') {
      const lf = bytes.indexOf(10, at)
      if (lf === -1) throw new Error('a frame of lines does not end in LF')
      messages.push(bytes.toString('latin1', at, lf))
      at = lf + 1
    } else {
      const space = bytes.indexOf(32, at)
      const end = space + 1 + Number(bytes.toString('latin1', at, space))
      if (!(end <= bytes.length)) throw new Error('a counted frame holds no whole message')
      messages.push(bytes.toString('latin1', space + 1, end))
      at = end
    }
  }
  return messages
}
