/**
 * Advanced hunting as a feed. Time is cut into slices `[from, to)`, so that no row stands in two of them or between them. Each turn
 * counts the rows of the slices that may still change, and reads those whose count is another one than it was: rows come late. Of a
 * slice that is read again only rows that did not come before go on.
 */
import { hash } from 'node:crypto'
import { mkdir, readFile, readdir, rename, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { HuntingConfig } from '../config/defender-schema.ts'
import { defenderLimits } from '../limits.ts'
import { Feed, FeedTrouble, segmentId } from './feed.ts'
import type { FeedSink, FeedTurn } from './feed.ts'
import { FeedState } from './feed-state.ts'
import { renewed } from './renewal.ts'
import type { Latest } from './renewal.ts'
import { HuntingClient } from './hunting-client.ts'
import type { HuntingRow } from './hunting-client.ts'
import { countQuery, rowsQuery } from './hunting-queries.ts'

interface TableState {
  /** Slices before this are done with. */
  doneMs: number
  /** Rows of each slice (by its start) that is not, as counted when it was read. */
  counts: Record<string, number>
}

interface HuntingState {
  tables: Record<string, TableState>
}

export interface HuntingFeedParts {
  config: HuntingConfig
  dataDir: string
  sink: FeedSink
  log: Logger
  now: () => number
  latest?: Latest<HuntingConfig>
  /** Bounds that tests make small. */
  limits?: {
    rows: number
    sliceMs: number
    pollMs: number
    retryMs: number
    callsPerMinute: number
    callsPerHour: number
  }
}

export function createHuntingFeed(parts: HuntingFeedParts): Feed {
  const { config, sink, log, now, limits } = parts
  const { name, source } = config
  const work = new HuntingWork(parts)
  return new Feed(
    {
      name,
      kind: 'hunting',
      source,
      silentMs: config.silentMinutes * 60_000,
      pollMs: limits?.pollMs ?? config.pollMinutes * 60_000,
      ...(limits === undefined ? {} : { retryMs: limits.retryMs }),
      sink,
      log,
      now,
    },
    { turn: (turn) => work.turn(turn), renew: () => work.renew() },
  )
}

interface Span {
  fromMs: number
  toMs: number
}

class HuntingWork {
  readonly #latest: Latest<HuntingConfig> | undefined
  #config: HuntingConfig
  readonly #client: HuntingClient
  readonly #state: FeedState<HuntingState>
  readonly #folder: string
  readonly #now: () => number
  readonly #rowsMax: number
  readonly #sliceMs: number

  constructor({ config, dataDir, now, latest, limits }: HuntingFeedParts) {
    this.#config = config
    this.#latest = latest
    this.#now = now
    this.#rowsMax = limits?.rows ?? defenderLimits.huntingRows
    this.#sliceMs = limits?.sliceMs ?? defenderLimits.huntingSliceMs
    this.#client = new HuntingClient({ config, now, ...limits })
    this.#folder = join(dataDir, 'defender', `${config.name}.hunting`)
    this.#state = new FeedState(join(this.#folder, 'state.json'), () => ({ tables: {} }))
  }

  async renew(): Promise<void> {
    this.#config = await renewed(this.#config, this.#latest)
    this.#client.renew(this.#config.credential)
  }

  async turn(turn: FeedTurn): Promise<boolean> {
    const state = await this.#state.read()
    for (const table of this.#config.tables) await this.#look(table, state, turn)
    return false
  }

  async #look(table: string, state: HuntingState, turn: FeedTurn): Promise<void> {
    const nowMs = this.#now()
    const sliceMs = this.#sliceMs
    const known = (state.tables[table] ??= {
      doneMs: slice(nowMs - this.#config.startDays * 86_400_000, sliceMs),
      counts: {},
    })
    // a slice is of interest to its end; one whose time is not over is read as far as it is
    const span = { fromMs: known.doneMs, toMs: slice(nowMs, sliceMs) + sliceMs }
    for (const { start, rows } of await this.#counted(table, span, turn)) {
      turn.signal.throwIfAborted()
      if ((known.counts[start] ?? 0) === rows) continue
      const read = await this.#slice(table, { fromMs: start, toMs: start + sliceMs }, rows, turn)
      known.counts[start] = read
      await this.#state.write()
    }
    const doneMs = this.#doneMs(known, nowMs)
    if (doneMs <= known.doneMs) return
    known.doneMs = doneMs
    for (const start of Object.keys(known.counts))
      if (Number(start) < doneMs) delete known.counts[start]
    await this.#state.write()
    await this.#forget(table, doneMs)
  }

  /**
   * Up to where nothing is asked any more: late rows had their time. No further than rows came, within the days of the start: a clock that
   * ran ahead for a while must not pass over what had not happened yet.
   */
  #doneMs({ doneMs, counts }: HuntingState['tables'][string], nowMs: number): number {
    const { lateMinutes, startDays } = this.#config
    const cameMs = Math.max(doneMs, ...Object.keys(counts).map(Number))
    const least = slice(nowMs - startDays * 86_400_000, this.#sliceMs)
    return Math.max(least, Math.min(cameMs, slice(nowMs - lateMinutes * 60_000, this.#sliceMs)))
  }

  async #counted(
    table: string,
    span: Span,
    turn: FeedTurn,
  ): Promise<{ start: number; rows: number }[]> {
    const answer = await this.#ask(countQuery(table, span, this.#sliceMs), span, turn)
    return answer
      .map((row) => ({ start: timeOf(row['Slice']), rows: Number(row['Rows']) }))
      .filter(({ start, rows }) => start >= span.fromMs && start < span.toMs && rows > 0)
      .toSorted((one, other) => one.start - other.start)
  }

  /** Reads a slice whole, in so many pieces as it takes; gives how many rows it has. */
  async #slice(table: string, span: Span, expected: number, turn: FeedTurn): Promise<number> {
    const before = await this.#before(table, span.fromMs)
    const seen = new Set(before)
    let rows = 0
    for await (const piece of this.#pieces(table, span, expected, turn)) {
      rows += piece.length
      await this.#give(table, piece, seen, turn)
      // after each piece: one that fails later does not bring these again
      await this.#remember(table, span.fromMs, seen)
    }
    return rows
  }

  /** An answer of as many rows as the service gives at most is cut off: its span is halved, at last parted by a hash. */
  async *#pieces(
    table: string,
    span: Span,
    expected: number,
    turn: FeedTurn,
  ): AsyncGenerator<HuntingRow[]> {
    if (expected < this.#rowsMax) {
      const rows = await this.#rows(table, span, null, turn)
      if (rows !== null) return yield rows
    }
    const { fromMs, toMs } = span
    if (toMs - fromMs > defenderLimits.huntingSliceMsMin) {
      const middle = fromMs + Math.ceil((toMs - fromMs) / 2)
      yield* this.#pieces(table, { fromMs, toMs: middle }, Math.ceil(expected / 2), turn)
      yield* this.#pieces(table, { fromMs: middle, toMs }, Math.ceil(expected / 2), turn)
      return
    }
    yield* this.#parts(table, span, turn)
  }

  async *#parts(table: string, span: Span, turn: FeedTurn): AsyncGenerator<HuntingRow[]> {
    for (let of = 2; of <= defenderLimits.huntingPartsMax; of *= 2) {
      const parts: HuntingRow[][] = []
      for (let part = 0; part < of; part++) {
        const rows = await this.#rows(table, span, { part, of }, turn)
        if (rows === null) break
        parts.push(rows)
      }
      if (parts.length < of) continue
      yield* parts
      return
    }
    throw new FeedTrouble(
      'too-many',
      `cannot read ${table} at ${new Date(span.fromMs).toISOString()}: one second has too many rows; nothing is skipped, it is tried again`,
    )
  }

  /** Null: the answer is cut off, or too large. */
  async #rows(
    table: string,
    span: Span,
    part: { part: number; of: number } | null,
    turn: FeedTurn,
  ): Promise<HuntingRow[] | null> {
    try {
      const rows = await this.#ask(rowsQuery(table, span, part), span, turn)
      return rows.length >= this.#rowsMax ? null : rows
    } catch (error) {
      if (error instanceof FeedTrouble && error.kind === 'too-large') return null
      throw error
    }
  }

  /** A quota that is used up ends no turn: a slice of more calls than a minute has would begin again for ever. */
  async #ask(query: string, span: Span, turn: FeedTurn): Promise<HuntingRow[]> {
    for (let tries = 0; ; tries++)
      try {
        return await this.#client.run(query, span, turn.signal)
      } catch (error) {
        if (!(error instanceof FeedTrouble) || error.kind !== 'throttled') throw error
        await turn.wait(error, tries)
      }
  }

  /** In the order of their text: the same rows are the same segment, however the service sorted them. */
  async #give(
    table: string,
    rows: readonly HuntingRow[],
    seen: Set<bigint>,
    turn: FeedTurn,
  ): Promise<void> {
    const lines: string[] = []
    const added: bigint[] = []
    for (const row of rows) {
      const line = `${JSON.stringify({ $table: table, ...row })}\n`
      const mark = hash('md5', line, 'buffer').readBigUInt64LE(0)
      if (seen.has(mark)) continue
      seen.add(mark)
      added.push(mark)
      lines.push(line)
    }
    turn.repeated(rows.length - lines.length)
    lines.sort()
    for (const { text, count } of cutToSize(lines)) {
      const bytes = Buffer.from(text)
      await turn.put(segmentId('hunting', this.#config.name, bytes), bytes, count)
    }
  }

  #file(table: string, startMs: number): string {
    return join(this.#folder, `${table}-${startMs}.rows`)
  }

  /** Marks of a slice's rows that are in the spool, 8 bytes each. */
  async #before(table: string, startMs: number): Promise<bigint[]> {
    const bytes = await readFile(this.#file(table, startMs)).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return Buffer.alloc(0)
        throw error
      },
    )
    return Array.from({ length: Math.floor(bytes.length / 8) }, (_, i) =>
      bytes.readBigUInt64LE(i * 8),
    )
  }

  async #remember(table: string, startMs: number, seen: ReadonlySet<bigint>): Promise<void> {
    const path = this.#file(table, startMs)
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const bytes = Buffer.from(BigUint64Array.from(seen).buffer)
    await writeFile(`${path}.new`, bytes, { mode: 0o600, flush: true })
    await rename(`${path}.new`, path)
  }

  async #forget(table: string, doneMs: number): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      const match = /^(\w+)-(\d+)\.rows(?:\.new)?$/.exec(name)
      if (match !== null && match[1] === table && Number(match[2]) < doneMs)
        await unlink(join(this.#folder, name))
    }
  }
}

function slice(ms: number, sliceMs: number): number {
  return Math.floor(ms / sliceMs) * sliceMs
}

function timeOf(value: unknown): number {
  return typeof value === 'string' ? Date.parse(value) : Number.NaN
}

function* cutToSize(lines: readonly string[]): Generator<{ text: string; count: number }> {
  let from = 0
  let characters = 0
  for (let i = 0; i < lines.length; i++) {
    characters += lines[i].length
    // a character has 3 bytes at most
    if (characters * 3 < defenderLimits.segmentBytes && i < lines.length - 1) continue
    yield { text: lines.slice(from, i + 1).join(''), count: i + 1 - from }
    from = i + 1
    characters = 0
  }
}
