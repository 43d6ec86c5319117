/** The `gnomon` program: finds the command and runs it. */
import { OperatingError } from './errors.ts'
import type { Command } from './commands/command.ts'

/** Commands are imported when they are run: `gnomon parse` does not load a store. */
const commands: Record<string, () => Promise<Command>> = {
  parse: async () => (await import('./commands/parse.ts')).parse,
}

async function main(argv: string[]): Promise<number> {
  const [name = 'help', ...args] = argv
  const load = commands[name]
  if (load === undefined) {
    const stream =
      name === 'help' || name === '--help' || name === '-h' ? process.stdout : process.stderr
    stream.write(
      `usage: gnomon <command> [options]\n\ncommands: ${Object.keys(commands).join(', ')}\n`,
    )
    return stream === process.stdout ? 0 : 2
  }
  try {
    return await (await load()).run(args, process)
  } catch (error) {
    process.stderr.write(
      `gnomon ${name}: ${error instanceof Error ? error.message : String(error)}\n`,
    )
    if (error instanceof OperatingError) {
      if (error.code === 'USAGE') return 2
      return error.code === 'CONFIG_INVALID' || error.code === 'CONFIG_UNREADABLE' ? 78 : 1
    }
    if (
      error instanceof TypeError &&
      'code' in error &&
      String(error.code).startsWith('ERR_PARSE_ARGS')
    )
      return 2
    process.stderr.write(`${error instanceof Error ? error.stack : ''}\n`)
    return 1
  }
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // `gnomon parse … | head` closes the pipe: not our failure
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

process.exitCode = await main(process.argv.slice(2))
