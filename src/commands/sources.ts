/** `gnomon sources`: who sends, what it was recognised as, and what its lines do not tell. */
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { sourceRowSchema } from '../api/schemas.ts'
import { formatCount, formatNoun, formatShare, formatTime, unknownText } from '../report/format.ts'
import { visible } from '../report/text.ts'
import { ask, clientHelp, clientOptions, findClient } from './client.ts'
import type { Command, CommandIo } from './command.ts'
import { write } from './command.ts'
import { tableLines } from './table.ts'

const help = `gnomon sources [--source NAME] [--url URL] [--json]

Lists the data sources of a running appliance: state, format with its confidence, lines, and blind spots.

  --source   only this one, with each of its senders
${clientHelp}

  gnomon sources
  gnomon sources --source hq-firewall
`

type SourceRow = z.output<typeof sourceRowSchema>

const answer = z.object({ rows: z.array(sourceRowSchema), total: z.int() })

async function run(args: string[], io: CommandIo): Promise<number> {
  const { values } = parseArgs({ args, options: { ...clientOptions, source: { type: 'string' } } })
  if (values.help === true) return (await write(io.stdout, help), 0)
  const { answer: all, raw } = await ask(await findClient(values, io.env), {
    path: '/api/v1/sources',
    answer,
  })
  if (values.source === undefined) {
    const text = values.json ? JSON.stringify(raw) : sourceTable(all.rows).join('\n')
    await write(io.stdout, `${text}\n`)
    return 0
  }
  const row = all.rows.find(({ name }) => name === values.source)
  if (row === undefined) {
    await write(
      io.stderr,
      `gnomon sources: cannot find source ${visible(values.source)}; see gnomon sources\n`,
    )
    return 1
  }
  await write(io.stdout, `${values.json ? JSON.stringify(row) : sourceStory(row).join('\n')}\n`)
  return 0
}

/** One row for each source; below it what its lines do not tell. */
export function sourceTable(rows: readonly SourceRow[]): string[] {
  if (rows.length === 0) return ['No source has sent anything yet, and none is configured.']
  return tableLines<SourceRow>(
    [
      { title: 'Source', text: ({ name }) => name, width: 32 },
      { title: 'State', text: ({ state }) => state },
      { title: 'Format', text: formatWords },
      { title: 'Sure', text: ({ confidence }) => formatShare(confidence), right: true },
      {
        title: 'Last seen (UTC)',
        text: ({ lastSeen }) => (lastSeen === null ? unknownText : formatTime(lastSeen)),
      },
      { title: 'Senders', text: ({ streams }) => formatCount(streams.length), right: true },
      { title: 'Lines/s', text: ({ linesPerSecond }) => rate(linesPerSecond), right: true },
      { title: 'Transactions', text: ({ transactions }) => formatCount(transactions), right: true },
    ],
    rows,
    blindWords,
  )
}

function formatWords({ format, streams }: SourceRow): string {
  if (format !== null) return format
  return streams.length === 0 ? unknownText : 'not recognised'
}

function rate(linesPerSecond: number | null): string {
  if (linesPerSecond === null) return unknownText
  return linesPerSecond > 0 && linesPerSecond < 10
    ? linesPerSecond.toFixed(1)
    : formatCount(linesPerSecond)
}

/** Only what is blind: a source that tells everything has nothing below it. */
function blindWords(row: SourceRow): string[] {
  return [...feedWords(row), ...lineWords(row)]
}

/** A feed of agent data that does not go on, or is silent. */
function feedWords({ feeds = [] }: SourceRow): string[] {
  return feeds.flatMap(({ name, silent, lastData, trouble }) => {
    const last = lastData === null ? 'nothing since the start' : `last ${formatTime(lastData)}`
    return [
      ...(trouble === null ? [] : [`feed ${name}: ${trouble}`]),
      ...(silent ? [`feed ${name} is silent: ${last}`] : []),
    ]
  })
}

function lineWords({ words, format, reason, streams }: SourceRow): string[] {
  if (format === null && streams.length > 0 && reason !== null) return [`not recognised: ${reason}`]
  // A blind spot names its remedy behind a colon (report/data-quality.ts); what is told well has none.
  return words.filter((text) => text.includes(': '))
}

function sourceStory(row: SourceRow): string[] {
  const streams = tableLines<SourceRow['streams'][number]>(
    [
      { title: 'Sender', text: ({ peer }) => peer },
      { title: 'Listener', text: ({ listener }) => listener },
      { title: 'Format', text: ({ format }) => format ?? 'not recognised' },
      { title: 'Sure', text: ({ confidence }) => formatShare(confidence), right: true },
      {
        title: 'Last seen (UTC)',
        text: ({ lastSeen }) => (lastSeen === null ? unknownText : formatTime(lastSeen)),
      },
      { title: 'Transactions', text: ({ transactions }) => formatCount(transactions), right: true },
      { title: 'User', text: ({ withUser }) => formatShare(withUser), right: true },
      { title: 'Host', text: ({ withHost }) => formatShare(withHost), right: true },
      { title: 'Bytes', text: ({ withBytes }) => formatShare(withBytes), right: true },
      { title: 'Action', text: ({ withAction }) => formatShare(withAction), right: true },
    ],
    row.streams,
    ({ reason }) => [reason],
  )
  const feeds = tableLines<NonNullable<SourceRow['feeds']>[number]>(
    [
      { title: 'Feed', text: ({ name }) => name },
      { title: 'Kind', text: ({ kind }) => kind },
      { title: 'State', text: ({ state, silent }) => (silent ? `${state}, silent` : state) },
      {
        title: 'Last data (UTC)',
        text: ({ lastData }) => (lastData === null ? unknownText : formatTime(lastData)),
      },
      { title: 'Rows', text: ({ lines }) => formatCount(lines), right: true },
    ],
    row.feeds ?? [],
    ({ trouble }) => (trouble === null ? [] : [trouble]),
  )
  const words = row.words.map((text) => `- ${visible(text)}`)
  return [
    `${visible(row.name)}: ${row.state}, ${formatNoun(row.transactions, 'transaction')}`,
    ...(row.streams.length === 0 ? [] : ['', ...streams]),
    ...((row.feeds ?? []).length === 0 ? [] : ['', ...feeds]),
    ...(words.length === 0 ? [] : ['', ...words]),
  ]
}

export const sources: Command = {
  summary: 'data sources of the running appliance, and their blind spots',
  help,
  run,
}
