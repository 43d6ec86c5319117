/** `gnomon export`: merged usage, apps, evidence or the ledger of a running appliance as a file. */
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { OperatingError, causeOf } from '../errors.ts'
import { exportLimits } from '../limits.ts'
import { exportFormats, exportTables } from '../report/export-tables.ts'
import { formatBytes, formatNoun } from '../report/format.ts'
import { clientHelp, clientOptions, findClient, openBody } from './client.ts'
import type { Command, CommandIo } from './command.ts'
import { write } from './command.ts'
import { instantOf } from './ledger.ts'

const help = `gnomon export TABLE [--format parquet|ndjson|csv] [--out FILE|-] [--report ID] [--source NAME] [--from TIME] [--to TIME]

Writes a table of a running appliance as a file for other programs: ${exportTables.join(', ')}.
Unknown is null (an empty cell in CSV). What the token may not see is not in it; names are pseudonyms where they are on the console.

  --format   parquet (default), ndjson, csv
  --out      the file (default gnomon-TABLE.FORMAT); - = standard output
  --report   a snapshot's id (default continuous)
  --source   only this data source
  --from     begin: 2026-09-21T14:00Z, a day (UTC), or how long ago: 12h, 7d (default all there is)
  --to       end, exclusive (default now)
${clientHelp}

  gnomon export usage --from 2026-09-01T00:00:00Z --out september.parquet
  gnomon export apps --format csv --out -
`

async function run(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...clientOptions,
      format: { type: 'string', default: 'parquet' },
      out: { type: 'string' },
      report: { type: 'string' },
      source: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
    },
  })
  if (values.help === true) return (await write(io.stdout, help), 0)
  const [table, ...more] = positionals
  if (more.length > 0 || !(exportTables as readonly string[]).includes(table))
    throw new OperatingError(
      'USAGE',
      `cannot tell which table: name one of ${exportTables.join(', ')}`,
    )
  if (!(exportFormats as readonly string[]).includes(values.format))
    throw new OperatingError(
      'USAGE',
      `cannot use --format ${values.format}: use ${exportFormats.join(', ')}`,
    )
  const { format, report, source, out = `gnomon-${table}.${format}` } = values
  const nowMs = Date.now()
  const [from, to] = (['from', 'to'] as const).map((name) => {
    const text = values[name]
    return text === undefined ? undefined : instantOf(text, nowMs, `--${name}`)
  })
  const asked = Object.entries({ format, report, source, from, to }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  const path = `/api/v1/exports/${table}?${new URLSearchParams(asked).toString()}`
  const client = await findClient(values, io.env)
  const { headers, body } = await openBody(client, path, exportLimits.timeoutMs)
  if (out === '-') {
    for await (const chunk of body)
      if (!io.stdout.write(chunk)) await new Promise((resolve) => io.stdout.once('drain', resolve))
    return 0
  }
  const bytes = await save(body, out)
  const rows = Number(headers.get('x-gnomon-rows'))
  const told = { file: out, rows, bytes }
  const text = values.json
    ? JSON.stringify(told)
    : `${out}: ${formatNoun(rows, 'row')}, ${formatBytes(bytes)}`
  await write(io.stdout, `${text}\n`)
  return 0
}

/** Under another name until it is whole: half a file is none. */
async function save(body: AsyncIterable<Uint8Array>, file: string): Promise<number> {
  const part = `${file}.part`
  let bytes = 0
  try {
    await pipeline(
      body,
      async function* (chunks) {
        for await (const chunk of chunks) {
          bytes += chunk.length
          yield chunk
        }
      },
      createWriteStream(part, { mode: 0o600 }),
    )
    await rename(part, file)
    return bytes
  } catch (cause) {
    await rm(part, { force: true })
    throw new OperatingError(
      'FILE_UNREADABLE',
      `cannot write ${file}: ${causeOf(cause)}; check space and rights, then try again`,
      { cause },
    )
  }
}

export const exportCommand: Command = {
  summary: 'usage, apps, evidence or the ledger as Parquet, NDJSON or CSV',
  help,
  run,
}
