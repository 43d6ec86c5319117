/** `gnomon ledger`: what came in and what became of it, by source and hour; says in words whether it balances. */
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { judgedLedgerRowSchema } from '../api/schemas.ts'
import { OperatingError } from '../errors.ts'
import { apiLimits } from '../limits.ts'
import { formatBytes, formatCount, formatNoun, formatTime } from '../report/format.ts'
import { visible } from '../report/text.ts'
import { ask, clientHelp, clientOptions, findClient } from './client.ts'
import type { Client } from './client.ts'
import type { Command, CommandIo } from './command.ts'
import { write } from './command.ts'
import { tableLines } from './table.ts'

const help = `gnomon ledger [--source NAME] [--from TIME] [--to TIME] [--url URL] [--json]

For each source and hour of receipt: lines and bytes received = transactions + skipped + unparsed + dropped, with the reasons.
Exit code 0: it balances; 1: it does not.

  --source   only this data source
  --from     first hour: 2026-09-21T14:00Z, a day (UTC), or how long ago: 12h, 7d (default 24h)
  --to       end, exclusive (default now)
${clientHelp}

  gnomon ledger --source hq-firewall --from 7d
`

type LedgerRow = z.output<typeof judgedLedgerRowSchema>

const answer = z.object({
  rows: z.array(judgedLedgerRowSchema),
  total: z.int(),
  balanced: z.boolean(),
  sentence: z.string(),
  notices: z.array(z.string()).default([]),
})

interface Question {
  source: string | null
  from: string
  to: string | null
}

async function run(args: string[], io: CommandIo): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      ...clientOptions,
      source: { type: 'string' },
      from: { type: 'string', default: '24h' },
      to: { type: 'string' },
    },
  })
  if (values.help === true) return (await write(io.stdout, help), 0)
  const nowMs = Date.now()
  const question = {
    source: values.source ?? null,
    from: instantOf(values.from, nowMs, '--from'),
    to: values.to === undefined ? null : instantOf(values.to, nowMs, '--to'),
  }
  const client = await findClient(values, io.env)
  return values.json ? tellJson(client, question, io) : tellTable(client, question, io)
}

/**
 * A point in time as an ISO stamp: `12h` and `7d` ago, a day, or a stamp; without a zone it is UTC. Throws OperatingError USAGE.
 *
 *     instantOf('2026-09-21', 0, '--from') // '2026-09-21T00:00:00.000Z'
 */
export function instantOf(text: string, nowMs: number, option: string): string {
  const ago = /^(\d{1,5})([hd])$/.exec(text)
  const zoned = /[zZ]$|[+-]\d\d:?\d\d$/.test(text) || /^\d{4}-\d\d-\d\d$/.test(text)
  const ms =
    ago === null
      ? Date.parse(zoned ? text : `${text}Z`)
      : nowMs - Number(ago[1]) * (ago[2] === 'h' ? 3_600_000 : 86_400_000)
  if (Number.isNaN(ms) || (ago === null && !/^\d{4}-\d\d-\d\d/.test(text)))
    throw new OperatingError(
      'USAGE',
      `cannot use ${option} ${text}: not a time; write 2026-09-21T14:00Z, 2026-09-21, 12h or 7d`,
    )
  return new Date(ms).toISOString()
}

async function* pagesOf(
  client: Client,
  question: Question,
): AsyncGenerator<z.output<typeof answer>> {
  for (let page = 1; ; page++) {
    const query = { ...question, page, limit: apiLimits.pageRows }
    const { answer: found } = await ask(client, { path: '/api/v1/ledger', query, answer })
    yield found
    if (page * apiLimits.pageRows >= found.total || page === apiLimits.pages) return
  }
}

async function tellJson(client: Client, question: Question, io: CommandIo): Promise<number> {
  let balanced = true
  let separator = '{"rows":['
  let end = ''
  for await (const page of pagesOf(client, question)) {
    const { rows, total, sentence, notices } = page
    ;({ balanced } = page)
    end = `],"total":${total},"balanced":${balanced},"sentence":${JSON.stringify(sentence)},"notices":${JSON.stringify(notices)}}\n`
    await write(io.stdout, separator + rows.map((row) => JSON.stringify(row)).join(','))
    separator = ','
  }
  await write(io.stdout, end)
  return balanced ? 0 : 1
}

async function tellTable(client: Client, question: Question, io: CommandIo): Promise<number> {
  let balanced = true
  let sentence = ''
  let notices: string[] = []
  for await (const page of pagesOf(client, question)) {
    ;({ balanced, sentence, notices } = page)
    if (page.rows.length > 0) await write(io.stdout, `${ledgerTable(page.rows).join('\n')}\n\n`)
  }
  await write(io.stdout, `${sentence}\n`)
  for (const notice of notices) await write(io.stdout, `! ${visible(notice)}\n`)
  return balanced ? 0 : 1
}

const quantities = ['received', 'transactions', 'skipped', 'unparsed', 'dropped'] as const

/** One row for each source and hour; below it the bytes, the reasons, and what is missing. */
export function ledgerTable(rows: readonly LedgerRow[]): string[] {
  return tableLines<LedgerRow>(
    [
      { title: 'Hour (UTC)', text: ({ hour }) => formatTime(hour) },
      { title: 'Source', text: ({ source }) => source, width: 32 },
      ...quantities.map((name) => ({
        title: name[0].toUpperCase() + name.slice(1),
        text: (row: LedgerRow) => formatCount(row[name].lines),
        right: true,
      })),
    ],
    rows,
    storyOf,
  )
}

function storyOf(row: LedgerRow): string[] {
  const bytes = quantities
    .filter((name) => row[name].lines > 0)
    .map((name) => `${name} ${formatBytes(row[name].bytes)}`)
  const reasons = row.reasons.map(
    ({ outcome, reason, lines, bytes: size }) =>
      `${outcome}: ${reason}: ${formatNoun(lines, 'line')}, ${formatBytes(size)}`,
  )
  const gap =
    row.missing > 0
      ? `${formatNoun(row.missing, 'line')} cannot be accounted for`
      : `${formatNoun(-row.missing, 'line')} more came out than went in`
  return [
    ...(bytes.length === 0 ? [] : [bytes.join(', ')]),
    ...reasons,
    ...(row.balanced ? [] : [`! does not balance: ${gap}`]),
  ]
}

export const ledger: Command = {
  summary: 'what came in and what became of it, by source and hour',
  help,
  run,
}
