/** `gnomon tap`: lines of a source as they come, as read and as understood. */
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { visible } from '../report/text.ts'
import { tapEventSchema } from '../api/routes-tap.ts'
import { ask, clientHelp, clientOptions, findClient, openStream } from './client.ts'
import type { Client } from './client.ts'
import type { Command, CommandIo } from './command.ts'
import { write } from './command.ts'

const help = `gnomon tap [--count N] [--url URL] [--json] SOURCE

Shows the lines of a data source some seconds after they come: as received, and what each says, or why it was not understood.

  --count    ends after so many lines (default: goes on until Ctrl-C)
${clientHelp}

  gnomon tap hq-firewall
  gnomon tap --json --count 100 hq-firewall > lines.ndjson
`

const sourcesSchema = z.object({ rows: z.array(z.object({ name: z.string() })) })

/** Whether the source has sent anything; a token that may only tap is not told. */
async function isKnown(client: Client, source: string): Promise<boolean> {
  try {
    const { answer } = await ask(client, { path: '/api/v1/sources', answer: sourcesSchema })
    return answer.rows.some(({ name }) => name === source)
  } catch {
    return true
  }
}

async function run(args: string[], io: CommandIo): Promise<number> {
  const options = { ...clientOptions, count: { type: 'string' } } as const
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true })
  if (values.help === true) return (await write(io.stdout, help), 0)
  const count = values.count === undefined ? Infinity : Number(values.count)
  if (positionals.length !== 1 || !(count > 0)) return (await write(io.stderr, help), 2)
  const client = await findClient(values, io.env)
  if (!(await isKnown(client, positionals[0])))
    await write(
      io.stderr,
      `gnomon tap: no source ${visible(positionals[0])} has sent anything yet; waiting for it (see gnomon sources)\n`,
    )
  const path = `/api/v1/sources/${encodeURIComponent(positionals[0])}/tap`
  let shown = 0
  for await (const { event, data } of openStream(client, path)) {
    if (event === 'end') {
      await write(io.stderr, `gnomon tap: ${visible(String(JSON.parse(data)))}\n`)
      return 1
    }
    if (event === 'left-out' && !values.json) await write(io.stdout, `  … and ${data} more\n`)
    if (event !== 'line') continue
    const line = tapEventSchema.parse(JSON.parse(data))
    await write(io.stdout, values.json ? `${JSON.stringify(line)}\n` : lineWords(line))
    if (++shown >= count) return 0
  }
  return 0
}

/** The line, and below it what it says; nothing a log could hold controls the terminal. */
export function lineWords(line: {
  peer: string
  text: string
  rows: Record<string, unknown>[]
}): string {
  const rows = line.rows.map((row) => {
    if (row['outcome'] !== 'transaction')
      return `  ${String(row['outcome'])}: ${visible(String(row['reason']))}`
    const told = Object.entries(row['transaction'] as Record<string, unknown>)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => `${name}=${visible(String(value))}`)
    return `  ${visible(String(row['format']))}: ${told.join(' ')}`
  })
  return `${visible(line.peer)} ${visible(line.text)}\n${rows.join('\n')}\n`
}

export const tap: Command = {
  summary: 'lines of a source as they come, as read and as understood',
  help,
  run,
}
