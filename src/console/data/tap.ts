/** What the live tap keeps of the lines it saw: the last of them, those that wait while it is paused, and how many passed by. */
import type { z } from 'zod'
import type { tapEventSchema } from '../../api/routes-tap.ts'
import type { parseSchema } from '../../api/routes-definitions.ts'
import type { StreamEvent } from './event-stream.ts'

/** As the appliance tells it; a row is one of the playground's. */
export type TapLine = Omit<z.infer<typeof tapEventSchema>, 'rows'> & {
  rows: z.infer<typeof parseSchema>['rows']
}
export type NumberedLine = TapLine & { number: number }

/** More than somebody reads; a busy source shows 25 lines a second. */
const keptLines = 500

export interface TapView {
  /** The newest first. */
  lines: NumberedLine[]
  /** Came while paused, the newest first. */
  held: NumberedLine[]
  seen: number
  /** Told by the appliance: came, and were not sent here. */
  leftOut: number
  /** Why the other side ended it. */
  ended: string | null
}

export const emptyView: TapView = { lines: [], held: [], seen: 0, leftOut: 0, ended: null }

const newest = (added: NumberedLine[], before: NumberedLine[]): NumberedLine[] =>
  [...added, ...before].slice(0, keptLines)

export function withEvents(view: TapView, events: StreamEvent[], paused: boolean): TapView {
  const added: NumberedLine[] = []
  let { leftOut, ended } = view
  for (const { event, data } of events) {
    if (event === 'line')
      added.unshift({ ...(JSON.parse(data) as TapLine), number: view.seen + added.length + 1 })
    else if (event === 'left-out') leftOut += Number(data)
    else if (event === 'end') ended = String(JSON.parse(data))
  }
  const seen = view.seen + added.length
  return paused
    ? { ...view, held: newest(added, view.held), seen, leftOut, ended }
    : { ...view, lines: newest(added, view.lines), seen, leftOut, ended }
}

/** Going on: what waited is shown. */
export function released(view: TapView): TapView {
  return { ...view, lines: newest(view.held, view.lines), held: [] }
}

export type TapOutcome = 'all' | 'transaction' | 'skipped' | 'unparsed'

/** Lines with the text in them, or in something they say; of several records in a line one must have the outcome. */
export function picked(
  lines: readonly NumberedLine[],
  text: string,
  outcome: TapOutcome,
): NumberedLine[] {
  const wanted = text.trim().toLowerCase()
  return lines.filter(
    (line) =>
      (outcome === 'all' || line.rows.some((row) => row.outcome === outcome)) &&
      (wanted === '' || haystack(line).includes(wanted)),
  )
}

function haystack({ text, peer, rows }: TapLine): string {
  const said = rows.map((row) =>
    row.outcome === 'transaction'
      ? Object.values(row.transaction)
          .filter((value) => value !== null)
          .join('\n')
      : row.reason,
  )
  return [text, peer, ...said].join('\n').toLowerCase()
}
