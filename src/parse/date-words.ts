/** Names of months, days and zones in stamps, and what stands in their place in East Asia. */

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

/** Signs behind year, month and day in Japanese, Chinese and Korean, as UTF-8 in one number. */
const yearSigns = [0xe5b9b4, 0xeb8584]
const monthSigns = [0xe69c88, 0xec9b94]
const daySigns = [0xe697a5, 0xec9dbc]
const signBytes = 3

const signAt = (buf: Uint8Array, p: number): number =>
  (buf[p] << 16) | (buf[p + 1] << 8) | buf[p + 2]

/** Month and day of the date that `signedDate` read last. */
export const signed = { month: 0, day: 0 }

/** Where `年10月28日` at `p`, behind the digits of the year, ends; 0 = there is none. Sets `signed`. */
export function signedDate(buf: Uint8Array, p: number, end: number): number {
  if (p + 3 * signBytes > end || !yearSigns.includes(signAt(buf, p))) return 0
  let at = p + signBytes
  for (const [name, signs] of [
    ['month', monthSigns],
    ['day', daySigns],
  ] as const) {
    while (at < end && buf[at] === 32) at++
    let n = 0
    const from = at
    for (; at < end && at < from + 2 && buf[at] >= 48 && buf[at] <= 57; at++)
      n = n * 10 + buf[at] - 48
    if (at === from || at + signBytes > end || !signs.includes(signAt(buf, at))) return 0
    signed[name] = n
    at += signBytes
  }
  return at
}

/** Halves of the day before the clock: `午後`, `下午`, `오후` and their mornings, two signs each. */
const halves = new Map([
  [[0xe58d88, 0xe5898d].join(), 1],
  [[0xe58d88, 0xe5be8c].join(), 2],
  [[0xe4b88a, 0xe58d88].join(), 1],
  [[0xe4b88b, 0xe58d88].join(), 2],
  [[0xec98a4, 0xeca084].join(), 1],
  [[0xec98a4, 0xed9b84].join(), 2],
])
export const halfBytes = 2 * signBytes

/** The half of the day named at `p`: 1, 2; 0 = none. */
export function halfOfDay(buf: Uint8Array, p: number, end: number): number {
  if (p + halfBytes > end || buf[p] < 0xe4 || buf[p] > 0xec) return 0
  return halves.get([signAt(buf, p), signAt(buf, p + signBytes)].join()) ?? 0
}

/** Three letters at `p` begin the name of a day, any case. */
export function isWeekday(buf: Uint8Array, p: number): boolean {
  const word = ((buf[p] | 32) << 16) | ((buf[p + 1] | 32) << 8) | (buf[p + 2] | 32)
  return weekdays.has(word)
}

const weekdays = new Set(
  ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map((day) =>
    Number.parseInt(Buffer.from(day).toString('hex'), 16),
  ),
)

const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57

/** `+2` or `-05:00` behind `UTC` or `GMT`. */
export function isOffset(buf: Uint8Array, p: number, end: number): boolean {
  const name = (buf[p - 3] << 16) | (buf[p - 2] << 8) | buf[p - 1]
  return (
    p + 1 < end &&
    (buf[p] === 43 || buf[p] === 45) &&
    isDigit(buf[p + 1]) &&
    (name === 0x555443 || name === 0x474d54)
  )
}
