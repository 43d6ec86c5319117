/**
 * JSON that is laid out over many lines, as consoles of clouds and command-line tools write it (`[⏎  {⏎    "a": 1, …`): given
 * with one record a line, which is how logs are read.
 */

const newline = 10
const quote = 34
const comma = 44
const openList = 91
const closeList = 93
const openObject = 123
const closeObject = 125

/** Whether a file begins with brackets alone on its first line. A line of JSON has a key or a value there. */
export function isLaidOut(head: Uint8Array): boolean {
  let p = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0
  if (head[p] !== openList && head[p] !== openObject) return false
  for (; p < head.length; p++) {
    const b = head[p]
    if (b === newline) return true
    if (b > 32 && b !== openList && b !== openObject) return false
  }
  return false
}

/** The elements of the outermost list, else the objects that stand one behind the other, each as a line without its layout. */
export async function* recordLines(chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  let depth = 0
  /** Depth at which the records stand: 1 within a list. */
  let base = 0
  let inText = false
  let escaped = false
  let written = false
  for await (const chunk of chunks) {
    // each byte gives one at most, but for the line end behind a record
    const out = Buffer.allocUnsafe(chunk.length * 2)
    let length = 0
    for (const b of chunk) {
      if (inText) {
        out[length++] = b
        if (escaped) escaped = false
        else if (b === 92) escaped = true
        else if (b === quote) inText = false
        continue
      }
      if (b <= 32) continue
      if (b === openList && depth === 0) {
        depth = base = 1
        continue
      }
      if (b === closeList && depth === 1 && base === 1) {
        depth = base = 0
        if (written) out[length++] = newline
        written = false
        continue
      }
      if (b === comma && depth === base) {
        if (written) out[length++] = newline
        written = false
        continue
      }
      out[length++] = b
      written = true
      if (b === quote) inText = true
      else if (b === openList || b === openObject) depth++
      else if (b === closeList || b === closeObject) {
        depth = Math.max(base, depth - 1)
        if (depth === base) {
          out[length++] = newline
          written = false
        }
      }
    }
    yield out.subarray(0, length)
  }
  if (written) yield Buffer.from('\n')
}
