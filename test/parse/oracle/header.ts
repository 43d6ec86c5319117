/** Header lines as the oracle reads them: which columns they name, and how rows are cut. */
import type { Header } from './rows.ts'
import { squash } from './text.ts'

/** `#Fields: …` and its kin, or a row of names parted by `delimiter`. */
export function headerOf(line: string, delimiter: string): Header {
  const text = line.replace(/^\ufeff/, '')
  if (!text.startsWith('#')) {
    // where blanks part columns that all stand in quotes, the quotes do
    const joint =
      delimiter === ' ' && text.startsWith('"') && text.includes('" "') ? '" "' : delimiter
    const names = text
      .split(joint)
      .map((cell) => cell.trim().replace(/^"/, '').replace(/"$/, '').trim())
    if (delimiter === '|' && names.at(-1) === '') names.pop()
    const cells = text.split(delimiter)
    const padded =
      delimiter !== ' ' &&
      (cells.slice(1).some((cell) => cell.startsWith(' ')) ||
        cells.slice(0, -1).some((cell) => cell.endsWith(' ')))
    return { names, tab: false, dated: false, brackets: false, delimiter, padded }
  }
  const list = text.replace(/^#\s*(?:fields(?:\s*:|\t)\s*)?/i, '').trim()
  const tab = list.includes('\t')
  const names = list.split(tab ? '\t' : /\s+/).map((name) => name.trim().replace(/^"(.*)"$/, '$1'))
  const stamps = [
    'date',
    'time',
    'datetime',
    'eventtime',
    'timestamp',
    'xtimestamp',
    'xcstimestamp',
  ]
  const bracketed = ['localtime', 'gmttime', 'timestamp', 'time_stamp']
  return {
    names,
    tab,
    dated: stamps.includes(squash(names[0])),
    brackets: names.some((name) => bracketed.includes(name.toLowerCase())),
    delimiter: ',',
    padded: false,
  }
}
