/** One file on its way to the appliance, small ones as one request, large ones by parts that outlive a broken line and a reload. */
import type { Problem, UploadRow } from '../../api/schemas.ts'
import { ApiFault, addressOf, ask, tell } from './ask.ts'

/** Up to here a file is one request: nothing is won by parts. */
const wholeBytes = 8 * 1024 * 1024
/** Parts begin small, for slow lines, and grow while they are quick; the appliance takes 64 MiB. */
const partBytes = { first: 4 * 1024 * 1024, most: 48 * 1024 * 1024 }
const quickMs = 2000
/** A broken line is tried again after this time, then after twice as long, so often. */
const retry = { ms: 1000, msMax: 30_000, times: 12 }

export interface Steps {
  onProgress: (sentBytes: number) => void
  /** By parts: what the appliance calls it. */
  onOpen: (row: UploadRow) => void
  /** The line is broken: it is tried again. null = it works. */
  onTrouble: (words: string | null) => void
  signal: AbortSignal
}

/** Thrown when `signal` ended the sending. */
export class Stopped extends Error {}

export type UploadQuery = Record<string, string | undefined>

/** Sends the file, or what is missing of `known`. Resolves when the appliance has all of it. */
export async function sendFile(
  file: File,
  query: UploadQuery,
  known: UploadRow | null,
  steps: Steps,
): Promise<UploadRow> {
  if (known === null && file.size <= wholeBytes)
    return await request('POST', addressOf('/uploads', { name: file.name, ...query }), file, steps)
  const row = known ?? (await openParts(file, query))
  steps.onOpen(row)
  return await sendParts(file, row.id, steps)
}

function openParts(file: File, query: UploadQuery): Promise<UploadRow> {
  const asked = {
    name: file.name,
    sizeBytes: String(file.size),
    modified: modifiedOf(file),
    ...query,
  }
  const search = new URLSearchParams(
    Object.entries(asked).filter((pair): pair is [string, string] => pair[1] !== undefined),
  )
  return tell<UploadRow>('POST', `/uploads?${search}`)
}

export function modifiedOf(file: File): string {
  return new Date(file.lastModified).toISOString()
}

/** Whether the appliance holds the beginning of this very file. */
export function isSame(file: File, { name, totalBytes, modified }: UploadRow): boolean {
  return file.name === name && file.size === totalBytes && modifiedOf(file) === modified
}

async function sendParts(file: File, id: string, steps: Steps): Promise<UploadRow> {
  let bytes = partBytes.first
  let tries = 0
  // what a part whose line broke left there counts: the appliance is asked, not remembered
  let row = await ask<UploadRow>(`/uploads/${id}`)
  while (row.state === 'receiving') {
    const offset = row.receivedBytes
    steps.onProgress(offset)
    const startMs = performance.now()
    try {
      row = await request(
        'PATCH',
        addressOf(`/uploads/${id}`, { offset }),
        file.slice(offset, offset + bytes),
        { ...steps, onProgress: (sent) => steps.onProgress(offset + sent) },
      )
      tries = 0
      steps.onTrouble(null)
      if (performance.now() - startMs < quickMs) bytes = Math.min(2 * bytes, partBytes.most)
      else if (performance.now() - startMs > 5 * quickMs) bytes = Math.max(bytes / 2, 1024 * 1024)
    } catch (error) {
      if (!isPassing(error) || ++tries > retry.times) throw error
      const waitMs = Math.min(retry.ms * 2 ** (tries - 1), retry.msMax)
      steps.onTrouble(`${(error as Error).message}; trying again`)
      await pause(waitMs, steps.signal)
      row = await ask<UploadRow>(`/uploads/${id}`, {}, { signal: steps.signal }).catch(
        (again: unknown) => {
          if (steps.signal.aborted) throw new Stopped()
          if (!isPassing(again) && !(again instanceof TypeError)) throw again
          return row
        },
      )
    }
  }
  return row
}

/** Of the line, or of the moment; 409 tells that more arrived than was known. */
function isPassing(error: unknown): boolean {
  if (error instanceof ApiFault) return [409, 429, 502, 503, 504].includes(error.status)
  return error instanceof BrokenLine
}

class BrokenLine extends Error {}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(new Stopped())
    })
  })
}

/** XMLHttpRequest, since fetch does not tell how much of a body is sent. */
function request(
  method: string,
  address: string,
  body: Blob,
  { onProgress, signal }: Pick<Steps, 'onProgress' | 'signal'>,
): Promise<UploadRow> {
  return new Promise((resolve, reject) => {
    const sent = new XMLHttpRequest()
    sent.upload.addEventListener('progress', ({ loaded }) => onProgress(loaded))
    sent.addEventListener('load', () => {
      const answer = answerOf(sent)
      if (sent.status < 400 && answer !== null) resolve(answer as UploadRow)
      else
        reject(
          new ApiFault(
            sent.status,
            (answer as Problem | null) ?? { detail: `the appliance answered ${sent.status}` },
          ),
        )
    })
    sent.addEventListener('error', () =>
      reject(new BrokenLine('The connection to the appliance broke')),
    )
    sent.addEventListener('abort', () => reject(new Stopped()))
    signal.addEventListener('abort', () => sent.abort())
    if (signal.aborted) return reject(new Stopped())
    sent.open(method, address)
    sent.setRequestHeader('x-gnomon', '1')
    sent.setRequestHeader('content-type', 'application/octet-stream')
    sent.send(body)
  })
}

function answerOf(sent: XMLHttpRequest): unknown {
  try {
    return JSON.parse(sent.responseText) as unknown
  } catch {
    return null
  }
}
