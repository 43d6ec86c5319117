/** The joined view in the PDF: how far network and agents overlap, and how fresh the hours are; in the words of the HTML report. */
import type { Content } from 'pdfmake/interfaces.js'
import { formatCount, formatNoun } from './format.ts'
import { freshnessFacts, overlapFacts, sourceOverlapText } from './merged-words.ts'
import type { MergedFact } from './merged-words.ts'
import { inks } from './pdf-charts.ts'
import type { Report } from './report.ts'

/** Sources and addresses of each list. */
const rowsShown = 8

/** `shown`: text of logs made fit for the page. Nothing where no agent told anything. */
export function merged(
  { overlap, freshness }: Report,
  shown: (text: string, characters?: number) => string,
): Content[] {
  if (overlap === null) return []
  const { sources, unknownAddresses, unknownAddressCount } = overlap
  const fresh = freshnessFacts(freshness)
  return [
    { text: 'Network and agents', style: 'h2', headlineLevel: 1 },
    ...sources
      .slice(0, rowsShown)
      .flatMap((source): Content[] => [
        { text: shown(source.source), bold: true, margin: [0, 4, 0, 0] },
        { text: sourceOverlapText(source) },
      ]),
    ...rest(sources.length - rowsShown, 'source'),
    factList(overlapFacts(overlap), shown),
    ...(unknownAddresses.length === 0
      ? []
      : [
          {
            text: `Most traffic of no agent’s device: ${unknownAddresses
              .slice(0, rowsShown)
              .map(({ address, guess }) => `${shown(address)} (${guess})`)
              .join(', ')}${unknownAddressCount > rowsShown ? ' …' : ''}`,
            style: 'soft',
          },
        ]),
    ...(fresh.length === 0
      ? []
      : [
          { text: 'How fresh each hour is', bold: true, margin: [0, 6, 0, 0] } as Content,
          factList(fresh, shown),
        ]),
  ]
}

function factList(
  facts: readonly MergedFact[],
  shown: (text: string, characters?: number) => string,
): Content {
  return {
    ul: facts.map(({ level, text }) => ({
      text: shown(text, 600),
      ...(level === 'good' ? {} : { color: inks.high }),
    })),
    margin: [0, 2, 0, 4],
  }
}

function rest(count: number, noun: string): Content[] {
  if (count <= 0) return []
  return [
    {
      text: `${formatCount(count)} more ${formatNoun(count, noun).split(' ').at(-1)}.`,
      style: 'soft',
    },
  ]
}
