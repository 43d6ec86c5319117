/**
 * The engine against the oracle, line by line, until the time is over or they differ. In minutes, and with all formats asked about
 * every line:
 *
 *     npm run hunt -- --minutes 10 [--seed 7]
 */
import { parseArgs } from 'node:util'
import { isDeepStrictEqual } from 'node:util'
import type { CompiledFormat } from '../../../src/parse/compile.ts'
import { compileFormats, loadDefinitions, shippedParsers } from '../../../src/parse/formats.ts'
import type { FormatSet } from '../../../src/parse/formats.ts'
import { timeZone } from '../../../src/parse/zone.ts'
import { Comparison } from './compare.ts'
import { Damage } from './damage.ts'
import { sampleLines, trimmed } from './lines.ts'
import type { SampleLine } from './lines.ts'

export interface Difference {
  format: string
  line: string
  engine: unknown
  oracle: unknown
}

export interface Hunt {
  lines: number
  asked: number
  formats: number
  differences: Difference[]
}

/** Longer ones are read the same and only cost time. */
const lineBytesMax = 32_768

export class Hunter {
  readonly #comparison: Comparison
  readonly #formats: FormatSet
  readonly hunt: Hunt = { lines: 0, asked: 0, formats: 0, differences: [] }
  readonly #seen = new Set<CompiledFormat>()

  constructor(
    formats: FormatSet,
    options: { receivedAtMs: number; zone: string | null; native: boolean },
  ) {
    const { receivedAtMs, zone, native } = options
    this.#formats = formats
    this.#comparison = new Comparison(
      { receivedAtMs, zone: zone === null ? null : timeZone(zone) },
      { native },
    )
  }

  /** Asks both about one line as `formats`; `headed` holds for the line's own format. */
  ask(text: string, formats: readonly CompiledFormat[], own: SampleLine | null): void {
    if (text === '' || text.length > lineBytesMax) return
    const { hunt } = this
    hunt.lines++
    const peeled = this.#comparison.peel(text)
    this.#judge('envelope', text, peeled)
    for (const format of formats) {
      hunt.asked++
      this.#seen.add(format)
      hunt.formats = this.#seen.size
      const headed = own !== null && own.format === format ? own.headed : null
      this.#judge(nameOf(format), text, this.#comparison.ask(format, headed))
    }
  }

  #judge(format: string, line: string, told: { engine: unknown; oracle: unknown }): void {
    if (!isDeepStrictEqual(told.engine, told.oracle))
      this.hunt.differences.push({ format, line, ...told })
  }

  /** Damaged lines until `stopMs`, each asked of the format of the line it was and of `others` more; stops at the first difference. */
  damaged(lines: readonly SampleLine[], damage: Damage, others: number, over: () => boolean): void {
    const texts = lines.map(({ text }) => text)
    const all = this.#formats.ordered
    while (!over() && this.hunt.differences.length === 0) {
      const own = damage.one(lines)
      const text = trimmed(damage.damaged(own.text, texts))
      const formats =
        others >= all.length
          ? all
          : [own.format, ...Array.from({ length: others }, () => damage.one(all))]
      this.ask(text, formats, own)
    }
  }
}

const nameOf = ({ id, definition: { variant } }: CompiledFormat): string =>
  variant === undefined ? id : `${id} (${variant})`

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '10' },
      seed: { type: 'string', default: String(Date.now() % 1e9) },
    },
  })
  const seed = Number(values.seed)
  const endMs = performance.now() + Number(values.minutes) * 60_000
  const formats = compileFormats(await loadDefinitions([shippedParsers]), { full: true })
  const receivedAtMs = Date.UTC(2026, 10, 1)
  const lines = sampleLines(formats, receivedAtMs)
  const zone = [null, 'America/New_York', 'Asia/Kolkata'][seed % 3]
  const hunter = new Hunter(formats, { receivedAtMs, zone, native: seed % 2 === 0 })
  process.stdout.write(
    `seed ${seed}: ${lines.length} sample lines, ${formats.ordered.length} formats, zone ${zone}\n`,
  )
  hunter.damaged(lines, new Damage(seed), Infinity, () => performance.now() > endMs)
  const { differences, ...counts } = hunter.hunt
  process.stdout.write(`${JSON.stringify(counts)}\n`)
  for (const difference of differences)
    process.stdout.write(`${JSON.stringify(difference, null, 1)}\n`)
  process.exitCode = differences.length > 0 ? 1 : 0
}
