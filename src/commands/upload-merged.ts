/** Merged records of log files for `gnomon upload --merged`: the appliance's own way, in a folder that is removed afterwards. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { Keys } from '../access/keys.ts'
import { pseudonymKey } from '../access/pseudonyms.ts'
import type { UploadConfig } from '../config/publish-schema.ts'
import { configSchema } from '../config/schema.ts'
import { OperatingError } from '../errors.ts'
import { takeFile } from '../intake/file-intake.ts'
import { createLog } from '../lib/log.ts'
import { snapshotLimits } from '../limits.ts'
import { Pipeline } from '../pipeline.ts'
import { writeRows } from '../publish/make-merged.ts'
import type { NewJob } from '../publish/outbox.ts'
import type { PrivacySummary } from '../publish/privacy.ts'
import { mergedOutput } from '../publish/publisher.ts'
import { previewRows } from '../publish/sent-usage.ts'

/** `keyFolder`: where the key of pseudonyms lies, so that the next upload has the same ones. */
export async function mergedFiles(
  paths: readonly string[],
  upload: UploadConfig,
  job: Pick<NewJob, 'upload' | 'tenant' | 'stream' | 'format'>,
  folder: string,
  keyFolder: string,
): Promise<{ files: NewJob[]; summary: PrivacySummary }> {
  await mkdir(keyFolder, { recursive: true, mode: 0o700 })
  const keys = await Keys.open(keyFolder)
  const inside = await mkdtemp(join(tmpdir(), 'gnomon-'))
  const config = configSchema.parse({
    spool: { maxBytes: snapshotLimits.spoolBytes, fsync: 'never' },
  })
  try {
    const pipeline = await Pipeline.open(inside, config, createLog('error'), Date.now)
    try {
      await pipeline.start()
      for (const [i, path] of paths.entries()) await take(pipeline, path, i)
      await pipeline.settle()
      const hours = await pipeline.store.query<{ hour: number }>(
        'SELECT DISTINCT toUnixTimestamp(hour) AS hour FROM db.current_usage AS u ORDER BY hour',
      )
      const rows = previewRows(
        pipeline.store,
        null,
        hours.map(({ hour }) => hour),
        pseudonymKey(keys),
      )
      return await writeRows(rows, { ...mergedOutput(upload), job }, keys, folder)
    } finally {
      await pipeline.stop()
    }
  } finally {
    await rm(inside, { recursive: true, force: true })
  }
}

async function take(pipeline: Pipeline, path: string, i: number): Promise<void> {
  const name = basename(path)
  const stream = {
    key: `file:${i}:${name}`,
    listener: 'upload',
    peer: name,
    source: name,
    format: null,
    zone: null,
  }
  const { refused } = await takeFile(path, { name, stream }, pipeline.files, Date.now)
  if (refused !== undefined) throw new OperatingError('ARCHIVE_REFUSED', refused)
}
