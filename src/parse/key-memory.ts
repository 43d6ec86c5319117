/**
 * The keys of a stream's lines in the order in which they came last: devices write the same keys in the same order line by line,
 * so that a key is compared with the one that is expected instead of being looked for. What it says is what a look-up says.
 */
import { keyBytesMax, keyEntryBytes } from './native-code.ts'

const keysMax = 160
const keyBytes = 48

export class KeyMemory {
  /** Key and assigns at `i * keyBytes`, how many bytes they are (0 = nothing remembered), and the key's slot. */
  readonly #bytes = new Uint8Array(keysMax * keyBytes)
  readonly #view = new DataView(this.#bytes.buffer)
  readonly #lengths = new Uint8Array(keysMax + 2)
  readonly #slots = new Int16Array(keysMax + 2)
  #at = 0
  #missed = false
  /** Another number after each key that was learned. */
  version = 0
  /** Slot of the key that `match` found. */
  slot = -1

  /** Before the first key of a line. */
  begin(): void {
    this.#at = 0
    this.#missed = false
  }

  /** Bytes of the expected key with its assign at `p`, or 0 when another stands there. A key that is absent this time is passed over. */
  match(buf: Uint8Array, view: DataView, p: number, end: number): number {
    let at = this.#at
    let length = this.#lengths[at]
    if (!this.#stands(at, length, buf, view, p, end)) {
      length = this.#lengths[++at]
      if (!this.#stands(at, length, buf, view, p, end)) return 0
    }
    this.#at = at + 1
    this.#missed = false
    this.slot = this.#slots[at]
    return length
  }

  #stands(
    at: number,
    length: number,
    buf: Uint8Array,
    view: DataView,
    p: number,
    end: number,
  ): boolean {
    if (length === 0 || p + length > end) return false
    const from = at * keyBytes
    if (length < 4) {
      for (let i = 0; i < length; i++) if (this.#bytes[from + i] !== buf[p + i]) return false
      return true
    }
    const last = length - 4
    for (let i = 0; i < last; i += 4)
      if (this.#view.getInt32(from + i, true) !== view.getInt32(p + i, true)) return false
    return this.#view.getInt32(from + last, true) === view.getInt32(p + last, true)
  }

  /** The key with its assign that was found at `[start, end)`. One that stands out of turn is not believed to be the order. */
  learn(buf: Uint8Array, start: number, end: number, slot: number): void {
    const at = this.#at
    if (at >= keysMax) return
    if (this.#lengths[at] > 0 && !this.#missed) {
      this.#missed = true
      return
    }
    const length = end - start
    this.version++
    this.#at++
    this.#lengths[at] = length <= keyBytes ? length : 0
    if (length > keyBytes) return
    for (let i = 0; i < length; i++) this.#bytes[at * keyBytes + i] = buf[start + i]
    this.#slots[at] = slot
  }

  /** The bytes that part keys and values are others now. */
  forget(): void {
    this.#lengths.fill(0)
    this.version++
  }

  /** How many entries `write` makes: an empty one ends the table, and one more is looked at behind it. */
  get entries(): number {
    return keysMax + 2
  }

  /** The keys as a table of parse/native-code.ts, at `at`. A key that is too long for it stands for none. */
  write(buf: Uint8Array, view: DataView, at: number): void {
    for (let i = 0; i < keysMax + 2; i++) {
      const entry = at + i * keyEntryBytes
      const length = this.#lengths[i] <= keyBytesMax ? this.#lengths[i] : 0
      buf.fill(0, entry, entry + keyEntryBytes)
      buf.set(this.#bytes.subarray(i * keyBytes, i * keyBytes + length), entry)
      view.setInt32(entry + keyBytesMax, length, true)
      view.setInt32(entry + keyBytesMax + 4, this.#slots[i], true)
      view.setInt32(entry + keyBytesMax + 8, length === 32 ? -1 : (1 << length) - 1, true)
    }
  }
}
