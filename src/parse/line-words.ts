/**
 * How often a line holds each of some hundred words, by one look at each of its bytes (Aho and Corasick, Efficient string matching, 1975):
 * https://doi.org/10.1145/360825.360855. Letters of both cases are alike.
 */
import { WordModule } from '../lib/wasm-words.ts'

/** The automaton as tables: one line of `next` for each state, one place in it for each class of bytes. */
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
  /** Bytes of the longest beginning of a word that each state stands for. */
  depths: Uint16Array
}

/** Counts the words of bytes `[start, end)` of a memory. */
type Walk = (start: number, end: number) => void

export class LineWords {
  /** How often each word stands in the line looked at last, by its number. */
  readonly found: Int32Array
  readonly #tables = new WebAssembly.Memory({ initial: 1 })
  readonly #module: WebAssembly.Module
  /** The code over the memory asked last. */
  #memory: WebAssembly.Memory | null = null
  #walk: Walk = () => undefined

  /** Words are bytes as latin1 texts in lower case, each once. */
  constructor(words: readonly string[]) {
    const { next, shift, classOf, firstEnd, ends, endsAt, depths } = tablesOf(words)
    const lengths = Uint16Array.from(words, (word) => word.length)
    const noted = new Uint16Array(notedMax * 2 + 1)
    const parts = [
      new Int32Array(words.length),
      endsAt,
      next,
      ends,
      classOf,
      depths,
      lengths,
      noted,
    ]
    const places: number[] = []
    let size = 0
    for (const part of parts) {
      places.push(size)
      size += (part.byteLength + 7) & ~7
    }
    this.#tables.grow(size >> 16)
    const bytes = new Uint8Array(this.#tables.buffer)
    for (const [i, part] of parts.entries())
      bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), places[i])
    this.found = new Int32Array(this.#tables.buffer, places[0], words.length)
    this.#module = new WebAssembly.Module(walkCode(places, { shift, firstEnd }))
  }

  /** Fills `found` for bytes `[start, end)` of `memory`. */
  look(memory: WebAssembly.Memory, start: number, end: number): void {
    this.found.fill(0)
    if (memory !== this.#memory) {
      this.#memory = memory
      const env = { memory, memory1: this.#tables }
      this.#walk = new WebAssembly.Instance(this.#module, { env }).exports.walk as Walk
    }
    this.#walk(start, end)
  }
}

/* What `walk` names when it is compiled to WebAssembly (lib/wasm-words.ts). */
declare const tables: Tables & { lengths: Uint16Array }

/** Steps of both halves between two counts. */
const notedMax = 512

/**
 * Both halves of the line at a time: a step waits for the state before it, and two such chains wait together. What they end in is noted
 * and counted afterwards, so that the processor guesses nothing on the way.
 */
function walk(
  buf: Uint8Array,
  noted: Uint16Array,
  found: Int32Array,
  start: number,
  end: number,
): void {
  const half = start + ((end - start) >> 1)
  let first = 0
  let second = 0
  let p = start
  let q = half
  while (p < half) {
    const stop = Math.min(half, p + notedMax)
    let hits = 0
    for (; p < stop; p++) {
      first = tables.next[(first << tables.shift) | tables.classOf[buf[p]]]
      noted[hits] = first
      hits += (tables.firstEnd - 1 - first) >>> 31
      second = tables.next[(second << tables.shift) | tables.classOf[buf[q]]]
      noted[hits] = second
      hits += (tables.firstEnd - 1 - second) >>> 31
      q++
    }
    for (let i = 0; i < hits; i++) count(found, noted[i], 0)
  }
  for (; q < end; q++) {
    second = tables.next[(second << tables.shift) | tables.classOf[buf[q]]]
    count(found, second, 0)
  }
  finishFirst(buf, found, half, end, first)
}

/** The words that begin in the first half and end in the second. */
function finishFirst(
  buf: Uint8Array,
  found: Int32Array,
  half: number,
  end: number,
  reached: number,
): void {
  let state = reached
  for (let p = half; p < end && tables.depths[state] > p - half; p++) {
    state = tables.next[(state << tables.shift) | tables.classOf[buf[p]]]
    count(found, state, p - half + 1)
  }
}

/** Counts the words of more than `least` bytes that end in this state. */
function count(found: Int32Array, state: number, least: number): void {
  if (state < tables.firstEnd) return
  const at = state - tables.firstEnd
  const stop = tables.endsAt[at + 1]
  for (let i = tables.endsAt[at]; i < stop; i++)
    if (tables.lengths[tables.ends[i]] > least) found[tables.ends[i]]++
}

function walkCode(
  places: readonly number[],
  constants: Record<string, number>,
): Uint8Array<ArrayBuffer> {
  const [found, endsAt, next, ends, classOf, depths, lengths, noted] = places
  const module = new WordModule({
    arrays: {
      buf: { kind: 'u8', at: 0 },
      found: { kind: 'i32', at: found, memory: 1 },
      endsAt: { kind: 'i32', at: endsAt, memory: 1 },
      next: { kind: 'u16', at: next, memory: 1 },
      ends: { kind: 'u16', at: ends, memory: 1 },
      classOf: { kind: 'u8', at: classOf, memory: 1 },
      depths: { kind: 'u16', at: depths, memory: 1 },
      lengths: { kind: 'u16', at: lengths, memory: 1 },
      noted: { kind: 'u16', at: noted, memory: 1 },
    },
    objects: {
      tables: {
        ...constants,
        endsAt: 'endsAt',
        next: 'next',
        ends: 'ends',
        classOf: 'classOf',
        depths: 'depths',
        lengths: 'lengths',
      },
    },
    constants: { notedMax },
    imports: {},
    functions: Object.fromEntries([walk, finishFirst, count].map((it) => [it.name, it.toString()])),
  })
  return module.finish(['walk']).bytes
}

interface Node {
  children: Map<number, Node>
  /** The state of the longest end of this one that is the beginning of a word. */
  back: Node | null
  words: number[]
  state: number
  depth: number
}

const nodeOf = (depth: number): Node => ({
  children: new Map(),
  back: null,
  words: [],
  state: 0,
  depth,
})

function tablesOf(words: readonly string[]): Tables {
  const { classOf, classes } = classesOf(words)
  const root = nodeOf(0)
  for (const [i, word] of words.entries()) {
    let node = root
    for (const byte of Buffer.from(word, 'latin1')) {
      const child = node.children.get(classOf[byte]) ?? nodeOf(node.depth + 1)
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
  const depths = Uint16Array.from(ordered, (node) => node.depth)
  return { next, shift, classOf, firstEnd: plain.length, ends, endsAt, depths }
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
