/** `gnomon version`: what runs here. */
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { version as gnomon } from '../lib/version.ts'
import type { Command, CommandIo } from './command.ts'
import { write } from './command.ts'

const help = `gnomon version [--json]

Prints the versions of Gnomon, Node and the embedded store.

  --json   as one JSON object

  gnomon version
`

async function run(args: string[], io: CommandIo): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  })
  if (values.help === true) return (await write(io.stdout, help), 0)
  const chdb = await chdbVersion()
  const platform = `${process.platform}-${process.arch}`
  const node = process.versions.node
  const text =
    values.json === true
      ? JSON.stringify({ gnomon, node, chdb, platform })
      : `gnomon ${gnomon} (node ${node}, chdb ${chdb ?? 'not installed'}, ${platform})`
  await write(io.stdout, `${text}\n`)
  return 0
}

/** From its package.json: to load the engine for this would take a second and 300 MB. Null = not installed. */
async function chdbVersion(): Promise<string | null> {
  try {
    const folder = dirname(fileURLToPath(import.meta.resolve('chdb')))
    const text = await readFile(join(folder, 'package.json'), 'utf8')
    return (JSON.parse(text) as { version: string }).version
  } catch {
    // Not installed, or packed in another way: the other versions are still worth telling.
    return null
  }
}

export const version: Command = { summary: 'versions of Gnomon, Node and the store', help, run }
