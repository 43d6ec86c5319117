/** Deletes files that were taken, and never another one that took the name in between. */
import { link, lstat, mkdir, readdir, rename, unlink } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { identityOf } from './file-intake.ts'
import type { FileIdentity } from './file-intake.ts'
import { isFileSystemError, isSameFile } from './folder-scan.ts'

const triesMax = 1000

/** Where a file waits between being moved away and being deleted; hidden, so that no scan takes it. */
const placeOf = (folder: string): string => join(folder, '.taken')

/**
 * Deletes a file below a drop folder if it is still the one that was taken. It is moved aside first, so that what is looked at is
 * what is deleted; another file is put back. Returns false for another file; throws the file system's error.
 */
export async function deleteTaken(
  folder: string,
  path: string,
  taken: FileIdentity,
): Promise<boolean> {
  const aside = join(placeOf(folder), relative(folder, path))
  await mkdir(dirname(aside), { recursive: true, mode: 0o700 })
  await rename(path, aside)
  if (isSameFile(identityOf(await lstat(aside)), taken)) {
    await unlink(aside)
    return true
  }
  await putBack(aside, path)
  return false
}

/** Puts back what a killed process left between moving and deleting: it is found again, and known as taken by its content. */
export async function restoreTaken(folder: string): Promise<void> {
  const place = placeOf(folder)
  for (const entry of await entriesBelow(place)) {
    if (entry.isDirectory()) continue
    const aside = join(entry.parentPath, entry.name)
    const path = join(folder, relative(place, aside))
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await putBack(aside, path)
  }
}

async function entriesBelow(place: string) {
  try {
    return await readdir(place, { recursive: true, withFileTypes: true })
  } catch (error) {
    if (isFileSystemError(error) && error.code === 'ENOENT') return []
    throw error
  }
}

/** A newer file of the same name stays what it is: the older one gets a number in front. */
export async function putBack(aside: string, path: string): Promise<void> {
  for (let count = 0; count < triesMax; count++) {
    const name = count === 0 ? basename(path) : `${count}.${basename(path)}`
    if (await moveUnlessThere(aside, join(dirname(path), name))) return
  }
  throw new Error(`${dirname(path)} has ${triesMax} files named ${basename(path)}`)
}

async function moveUnlessThere(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
  } catch (error) {
    if (!isFileSystemError(error)) throw error
    if (error.code === 'EEXIST') return false
    // FAT and some network mounts have no links; there a name may be taken between the look and the move.
    if (await lstat(to).catch(() => null)) return false
    await rename(from, to)
    return true
  }
  await unlink(from)
  return true
}
