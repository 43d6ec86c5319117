/** What a stream's lines say of its format, in a number and in words. */
import type { CompiledFormat } from './compile.ts'
import type { StreamReader } from './stream-reader.ts'

/** The format most lines of a stream were read as, how sure that is, and why, in words. */
export function verdict(reader: StreamReader): {
  format: CompiledFormat['id'] | null
  confidence: number
  reason: string
} {
  if (reader.fixed !== null)
    return { format: reader.fixed.id, confidence: 1, reason: 'fixed by the configuration' }
  let best = ''
  let most = 0
  for (const [id, { lines }] of reader.lines)
    if (id !== '' && lines > most) {
      best = id
      most = lines
    }
  if (best === '')
    return {
      format: null,
      confidence: 0,
      reason: `none of ${reader.total} lines fits a known format`,
    }
  const share = most / reader.total
  // One line is a guess, twenty are a finding.
  const confidence = share * (1 - 1 / (1 + most))
  const others = reader.lines.size - 1
  const mixed = others > 0 ? `; the rest: ${restOf(reader, best)}` : ''
  return {
    format: best,
    confidence: Math.round(confidence * 1000) / 1000,
    reason: `${most} of ${reader.total} lines fit ${best}${mixed}`,
  }
}

function restOf(reader: StreamReader, best: string): string {
  return [...reader.lines]
    .filter(([id]) => id !== best)
    .toSorted((a, b) => b[1].lines - a[1].lines)
    .slice(0, 3)
    .map(([id, { lines }]) => `${lines} ${id === '' ? 'unread' : id}`)
    .join(', ')
}
