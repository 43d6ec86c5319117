/**
 * What formats read lines that began alike: streams that mix formats (all devices behind one relay) live on it. Two for each shape
 * are kept, and asked in the order in which all are asked, so that the memory saves questions and changes no answer.
 */
import type { CompiledFormat } from './compile.ts'
import type { LineContext } from './line-context.ts'

export const shapeCount = 256
const shapeBytes = 12

export class ShapeMemory {
  /** By shape: asked first, asked second. */
  readonly first = new Array<CompiledFormat | null>(shapeCount).fill(null)
  readonly second = new Array<CompiledFormat | null>(shapeCount).fill(null)
  /** Another number after each format that was remembered. */
  version = 0
  readonly #newest = new Array<CompiledFormat | null>(shapeCount).fill(null)

  /** Keeps `format`, which read a line of this shape, and of those kept before the one that came last. */
  remember(shape: number, format: CompiledFormat, ordered: readonly CompiledFormat[]): void {
    const other = this.#newest[shape]
    this.#newest[shape] = format
    this.version++
    const later = other !== null && ordered.indexOf(other) < ordered.indexOf(format)
    this.first[shape] = later ? other : format
    this.second[shape] = later ? format : other
  }
}

/** A number of how the payload begins: letters of both cases alike, all digits one. */
export function shapeOf(c: LineContext, end: number): number {
  const at = c.payloadStart
  if (end - at < shapeBytes) return 0
  const view = c.view
  const a = shapeOfWord(view.getInt32(at, true))
  const b = shapeOfWord(view.getInt32(at + 4, true))
  const d = shapeOfWord(view.getInt32(at + 8, true))
  let hash = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(d, 0x2c1b3c6d)
  hash ^= hash >>> 15
  return ((hash >>> 20) ^ hash) & (shapeCount - 1)
}

/** Four bytes at once: bit 5 set, and the lower half of each byte that is a digit cleared. */
function shapeOfWord(word: number): number {
  const low = word | 0x20202020
  const other = low ^ 0x30303030
  // the highest bit of each byte that is no digit: more than nine, or not ASCII
  const none = (((other & 0x7f7f7f7f) + 0x76767676) | other) & 0x80808080
  return low & ~(((~none & 0x80808080) >>> 7) * 15)
}

/** For the compiler of parse/line-run.ts. */
export const shapeParts = { shapeOf, shapeOfWord }
export const shapeNumbers = { shapeBytes, shapeCount }
