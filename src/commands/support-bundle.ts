/** `gnomon support-bundle`: what somebody who helps must know of an appliance, in one file, without a secret or a name of a person. */
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { z } from 'zod'
import { OperatingError, causeOf } from '../errors.ts'
import { formatBytes } from '../report/format.ts'
import { ask, clientHelp, clientOptions, findClient } from './client.ts'
import type { Command, CommandIo } from './command.ts'
import { write } from './command.ts'

const help = `gnomon support-bundle [--out FILE] [--url URL]

Writes a file (JSON, gzip) with version, configuration (secrets hidden), health, counters, sources, ledger and formats of a running
appliance. It holds no log lines, no users, no devices; addresses of senders are in it. Look at it before you send it:
zcat FILE | less.

  --out      the file (default gnomon-support.json.gz)
${clientHelp}

  gnomon support-bundle --out /tmp/gnomon.json.gz
`

async function run(args: string[], io: CommandIo): Promise<number> {
  const options = {
    ...clientOptions,
    out: { type: 'string', default: 'gnomon-support.json.gz' },
  } as const
  const { values } = parseArgs({ args, options })
  if (values.help === true) return (await write(io.stdout, help), 0)
  const answer = z.looseObject({ version: z.string() })
  const client = await findClient(values, io.env)
  const { raw } = await ask(client, { path: '/api/v1/support-bundle', answer })
  const bytes = gzipSync(JSON.stringify(raw, null, 1))
  await writeFile(values.out, bytes, { mode: 0o600 }).catch((cause: unknown) => {
    throw new OperatingError(
      'FILE_UNREADABLE',
      `cannot write ${values.out}: ${causeOf(cause)}; name another with --out`,
      { cause },
    )
  })
  const told = { file: values.out, bytes: bytes.length }
  await write(
    io.stdout,
    `${values.json ? JSON.stringify(told) : `${values.out}: ${formatBytes(bytes.length)}`}\n`,
  )
  return 0
}

export const supportBundle: Command = {
  summary: 'what somebody who helps must know, without secrets, in one file',
  help,
  run,
}
