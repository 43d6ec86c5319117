/** `gnomon check`: everything that would stop the appliance, told before it is started. */
import { parseArgs } from 'node:util'
import { ConfigInvalid, faultLine, loadConfig } from '../config/config.ts'
import { OperatingError } from '../errors.ts'
import { formatNoun } from '../report/format.ts'
import { visible } from '../report/text.ts'
import { checkConfig } from './check-config.ts'
import type { Finding } from './check-config.ts'
import type { Command, CommandIo } from './command.ts'
import { write } from './command.ts'

const help = `gnomon check [CONFIG] [--json]

Reads the configuration and what it names: certificates, folders, parser definitions, catalog, formats, ports. Starts nothing, and
asks no other machine. Exit code 0: good, 78: faults. Warnings do not count.

  CONFIG   default GNOMON_CONFIG, then /etc/gnomon/gnomon.yaml; none = working defaults
  --json   all findings as one JSON object

  gnomon check ./gnomon.yaml
`

async function run(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h' } },
  })
  if (values.help === true) return (await write(io.stdout, help), 0)
  if (positionals.length > 1)
    throw new OperatingError('USAGE', 'cannot check two configurations at once; name one')
  const { path, findings } = await findingsOf(positionals[0], io.env, Date.now())
  const faults = findings.filter(({ level }) => level === 'fault').length
  const ok = faults === 0
  if (values.json) await write(io.stdout, `${JSON.stringify({ ok, path, findings })}\n`)
  else {
    const end = ok
      ? 'The configuration is good.'
      : `The configuration cannot be used: ${formatNoun(faults, 'fault')}.`
    await write(io.stdout, `${[...findings.flatMap(findingLines), end].join('\n')}\n`)
  }
  return ok ? 0 : 78
}

async function findingsOf(
  path: string | undefined,
  env: NodeJS.ProcessEnv,
  nowMs: number,
): Promise<{ path: string | null; findings: Finding[] }> {
  const subject = 'configuration'
  try {
    const loaded = await loadConfig({ path, env })
    const text = loaded.path ?? 'no file: defaults'
    const findings = await checkConfig(loaded, nowMs)
    return { path: loaded.path, findings: [{ level: 'ok', subject, text }, ...findings] }
  } catch (error) {
    if (error instanceof ConfigInvalid) {
      const findings = error.faults.map((fault) => ({
        level: 'fault' as const,
        subject,
        text: faultLine(error.path, fault),
      }))
      return { path: error.path, findings }
    }
    if (!(error instanceof OperatingError)) throw error
    return { path: path ?? null, findings: [{ level: 'fault', subject, text: error.message }] }
  }
}

function findingLines({ level, subject, text }: Finding): string[] {
  const [first, ...rest] = text.split('\n').map(visible)
  const line = level === 'fault' ? first : `${subject}: ${first}`
  return [`${level.padEnd(7)}  ${line}`, ...rest.map((more) => `         ${more}`)]
}

export const check: Command = {
  summary: 'whether a configuration is good, before it is used',
  help,
  run,
}
