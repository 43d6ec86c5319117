/**
 * Step 2: the file to the pre-signed address. Azure: Put Blob below 64 MB, Put Block and Put Block List above
 * (https://learn.microsoft.com/rest/api/storageservices/put-block); AWS: one PUT. Plain requests over the tenant's transport instead of
 * the storage SDK: there are three of them, and proxy, authorities and the watch for a dead line are then the same everywhere.
 * All are idempotent: the same address twice holds the file once.
 */
import { createReadStream } from 'node:fs'
import { PassThrough, pipeline } from 'node:stream'
import { publishLimits } from '../limits.ts'
import { judged, Refused, TryAgain } from './transport.ts'
import type { Answer, Transport } from './transport.ts'

/** The address is no longer good: a new one must be had. Nothing was finalised, so nothing counts. */
export class Expired extends Error {
  constructor(why: string) {
    super(why)
    this.name = 'Expired'
  }
}

export interface BlobPut {
  url: string
  provider: 'azure' | 'aws'
  file: string
  sizeBytes: number
  /** Blocks that arrived before; they need not be sent again. */
  blocksDone: number
  onBlock: (blocks: number) => Promise<void>
  signal: AbortSignal
  now: () => number
}

/** Resolves when the blob is whole; the file is not empty. Throws Expired, TryAgain, Refused. */
export async function putBlob(transport: Transport, put: BlobPut): Promise<Answer> {
  if (put.provider === 'aws') return putRange(transport, put, put.url, 0, put.sizeBytes, {})
  if (put.sizeBytes < publishLimits.singlePutBytes)
    return putRange(transport, put, put.url, 0, put.sizeBytes, { 'x-ms-blob-type': 'BlockBlob' })
  const { blockBytes } = publishLimits
  const ids = Array.from({ length: Math.ceil(put.sizeBytes / blockBytes) }, (_, i) => blockId(i))
  for (const [i, id] of ids.entries()) {
    if (i < put.blocksDone) continue
    const from = i * blockBytes
    const url = `${put.url}${put.url.includes('?') ? '&' : '?'}comp=block&blockid=${encodeURIComponent(id)}`
    await putRange(transport, put, url, from, Math.min(from + blockBytes, put.sizeBytes), {})
    await put.onBlock(i + 1)
  }
  const list = `<?xml version="1.0" encoding="utf-8"?><BlockList>${ids.map((id) => `<Latest>${id}</Latest>`).join('')}</BlockList>`
  const url = `${put.url}${put.url.includes('?') ? '&' : '?'}comp=blocklist`
  const answer = await transport.request(url, {
    method: 'PUT',
    headers: { 'content-type': 'application/xml' },
    body: list,
    signal: put.signal,
  })
  if (answer.status === 400 && /InvalidBlockList/i.test(answer.text)) {
    await put.onBlock(0)
    throw new TryAgain('blob: the store has forgotten blocks; all are sent again', { sent: true })
  }
  return blobJudged(answer, put)
}

/** Ids of one blob must have one length. */
function blockId(i: number): string {
  return Buffer.from(String(i).padStart(8, '0')).toString('base64')
}

async function putRange(
  transport: Transport,
  put: BlobPut,
  url: string,
  from: number,
  to: number,
  headers: Record<string, string>,
): Promise<Answer> {
  const stalled = new AbortController()
  const watch = setTimeout(() => stalled.abort(new Error('nothing moved')), publishLimits.stallMs)
  const body = new PassThrough()
  const file = createReadStream(put.file, { start: from, end: to - 1 })
  body.on('data', () => watch.refresh())
  body.pause()
  pipeline(file, body, () => undefined) // its error comes out of the request, which reads from it
  try {
    const answer = await transport.request(url, {
      method: 'PUT',
      headers: {
        ...headers,
        'content-length': String(to - from),
        'content-type': 'application/octet-stream',
      },
      body,
      signal: AbortSignal.any([put.signal, stalled.signal]),
    })
    return blobJudged(answer, put)
  } finally {
    clearTimeout(watch)
    file.destroy()
  }
}

function blobJudged(answer: Answer, { now }: BlobPut): Answer {
  const { status, text } = answer
  if ([401, 403, 404, 410].includes(status) || (status === 400 && /expired/i.test(text)))
    throw new Expired(`blob: status ${status}, the address is not good any more`)
  try {
    return judged(answer, 'blob', now())
  } catch (error) {
    // what a blob store refuses besides the address's right is about this request, not about the file
    if (error instanceof Refused && status !== 413)
      throw new TryAgain(error.message, { sent: true })
    throw error
  }
}
