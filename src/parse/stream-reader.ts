/** What is known of a stream while its lines are read: its formats, its header, what its lines were. */
import type { CompiledFormat } from './compile.ts'
import type { Layout } from './layout.ts'
import type { RawColumn } from './unquote.ts'
import { ShapeMemory } from './shape-memory.ts'

/** What a stream has shown so far. */
export interface StreamReader {
  /** Fixed by the admin, else null. */
  fixed: CompiledFormat | null
  /** Read the last line, and has a signature of its own. */
  last: CompiledFormat | null
  /** Formats with a signature by how the lines they read begin. */
  shapes: ShapeMemory
  /** Format and columns named by the last header line. */
  headed: { format: CompiledFormat; layout: Layout } | null
  /** The column of an export that holds the lines of devices (parse/unquote.ts). */
  raw: RawColumn | null
  /** `#Software` of the file. */
  software: string
  /** Lines by format id; lines no format read are under ''. */
  lines: Map<string, { lines: number }>
  /** The format of the line before, and its entry of `lines`. */
  counted: CompiledFormat | null
  tally: { lines: number } | null
  total: number
  /** Every line may be cut off, whatever its length. */
  mayBeCut: boolean
}

export function newReader(fixed: CompiledFormat | null): StreamReader {
  return {
    fixed,
    last: null,
    shapes: new ShapeMemory(),
    headed: null,
    raw: null,
    software: '',
    lines: new Map(),
    counted: null,
    tally: null,
    total: 0,
    mayBeCut: false,
  }
}

/** Counts `lines` that a format read. */
export function countLines(reader: StreamReader, format: CompiledFormat | null, lines = 1): void {
  reader.total += lines
  // most lines are of the format of the line before
  if (format !== reader.counted || reader.tally === null) {
    const id = format?.id ?? ''
    reader.counted = format
    reader.tally = reader.lines.get(id) ?? { lines: 0 }
    reader.lines.set(id, reader.tally)
  }
  reader.tally.lines += lines
}
