/** The way in at the first start: a code in the log, good once. There is no default password. */
import { timingSafeEqual } from 'node:crypto'
import { accessLimits } from '../limits.ts'
import { hashOf } from './keys.ts'
import { newTypedCode, plainTypedCode } from './typed-code.ts'

export class SetupCode {
  readonly #tell: (code: string) => void
  #hash = ''
  #tries = 0

  /** `tell` puts a new code where only the operator sees it. */
  constructor(tell: (code: string) => void) {
    this.#tell = tell
  }

  /** 100 bits. */
  renew(): void {
    const code = newTypedCode(4)
    this.#hash = hashOf(plainTypedCode(code))
    this.#tries = 0
    this.#tell(code)
  }

  /** Whether it is the code. After too many wrong ones there is a new one in the log. */
  accept(text: string): boolean {
    if (this.#hash === '') return false
    if (timingSafeEqual(Buffer.from(hashOf(plainTypedCode(text))), Buffer.from(this.#hash)))
      return true
    this.#tries++
    if (this.#tries >= accessLimits.setupTries) this.renew()
    return false
  }

  /** The set-up is finished. */
  close(): void {
    this.#hash = ''
  }
}
