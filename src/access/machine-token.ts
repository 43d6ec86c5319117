/** The token of the program on this machine: a file in the data folder, new at each start, good from the loopback only. */
import { timingSafeEqual } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hashOf, newSecret } from './keys.ts'

/** Beside the store; only the appliance's user can read it. */
export const machineTokenFile = 'cli.token'

export class MachineToken {
  #hash = Buffer.alloc(0)

  async start(dataDir: string): Promise<void> {
    const secret = newSecret()
    await writeFile(join(dataDir, machineTokenFile), `${secret}\n`, { mode: 0o600 })
    this.#hash = Buffer.from(hashOf(secret))
  }

  is(text: string): boolean {
    const given = Buffer.from(hashOf(text))
    return given.length === this.#hash.length && timingSafeEqual(given, this.#hash)
  }
}
