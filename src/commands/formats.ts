/** `gnomon formats`: the log formats that are read, and what their devices must be told. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { OperatingError } from '../errors.ts'
import { compileFormats, formatNamed, loadDefinitions, shippedParsers } from '../parse/formats.ts'
import type { FormatSet } from '../parse/formats.ts'
import type { Definition } from '../parse/definition.ts'
import { visible } from '../report/text.ts'
import type { Command, CommandIo } from './command.ts'
import { write } from './command.ts'
import { importFormat } from './formats-import.ts'
import { formatPages, pageSamples } from './format-pages.ts'
import { tableLines } from './table.ts'

const help = `gnomon formats [--definitions DIR]... [--json] [ID]
gnomon formats import FILE [--sample LOG] [--keep]

Lists the log formats that are read; with an id, what the device must be told to log. import: writes a definition out of the settings
of a custom parser of Defender for Cloud Apps (gnomon formats import --help).

  --definitions  folder with parser definitions of your own (see docs/parsers.md)
  --pages        folder: writes the manual's page for each format there
  --json         as one JSON object

  gnomon formats
  gnomon formats FORTIGATE
  gnomon formats import branch-gateway.yaml --sample gateway.log > mine.yaml
`

/** A format as it is listed: its layouts (variants) are one. */
export interface ListedFormat {
  id: string
  aliases: string[]
  vendor: string
  products: string[]
  /** What its records are: `session`, `web`, `dns`. */
  kinds: string[]
  documentation: string | null
  summary: string
  enable: string
  blind: string | null
}

async function run(args: string[], io: CommandIo): Promise<number> {
  if (args[0] === 'import') return importFormat(args.slice(1), io)
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      definitions: { type: 'string', multiple: true, default: [] },
      pages: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help === true) return (await write(io.stdout, help), 0)
  if (positionals.length > 1)
    throw new OperatingError('USAGE', 'cannot show two formats at once; name one')
  const definitions = await loadDefinitions([shippedParsers, ...values.definitions])
  if (values.pages !== undefined) return writePages(values.pages, definitions, io)
  const set = compileFormats(definitions, { full: false })
  const [name] = positionals
  const rows = listFormats(
    name === undefined ? definitions : definitionsNamed(set, definitions, name),
  )
  if (values.json) await write(io.stdout, `${JSON.stringify({ rows, total: rows.length })}\n`)
  else if (name === undefined) await write(io.stdout, `${formatTable(rows).join('\n')}\n`)
  else await write(io.stdout, rows.map(formatStory).join('\n'))
  return 0
}

async function writePages(
  folder: string,
  definitions: readonly Definition[],
  io: CommandIo,
): Promise<number> {
  const pages = formatPages(definitions, await pageSamples())
  await mkdir(folder, { recursive: true })
  for (const [name, text] of pages) await writeFile(join(folder, name), text)
  await write(io.stdout, `${pages.size} pages in ${folder}\n`)
  return 0
}

function definitionsNamed(
  set: FormatSet,
  definitions: readonly Definition[],
  name: string,
): Definition[] {
  const found = formatNamed(set, name)
  if (found === null)
    throw new OperatingError(
      'USAGE',
      `cannot show ${name}: it is no format with a layout of its own; name one of gnomon formats`,
    )
  return definitions.filter(({ id }) => id === found.id)
}

/** One row for each id, by id. */
export function listFormats(definitions: readonly Definition[]): ListedFormat[] {
  const byId = Map.groupBy(definitions, ({ id }) => id)
  return [...byId]
    .map(([id, layouts]) => {
      const main = layouts.find(({ variant }) => variant === undefined) ?? layouts[0]
      const all = <T>(of: (definition: Definition) => readonly T[]): T[] => [
        ...new Set(layouts.flatMap(of)),
      ]
      return {
        id,
        aliases: all(({ aliases }) => aliases),
        vendor: main.vendor,
        products: all(({ product }) => [product]),
        kinds: all(kindsOf),
        documentation: main.documentation ?? null,
        summary: main.summary,
        enable: main.enable,
        blind: main.blind ?? null,
      }
    })
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

/** Kinds of record that become transactions; a definition without records has one, of sessions. */
function kindsOf({ records }: Definition): string[] {
  if (records.length === 0) return ['session']
  return records.filter(({ skip }) => typeof skip !== 'string').map(({ kind }) => kind)
}

function formatTable(rows: readonly ListedFormat[]): string[] {
  return tableLines<ListedFormat>(
    [
      { title: 'Format', text: ({ id }) => id },
      { title: 'Vendor', text: ({ vendor }) => vendor },
      { title: 'Product', text: ({ products }) => products.join(', '), width: 44 },
      { title: 'Records', text: ({ kinds }) => kinds.join(', ') },
      { title: 'Also named', text: ({ aliases }) => aliases.join(', '), width: 60 },
    ],
    rows,
  )
}

function formatStory(row: ListedFormat): string {
  const { id, vendor, products, aliases, kinds, summary, enable, blind, documentation } = row
  const lines = [
    `${id}: ${vendor} ${products.join(', ')}`,
    summary,
    '',
    `Also named: ${aliases.length === 0 ? 'nothing else' : aliases.join(', ')}`,
    `Records: ${kinds.join(', ')}`,
    ...(documentation === null ? [] : [`Manual: ${documentation}`]),
    '',
    'What the device must be told:',
    ...enable
      .trimEnd()
      .split('\n')
      .map((line) => `  ${line}`),
    ...(blind === null ? [] : ['', `What stays blind: ${blind.trim()}`]),
  ]
  return `${lines.map(visible).join('\n')}\n`
}

export const formats: Command = { summary: 'the log formats that are read', help, run }
