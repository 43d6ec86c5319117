/** `gnomon overlap`: how far the network's view and the agents' meet, and how fresh each hour is. */
import { parseArgs } from 'node:util'
import { freshnessSchema, overlapSchema } from '../api/merged-schemas.ts'
import { formatBytes, formatCount, formatShare, formatTime } from '../report/format.ts'
import type { Freshness } from '../report/freshness.ts'
import { beforeAfter, freshnessFacts, overlapFacts } from '../report/merged-words.ts'
import type { MergedFact } from '../report/merged-words.ts'
import type { Overlap, SourceOverlap } from '../report/overlap.ts'
import { visible } from '../report/text.ts'
import { ask, clientHelp, clientOptions, findClient } from './client.ts'
import type { Command, CommandIo } from './command.ts'
import { write } from './command.ts'
import { instantOf } from './ledger.ts'
import { tableLines } from './table.ts'

const help = `gnomon overlap [--from TIME] [--to TIME] [--json]

How far the network's logs and the devices' agents meet: for each source the share of its traffic with device and user, by its own lines
and after the merge; addresses that are no agent's device; devices no firewall saw; and how fresh each hour is.

  --report   continuous, or a snapshot's id (default continuous)
  --source   only this data source or feed
  --from     first hour: 2026-09-21T14:00Z, a day (UTC), or how long ago: 12h, 7d (default 24h)
  --to       end, exclusive (default now)
${clientHelp}

  gnomon overlap --from 7d
`

async function run(args: string[], io: CommandIo): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      ...clientOptions,
      report: { type: 'string', default: 'continuous' },
      source: { type: 'string' },
      from: { type: 'string', default: '24h' },
      to: { type: 'string' },
    },
  })
  if (values.help === true) return (await write(io.stdout, help), 0)
  const nowMs = Date.now()
  const query = {
    report: values.report,
    source: values.source ?? null,
    from: instantOf(values.from, nowMs, '--from'),
    to: values.to === undefined ? null : instantOf(values.to, nowMs, '--to'),
  }
  const client = await findClient(values, io.env)
  const overlap = await ask(client, { path: '/api/v1/overlap', query, answer: overlapSchema })
  const fresh = await ask(client, { path: '/api/v1/freshness', query, answer: freshnessSchema })
  const text = values.json
    ? JSON.stringify({ overlap: overlap.raw, freshness: fresh.raw })
    : overlapLines(overlap.answer, fresh.answer).join('\n')
  await write(io.stdout, `${text}\n`)
  return 0
}

export function overlapLines(overlap: Overlap, freshness: Freshness): string[] {
  const { sources, unknownAddresses, unseenDevices } = overlap
  if (sources.length === 0 && freshness.agents.length === 0)
    return ['Neither the network nor an agent told anything of these hours.']
  return [
    ...tableLines<SourceOverlap>(
      [
        { title: 'Source', text: ({ source }) => source },
        { title: 'Transactions', text: (row) => formatCount(row.transactions), right: true },
        { title: 'By an agent too', text: (row) => formatShare(row.withAgent), right: true },
        { title: 'Device', text: (row) => beforeAfter(row.ownDevice, row.withDevice), right: true },
        { title: 'User', text: (row) => beforeAfter(row.ownUser, row.withUser), right: true },
      ],
      sources,
    ),
    '',
    ...overlapFacts(overlap).map(factLine),
    ...freshnessFacts(freshness).map(factLine),
    ...part('Addresses with traffic of no agent’s device', [
      ...tableLines<Overlap['unknownAddresses'][number]>(
        [
          { title: 'Address', text: ({ address }) => address },
          { title: 'Perhaps', text: ({ guess }) => guess },
          { title: 'Traffic', text: ({ bytesTotal }) => formatBytes(bytesTotal), right: true },
          { title: 'Transactions', text: (row) => formatCount(row.transactions), right: true },
          {
            title: 'Devices at other times',
            text: (row) => formatCount(row.otherwise),
            right: true,
          },
          { title: 'Last seen (UTC)', text: ({ lastSeen }) => formatTime(lastSeen) },
        ],
        unknownAddresses.slice(0, rowsShown),
      ),
    ]),
    ...part('Devices that were never seen on the network', [
      ...tableLines<Overlap['unseenDevices'][number]>(
        [
          { title: 'Device', text: ({ device, deviceId }) => (device === '' ? deviceId : device) },
          { title: 'Transactions', text: (row) => formatCount(row.transactions), right: true },
          { title: 'Last seen (UTC)', text: ({ lastSeen }) => formatTime(lastSeen) },
        ],
        unseenDevices.slice(0, rowsShown),
      ),
    ]),
  ]
}

/** Rows of each list on a terminal; `--json` has more. */
const rowsShown = 20

function part(title: string, lines: readonly string[]): string[] {
  return lines.length <= 1 ? [] : ['', title, ...lines]
}

function factLine({ level, text }: MergedFact): string {
  return `${level === 'good' ? '✓' : '!'} ${visible(text)}`
}

export const overlap: Command = {
  summary: 'how far network and agents meet, and how fresh each hour is',
  help,
  run,
}
