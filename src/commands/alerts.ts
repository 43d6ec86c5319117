/** `gnomon alerts`: alerts of a running appliance, with their evidence. */
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { alertSchema, goneSchema, idSchema, mutingSchema } from '../api/alert-schemas.ts'
import { OperatingError } from '../errors.ts'
import { formatBytes, formatCount, formatNoun, formatTime, unknownText } from '../report/format.ts'
import { visible } from '../report/text.ts'
import { ask, clientHelp, clientOptions, findClient } from './client.ts'
import type { Client } from './client.ts'
import type { Command, CommandIo } from './command.ts'
import { write } from './command.ts'
import { tableLines } from './table.ts'

const help = `gnomon alerts [list] | show ID | dismiss ID | resolve ID | open ID | mutings | mute | unmute ID [--json]

Alerts of a running appliance: of policies, baselines, and its own troubles.

  list       the last first (default); --status open|muted|dismissed|resolved, --kind policy|baseline|system, --app ID, --limit N
  show       one with its evidence, and who was told
  dismiss, resolve, open  changes its state; --comment TEXT
  mutings    what is muted, and until when
  mute       --until TIME --reason TEXT and one of --policy ID, --app ID, --user NAME, --kind KIND: kept, and tells nobody
${clientHelp}

  gnomon alerts --status open
  gnomon alerts mute --app dropbox --until 2027-01-01T00:00:00Z --reason "pilot"
`

type Alert = z.output<typeof alertSchema>
const listSchema = z.object({ rows: z.array(alertSchema), total: z.int() })
const mutingsSchema = z.object({ rows: z.array(mutingSchema), total: z.int() })
const statusOf: Record<string, string> = { dismiss: 'dismissed', resolve: 'resolved', open: 'open' }

async function run(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...clientOptions,
      status: { type: 'string' },
      kind: { type: 'string' },
      app: { type: 'string' },
      policy: { type: 'string' },
      user: { type: 'string' },
      limit: { type: 'string', default: '50' },
      comment: { type: 'string' },
      until: { type: 'string' },
      reason: { type: 'string' },
    },
  })
  if (values.help === true) return (await write(io.stdout, help), 0)
  const [what = 'list', id, ...more] = positionals
  const needsId = !['list', 'mutings', 'mute'].includes(what)
  if (more.length > 0 || needsId !== (id !== undefined))
    throw new OperatingError('USAGE', `cannot ${visible(what)}: see gnomon alerts --help`)
  const client = await findClient(values, io.env)
  const told = await answerOf(client, what, id, values)
  await write(io.stdout, `${values.json ? JSON.stringify(told.raw) : told.text}\n`)
  return 0
}

type Values = Partial<
  Record<
    'status' | 'kind' | 'app' | 'policy' | 'user' | 'limit' | 'comment' | 'until' | 'reason',
    string
  >
>

async function answerOf(
  client: Client,
  what: string,
  id: string,
  values: Values,
): Promise<{ raw: unknown; text: string }> {
  const one = `/api/v1/alerts/${encodeURIComponent(id)}`
  if (what === 'list') return list(client, values)
  if (what === 'show') {
    const { answer, raw } = await ask(client, { path: one, answer: alertSchema })
    return { raw, text: details(answer).map(visible).join('\n') }
  }
  if (Object.hasOwn(statusOf, what)) {
    const body = {
      status: statusOf[what],
      ...(values.comment !== undefined && { comment: values.comment }),
    }
    const { answer, raw } = await ask(client, {
      method: 'PATCH',
      path: one,
      body,
      answer: alertSchema,
    })
    return { raw, text: visible(`${answer.status}: ${answer.title}`) }
  }
  if (what === 'mutings') {
    const path = '/api/v1/alerts/mutings'
    const { answer, raw } = await ask(client, { path, answer: mutingsSchema })
    return { raw, text: answer.rows.length === 0 ? 'Nothing is muted.' : mutingTable(answer.rows) }
  }
  if (what === 'mute') {
    const { until, reason, policy, app, user, kind } = values
    if (until === undefined || reason === undefined)
      throw new OperatingError(
        'USAGE',
        'cannot mute: --until TIME and --reason TEXT are needed; see gnomon alerts --help',
      )
    const { answer, raw } = await ask(client, {
      method: 'POST',
      path: '/api/v1/alerts/mutings',
      body: { until, reason, policy, app, user, kind },
      answer: idSchema,
    })
    return { raw, text: `muted; ends before its time with gnomon alerts unmute ${answer.id}` }
  }
  if (what === 'unmute') {
    const path = `/api/v1/alerts/mutings/${encodeURIComponent(id)}`
    const { raw } = await ask(client, { method: 'DELETE', path, answer: goneSchema })
    return { raw, text: `not muted any more: ${visible(id)}` }
  }
  throw new OperatingError('USAGE', `cannot ${visible(what)}: see gnomon alerts --help`)
}

async function list(client: Client, values: Values): Promise<{ raw: unknown; text: string }> {
  const { status = null, kind = null, app = null, limit = '50' } = values
  const query = { status, kind, app, limit }
  const { answer, raw } = await ask(client, { path: '/api/v1/alerts', query, answer: listSchema })
  if (answer.rows.length === 0) return { raw, text: 'No alerts.' }
  const lines = tableLines<Alert>(
    [
      { title: 'Id', text: (alert) => alert.id },
      { title: 'Raised', text: ({ raised }) => formatTime(raised) },
      { title: 'Severity', text: ({ severity }) => severity },
      { title: 'Status', text: (alert) => alert.status },
      { title: 'What', text: ({ title }) => title, width: 80 },
    ],
    answer.rows,
  )
  const rest = answer.total - answer.rows.length
  return {
    raw,
    text: [...lines, ...(rest > 0 ? [`… and ${formatCount(rest)} more`] : [])].join('\n'),
  }
}

function details(alert: Alert): string[] {
  const bytes = (count: number | null): string =>
    count === null ? unknownText : formatBytes(count)
  return [
    `${alert.title} (${alert.severity}, ${alert.status})`,
    alert.detail,
    `From ${formatTime(alert.from)} to ${formatTime(alert.to)}; raised ${formatTime(alert.raised)}, last seen ${formatTime(alert.seen)}`,
    ...(alert.comment === '' ? [] : [`Comment: ${alert.comment}`]),
    ...alert.notices.map(
      ({ way, status, at, error }) =>
        `${way}: ${status} ${formatTime(at)}${error === null ? '' : ` (${error})`}`,
    ),
    ...alert.evidence.map(
      ({ hour, source, user, device, address, host, transactions, bytesUp, bytesDown }) =>
        `- ${formatTime(hour)} ${source}: ${[user, device, address].filter((one) => one !== null).join(', ') || unknownText} to ${host}, ${formatNoun(transactions, 'transaction')}, ${bytes(bytesUp)} up, ${bytes(bytesDown)} down`,
    ),
  ]
}

function mutingTable(rows: readonly z.output<typeof mutingSchema>[]): string {
  return tableLines(
    [
      { title: 'Id', text: ({ id }) => id },
      { title: 'Until', text: ({ until }) => formatTime(until) },
      {
        title: 'What',
        text: ({ policy, appId, user, kind }) =>
          [policy, appId, user, kind].filter((one) => one !== null).join(', '),
      },
      { title: 'Why', text: ({ reason }) => reason },
      { title: 'By', text: ({ actor }) => actor },
    ],
    rows,
  ).join('\n')
}

export const alerts: Command = {
  summary: 'alerts with their evidence; dismiss, resolve, mute',
  help,
  run,
}
