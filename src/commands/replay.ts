/** `gnomon replay`: gives kept unread lines to the parsers again, after a definition was mended. */
import { parseArgs } from 'node:util'
import { replaySchema } from '../api/schemas.ts'
import { formatNoun } from '../report/format.ts'
import { ask, clientHelp, clientOptions, findClient } from './client.ts'
import type { Command, CommandIo } from './command.ts'
import { write } from './command.ts'

const help = `gnomon replay [--source NAME] [--reason REASON] [--url URL] [--json]

Gives lines that no parser could read to the parsers again. The ledger takes them back first, so it stays balanced.
Mend the definition, reload the configuration, then replay.

  --source   only lines of this data source
  --reason   only lines with this reason (see gnomon ledger)
${clientHelp}

  gnomon replay --source hq-firewall
`

async function run(args: string[], io: CommandIo): Promise<number> {
  const options = {
    ...clientOptions,
    source: { type: 'string' },
    reason: { type: 'string' },
  } as const
  const { values } = parseArgs({ args, options })
  if (values.help === true) return (await write(io.stdout, help), 0)
  const { source, reason } = values
  const { answer, raw } = await ask(await findClient(values, io.env), {
    method: 'POST',
    path: '/api/v1/unparsed/replay',
    body: { source, reason },
    answer: replaySchema,
  })
  await write(io.stdout, `${values.json ? JSON.stringify(raw) : replayWords(answer)}\n`)
  return 0
}

/** What happened, and whether there is more to do. */
export function replayWords({ lines, left }: { lines: number; left: number }): string {
  if (lines === 0 && left === 0) return 'No line is kept as unparsed.'
  const given =
    lines === 0
      ? 'No line was given to the parsers again'
      : `${formatNoun(lines, 'line')} given to the parsers again`
  if (left === 0) return `${given}.`
  const why =
    lines === 0
      ? 'were too long to be kept whole'
      : 'wait for another run, or were too long to be kept whole'
  return `${given}; ${formatNoun(left, 'line')} left: they ${why}.`
}

export const replay: Command = { summary: 'give unread lines to the parsers again', help, run }
