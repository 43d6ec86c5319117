/** Of several rounds of one measurement the middle one: what else the box did in one of them does not count. */
export function median<T>(rounds: readonly T[], by: (round: T) => number): T {
  return rounds.toSorted((a, b) => by(a) - by(b))[rounds.length >> 1]
}
