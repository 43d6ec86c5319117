/** A difference between a stream's lines now and before, in words. */
import type { Range } from './drift-watch.ts'

export interface Difference {
  /** `FORMAT/kind`, or `*` for all lines. */
  kind: string
  feature: string
  before: Range
  now: number
  /** Of a count of columns: the one most lines had before. */
  usual?: string
}

/** Names told of one kind; what is more is a number. */
const namesTold = 5

/** One sentence without its end for each thing that changed. */
export function explain(differences: readonly Difference[]): string[] {
  const byKind = Map.groupBy(differences, ({ kind }) => kind)
  return [...byKind].flatMap(([kind, all]) => {
    const of = (prefix: string): Difference[] =>
      all.filter(({ feature }) => feature.startsWith(prefix))
    const lines = linesOf(kind)
    const gone = of('key:').filter(({ now, before }) => now < before[2])
    const come = of('key:').filter(({ now, before }) => now >= before[2])
    return [
      ...of('columns:').map(
        ({ feature, usual = '' }) =>
          `${lines} have ${feature.slice(8)} fields${usual === '' ? '' : `, before ${usual}`}`,
      ),
      ...(gone.length === 0 ? [] : [`${lines} no longer have ${keys(gone)}`]),
      ...(come.length === 0 ? [] : [`${lines} have ${keys(come)}, which they had not before`]),
      ...of('field:').map(
        ({ feature, now, before }) =>
          `${fieldWord(feature.slice(6))} empty on ${percent(1 - now)} of ${lines}, before ${percent(1 - before[2])}`,
      ),
      ...of('became:').map(({ feature, now, before }) => became(feature.slice(7), now, before)),
    ]
  })
}

function linesOf(kind: string): string {
  const [format, what] = [kind.slice(0, kind.indexOf('/')), kind.slice(kind.indexOf('/') + 1)]
  return format === '' ? 'unread lines' : `${format} lines (${what})`
}

function became(what: string, now: number, before: Range): string {
  return `${percent(now)} of all lines are ${what}, before ${before[2] < 0.0005 ? 'none' : percent(before[2])}`
}

function keys(list: readonly Difference[]): string {
  const names = list.map(({ feature }) => `'${feature.slice(4)}'`)
  const more = names.length - namesTold
  const told = names.slice(0, namesTold).join(', ')
  return `${names.length === 1 ? 'the key' : 'the keys'} ${told}${more > 0 ? ` and ${more} more` : ''}`
}

function fieldWord(field: string): string {
  return field === 'bytes' ? 'the byte counts are' : `'${field}' is`
}

function percent(share: number): string {
  const value = Math.max(0, share) * 100
  return `${value > 0 && value < 10 ? value.toFixed(1).replace(/\.0$/, '') : Math.round(value)} %`
}
