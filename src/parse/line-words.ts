/**
 * How often a line holds each of some hundred words, by one look at each of its bytes (Aho and Corasick, Efficient string matching, 1975):
 * https://doi.org/10.1145/360825.360855. Letters of both cases are alike.
 */

/** What the automaton's tables are: one line of `next` for each state, one place in it for each class of bytes. */
interface Tables {
  next: Uint16Array
  /** `1 << shift` places for each state. */
  shift: number
  classOf: Uint8Array
  /** States from here on end at least one word. */
  firstEnd: number
  /** Words that end in state `firstEnd + i`: `ends[endsAt[i]]` up to `ends[endsAt[i + 1]]`. */
  ends: Uint16Array
  endsAt: Int32Array
}

export class LineWords {
  /** How often each word stands in the line looked at last, by its number. */
  readonly found: Int32Array
  readonly #tables: Tables

  /** Words are bytes as latin1 texts in lower case, each once. */
  constructor(words: readonly string[]) {
    this.found = new Int32Array(words.length)
    this.#tables = tablesOf(words)
  }

  /** Fills `found` for `[start, end)`. */
  look(buf: Uint8Array, start: number, end: number): void {
    this.found.fill(0)
    walk(buf, start, end, this.#tables, this.found)
  }
}

/** The loop over bytes, free of objects. */
function walk(
  buf: Uint8Array,
  start: number,
  end: number,
  { next, shift, classOf, firstEnd, ends, endsAt }: Tables,
  found: Int32Array,
): void {
  let state = 0
  for (let p = start; p < end; p++) {
    state = next[(state << shift) | classOf[buf[p]]]
    if (state < firstEnd) continue
    const at = state - firstEnd
    for (let i = endsAt[at]; i < endsAt[at + 1]; i++) found[ends[i]]++
  }
}

interface Node {
  children: Map<number, Node>
  /** The state of the longest end of this one that is the beginning of a word. */
  back: Node | null
  words: number[]
  state: number
}

const nodeOf = (): Node => ({ children: new Map(), back: null, words: [], state: 0 })

function tablesOf(words: readonly string[]): Tables {
  const { classOf, classes } = classesOf(words)
  const root = nodeOf()
  for (const [i, word] of words.entries()) {
    let node = root
    for (const byte of Buffer.from(word, 'latin1')) {
      const child = node.children.get(classOf[byte]) ?? nodeOf()
      node.children.set(classOf[byte], child)
      node = child
    }
    node.words.push(i)
  }
  const nodes = linked(root)
  // those that end words last, so that one comparison tells them
  const plain = nodes.filter((node) => node.words.length === 0)
  const ending = nodes.filter((node) => node.words.length > 0)
  const ordered = [...plain, ...ending]
  if (ordered.length > 65_536)
    throw new Error('BUG: the words of all definitions have too many bytes')
  for (const [i, node] of ordered.entries()) node.state = i
  const shift = 32 - Math.clz32(classes - 1)
  const next = new Uint16Array(ordered.length << shift)
  // nearest to the root first: what a state lacks it has from the one it falls back to
  for (const node of nodes) {
    const line = node.state << shift
    if (node.back !== null) {
      const from = node.back.state << shift
      next.copyWithin(line, from, from + classes)
    }
    for (const [place, child] of node.children) next[line + place] = child.state
  }
  const endsAt = new Int32Array(ending.length + 1)
  for (const [i, node] of ending.entries()) endsAt[i + 1] = endsAt[i] + node.words.length
  const ends = Uint16Array.from(ending.flatMap((node) => node.words))
  return { next, shift, classOf, firstEnd: plain.length, ends, endsAt }
}

/** Bytes that no word holds are one class; so are both cases of a letter. */
function classesOf(words: readonly string[]): { classOf: Uint8Array; classes: number } {
  const classOf = new Uint8Array(256)
  let classes = 1
  for (const word of words)
    for (const byte of Buffer.from(word, 'latin1'))
      if (classOf[byte] === 0) classOf[byte] = classes++
  for (let byte = 65; byte <= 90; byte++) classOf[byte] = classOf[byte | 32]
  return { classOf, classes }
}

/** All nodes, nearest to the root first, each with its `back` and the words that end in it. */
function linked(root: Node): Node[] {
  const nodes = [root]
  for (let at = 0; at < nodes.length; at++) {
    const node = nodes[at]
    for (const [place, child] of node.children) {
      let back = node.back
      while (back !== null && !back.children.has(place)) back = back.back
      child.back = back?.children.get(place) ?? root
      child.words.push(...child.back.words)
      nodes.push(child)
    }
  }
  return nodes
}
