/** The manual's page for each format, written from its definitions and the bundled samples: docs/formats/<ID>.md. */
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Definition, Mapping, RecordKind, Source, Step } from '../parse/definition.ts'

/** A sample line and what it was read as. */
export interface PageSample {
  line: string
  transaction: Record<string, unknown>
}

const samplesFolder = join(import.meta.dirname, '../../samples')
/** A line longer than this is no example for a page. */
const sampleCharacters = 1200

/** Samples by format id and record shape: the first few lines of each log that became transactions. */
export async function pageSamples(): Promise<Map<string, PageSample[]>> {
  const samples = new Map<string, PageSample[]>()
  for (const name of (await readdir(samplesFolder, { recursive: true })).toSorted()) {
    if (!name.endsWith('.log')) continue
    const path = join(samplesFolder, name)
    const lines = (await readFile(path, 'utf8')).split('\n')
    const outcomes = await readFile(path.replace(/\.log$/, '.expected.jsonl'), 'utf8')
    for (const text of outcomes.trim().split('\n')) {
      const outcome = JSON.parse(text) as {
        line: number
        format: string | null
        transaction?: Record<string, unknown>
      }
      const line = lines[outcome.line - 1]
      const { transaction, format } = outcome
      if (transaction === undefined || format === null || line.length > sampleCharacters) continue
      const known = samples.get(format) ?? []
      if (known.length < 2) samples.set(format, [...known, { line, transaction }])
    }
  }
  return samples
}

/** Pages by file name, for all formats, with an overview. */
export function formatPages(
  definitions: readonly Definition[],
  samples: ReadonlyMap<string, readonly PageSample[]>,
): Map<string, string> {
  const byId = [...Map.groupBy(definitions, ({ id }) => id)].toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  )
  const pages = new Map<string, string>()
  for (const [id, layouts] of byId) pages.set(`${id}.md`, page(id, layouts, samples.get(id) ?? []))
  pages.set('README.md', overview(byId))
  return pages
}

function overview(byId: readonly [string, readonly Definition[]][]): string {
  const rows = byId.map(([id, layouts]) => {
    const [{ vendor }] = layouts
    const products = [...new Set(layouts.map(({ product }) => product))].join('; ')
    return `| [${id}](${id}.md) | ${cell(vendor)} | ${cell(products)} |`
  })
  return [
    '# Formats',
    '',
    `What Gnomon reads: ${byId.length} formats. These pages are written from \`parsers/\` by \`npm run docs:formats\`; how a definition is`,
    'written stands in [parser definitions](../parsers.md).',
    '',
    '| format | vendor | products and layouts |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n')
}

function page(id: string, layouts: readonly Definition[], samples: readonly PageSample[]): string {
  const main = layouts.find(({ variant }) => variant === undefined) ?? layouts[0]
  const aliases = [...new Set(layouts.flatMap((layout) => layout.aliases))]
  const lines = [
    `# ${id}`,
    '',
    `${main.vendor}: ${main.product}.`,
    '',
    main.summary.trim(),
    '',
    ...(main.documentation === undefined ? [] : [`Manual: <${main.documentation}>`]),
    ...(aliases.length === 0
      ? []
      : ['', `Also named ${aliases.map((alias) => `\`${alias}\``).join(', ')}.`]),
    '',
    '## What the device must be told',
    '',
    ...indented(main.enable),
    ...(main.blind === undefined ? [] : ['', '## What stays blind', '', main.blind.trim()]),
    ...layouts.flatMap(layoutSection),
    ...(samples.length === 0 ? [] : ['', '## Examples', ...samples.flatMap(exampleLines)]),
    '',
  ]
  return lines.join('\n')
}

function layoutSection(layout: Definition): string[] {
  const title = layout.variant === undefined ? 'Fields' : `Fields: ${layout.variant}`
  const intro =
    layout.variant === undefined ? [] : ['', layout.product + '.', '', layout.summary.trim()]
  return ['', `## ${title}`, ...intro, '', ...skipLines(layout), ...recordLines(layout)]
}

function skipLines({ skip, records }: Definition): string[] {
  const reasons = [
    ...skip.map(({ reason }) => reason),
    ...records.flatMap((record) =>
      typeof record.skip === 'string'
        ? [record.skip]
        : (record.skip ?? []).map(({ reason }) => reason),
    ),
  ]
  if (reasons.length === 0) return []
  return [
    'Skipped, with its reason:',
    '',
    ...[...new Set(reasons)].map((reason) => `- ${reason}`),
    '',
  ]
}

function recordLines({ records, map }: Definition): string[] {
  const read = records.filter(({ skip }) => typeof skip !== 'string')
  const kinds: Pick<RecordKind, 'name' | 'kind' | 'map'>[] =
    read.length === 0 ? [{ name: 'line', kind: 'web', map: {} }] : read
  const keys = [...new Set(kinds.flatMap((kind) => Object.keys({ ...map, ...kind.map })))]
  const head = ['transaction', ...kinds.map(({ name, kind }) => `${name} (${kind})`)]
  return [
    `| ${head.join(' | ')} |`,
    `|${' --- |'.repeat(head.length)}`,
    ...keys.map((key) => {
      const cells = kinds.map((kind) => {
        const merged: Mapping = { ...map, ...kind.map }
        return cell(sourceWords(merged[key as keyof Mapping]))
      })
      return `| ${[key, ...cells].join(' | ')} |`
    }),
  ]
}

/** Where a value comes from, in words: fields in the order in which they are asked. */
function sourceWords(source: Source | undefined): string {
  if (source === undefined) return ''
  const steps = Array.isArray(source) ? source : [source]
  return [...new Set(steps.flatMap((step) => stepWords(step)))].join(', ')
}

function stepWords(step: string | Step): string[] {
  if (typeof step === 'string') return [`\`${step}\``]
  if (step.value !== undefined) return [`“${step.value}”`]
  if (step.text !== undefined) return [`\`${step.text}\``]
  if (step.url !== undefined) return [`URL of ${Object.values(step.url).join(' ')}`]
  const from = step.from === undefined ? [] : [step.from].flat()
  return from.map((field) => `\`${field}\``)
}

function exampleLines({ line, transaction }: PageSample): string[] {
  const known = Object.entries(transaction).filter(([, value]) => value !== null)
  return [
    '',
    ...indented(line),
    '',
    ...known.map(([key, value]) => `- ${key}: \`${String(value).replaceAll('`', "'")}\``),
  ]
}

function indented(text: string): string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `    ${line}`)
}

/** Text within a table. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
