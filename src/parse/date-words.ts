/** Names of months in stamps. */

/** Month 1..12 of three letters at `p`, any case, or 0. */
export function monthAt(buf: Uint8Array, p: number): number {
  const word = ((buf[p] | 32) << 16) | ((buf[p + 1] | 32) << 8) | (buf[p + 2] | 32)
  switch (word) {
    case 0x6a616e:
      return 1
    case 0x666562:
      return 2
    case 0x6d6172:
      return 3
    case 0x617072:
      return 4
    case 0x6d6179:
      return 5
    case 0x6a756e:
      return 6
    case 0x6a756c:
      return 7
    case 0x617567:
      return 8
    case 0x736570:
      return 9
    case 0x6f6374:
      return 10
    case 0x6e6f76:
      return 11
    case 0x646563:
      return 12
    default:
      return 0
  }
}

/** Where the letters of the month at `p` end. */
export function monthEnd(buf: Uint8Array, p: number, end: number): number {
  let q = p + 3
  while (q < end && (buf[q] | 32) >= 97 && (buf[q] | 32) <= 122) q++
  return q
}

/** The month at `p`, short or in full (`October`), ends before a blank, `-` or `/`. */
export function endsMonth(buf: Uint8Array, p: number, end: number): boolean {
  const q = buf[p + 3] === 32 ? p + 3 : monthEnd(buf, p, end)
  return q - p <= 9 && (buf[q] === 32 || buf[q] === 45 || buf[q] === 47)
}
