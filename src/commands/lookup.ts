/** `gnomon lookup`: which app a host or address is, as JSON lines. Needs no daemon. */
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { loadCatalog, shippedCatalog } from '../catalog/catalog.ts'
import type { Catalog } from '../catalog/match.ts'
import type { Command, CommandIo } from './command.ts'
import { write } from './command.ts'

const help = `gnomon lookup [--catalog DIR]... [--hint NAME] HOST|IP...|-

Prints one JSON object for each host or address: the app it belongs to, and the rule that says so.
- reads hosts from standard input, one a line.

  --catalog  folder with catalog files of your own; they win over the shipped ones (see docs/catalog.md)
  --hint     what the firewall calls the app, e.g. slack-base; looked at where the host does not tell
  --json     JSON lines (the default)

  gnomon lookup files.slack.com 203.0.113.9
  cut -d' ' -f7 access.log | gnomon lookup -
`

async function run(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      catalog: { type: 'string', multiple: true, default: [] },
      hint: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help === true) return (await write(io.stdout, help), 0)
  if (positionals.length === 0) {
    await write(io.stderr, help)
    return 2
  }
  const catalog = await loadCatalog([shippedCatalog, ...values.catalog])
  const hint = values.hint ?? null
  for (const host of positionals) {
    if (host !== '-') {
      await write(io.stdout, lookupLine(catalog, host, hint))
      continue
    }
    for await (const line of createInterface({ input: io.stdin, crlfDelay: Infinity }))
      if (line.trim() !== '') await write(io.stdout, lookupLine(catalog, line.trim(), hint))
  }
  return 0
}

/** One host's answer as a JSON line; `infrastructure` only where true. */
export function lookupLine(catalog: Catalog, text: string, hint: string | null): string {
  const found = catalog.lookup({ host: text, ip: null, hint })
  const { host, app, appId, category, score, rule, infrastructure, domain } = found
  const answer = { host, app, appId, category, score, rule }
  return `${JSON.stringify({ ...answer, ...(infrastructure && { infrastructure }), domain })}\n`
}

export const lookup: Command = { summary: 'which app a host or address is', help, run }
