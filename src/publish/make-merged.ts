/** A group of files out of merged usage: rows are taken, written as lines, and committed to the outbox, in this order (sent-usage.ts). */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Keys } from '../access/keys.ts'
import { pseudonymKey } from '../access/pseudonyms.ts'
import type { LeaveOut, Pseudonyms } from '../config/publish-schema.ts'
import type { Store } from '../store/store.ts'
import type { NewJob, Outbox } from './outbox.ts'
import { PartWriter } from './part-writer.ts'
import { compileLeaveOut, compilePseudonyms, PrivacyCounter } from './privacy.ts'
import type { PrivacySummary } from './privacy.ts'
import { forgetGroup, groupRows, takeHours } from './sent-usage.ts'
import type { DueHour, SentRow } from './sent-usage.ts'

/** What an output takes of usage, and how it writes it. */
export interface MergedOutput {
  /** Name in `sent_usage`: an upload's, or `records:<name>`. */
  output: string
  source: string | null
  leaveOut: LeaveOut
  pseudonyms: Pseudonyms
  partBytes: number
  header: string
  /** With its line feed. */
  line: (row: SentRow) => string
  /** What the outbox has to know of each file. */
  job: Pick<NewJob, 'upload' | 'tenant' | 'stream' | 'format'>
  fileName: (id: string) => string
}

export interface MakeParts {
  store: Store
  outbox: Outbox
  keys: Keys
  now: () => number
}

const batchRows = 2000
const pendingName = '.pending'

/**
 * A process that died while it made a group: what it took is given back, unless the group had appeared. Call before anything is made.
 */
export async function settlePending(store: Store, outbox: Outbox): Promise<void> {
  const path = join(outbox.folder, pendingName)
  const group = await readFile(path, 'utf8').catch(() => null)
  if (group === null) return
  if (!outbox.hasGroup(group)) await forgetGroup(store, group)
  await rm(path)
}

/** Makes the files of these hours; returns what left, or null when all of it was left out. */
export async function makeMerged(
  parts: MakeParts,
  output: MergedOutput,
  hours: readonly DueHour[],
): Promise<PrivacySummary | null> {
  const { store, outbox, keys, now } = parts
  await settlePending(store, outbox)
  const group = outbox.nextGroup(
    now(),
    output.output
      .replaceAll(/[^a-z0-9]/gi, '')
      .slice(0, 40)
      .padEnd(4, '0'),
  )
  const pending = join(outbox.folder, pendingName)
  await writeFile(pending, group, { flush: true })
  let committed = false
  try {
    await takeHours(store, { output: output.output, group, source: output.source, hours })
    const folder = await outbox.stage(group)
    const rows = groupRows(
      store,
      group,
      hours.map(({ hour }) => hour),
      pseudonymKey(keys),
    )
    const { files, summary } = await writeRows(rows, output, keys, folder)
    if (files.length > 0) await outbox.commit(group, files, now())
    // all left out: the hours count as taken, or they would be looked at for ever
    committed = true
    await outbox.unstage(group)
    return files.length > 0 ? summary : null
  } finally {
    if (!committed) {
      await outbox.unstage(group)
      await forgetGroup(store, group)
    }
    await rm(pending, { force: true })
  }
}

/** The rows as files in a folder: also what a dry run does. */
export async function writeRows(
  rows: AsyncIterable<SentRow>,
  output: MergedOutput,
  keys: Keys,
  folder: string,
): Promise<{ files: NewJob[]; summary: PrivacySummary }> {
  const reasonToLeave = compileLeaveOut(output.leaveOut)
  const disguise = compilePseudonyms(output.pseudonyms, keys.derive('address pseudonyms'))
  const counter = new PrivacyCounter(output.pseudonyms)
  let number = 0
  const spans = new Map<number, { from: number; to: number }>()
  const writer = new PartWriter({
    folder,
    partBytes: output.partBytes,
    header: output.header,
    nextNumber: () => number++,
  })
  let lines: string[] = []
  let held = 0
  let span = { from: Infinity, to: 0 }
  const flush = async (): Promise<void> => {
    if (lines.length === 0) return
    await writer.write(Buffer.from(lines.join('')), lines.length)
    lines = []
    held = 0
    const known = spans.get(number - 1) ?? { from: Infinity, to: 0 }
    spans.set(number - 1, {
      from: Math.min(known.from, span.from),
      to: Math.max(known.to, span.to),
    })
    span = { from: Infinity, to: 0 }
  }
  for await (const row of rows) {
    const reason = reasonToLeave(row)
    if (reason !== null) {
      counter.left(reason)
      continue
    }
    const leaving = disguise(row)
    counter.add(leaving)
    const line = output.line(leaving)
    lines.push(line)
    held += line.length
    span = { from: Math.min(span.from, row.first_seen), to: Math.max(span.to, row.last_seen) }
    if (lines.length >= batchRows || held >= output.partBytes / 4) await flush()
  }
  await flush()
  await writer.close()
  let bytes = 0
  const files = [...writer.parts].map(([n, part]): NewJob => {
    bytes += part.bytes
    const { from, to } = spans.get(n) ?? { from: 0, to: 0 }
    return {
      ...output.job,
      ...part,
      snapshot: false,
      content: 'merged',
      from: new Date(from * 1000).toISOString(),
      to: new Date(to * 1000).toISOString(),
      fileName: output.fileName,
    }
  })
  return { files, summary: counter.summary(bytes) }
}
