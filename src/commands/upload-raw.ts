/** Log files as they are, for `gnomon upload`: split at line ends when they are too large, their format recognised, their fields counted. */
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { OperatingError } from '../errors.ts'
import { publishLimits } from '../limits.ts'
import { compileFormats, loadDefinitions, shippedParsers } from '../parse/formats.ts'
import { LineReader, linesOf } from '../parse/line-reader.ts'
import { newReader } from '../parse/stream-reader.ts'
import type { Transaction } from '../parse/transaction.ts'
import { mdaSourceOf } from '../publish/mda-sources.ts'
import type { NewJob } from '../publish/outbox.ts'
import { PartWriter } from '../publish/part-writer.ts'
import type { FieldSummary, PrivacySummary } from '../publish/privacy.ts'

const personal: Partial<Record<keyof Transaction, string>> = {
  user: 'the name of a person, as logged',
  device: 'the name of a device',
  srcHost: 'the name of a device',
  srcIp: 'the address of a client',
  url: 'a whole address: may hold names and secrets',
  referrer: 'a whole address: may hold names and secrets',
}

type Counts = Map<keyof Transaction, { rows: number; values: Set<string> }>

/** Throws FILE_UNREADABLE for an archive, and USAGE for a format that the tenant has no parser for. */
export async function rawFiles(
  paths: readonly string[],
  job: Pick<NewJob, 'upload' | 'tenant' | 'stream'> & { format: string | null },
  folder: string,
): Promise<{ files: NewJob[]; summary: PrivacySummary }> {
  const formats = compileFormats(await loadDefinitions([shippedParsers]), { full: true })
  const counts: Counts = new Map()
  const files: NewJob[] = []
  let number = 0
  for (const path of paths) {
    await refuseArchive(path)
    const reader = new LineReader(formats, newReader(null), null)
    const span = { from: '9', to: '' }
    const writer = new PartWriter({
      folder,
      partBytes: publishLimits.fileBytesMax / 2,
      header: '',
      nextNumber: () => number++,
    })
    let format: string | null = null
    let syslog = false
    const chunks = createReadStream(path, { highWaterMark: 256 * 1024 })
    for await (const line of linesOf(chunks)) {
      const bytes = Buffer.concat([line, Buffer.from([10])])
      const mark = number === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
      await writer.write(mark ? bytes.subarray(3) : bytes, 1)
      syslog ||= bytes[0] === 60
      for (const outcome of reader.readAll(line, Date.now())) {
        format ??= outcome.format
        if (outcome.outcome !== 'transaction') continue
        count(counts, outcome.transaction)
        const { time } = outcome.transaction
        if (time !== null && time < span.from) span.from = time
        if (time !== null && time > span.to) span.to = time
      }
    }
    await writer.close()
    const source = job.format ?? (format === null ? null : mdaSourceOf(format, syslog))
    if (source === null)
      throw new OperatingError(
        'USAGE',
        `cannot upload ${basename(path)}: ${format === null ? 'its format is not recognised' : `Defender for Cloud Apps has no parser for ${format}`}; use --merged, or --format`,
      )
    for (const part of writer.parts.values())
      files.push({
        ...job,
        ...part,
        format: source,
        snapshot: false,
        content: 'raw',
        from: span.to === '' ? null : span.from,
        to: span.to === '' ? null : span.to,
        fileName: (id) => id,
      })
  }
  return { files, summary: summaryOf(counts, files) }
}

/** A zip or gzip would be taken for lines; what it holds could not be shown. */
async function refuseArchive(path: string): Promise<void> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw new OperatingError(
      'FILE_UNREADABLE',
      `cannot read ${path}: no such file; check the path`,
      { cause },
    )
  })
  try {
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0)
    if (['1f8b', '504b', '28b5'].includes(buffer.toString('hex', 0, 2)))
      throw new OperatingError(
        'FILE_UNREADABLE',
        `cannot upload ${path}: it is packed; unpack it first`,
      )
  } finally {
    await file.close()
  }
}

function count(counts: Counts, transaction: Transaction): void {
  for (const [name, value] of Object.entries(transaction)) {
    if (value === null) continue
    const field = name as keyof Transaction
    const seen = counts.get(field) ?? { rows: 0, values: new Set<string>() }
    seen.rows++
    if (seen.values.size < 10_000) seen.values.add(String(value))
    counts.set(field, seen)
  }
}

function summaryOf(counts: Counts, files: readonly NewJob[]): PrivacySummary {
  const fields = [...counts].map(([field, { rows, values }]): FieldSummary => ({
    field,
    rows,
    distinct: values.size,
    example: values.values().next().value ?? null,
    treatment: personal[field] ?? 'says nothing about a person by itself',
  }))
  return {
    rows: files.reduce((sum, { rows }) => sum + rows, 0),
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    leftOut: {},
    fields,
  }
}
