/** Uploads by browser and API: laid down whole in the data folder first, then taken like any file. */
import type { Readable } from 'node:stream'
import { fileLimits } from '../limits.ts'
import { label } from './archive-bounds.ts'
import { chunksOf, openNameless, writeAll } from './archive-source.ts'
import { takeFile } from './file-intake.ts'
import type { FileSummary, TakeFileOptions } from './file-intake.ts'
import type { FileSink } from './file-sink.ts'

/** How far an upload is: `receiving` (its size may be unknown: null), then `taking`. */
export interface UploadProgress {
  phase: 'receiving' | 'taking'
  bytes: number
  totalBytes: number | null
}

export type UploadOptions = Omit<TakeFileOptions, 'onProgress'> & {
  /** Announced size of the upload, if any; the bound is on what really comes. */
  sizeBytes?: number
  /** Bound of this upload; default `fileLimits.uploadBytes`. */
  limitBytes?: number
}

/**
 * Takes an upload, or the file of a path where one was laid down before. `tempDir` is a folder on the data disk; the file in it has no
 * name, so that neither an abort nor a kill -9 leaves anything behind. Resolves when all of it is in the spool. An upload over the bound is
 * refused (in the summary, its content id is ''). Rejects with the stream's error when the client goes away, and like `takeFile`.
 */
export async function takeUpload(
  body: Readable | string,
  options: UploadOptions,
  tempDir: string,
  sink: FileSink,
  now: () => number,
  onProgress: (progress: UploadProgress) => void = () => undefined,
): Promise<FileSummary> {
  const { sizeBytes, limitBytes = fileLimits.uploadBytes, ...file } = options
  const taking: TakeFileOptions = {
    ...file,
    archive: { tempDir, ...file.archive },
    onProgress: ({ readBytes, totalBytes }) =>
      onProgress({ phase: 'taking', bytes: readBytes, totalBytes }),
  }
  if (typeof body === 'string') return await takeFile(body, taking, sink, now)
  const handle = await openNameless(tempDir)
  try {
    let bytes = 0
    for await (const chunk of chunksOf(body)) {
      options.signal?.throwIfAborted()
      bytes += chunk.length
      if (bytes > limitBytes) return refuse(options, bytes, limitBytes, sink, now)
      await writeAll(handle, chunk)
      onProgress({ phase: 'receiving', bytes, totalBytes: sizeBytes ?? null })
    }
    return await takeFile(handle, taking, sink, now)
  } finally {
    await handle.close()
  }
}

function refuse(
  options: UploadOptions,
  bytes: number,
  limitBytes: number,
  sink: FileSink,
  now: () => number,
): FileSummary {
  const { stream } = options
  sink.drop({ stream, reason: 'archive-refused', lines: 0, bytes, atMs: now() })
  const name = label(options.name)
  return {
    name,
    contentId: '',
    parts: 0,
    lines: 0,
    bytes: 0,
    rawBytes: bytes,
    cutLines: 0,
    duplicate: false,
    refused: `cannot take ${name}: it is larger than ${limitBytes} bytes; send it in several files`,
    file: { size: bytes, mtimeMs: 0, dev: 0, ino: 0, birthtimeMs: 0 },
  }
}
