/** `gnomon block-script`: what a firewall, proxy or resolver must be told so that it blocks the unsanctioned apps. */
import { parseArgs } from 'node:util'
import { writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { formatSchema, scriptSchema } from '../api/govern-schemas.ts'
import { OperatingError, causeOf } from '../errors.ts'
import { scriptModes } from '../govern/scripts.ts'
import { formatNoun, formatTime } from '../report/format.ts'
import { visible } from '../report/text.ts'
import { ask, clientHelp, clientOptions, findClient } from './client.ts'
import type { Client } from './client.ts'
import type { Command, CommandIo } from './command.ts'
import { write } from './command.ts'
import { tableLines } from './table.ts'

const help = `gnomon block-script FORMAT [--mode full|remove|diff] [--preview] [--out FILE] [--url URL] [--json]
gnomon block-script --list

Writes a script for a device that blocks all unsanctioned apps. What is left out, and why, is told on standard error.
FORMAT is an id of --list, or a number of Defender for Cloud Apps (102, 104, 108, 112, 120, 129, 135).

  --list     the formats: devices, releases, what to do with the script
  --mode     full = blocks all (default); remove = takes the block away; diff = what changed since the last one given out
  --preview  shows it; it does not count as given out
  --out      writes it to this file
${clientHelp}

  gnomon block-script fortigate > fortigate.txt
  gnomon block-script rpz --out /var/lib/bind/gnomon.rpz
`

const formats = z.object({ rows: z.array(formatSchema), total: z.int() })

async function run(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...clientOptions,
      list: { type: 'boolean', default: false },
      mode: { type: 'string', default: 'full' },
      preview: { type: 'boolean', default: false },
      out: { type: 'string' },
    },
  })
  if (values.help === true) return (await write(io.stdout, help), 0)
  const [format, ...more] = positionals
  if (values.list ? positionals.length > 0 : format === undefined || more.length > 0)
    throw new OperatingError(
      'USAGE',
      'cannot tell which script: name one format; see gnomon block-script --list',
    )
  if (!(scriptModes as readonly string[]).includes(values.mode))
    throw new OperatingError(
      'USAGE',
      `cannot use --mode ${values.mode}: use ${scriptModes.join(', ')}`,
    )
  const client = await findClient(values, io.env)
  if (values.list) return tellFormats(client, values.json, io)
  return tellScript(client, format, values, io)
}

async function tellFormats(client: Client, json: boolean, io: CommandIo): Promise<number> {
  const { answer, raw } = await ask(client, { path: '/api/v1/block-scripts', answer: formats })
  const lines = tableLines<z.output<typeof formatSchema>>(
    [
      { title: 'Format', text: ({ id }) => id },
      {
        title: 'Number',
        text: ({ number }) => (number === null ? '' : String(number)),
        right: true,
      },
      { title: 'Device', text: ({ vendor, product }) => `${vendor} ${product}`, width: 60 },
      { title: 'Release', text: ({ release }) => release },
    ],
    answer.rows,
    ({ use }) => [use],
  )
  await write(io.stdout, json ? `${JSON.stringify(raw)}\n` : `${lines.join('\n')}\n`)
  return 0
}

async function tellScript(
  client: Client,
  format: string,
  options: { mode: string; preview: boolean; out?: string | undefined; json: boolean },
  io: CommandIo,
): Promise<number> {
  const { answer, raw } = await ask(client, {
    method: options.preview ? 'GET' : 'POST',
    path: `/api/v1/block-scripts/${encodeURIComponent(format)}`,
    query: { mode: options.mode },
    answer: scriptSchema,
  })
  const text = options.json ? `${JSON.stringify(raw)}\n` : answer.text
  if (options.out === undefined) await write(io.stdout, text)
  else
    await writeFile(options.out, text).catch((cause: unknown) => {
      throw new OperatingError(
        'FILE_UNREADABLE',
        `cannot write ${options.out}: ${causeOf(cause)}; choose another --out`,
        { cause },
      )
    })
  if (!options.json) await write(io.stderr, `${scriptWords(answer).map(visible).join('\n')}\n`)
  return 0
}

/** What a person must know beside the script. */
export function scriptWords(script: z.output<typeof scriptSchema>): string[] {
  const { names, apps, added, removed, lastAt, leftOut } = script
  const since =
    lastAt === null
      ? 'None was given out before.'
      : `Since ${formatTime(lastAt)}: ${added.length} added, ${removed.length} taken away.`
  return [
    `${formatNoun(names, 'name')} of ${formatNoun(apps, 'unsanctioned app')}. ${since}`,
    ...leftOut.map(({ app, name, reason }) => `left out: ${name} (${app}): ${reason}`),
  ]
}

export const blockScript: Command = {
  summary: 'a script that makes a firewall, proxy or resolver block the unsanctioned apps',
  help,
  run,
}
