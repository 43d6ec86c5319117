/**
 * Receipts that `gnomon upload` wrote beside a running appliance: they lie in the data folder, and the appliance takes them into its
 * store, so that all receipts stand in one list. The same line again changes nothing.
 */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Store } from '../store/store.ts'
import { storeReceipt } from './receipts.ts'
import type { Receipt } from './receipts.ts'

/** Of the command's own outbox within the data folder. */
export const commandOutbox = 'command-outbox'
export const receiptsName = 'receipts.jsonl'

export async function receiptsOf(path: string): Promise<Receipt[]> {
  const text = await readFile(path, 'utf8').catch(() => '')
  return text.split('\n').flatMap((line) => {
    // a torn last line is a receipt on its way
    try {
      return line === '' ? [] : [JSON.parse(line) as Receipt]
    } catch {
      return []
    }
  })
}

export class ReceiptsFile {
  readonly #path: string
  #bytes = 0
  #taken = 0

  constructor(dataDir: string) {
    this.#path = join(dataDir, commandOutbox, receiptsName)
  }

  /** Takes what is new; gives how many. */
  async take(store: Store, nowMs: number): Promise<number> {
    const size = await stat(this.#path).then(
      ({ size: bytes }) => bytes,
      () => 0,
    )
    if (size === this.#bytes) return 0
    const receipts = (await receiptsOf(this.#path)).slice(this.#taken)
    for (const receipt of receipts) await storeReceipt(store, receipt, nowMs)
    this.#taken += receipts.length
    this.#bytes = size
    return receipts.length
  }
}
