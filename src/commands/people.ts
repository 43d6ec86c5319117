/** `gnomon users`, `gnomon devices`, `gnomon addresses`: who used what, and from one of them to all it goes with in one step. */
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { personSorts } from '../api/queries.ts'
import { reportPersonSchema } from '../api/report-schemas.ts'
import { personDetailSchema } from '../api/schemas.ts'
import { OperatingError } from '../errors.ts'
import { formatBytes, formatCount, formatNoun, formatTime } from '../report/format.ts'
import type { Partner } from '../report/merged.ts'
import { visible } from '../report/text.ts'
import { ask, clientHelp, clientOptions, findClient } from './client.ts'
import type { Command, CommandIo } from './command.ts'
import { write } from './command.ts'
import { instantOf } from './ledger.ts'
import { tableLines } from './table.ts'

type Kind = 'users' | 'devices' | 'addresses'
type Person = z.output<typeof reportPersonSchema>
type Detail = z.output<typeof personDetailSchema>

const pageSchema = z.object({ rows: z.array(reportPersonSchema), total: z.int() })

const one = { users: 'user', devices: 'device', addresses: 'address' } as const satisfies Record<
  Kind,
  string
>
const others = { users: 'Addresses', devices: 'Users', addresses: 'Users' } as const
const goesWith = {
  users: 'the devices he used and the addresses he had',
  devices: 'its users, its addresses, and whether its agent does for discovery',
  addresses: 'its users and devices',
} as const satisfies Record<Kind, string>
const example = { users: 'ann@example.com', devices: 'pc-7.example.com', addresses: '10.0.0.7' }

function helpOf(kind: Kind): string {
  return `gnomon ${kind} [NAME] [--from TIME] [--to TIME] [--json]

Without a name: the ${kind} that used apps. With one: its apps and ${goesWith[kind]}, when, on the network and off it.
Exit code 1: there is no such ${one[kind]} in these hours.

  --sort     ${personSorts.join(', ')} (default bytesTotal)
  --filter   only names that contain this
  --limit    rows of the list, 1 to 1000 (default 50)
  --report   continuous, or a snapshot's id (default continuous)
  --source   only this data source or feed
  --from     first hour: 2026-09-21T14:00Z, a day (UTC), or how long ago: 12h, 7d (default 24h)
  --to       end, exclusive (default now)
${clientHelp}

  gnomon ${kind}
  gnomon ${kind} ${example[kind]} --from 7d
`
}

async function run(kind: Kind, args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...clientOptions,
      sort: { type: 'string', default: 'bytesTotal' },
      filter: { type: 'string' },
      limit: { type: 'string', default: '50' },
      report: { type: 'string', default: 'continuous' },
      source: { type: 'string' },
      from: { type: 'string', default: '24h' },
      to: { type: 'string' },
    },
  })
  if (values.help === true) return (await write(io.stdout, helpOf(kind)), 0)
  if (positionals.length > 1)
    throw new OperatingError('USAGE', `cannot show several ${kind}: name one, or none for the list`)
  const nowMs = Date.now()
  const scope = {
    report: values.report,
    source: values.source ?? null,
    from: instantOf(values.from, nowMs, '--from'),
    to: values.to === undefined ? null : instantOf(values.to, nowMs, '--to'),
  }
  const client = await findClient(values, io.env)
  const [name] = positionals
  if (name === undefined) {
    const { sort, limit, filter = null } = values
    const query = { ...scope, sort, order: sort === 'name' ? 'asc' : 'desc', limit, filter }
    const { answer, raw } = await ask(client, {
      path: `/api/v1/${kind}`,
      query,
      answer: pageSchema,
    })
    const text = values.json ? JSON.stringify(raw) : personTable(kind, answer).join('\n')
    return (await write(io.stdout, `${text}\n`), 0)
  }
  const path = `/api/v1/${kind}/${encodeURIComponent(name)}`
  const { answer, raw } = await ask(client, { path, query: scope, answer: personDetailSchema })
  const text = values.json ? JSON.stringify(raw) : personStory(kind, answer).join('\n')
  return (await write(io.stdout, `${text}\n`), 0)
}

export function personTable(kind: Kind, page: z.output<typeof pageSchema>): string[] {
  if (page.rows.length === 0) return [`No ${one[kind]} used an app in these hours.`]
  const left = page.total - page.rows.length
  return [
    ...tableLines<Person>(
      [
        { title: 'Name', text: ({ name }) => name },
        { title: 'Apps', text: ({ apps }) => formatCount(apps), right: true },
        { title: others[kind], text: (row) => formatCount(row.others), right: true },
        { title: 'Traffic', text: ({ bytesTotal }) => formatBytes(bytesTotal), right: true },
        { title: 'Transactions', text: (row) => formatCount(row.transactions), right: true },
        { title: 'Blocked', text: ({ blocked }) => formatCount(blocked), right: true },
        { title: 'Last seen (UTC)', text: ({ lastSeen }) => formatTime(lastSeen) },
        { title: 'Most used', text: ({ topApps }) => topApps.join(', ') },
      ],
      page.rows,
    ),
    ...(left > 0 ? [`… and ${formatCount(left)} more (--limit, --filter)`] : []),
  ]
}

/** One of them: partners with the time they were seen together, what its agent told, its apps. */
export function personStory(kind: Kind, { person, apps, picture, facts = [] }: Detail): string[] {
  const head = `${visible(person.name)}: ${formatNoun(person.transactions, 'transaction')}, ${formatBytes(person.bytesTotal)}`
  const seen =
    picture === null
      ? []
      : [
          `seen ${formatTime(picture.firstSeen)} to ${formatTime(picture.lastSeen)} UTC by ${picture.sources.map(visible).join(', ')}`,
          `${formatCount(picture.network)} on the network, ${formatCount(picture.both)} there and by an agent, ${formatCount(picture.agent)} off the network (agents alone)`,
        ]
  return [
    head,
    ...seen,
    ...facts.flatMap(
      ({ deviceId, platform, build, prerequisites, reason }) =>
        `agent ${visible(deviceId)}: ${visible(platform)} ${visible(build)}, prerequisites ${prerequisites}: ${visible(reason)}`,
    ),
    ...(kind === 'users' ? [] : partners('Users', picture?.users)),
    ...(kind === 'devices' ? [] : partners('Devices', picture?.devices)),
    ...(kind === 'addresses' ? [] : partners('Addresses', picture?.addresses)),
    '',
    'Apps',
    ...tableLines<Detail['apps'][number]>(
      [
        { title: 'App', text: ({ name }) => name },
        { title: 'Traffic', text: ({ bytesTotal }) => formatBytes(bytesTotal), right: true },
        { title: 'Transactions', text: (row) => formatCount(row.transactions), right: true },
        { title: 'Blocked', text: ({ blocked }) => formatCount(blocked), right: true },
        { title: 'Last seen (UTC)', text: ({ lastSeen }) => formatTime(lastSeen) },
      ],
      apps,
    ),
  ]
}

function partners(title: string, rows: readonly Partner[] = []): string[] {
  if (rows.length === 0) return []
  return [
    '',
    title,
    ...tableLines<Partner>(
      [
        { title: 'Name', text: ({ name }) => name },
        { title: 'First seen (UTC)', text: ({ firstSeen }) => formatTime(firstSeen) },
        { title: 'Last seen (UTC)', text: ({ lastSeen }) => formatTime(lastSeen) },
        { title: 'Network', text: ({ network }) => formatCount(network), right: true },
        { title: 'Both', text: ({ both }) => formatCount(both), right: true },
        { title: 'Agent', text: ({ agent }) => formatCount(agent), right: true },
        { title: 'Traffic', text: ({ bytesTotal }) => formatBytes(bytesTotal), right: true },
      ],
      rows,
    ),
  ]
}

function commandOf(kind: Kind, summary: string): Command {
  return { summary, help: helpOf(kind), run: async (args, io) => run(kind, args, io) }
}

export const users = commandOf('users', 'users, and all devices and addresses of one')
export const devices = commandOf('devices', 'devices, and all users and addresses of one')
export const addresses = commandOf('addresses', 'addresses, and all users and devices of one')
