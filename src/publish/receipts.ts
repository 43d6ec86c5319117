/** Receipts: what was sent, when, what came back. Kept in the store beside the ledger; `RemoteVerdict` is what the tenant says later. */
import type { Store } from '../store/store.ts'
import { timestamp } from '../store/store.ts'
import type { Job, JobStep } from './outbox.ts'

export interface Receipt {
  id: string
  upload: string
  tenant: string
  stream: string
  snapshot: boolean
  format: string
  content: string
  fileName: string
  rows: number
  bytes: number
  sha256: string
  from: string | null
  to: string | null
  made: string
  closed: string
  state: string
  /** Tries of all steps, and addresses had. */
  tries: number
  addresses: number
  steps: JobStep[]
  trouble: string | null
}

/** Of a job that is closed. */
export function receiptOf(job: Job): Receipt {
  const { id, upload, tenant, stream, snapshot, format, content, fileName, rows, bytes, sha256 } =
    job
  const { from, to, made, state, tries, addresses, steps, trouble } = job
  const told = {
    id,
    upload,
    tenant,
    stream,
    snapshot,
    format,
    content,
    fileName,
    rows,
    bytes,
    sha256,
  }
  return {
    ...told,
    from,
    to,
    made,
    closed: job.closed ?? made,
    state,
    tries,
    addresses,
    steps,
    trouble,
  }
}

/** The same receipt again replaces the first: a file that is sent again after a refusal has one line. */
export async function storeReceipt(store: Store, receipt: Receipt, nowMs: number): Promise<void> {
  await store.insert('receipts', [
    {
      id: receipt.id,
      upload: receipt.upload,
      tenant: receipt.tenant,
      stream: receipt.stream,
      state: receipt.state,
      rows: receipt.rows,
      bytes: receipt.bytes,
      sha256: receipt.sha256,
      closed: timestamp(Date.parse(receipt.closed)),
      receipt: JSON.stringify(receipt),
      written: nowMs,
    },
  ])
}

export interface ReceiptQuery {
  upload: string | null
  state: string | null
  limit: number
  offset: number
}

const where = `({upload:String} = '' OR upload = {upload:String}) AND ({state:String} = '' OR state = {state:String})`

/** The last first. */
export async function receiptRows(
  store: Store,
  query: ReceiptQuery,
): Promise<{ rows: Receipt[]; total: number }> {
  const params = { ...query, upload: query.upload ?? '', state: query.state ?? '' }
  const rows = await store.query<{ receipt: string }>(
    `SELECT receipt FROM db.receipts FINAL WHERE ${where}
     ORDER BY closed DESC, id DESC LIMIT {limit:UInt32} OFFSET {offset:UInt32}`,
    params,
  )
  const [{ total }] = await store.query<{ total: number }>(
    `SELECT count() AS total FROM db.receipts FINAL WHERE ${where}`,
    params,
  )
  return { rows: rows.map(({ receipt }) => JSON.parse(receipt) as Receipt), total }
}

/** What a tenant tells of a stream: how many files it read and how many it could not. */
export interface RemoteVerdict {
  stream: string
  /** null = the tenant has no stream of this name: uploads into it are refused. */
  files: number | null
  failed: number | null
  asked: string
}
