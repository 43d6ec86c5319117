/** Words, and JSON's strings, keys and blanks, as they stand in a line. */
export const open = 123
export const bracket = 91
export const quote = 34

/** Where the quote that closes a string stands; `end` when none does. */
export function stringEnd(buf: Uint8Array, p: number, end: number): number {
  while (p < end && buf[p] !== quote) p += buf[p] === 92 ? 2 : 1
  return Math.min(p, end)
}

export function skipBlanks(buf: Uint8Array, p: number, end: number): number {
  while (p < end && buf[p] <= 32) p++
  return p
}

export function startsWith(buf: Uint8Array, p: number, end: number, text: string): boolean {
  if (end - p < text.length) return false
  for (let i = 0; i < text.length; i++) if (buf[p + i] !== text.charCodeAt(i)) return false
  return true
}

export function isKey(buf: Uint8Array, p: number, end: number, key: string): boolean {
  return (
    p + key.length + 1 < end &&
    buf[p] === quote &&
    buf[p + key.length + 1] === quote &&
    startsWith(buf, p + 1, end, key)
  )
}

/** Where `"key"` of the object stands whose first key is at `p`, or of an object so many levels within it; -1 = nowhere. */
export function findKey(buf: Uint8Array, p: number, end: number, key: string, level = 0): number {
  let depth = 0
  for (let at = p; at < end && depth >= 0; at++) {
    const b = buf[at]
    if (b === open || b === bracket) depth++
    else if (b === 125 || b === 93) depth--
    else if (b === quote) {
      if (depth === level && isKey(buf, at, end, key)) return at
      at = stringEnd(buf, at + 1, end)
    }
  }
  return -1
}
