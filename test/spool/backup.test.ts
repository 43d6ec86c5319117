/** Kept segments, on the spool's own disk and on another one. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Backup } from '../../src/spool/backup.ts'
import { startMs, throwAwayFolder } from './spool-parts.ts'

test('a segment is kept by a link, once, and known after a restart', async () => {
  const folder = throwAwayFolder()
  const path = join(folder, 'one.seg')
  writeFileSync(path, 'lines')
  const backup = new Backup(join(folder, 'backup'))
  await backup.open()
  await backup.keep(path, 'one.seg', startMs)
  await backup.keep(path, 'one.seg', startMs)
  const again = new Backup(join(folder, 'backup'))
  await again.open()
  const [kept, ...more] = again.after('')
  expect(more).toEqual([])
  expect(statSync(again.path(kept)).ino).toBe(statSync(path).ino)
})

test('on another disk it is a copy', async () => {
  const folder = throwAwayFolder()
  const other = mkdtempSync('/dev/shm/gnomon-backup-')
  onTestFinished(() => rmSync(other, { recursive: true, force: true }))
  expect(statSync(other).dev).not.toBe(statSync(folder).dev)
  const path = join(folder, 'one.seg')
  writeFileSync(path, 'lines')
  const backup = new Backup(other)
  await backup.open()
  await backup.keep(path, 'one.seg', startMs)
  // a copy that was cut off is none
  writeFileSync(join(other, `${String(startMs + 1).padStart(15, '0')}-two.seg.part`), 'li')
  const again = new Backup(other)
  await again.open()
  expect(again.after('').map(({ bytes }) => bytes)).toEqual([5])
  expect(await readFile(again.path(again.after('')[0]), 'utf8')).toBe('lines')
})
