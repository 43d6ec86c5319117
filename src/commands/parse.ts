/** `gnomon parse`: what each line of a file says, as JSON lines. Needs no daemon. */
import { access } from 'node:fs/promises'
import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import { OperatingError, causeOf } from '../errors.ts'
import { openLogFile } from '../intake/archive.ts'
import { compile } from '../parse/compile.ts'
import type { CompiledFormat } from '../parse/compile.ts'
import {
  compileFormats,
  formatNamed,
  loadDefinitions,
  parseDefinition,
  shippedParsers,
} from '../parse/formats.ts'
import type { FormatSet } from '../parse/formats.ts'
import { LineReader, linesOf } from '../parse/line-reader.ts'
import { newReader } from '../parse/stream-reader.ts'
import { timeZone } from '../parse/zone.ts'
import type { Command, CommandIo } from './command.ts'
import { write } from './command.ts'

const help = `gnomon parse [--format ID|auto|FILE.yaml] [--zone TZ] FILE...|-

Prints one JSON object for each line: a transaction, or why it is none. A line that holds several records gives one for each.
Files may be packed (gzip, zip, zstd) or UTF-16.

  --format   format id (see gnomon formats), auto, or a definition of your own
  --zone     IANA zone of stamps that name none (default UTC)
  --now      ISO time that stamps without a year are nearest to (default now)

  gnomon parse firewall.log | head
  gnomon parse --format ./mine.yaml sample.log
`

export async function chooseFormat(
  name: string,
  formats: FormatSet,
): Promise<CompiledFormat | null> {
  if (!/\.ya?ml$/.test(name)) return formatNamed(formats, name)
  const { readFile } = await import('node:fs/promises')
  const text = await readFile(name, 'utf8').catch((cause: unknown) => {
    throw new OperatingError(
      'DEFINITION_INVALID',
      `cannot read ${name}: ${causeOf(cause)}; check the path`,
      { cause },
    )
  })
  return compile(parseDefinition(text, name), { full: true })
}

async function run(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      format: { type: 'string', default: 'auto' },
      zone: { type: 'string' },
      now: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help === true) return (await write(io.stdout, help), 0)
  if (positionals.length === 0) {
    await write(io.stderr, help)
    return 2
  }
  const zone = values.zone === undefined ? null : zoneNamed(values.zone)
  const receivedAtMs = values.now === undefined ? Date.now() : Date.parse(values.now)
  if (Number.isNaN(receivedAtMs))
    throw new OperatingError('USAGE', `cannot use --now ${values.now}: not an ISO time`)
  const formats = compileFormats(await loadDefinitions([shippedParsers]), { full: true })
  const fixed = await chooseFormat(values.format, formats)
  for (const file of positionals) {
    const prefix = positionals.length > 1 ? `{"file":${JSON.stringify(file)},` : '{'
    for await (const chunks of membersOf(file, io)) {
      const reader = new LineReader(formats, newReader(fixed), zone)
      for await (const bytes of linesOf(chunks)) {
        for (const outcome of reader.readAll(bytes, receivedAtMs))
          await write(io.stdout, `${prefix}${JSON.stringify(outcome).slice(1)}\n`)
      }
    }
  }
  return 0
}

export function zoneNamed(name: string): ReturnType<typeof timeZone> {
  try {
    return timeZone(name)
  } catch (cause) {
    throw new OperatingError(
      'USAGE',
      `cannot use zone ${name}: not an IANA name; write e.g. Europe/Berlin`,
      { cause },
    )
  }
}

/** The bytes of a file, of each member of an archive; standard input as it comes. */
async function* membersOf(file: string, io: CommandIo): AsyncGenerator<AsyncIterable<Uint8Array>> {
  if (file === '-') return yield io.stdin as unknown as AsyncIterable<Uint8Array>
  try {
    await access(file)
  } catch (cause) {
    throw new OperatingError(
      'FILE_UNREADABLE',
      `cannot read ${file}: ${causeOf(cause)}; check the path`,
      { cause },
    )
  }
  const chunks = openLogFile(file, basename(file))
  let next = await chunks.next()
  async function* member(index: number): AsyncGenerator<Uint8Array> {
    for (; next.done !== true && next.value.index === index; next = await chunks.next())
      yield next.value.chunk
  }
  while (next.done !== true) yield member(next.value.index)
}

export const parse: Command = { summary: 'what each line of a log says, as JSON lines', help, run }
