/**
 * The memory of a flow table: slots and values of its dictionaries, slots and rows of the table, one behind the other. What grows is
 * moved to the end; the room it leaves is lost until all is forgotten, and never more than what it has.
 */
const pageBytes = 65_536
const initialPages = 64
/** Words before what is allotted: states of the dictionaries, the key, the state of the rows (parse/flow-code.ts). */
export const heapHeader = 256

export class FlowHeap {
  readonly memory = new WebAssembly.Memory({ initial: initialPages })
  /** The memory as words, doubles and bytes; others after it grew. */
  ints = new Int32Array(this.memory.buffer)
  doubles = new Float64Array(this.memory.buffer)
  view = new DataView(this.memory.buffer)
  #used = heapHeader

  /** Where `words` zeros begin; a multiple of eight. */
  allot(words: number): number {
    const at = this.#used
    this.#used = at + ((words + 7) & ~7)
    const missing = this.#used * 4 - this.memory.buffer.byteLength
    if (missing > 0) {
      // in large steps, so that views are made anew seldom
      this.memory.grow(Math.ceil(Math.max(missing, this.memory.buffer.byteLength / 4) / pageBytes))
      this.ints = new Int32Array(this.memory.buffer)
      this.doubles = new Float64Array(this.memory.buffer)
      this.view = new DataView(this.memory.buffer)
    }
    return at
  }

  /** A larger place for the `words` at `from`, which are copied. */
  moved(from: number, words: number, more: number): number {
    const at = this.allot(more)
    this.ints.copyWithin(at, from, from + words)
    return at
  }
}
