/** What differs between two texts, line by line, with some lines around it. */

export interface DiffLine {
  kind: 'same' | 'added' | 'removed' | 'gap'
  text: string
  /** In the new text, from 1; of a removed line in the old one. */
  number: number
}

/** Cells of the table of the longest common part: two thousand changed lines on both sides. Beyond it all is told as changed. */
const cellsMax = 4_000_000

export function lineDiff(before: string, after: string, around = 3): DiffLine[] {
  const old = linesOf(before)
  const next = linesOf(after)
  let head = 0
  while (head < old.length && head < next.length && old[head] === next[head]) head++
  let tail = 0
  while (
    tail < old.length - head &&
    tail < next.length - head &&
    old[old.length - 1 - tail] === next[next.length - 1 - tail]
  )
    tail++
  const middle = changed(
    old.slice(head, old.length - tail),
    next.slice(head, next.length - tail),
    head,
  )
  if (middle.length === 0) return []
  const same = (index: number): DiffLine => ({
    kind: 'same',
    text: next[index] ?? '',
    number: index + 1,
  })
  const all = [
    ...Array.from({ length: head }, (_, i) => same(i)),
    ...middle,
    ...Array.from({ length: tail }, (_, i) => same(next.length - tail + i)),
  ]
  return near(all, around)
}

const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'))

/** By the longest common part (dynamic programming). */
function changed(old: readonly string[], next: readonly string[], offset: number): DiffLine[] {
  const removed = (i: number): DiffLine => ({
    kind: 'removed',
    text: old[i] ?? '',
    number: offset + i + 1,
  })
  const added = (j: number): DiffLine => ({
    kind: 'added',
    text: next[j] ?? '',
    number: offset + j + 1,
  })
  if (old.length * next.length > cellsMax)
    return [...old.map((_, i) => removed(i)), ...next.map((_, j) => added(j))]
  const width = next.length + 1
  const common = new Uint32Array((old.length + 1) * width)
  const at = (i: number, j: number): number => common[i * width + j] ?? 0
  for (let i = old.length - 1; i >= 0; i--)
    for (let j = next.length - 1; j >= 0; j--)
      common[i * width + j] =
        old[i] === next[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  const lines: DiffLine[] = []
  let i = 0
  let j = 0
  while (i < old.length || j < next.length) {
    if (i < old.length && j < next.length && old[i] === next[j]) {
      lines.push({ kind: 'same', text: next[j] ?? '', number: offset + j + 1 })
      i++
      j++
    } else if (i < old.length && (j === next.length || at(i + 1, j) >= at(i, j + 1)))
      lines.push(removed(i++))
    else lines.push(added(j++))
  }
  return lines
}

/** Lines that did not change and have no neighbour that did become one gap. */
function near(lines: readonly DiffLine[], around: number): DiffLine[] {
  const wanted = new Uint8Array(lines.length)
  lines.forEach(({ kind }, index) => {
    if (kind === 'same') return
    const to = Math.min(lines.length - 1, index + around)
    for (let i = Math.max(0, index - around); i <= to; i++) wanted[i] = 1
  })
  const kept: DiffLine[] = []
  lines.forEach((line, index) => {
    if (wanted[index] === 1) kept.push(line)
    else if (kept.at(-1)?.kind !== 'gap') kept.push({ kind: 'gap', text: '', number: line.number })
  })
  return kept
}
