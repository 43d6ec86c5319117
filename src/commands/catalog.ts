/** `gnomon catalog`: checks, measures and feeds the app catalog. Needs no daemon. */
import type { Command, CommandIo } from './command.ts'
import { write } from './command.ts'
import { runBundle, runImport } from './catalog-import.ts'
import { runCoverage, runLint, runRisk } from './catalog-look.ts'

const help = `gnomon catalog lint [DIR]
gnomon catalog risk APP... [--catalog DIR]... [--json]
gnomon catalog coverage FILE [--missing] [--catalog DIR]... [--json]
gnomon catalog import KIND FILE [--app ID] [--data DIR] [--json]
gnomon catalog import bundle FILE --key PUBLIC.pem [--older] [--data DIR] [--json]
gnomon catalog bundle DIR --key PRIVATE.pem --out FILE

lint      faults of a catalog folder (default the shipped one), one a line
risk      an app's score with the evidence for it
coverage  how much of a table of apps (JSON lines) the catalog knows
import    a list into the data folder, offline; a running appliance takes it at the next reload (see docs/catalog.md)
          KIND: microsoft-365, aws, azure, google-cloud, cloudflare, v2fly, csv, reference-catalog, bundle
bundle    a folder as one file, signed with an ed25519 key

  --catalog  folder with catalog files of your own
  --data     data folder (default GNOMON_DATA, then /var/lib/gnomon)
  --app      for v2fly: id of the app the list is of (default the file's name)
  --missing  names what the catalog does not know
  --older    takes a bundle that is older than the installed one
  --json     the result as JSON

  gnomon catalog risk dropbox
  gnomon catalog import aws ip-ranges.json
`

const parts: Record<string, (args: string[], io: CommandIo) => Promise<number>> = {
  lint: runLint,
  risk: runRisk,
  coverage: runCoverage,
  import: runImport,
  bundle: runBundle,
}

async function run(args: string[], io: CommandIo): Promise<number> {
  const [part, ...rest] = args
  if (args.includes('--help') || args.includes('-h')) return (await write(io.stdout, help), 0)
  const work = Object.hasOwn(parts, part ?? '') ? parts[part] : undefined
  if (work === undefined) return (await write(io.stderr, help), 2)
  return work(rest, io)
}

export const catalog: Command = {
  summary: 'check, measure and feed the app catalog',
  help,
  run,
}
