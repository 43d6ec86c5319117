/** `gnomon trace`: what stands behind a number. */
import { parseArgs } from 'node:util'
import type { z } from 'zod'
import { traceSchema } from '../api/merged-schemas.ts'
import { OperatingError } from '../errors.ts'
import { formatBytes, formatCount, formatTime } from '../report/format.ts'
import { ask, clientHelp, clientOptions, findClient } from './client.ts'
import type { Command, CommandIo } from './command.ts'
import { write } from './command.ts'
import { instantOf } from './ledger.ts'
import { tableLines } from './table.ts'

const help = `gnomon trace (--app ID | --host HOST | --user NAME | --device NAME | --address IP)... [--from TIME] [--to TIME] [--json]

What stands behind a number of a report: by which rules device, user and host were found, the minutes of the network's logs, the rows
of the devices' agents, which device had the address, and how far each clock was off.

  --app      an app's id (gnomon lookup HOST tells it)
  --host     a host name, or an address that has none
  --user     as the report has it; --device and --address alike
  --report   continuous, or a snapshot's id (default continuous)
  --source   only this data source or feed
  --from     first hour: 2026-09-21T14:00Z, a day (UTC), or how long ago: 12h, 7d (default 24h)
  --to       end, exclusive (default now)
${clientHelp}

  gnomon trace --user ann@example.com --app dropbox --from 7d
`

type Trace = z.output<typeof traceSchema>

const asked = ['app', 'host', 'user', 'device', 'address'] as const

async function run(args: string[], io: CommandIo): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      ...clientOptions,
      app: { type: 'string' },
      host: { type: 'string' },
      user: { type: 'string' },
      device: { type: 'string' },
      address: { type: 'string' },
      report: { type: 'string', default: 'continuous' },
      source: { type: 'string' },
      from: { type: 'string', default: '24h' },
      to: { type: 'string' },
    },
  })
  if (values.help === true) return (await write(io.stdout, help), 0)
  if (asked.every((name) => values[name] === undefined))
    throw new OperatingError(
      'USAGE',
      `cannot trace everything: name one of ${asked.map((name) => `--${name}`).join(', ')}`,
    )
  const nowMs = Date.now()
  const query = {
    ...Object.fromEntries(asked.map((name) => [name, values[name] ?? null])),
    report: values.report,
    source: values.source ?? null,
    from: instantOf(values.from, nowMs, '--from'),
    to: values.to === undefined ? null : instantOf(values.to, nowMs, '--to'),
  }
  const client = await findClient(values, io.env)
  const { answer, raw } = await ask(client, { path: '/api/v1/trace', query, answer: traceSchema })
  await write(io.stdout, `${values.json ? JSON.stringify(raw) : traceLines(answer).join('\n')}\n`)
  return answer.rules.length === 0 ? 1 : 0
}

/** The answer as tables; empty ones are left out. */
export function traceLines(trace: Trace): string[] {
  if (trace.rules.length === 0) return ['Nothing is known of this in these hours.']
  const part = (title: string, lines: string[]): string[] =>
    lines.length <= 1 ? [] : ['', title, ...lines]
  const found = (rule: string): string => (rule === '' ? '–' : rule)
  return [
    `${formatCount(trace.transactions)} transactions, ${formatBytes(trace.bytesTotal)}`,
    ...part(
      'Rules',
      tableLines(
        [
          { title: 'Device by', text: ({ device }) => found(device) },
          { title: 'User by', text: ({ user }) => found(user) },
          { title: 'Host by', text: ({ host }) => found(host) },
          { title: 'Seen by', text: ({ seenBy }) => seenBy.join(', ') },
          { title: 'Transactions', text: (row) => formatCount(row.transactions), right: true },
          { title: 'Traffic', text: (row) => formatBytes(row.bytesTotal), right: true },
        ],
        trace.rules,
      ),
    ),
    ...part(
      'Minutes of the logs',
      tableLines(
        [
          { title: 'Minute (UTC)', text: ({ minute }) => formatTime(minute) },
          { title: 'Source', text: ({ source }) => source },
          { title: 'Record', text: ({ record }) => record },
          { title: 'Client', text: (row) => endOf(row.srcIp, row.srcPort) },
          { title: 'User as logged', text: ({ user }) => found(user) },
          {
            title: 'Destination',
            text: (row) => endOf(row.dstHost === '' ? row.dstIp : row.dstHost, row.dstPort),
          },
          { title: 'Transactions', text: (row) => formatCount(row.transactions), right: true },
          { title: 'Traffic', text: (row) => formatBytes(row.bytesTotal), right: true },
        ],
        trace.flows,
      ),
    ),
    ...part(
      'Rows of agents',
      tableLines(
        [
          { title: 'Time (UTC)', text: ({ at }) => formatTime(at) },
          { title: 'Feed', text: ({ source }) => source },
          { title: 'Device', text: ({ device }) => device },
          { title: 'User', text: ({ user }) => found(user) },
          { title: 'Program', text: ({ process }) => found(process) },
          { title: 'From', text: (row) => endOf(row.localIp, row.localPort) },
          {
            title: 'To',
            text: (row) => endOf(row.host === '' ? row.remoteIp : row.host, row.remotePort),
          },
        ],
        trace.agentRows,
      ),
    ),
    ...part(
      'Who had the address',
      tableLines(
        [
          { title: 'Address', text: ({ address }) => address },
          { title: 'Device', text: ({ device }) => device },
          { title: 'From (UTC)', text: ({ from }) => formatTime(from) },
          { title: 'Until', text: ({ until }) => formatTime(until) },
          { title: 'Seen', text: ({ seen }) => formatCount(seen), right: true },
        ],
        trace.leases,
      ),
    ),
    ...part(
      "Clocks, ahead of the agents'",
      tableLines(
        [
          { title: 'Hour (UTC)', text: ({ hour }) => formatTime(hour) },
          { title: 'Source', text: ({ source }) => source },
          { title: 'Seconds', text: ({ seconds }) => String(seconds), right: true },
          {
            title: 'Connections',
            text: ({ connections }) => formatCount(connections),
            right: true,
          },
        ],
        trace.clocks,
      ),
    ),
  ]
}

function endOf(place: string, port: number): string {
  if (port === 0) return place
  return place.includes(':') ? `[${place}]:${port}` : `${place}:${port}`
}

export const trace: Command = {
  summary: 'what stands behind a number: log minutes, agent rows, leases, rules',
  help,
  run,
}
