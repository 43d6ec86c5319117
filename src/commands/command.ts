/** What every command gets and gives. */

export interface CommandIo {
  stdin: NodeJS.ReadableStream
  stdout: NodeJS.WritableStream
  stderr: NodeJS.WritableStream
  env: NodeJS.ProcessEnv
}

export interface Command {
  /** One line for `gnomon --help`. */
  summary: string
  /** Whole help text, with an example. */
  help: string
  /** Exit code: 0 ok, 1 failed, 2 usage, 78 bad configuration. */
  run(args: string[], io: CommandIo): Promise<number>
}

/** Writes and waits while the reader is slow. */
export async function write(stream: NodeJS.WritableStream, text: string): Promise<void> {
  if (stream.write(text)) return
  await new Promise<void>((resolve) => {
    const done = (): void => {
      stream.off('drain', done)
      stream.off('close', done)
      resolve()
    }
    stream.once('drain', done)
    stream.once('close', done)
  })
}
