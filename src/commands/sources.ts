/** `gnomon sources`: who sends, what it was recognised as, and what its lines do not tell. */
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { readinessSchema, sourceRowSchema } from '../api/schemas.ts'
import { causeOf } from '../errors.ts'
import { clientLimits } from '../limits.ts'
import { formatCount, formatNoun, formatShare, formatTime, unknownText } from '../report/format.ts'
import { driftText, duration } from '../report/stream-words.ts'
import { wrap } from '../report/terminal.ts'
import { visible } from '../report/text.ts'
import { ask, clientHelp, clientOptions, fetchOf, findClient } from './client.ts'
import type { Client } from './client.ts'
import type { Command, CommandIo } from './command.ts'
import { write } from './command.ts'
import { tableLines } from './table.ts'
import type { TableColumn } from './table.ts'

const help = `gnomon sources [--source NAME] [--url URL] [--json]

Lists the data sources of a running appliance: state, format with its confidence, lines, clock against the time of receipt; below each
what its lines do not tell, what changed in them, and whether its clock or zone is wrong; and hours that could not be merged.

  --source   only this one, with each of its senders, and the commands that would make its lines tell more
${clientHelp}

  gnomon sources
  gnomon sources --source hq-firewall
`

type SourceRow = z.output<typeof sourceRowSchema>

const answer = z.object({ rows: z.array(sourceRowSchema), total: z.int() })

async function run(args: string[], io: CommandIo): Promise<number> {
  const { values } = parseArgs({ args, options: { ...clientOptions, source: { type: 'string' } } })
  if (values.help === true) return (await write(io.stdout, help), 0)
  const client = await findClient(values, io.env)
  const { answer: all, raw } = await ask(client, {
    path: '/api/v1/sources',
    answer,
  })
  const { columns: width = Infinity } = io.stdout as Partial<NodeJS.WriteStream>
  if (values.source === undefined) {
    const text = values.json
      ? JSON.stringify(raw)
      : [...sourceTable(all.rows, width), ...broken(await setbacks(client), width)].join('\n')
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
  const story = values.json ? JSON.stringify(row) : sourceStory(row, width).join('\n')
  await write(io.stdout, `${story}\n`)
  return 0
}

/** What keeps hours of all sources out of the reports, in words; an appliance that is not ready says so with 503. */
async function setbacks(client: Client): Promise<string[]> {
  try {
    const signal = AbortSignal.timeout(client.timeoutMs ?? clientLimits.timeoutMs)
    const response = await fetchOf(client)(`${client.base}/readyz`, { signal })
    const { checks } = readinessSchema.parse(await response.json())
    return checks.flatMap(({ name, reason }) =>
      name === 'merge' && reason !== null ? ['', `The merge: ${reason}`] : [],
    )
  } catch (error) {
    return ['', `The merge: cannot ask how it is: ${causeOf(error)}`]
  }
}

/** Below so many columns of the terminal some of the table's are left out. */
const wide = 110

/** Texts below a row, broken where the terminal ends. */
function broken(texts: readonly string[], width: number): string[] {
  // hostile text is made harmless first: its columns are counted then
  return texts.flatMap((text) =>
    width === Infinity ? [text] : wrap(visible(text), Math.max(20, width - 2)),
  )
}

/** One row for each source; below it what its lines do not tell, and what is wrong. `width`: columns of the terminal. */
export function sourceTable(rows: readonly SourceRow[], width = Infinity): string[] {
  if (rows.length === 0) return ['No source has sent anything yet, and none is configured.']
  const columns: (TableColumn<SourceRow> & { narrow: boolean })[] = [
    { title: 'Source', text: ({ name }) => name, width: width < wide ? 20 : 32, narrow: true },
    { title: 'State', text: ({ state }) => state, narrow: true },
    { title: 'Format', text: formatWords, width: width < wide ? 18 : 40, narrow: true },
    { title: 'Sure', text: ({ confidence }) => formatShare(confidence), right: true, narrow: true },
    {
      title: 'Last seen (UTC)',
      text: ({ lastSeen }) => (lastSeen === null ? unknownText : formatTime(lastSeen)),
      narrow: false,
    },
    {
      title: 'Senders',
      text: ({ streams }) => formatCount(streams.length),
      right: true,
      narrow: false,
    },
    {
      title: 'Lines/s',
      text: ({ linesPerSecond }) => rate(linesPerSecond),
      right: true,
      narrow: true,
    },
    {
      title: 'Transactions',
      text: ({ transactions }) => formatCount(transactions),
      right: true,
      narrow: false,
    },
    { title: 'Clock', text: ({ streams }) => clockCell(streams), right: true, narrow: true },
  ]
  return tableLines<SourceRow>(
    columns.filter(({ narrow }) => narrow || width >= wide),
    rows,
    (row) => broken(wordsBelow(row), width),
  )
}

type Stream = SourceRow['streams'][number]

const worstFirst = ['zone', 'ahead', 'late', 'right', 'unknown', 'files'] as const

/** How far the stamps lie from receipt, of the sender whose clock is worst: `+2 h`, `0 s`; `files` have none. */
function clockCell(streams: readonly Stream[]): string {
  for (const state of worstFirst) {
    const stream = streams.find(({ clock }) => clock.state === state)
    if (stream === undefined) continue
    const { seconds } = stream.clock
    if (state === 'files') return 'files'
    if (state === 'unknown' || seconds === null) return unknownText
    const sign = seconds > 0 ? '+' : seconds < 0 ? '-' : ''
    return `${sign}${duration(seconds * 1000)}`
  }
  return unknownText
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

/** Only what somebody should look at: a source that tells everything has nothing below it. */
function wordsBelow(row: SourceRow): string[] {
  const { commands, format, name, notices } = row
  return [
    ...feedWords(row),
    ...lineWords(row),
    ...notices.map((text) => `! ${text}`),
    ...(commands.length === 0 || format === null
      ? []
      : [`What its devices must be told: gnomon sources --source ${name}`]),
  ]
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

function streamTable(streams: readonly Stream[], width: number): string[] {
  const columns: (TableColumn<Stream> & { narrow: boolean })[] = [
    { title: 'Sender', text: ({ peer }) => peer, width: width < wide ? 24 : 40, narrow: true },
    { title: 'Listener', text: ({ listener }) => listener, narrow: false },
    {
      title: 'Format',
      text: ({ format }) => format ?? 'not recognised',
      width: width < wide ? 18 : 40,
      narrow: true,
    },
    { title: 'Sure', text: ({ confidence }) => formatShare(confidence), right: true, narrow: true },
    {
      title: 'Last seen (UTC)',
      text: ({ lastSeen }) => (lastSeen === null ? unknownText : formatTime(lastSeen)),
      narrow: false,
    },
    {
      title: 'Transactions',
      text: ({ transactions }) => formatCount(transactions),
      right: true,
      narrow: false,
    },
    { title: 'User', text: ({ withUser }) => formatShare(withUser), right: true, narrow: true },
    { title: 'Host', text: ({ withHost }) => formatShare(withHost), right: true, narrow: true },
    { title: 'Bytes', text: ({ withBytes }) => formatShare(withBytes), right: true, narrow: true },
    {
      title: 'Action',
      text: ({ withAction }) => formatShare(withAction),
      right: true,
      narrow: true,
    },
  ]
  return tableLines<Stream>(
    columns.filter(({ narrow }) => narrow || width >= wide),
    streams,
    ({ reason, clock, drift }) => {
      const changed = drift.map(({ since, ended, words }) =>
        driftText({
          sinceMs: Date.parse(since),
          endedMs: ended === null ? null : Date.parse(ended),
          words,
        }),
      )
      return broken([reason, clock.text, ...changed], width)
    },
  )
}

function feedTable(feeds: NonNullable<SourceRow['feeds']>): string[] {
  return tableLines<(typeof feeds)[number]>(
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
    feeds,
    ({ trouble }) => (trouble === null ? [] : [trouble]),
  )
}

/** The source with each of its senders, its blind spots, and the commands that would mend them. */
export function sourceStory(row: SourceRow, width = Infinity): string[] {
  const { feeds = [] } = row
  const words = row.words.flatMap((text) =>
    broken([text], width).map((line, i) => `${i === 0 ? '-' : ' '} ${visible(line)}`),
  )
  const commands = row.commands.flatMap(({ format, enable, blind }) => [
    '',
    `What ${visible(format)} must be told (gnomon formats ${visible(format)}):`,
    ...enable.split('\n').map((line) => `  ${visible(line)}`),
    ...(blind === null
      ? []
      : broken([`What stays blind: ${blind.replaceAll(/\s+/g, ' ')}`], width).map(visible)),
  ])
  return [
    `${visible(row.name)}: ${row.state}, ${formatNoun(row.transactions, 'transaction')}`,
    ...(row.streams.length === 0 ? [] : ['', ...streamTable(row.streams, width)]),
    ...(feeds.length === 0 ? [] : ['', ...feedTable(feeds)]),
    ...(words.length === 0 ? [] : ['', ...words]),
    ...commands,
  ]
}

export const sources: Command = {
  summary: 'data sources of the running appliance, and their blind spots',
  help,
  run,
}
