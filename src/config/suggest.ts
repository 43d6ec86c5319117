/** "Did you mean …": the known name nearest to a misspelt one. */

/**
 * The nearest of the known names, or null when none is near: one slip in four letters, two in eight, three in more.
 * Case, `-`, `_` and blanks do not count: `max_bytes` is `maxBytes`.
 */
export function nearest(name: string, known: readonly string[]): string | null {
  const wanted = squashed(name)
  const allowed = wanted.length <= 4 ? 1 : wanted.length <= 8 ? 2 : 3
  let best: string | null = null
  let bestSlips = allowed + 1
  for (const candidate of known) {
    const other = squashed(candidate)
    if (Math.abs(other.length - wanted.length) >= bestSlips) continue
    const slips = slipsBetween(wanted, other)
    if (slips >= bestSlips || slips >= Math.max(wanted.length, other.length)) continue
    best = candidate
    bestSlips = slips
  }
  return best
}

/** A name as far as it matters for finding it again. */
export function squashed(name: string): string {
  return name
    .slice(0, 100)
    .toLowerCase()
    .replaceAll(/[-_\s]/g, '')
}

/** Letters to insert, delete, change, or swap with the next (https://en.wikipedia.org/wiki/Damerau-Levenshtein_distance). */
function slipsBetween(one: string, other: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: other.length + 1 }, (_, j) => j)
  for (let i = 1; i <= one.length; i++) {
    const row = [i]
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1]
      let slips = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1))
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1])
        slips = Math.min(slips, beforeLast[j - 2] + 1)
      row.push(slips)
    }
    beforeLast = last
    last = row
  }
  return last[other.length]
}
