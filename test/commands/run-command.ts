/** Runs a command as `main.ts` does, with its output caught. */
import { PassThrough, Writable } from 'node:stream'
import type { Command } from '../../src/commands/command.ts'

export interface Ran {
  code: number
  stdout: string
  stderr: string
}

/** What the command throws is thrown. */
export async function runCommand(
  command: Command,
  args: string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Ran> {
  const stdin = new PassThrough()
  stdin.end()
  const [stdout, stderr] = [catcher(), catcher()]
  const code = await command.run(args, { stdin, stdout: stdout.stream, stderr: stderr.stream, env })
  return { code, stdout: stdout.text(), stderr: stderr.text() }
}

function catcher(): { stream: Writable; text: () => string } {
  const chunks: Buffer[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk)
      done()
    },
  })
  return { stream, text: () => Buffer.concat(chunks).toString() }
}
