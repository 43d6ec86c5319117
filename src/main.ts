/** The `gnomon` program: finds the command and runs it. */
import { nearest } from './config/suggest.ts'
import { OperatingError } from './errors.ts'
import type { Command, CommandIo } from './commands/command.ts'
import { write } from './commands/command.ts'

/** Commands are imported when they are run: `gnomon parse` does not load a store. */
const commands: Record<string, () => Promise<Command>> = {
  serve: async () => (await import('./commands/serve.ts')).serve,
  snapshot: async () => (await import('./commands/snapshot.ts')).snapshot,
  parse: async () => (await import('./commands/parse.ts')).parse,
  lookup: async () => (await import('./commands/lookup.ts')).lookup,
  catalog: async () => (await import('./commands/catalog.ts')).catalog,
  check: async () => (await import('./commands/check.ts')).check,
  formats: async () => (await import('./commands/formats.ts')).formats,
  sources: async () => (await import('./commands/sources.ts')).sources,
  tap: async () => (await import('./commands/tap.ts')).tap,
  ledger: async () => (await import('./commands/ledger.ts')).ledger,
  upload: async () => (await import('./commands/upload.ts')).upload,
  export: async () => (await import('./commands/export.ts')).exportCommand,
  users: async () => (await import('./commands/people.ts')).users,
  devices: async () => (await import('./commands/people.ts')).devices,
  addresses: async () => (await import('./commands/people.ts')).addresses,
  overlap: async () => (await import('./commands/overlap.ts')).overlap,
  trace: async () => (await import('./commands/trace.ts')).trace,
  replay: async () => (await import('./commands/replay.ts')).replay,
  'block-script': async () => (await import('./commands/block-script.ts')).blockScript,
  tag: async () => (await import('./commands/tag.ts')).tag,
  tags: async () => (await import('./commands/tag.ts')).tags,
  policies: async () => (await import('./commands/policies.ts')).policies,
  alerts: async () => (await import('./commands/alerts.ts')).alerts,
  bench: async () => (await import('./commands/bench.ts')).bench,
  demo: async () => (await import('./commands/demo.ts')).demo,
  healthcheck: async () => (await import('./commands/healthcheck.ts')).healthcheck,
  account: async () => (await import('./commands/account.ts')).account,
  appliance: async () => (await import('./commands/appliance.ts')).appliance,
  'support-bundle': async () => (await import('./commands/support-bundle.ts')).supportBundle,
  version: async () => (await import('./commands/version.ts')).version,
}

/** The list of commands, each with its summary. */
async function overview(): Promise<string> {
  const rows = await Promise.all(
    Object.entries(commands).map(async ([name, load]) => [name, (await load()).summary]),
  )
  const width = Math.max(...rows.map(([name]) => name.length))
  return [
    'usage: gnomon COMMAND [options]    (gnomon COMMAND --help tells more)',
    '',
    ...rows.map(([name, summary]) => `  ${name.padEnd(width)}  ${summary}`),
    '',
  ].join('\n')
}

function unknownCommand(name: string): string {
  const near = nearest(name, Object.keys(commands))
  const meant = near === null ? '' : ` (did you mean ${near}?)`
  return `gnomon: there is no command ${name}${meant}; see gnomon --help\n`
}

async function main(argv: readonly string[], io: CommandIo): Promise<number> {
  const [name = 'help', ...args] = argv
  if (['help', '--help', '-h'].includes(name)) return (await write(io.stdout, await overview()), 0)
  const load = commands[name === '--version' ? 'version' : name]
  if (load === undefined) return (await write(io.stderr, unknownCommand(name)), 2)
  try {
    return await (await load()).run(args, io)
  } catch (error) {
    return failure(name, error)
  }
}

/** Tells the error and gives the exit code: 1 failed, 2 usage, 78 bad configuration. */
function failure(name: string, error: unknown): number {
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`gnomon ${name}: ${message}\n`)
  if (error instanceof OperatingError) {
    if (error.code === 'USAGE') return 2
    return error.code === 'CONFIG_INVALID' || error.code === 'CONFIG_UNREADABLE' ? 78 : 1
  }
  const code = error instanceof TypeError && 'code' in error ? String(error.code) : ''
  if (code.startsWith('ERR_PARSE_ARGS')) return 2
  process.stderr.write(`${error instanceof Error ? error.stack : ''}\n`)
  return 1
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // `gnomon parse … | head` closes the pipe: not our failure
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

process.exitCode = await main(process.argv.slice(2), process)
