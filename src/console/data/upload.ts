/** One file on its way to the appliance: sent with progress, then followed while it is parsed. */
import type { Problem, UploadRow } from '../../api/schemas.ts'
import { ApiFault, addressOf } from './ask.ts'

export interface Sending {
  done: Promise<UploadRow>
  cancel: () => void
}

/** XMLHttpRequest, since fetch does not tell how much of a body is sent. */
export function send(
  file: File,
  query: Record<string, string | undefined>,
  onProgress: (sentBytes: number) => void,
): Sending {
  const request = new XMLHttpRequest()
  const done = new Promise<UploadRow>((resolve, reject) => {
    request.upload.addEventListener('progress', ({ loaded }) => onProgress(loaded))
    request.addEventListener('load', () => {
      const answer = answerOf(request)
      if (request.status < 400 && answer !== null) resolve(answer as UploadRow)
      else
        reject(
          new ApiFault(
            request.status,
            (answer as Problem | null) ?? { detail: `the appliance answered ${request.status}` },
          ),
        )
    })
    request.addEventListener('error', () =>
      reject(new Error('the connection to the appliance broke; send the file again')),
    )
    request.addEventListener('abort', () => reject(new Error('cancelled')))
    request.open('POST', addressOf('/uploads', { name: file.name, ...query }))
    request.setRequestHeader('x-gnomon', '1')
    request.setRequestHeader('content-type', 'application/octet-stream')
    request.send(file)
  })
  return { done, cancel: () => request.abort() }
}

function answerOf(request: XMLHttpRequest): unknown {
  try {
    return JSON.parse(request.responseText) as unknown
  } catch {
    return null
  }
}

const previewBytes = 48 * 1024

/** The first lines of a file, unpacked when it is gzip; null when it is packed otherwise or holds no text. */
export async function firstLines(file: File): Promise<string | null> {
  const head = new Uint8Array(await file.slice(0, 4).arrayBuffer())
  if (head[0] === 0x50 && head[1] === 0x4b) return null
  if (head[0] === 0x28 && head[1] === 0xb5) return null
  const packed = head[0] === 0x1f && head[1] === 0x8b
  const bytes = packed ? await unpacked(file) : await file.slice(0, previewBytes).arrayBuffer()
  const text = new TextDecoder().decode(bytes)
  const end = text.lastIndexOf('\n')
  return text.includes('\0') ? null : end > 0 && text.length > 8000 ? text.slice(0, end) : text
}

async function unpacked(file: File): Promise<ArrayBuffer> {
  const reader = file.stream().pipeThrough(new DecompressionStream('gzip')).getReader()
  const pieces: BlobPart[] = []
  let length = 0
  while (length < previewBytes) {
    const { done, value } = await reader.read()
    if (done) break
    pieces.push(value as BlobPart)
    length += value.length
  }
  await reader.cancel()
  return new Blob(pieces).slice(0, previewBytes).arrayBuffer()
}
