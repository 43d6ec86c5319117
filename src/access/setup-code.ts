/** The way in at the first start: a code in the log, good once. There is no default password. */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { accessLimits } from '../limits.ts'
import { hashOf } from './keys.ts'
import { toBase32 } from './totp.ts'

export class SetupCode {
  readonly #tell: (code: string) => void
  #hash = ''
  #tries = 0

  /** `tell` puts a new code where only the operator sees it. */
  constructor(tell: (code: string) => void) {
    this.#tell = tell
  }

  /** 100 bits, in groups that can be typed. */
  renew(): void {
    const code = (toBase32(randomBytes(13)).slice(0, 20).match(/.{5}/g) ?? []).join('-')
    this.#hash = hashOf(plain(code))
    this.#tries = 0
    this.#tell(code)
  }

  /** Whether it is the code. After too many wrong ones there is a new one in the log. */
  accept(text: string): boolean {
    if (this.#hash === '') return false
    if (timingSafeEqual(Buffer.from(hashOf(plain(text))), Buffer.from(this.#hash))) return true
    this.#tries++
    if (this.#tries >= accessLimits.setupTries) this.renew()
    return false
  }

  /** The set-up is finished. */
  close(): void {
    this.#hash = ''
  }
}

/** As it is typed: without dashes and spaces, in capitals. */
function plain(code: string): string {
  return code.toUpperCase().replaceAll(/[^A-Z2-7]/g, '')
}
