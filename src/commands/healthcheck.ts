/** `gnomon healthcheck`: whether the appliance answers; what Docker's HEALTHCHECK runs. */
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { OperatingError } from '../errors.ts'
import { clientLimits } from '../limits.ts'
import { ask, clientHelp, clientOptions, findClient } from './client.ts'
import type { Command, CommandIo } from './command.ts'
import { write } from './command.ts'

const help = `gnomon healthcheck [--url URL]

Asks the appliance whether it is alive. Exit code 0: it is; 1: it is not, or cannot be reached.

${clientHelp}

  gnomon healthcheck && echo alive
`

const health = z.object({ status: z.literal('ok'), version: z.string() })

async function run(args: string[], io: CommandIo): Promise<number> {
  const { values } = parseArgs({ args, options: clientOptions })
  if (values.help === true) return (await write(io.stdout, help), 0)
  try {
    const client = await findClient(values, io.env)
    const request = { path: '/healthz', answer: health }
    const { answer, raw } = await ask({ ...client, timeoutMs: clientLimits.healthMs }, request)
    const text = values.json
      ? JSON.stringify(raw)
      : `alive: gnomon ${answer.version} at ${client.base}`
    await write(io.stdout, `${text}\n`)
    return 0
  } catch (error) {
    if (!(error instanceof OperatingError)) throw error
    // Docker knows 0 and 1 only: also an unreadable configuration is "not healthy".
    await write(io.stderr, `gnomon healthcheck: ${error.message}\n`)
    return 1
  }
}

export const healthcheck: Command = {
  summary: 'whether the appliance is alive (exit code 0 or 1)',
  help,
  run,
}
