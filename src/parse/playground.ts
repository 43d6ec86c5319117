/** Tries a definition on some lines, apart from everything else: in a thread of its own, with bounds on time and memory. */
import { Worker } from 'node:worker_threads'
import { OperatingError } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'
import { playgroundLimits } from '../limits.ts'
import type { TryAnswer, TryOrder, TryResult } from './try-messages.ts'

export class Playground {
  #running = 0

  /** Throws DEFINITION_INVALID (with each fault's place), USAGE; and PLAYGROUND_REFUSED when it is busy or the trial takes too long. */
  async try(order: TryOrder): Promise<TryResult> {
    if (this.#running >= playgroundLimits.atOnce)
      throw refused(`${this.#running} trials are running; try again in a moment`)
    this.#running++
    const worker = new Worker(new URL('./try-worker.ts', import.meta.url), {
      workerData: order,
      name: 'gnomon-try',
      resourceLimits: { maxOldGenerationSizeMb: playgroundLimits.heapMegabytes },
    })
    try {
      const answer = await answerOf(worker)
      if (answer.kind === 'done') return answer.result
      if (answer.code === null) throw new Error(answer.message)
      throw new OperatingError(answer.code as ErrorCode, answer.message)
    } finally {
      this.#running--
      await worker.terminate()
    }
  }
}

function answerOf(worker: Worker): Promise<TryAnswer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () =>
        reject(
          refused(
            `it took more than ${playgroundLimits.timeMs / 1000} s; give fewer lines, or simpler patterns`,
          ),
        ),
      playgroundLimits.timeMs,
    )
    const settle = (act: () => void): void => {
      clearTimeout(timer)
      act()
    }
    worker.once('message', (answer: TryAnswer) => settle(() => resolve(answer)))
    worker.once('error', (error: Error & { code?: string }) =>
      settle(() =>
        reject(
          error.code === 'ERR_WORKER_OUT_OF_MEMORY'
            ? refused('it took too much memory; give fewer lines')
            : error,
        ),
      ),
    )
    worker.once('exit', () => settle(() => reject(new Error('the trial ended without an answer'))))
  })
}

function refused(why: string): OperatingError {
  return new OperatingError('PLAYGROUND_REFUSED', `cannot try the definition: ${why}`)
}
