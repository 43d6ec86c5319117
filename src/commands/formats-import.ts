/** `gnomon formats import`: the settings of another product's custom parser become a definition of ours. */
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { OperatingError, causeOf } from '../errors.ts'
import { definitionOf } from '../parse/mapped-format.ts'
import { importSettings } from '../parse/mda-settings.ts'
import { Playground } from '../parse/playground.ts'
import { playgroundLimits } from '../limits.ts'
import { visible } from '../report/text.ts'
import { ask, clientHelp, clientOptions, findClient } from './client.ts'
import type { CommandIo } from './command.ts'
import { write } from './command.ts'

const help = `gnomon formats import FILE [--sample LOG] [--zone TZ] [--keep [--url URL]]

Writes a parser definition out of the settings of a custom parser of Defender for Cloud Apps: its dialog's entries, one below the
other, as YAML or JSON (see docs/parsers.md).

  --sample   log file: its lines are read with the definition, and each that is not understood is told with its reason
  --zone     IANA zone of its stamps without one (default UTC)
  --keep     puts the definition in force on a running appliance
${clientHelp}

  gnomon formats import branch-gateway.yaml --sample gateway.log > mine.yaml
`

const kept = z.object({ id: z.string() })

/** Exit code 1: lines of the sample are not understood. */
export async function importFormat(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...clientOptions,
      sample: { type: 'string' },
      zone: { type: 'string' },
      keep: { type: 'boolean', default: false },
    },
  })
  if (values.help === true) return (await write(io.stdout, help), 0)
  const [file, ...more] = positionals
  if (file === undefined || more.length > 0)
    throw new OperatingError('USAGE', 'cannot import a format: name one file with its settings')
  const { format, notes } = importSettings(await textOf(file))
  const definition = definitionOf(format)
  await write(
    io.stdout,
    values.json ? `${JSON.stringify({ id: format.id, text: definition, notes })}\n` : definition,
  )
  for (const note of notes) await write(io.stderr, `${note}\n`)
  const understood =
    values.sample === undefined ||
    (await tryOn({ sample: values.sample, zone: values.zone ?? null, definition }, io))
  if (values.keep) {
    const path = `/api/v1/definitions/${format.id}`
    const client = await findClient(values, io.env)
    await ask(client, { method: 'PUT', path, body: { text: definition }, answer: kept })
    await write(io.stderr, `${format.id} is in force.\n`)
  }
  return understood ? 0 : 1
}

async function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new OperatingError(
      'FILE_UNREADABLE',
      `cannot read ${file}: ${causeOf(cause)}; check its name and rights`,
      { cause },
    )
  })
}

/** Whether all lines are read or skipped; those that are not are told. */
async function tryOn(
  part: { sample: string; zone: string | null; definition: string },
  io: CommandIo,
): Promise<boolean> {
  const { sample, zone, definition } = part
  const lines = (await textOf(sample)).slice(0, playgroundLimits.lineCharacters)
  const order = { definitions: [], format: 'auto', receivedAtMs: Date.now() }
  const { rows } = await new Playground().try({ ...order, definition, zone, lines })
  const unread = rows.filter((row) => row.outcome === 'unparsed')
  const read = rows.filter((row) => row.outcome === 'transaction').length
  await write(
    io.stderr,
    `${visible(sample)}: ${read} of ${rows.length} lines are transactions, ${unread.length} are not understood.\n`,
  )
  for (const { line, reason } of unread.slice(0, 20))
    await write(io.stderr, `  line ${line}: ${visible(reason)}\n`)
  if (unread.length > 20) await write(io.stderr, `  … and ${unread.length - 20} more\n`)
  return unread.length === 0
}
