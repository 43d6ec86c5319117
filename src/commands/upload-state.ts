/** What a running appliance has sent, and what waits: `gnomon upload --list`, `--receipts`, `--run`, `--resend`, `--discard`. */
import { z } from 'zod'
import { publishFileSchema, publishStatusSchema, receiptSchema } from '../api/publish-schemas.ts'
import { formatBytes, formatCount, formatNoun, formatTime } from '../report/format.ts'
import { visible } from '../report/text.ts'
import { ask } from './client.ts'
import type { Client } from './client.ts'
import type { CommandIo } from './command.ts'
import { write } from './command.ts'
import { tableLines } from './table.ts'

export interface StateOrder {
  list: boolean
  receipts: boolean
  run?: string | undefined
  resend?: string | undefined
  discard?: string | undefined
}

/** Whether the command is one of these. */
export function isStateOrder({ list, receipts, run, resend, discard }: StateOrder): boolean {
  return list || receipts || [run, resend, discard].some((one) => one !== undefined)
}

type File = z.output<typeof publishFileSchema>
type Receipt = z.output<typeof receiptSchema>
type Status = z.output<typeof publishStatusSchema>
const files = z.object({ rows: z.array(publishFileSchema), total: z.int() })
const receipts = z.object({ rows: z.array(receiptSchema), total: z.int() })

export async function tellState(
  client: Client,
  order: StateOrder,
  json: boolean,
  io: CommandIo,
): Promise<number> {
  const { raw, text } = await answerOf(client, order)
  await write(io.stdout, `${json ? JSON.stringify(raw) : text}\n`)
  return 0
}

async function answerOf(
  client: Client,
  order: StateOrder,
): Promise<{ raw: unknown; text: string }> {
  const base = '/api/v1/publish'
  const part = (id: string): string => encodeURIComponent(id)
  if (order.run !== undefined) {
    const path = `${base}/uploads/${part(order.run)}/run`
    const { answer, raw } = await ask(client, {
      method: 'POST',
      path,
      answer: publishStatusSchema,
    })
    return { raw, text: statusText(answer) }
  }
  if (order.resend !== undefined) {
    const path = `${base}/files/${part(order.resend)}/resend`
    const { raw } = await ask(client, { method: 'POST', path, answer: publishFileSchema })
    return { raw, text: `goes again: ${visible(order.resend)}` }
  }
  if (order.discard !== undefined) {
    const path = `${base}/files/${part(order.discard)}`
    const { raw } = await ask(client, { method: 'DELETE', path, answer: publishStatusSchema })
    return { raw, text: `discarded: ${visible(order.discard)}` }
  }
  if (order.receipts) {
    const query = { limit: 100 }
    const { answer, raw } = await ask(client, { path: '/api/v1/receipts', query, answer: receipts })
    const none = 'No receipts: nothing was uploaded.'
    return { raw, text: answer.rows.length === 0 ? none : receiptTable(answer.rows, answer.total) }
  }
  const status = await ask(client, { path: base, answer: publishStatusSchema })
  const waiting = await ask(client, { path: `${base}/files`, answer: files })
  const raw = { status: status.raw, files: waiting.raw }
  const lines = [statusText(status.answer), ...fileTable(waiting.answer.rows)]
  return { raw, text: lines.join('\n') }
}

function statusText(status: Status): string {
  const { uploads, waitingFiles, waitingBytes, putAside, receipted, verdicts } = status
  const heads = [
    `${formatNoun(waitingFiles, 'file')} on their way (${formatBytes(waitingBytes)}), ${formatCount(putAside)} put aside, ${formatCount(receipted)} receipted since the start`,
    ...uploads.map(
      ({ name, waiting, lastMade, lastReason, trouble }) =>
        `${name}: ${formatNoun(waiting, 'file')} waiting, last made ${lastMade === null ? 'never' : `${formatTime(lastMade)} (${lastReason ?? ''})`}${trouble === null ? '' : `; ${trouble}`}`,
    ),
    ...verdicts.map(({ stream, files: read, failed }) =>
      read === null
        ? `${stream}: the tenant has no such data source`
        : `${stream}: the tenant read ${formatCount(read)} files and could not read ${formatCount(failed)}`,
    ),
  ]
  return heads.map(visible).join('\n')
}

function fileTable(rows: readonly File[]): string[] {
  if (rows.length === 0) return []
  return tableLines<File>(
    [
      { title: 'Id', text: ({ id }) => id, width: 60 },
      { title: 'State', text: ({ state }) => state },
      { title: 'Into', text: ({ stream }) => stream },
      { title: 'Rows', text: (file) => formatCount(file.rows), right: true },
      { title: 'Bytes', text: ({ bytes }) => formatBytes(bytes), right: true },
      { title: 'Tries', text: ({ tries }) => formatCount(tries), right: true },
    ],
    rows,
    ({ trouble }) => (trouble === null ? [] : [trouble]),
  )
}

function receiptTable(rows: readonly Receipt[], total: number): string {
  const lines = tableLines<Receipt>(
    [
      { title: 'Closed', text: ({ closed }) => formatTime(closed) },
      { title: 'State', text: ({ state }) => state },
      { title: 'Upload', text: ({ upload }) => upload },
      { title: 'Into', text: ({ stream }) => stream },
      { title: 'Rows', text: (receipt) => formatCount(receipt.rows), right: true },
      { title: 'Bytes', text: ({ bytes }) => formatBytes(bytes), right: true },
      { title: 'SHA-256', text: ({ sha256 }) => sha256.slice(0, 16) },
    ],
    rows,
    ({ trouble }) => (trouble === null ? [] : [trouble]),
  )
  const rest = total - rows.length
  return [...lines, ...(rest > 0 ? [`… and ${formatCount(rest)} more`] : [])].join('\n')
}
