/** Files that cannot be taken are put aside, with the reason beside them, so that a person can look. */
import { lstat, mkdir, open, rename, unlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { identityOf } from './file-intake.ts'
import type { FileIdentity } from './file-intake.ts'
import { isSameFile } from './folder-scan.ts'
import { putBack } from './folder-taken.ts'

const triesMax = 1000

/**
 * Moves a file (or a link itself, never what it points to) to `<folder>/.refused/`, below it as it was below the folder, and
 * writes `<name>.reason.txt`. What lies there now may be another file than the one that was refused (sent anew under the same
 * name, or written on): it is put back, to be looked at, and the answer is false. Throws the file system's error.
 */
export async function putAside(
  folder: string,
  path: string,
  reason: string,
  refused: FileIdentity,
): Promise<boolean> {
  const target = join(folder, '.refused', dirname(relative(folder, path)))
  await mkdir(target, { recursive: true, mode: 0o700 })
  // Names have 255 bytes at most, and the suffixes want some of them.
  const name = cut(basename(path))
  for (let count = 0; count < triesMax; count++) {
    const place = join(target, count === 0 ? name : `${name}.${count}`)
    if (!(await reserve(`${place}.reason.txt`))) continue
    await rename(path, place)
    if (!isSameFile(identityOf(await lstat(place)), refused)) {
      await putBack(place, path)
      await unlink(`${place}.reason.txt`)
      return false
    }
    await writeFile(`${place}.reason.txt`, `${reason}\n`)
    return true
  }
  throw new Error(`${target} has ${triesMax} files of this name`)
}

/** Makes the file of the reason first: whoever made it owns the name. */
async function reserve(path: string): Promise<boolean> {
  try {
    const handle = await open(path, 'wx', 0o600)
    await handle.close()
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

function cut(name: string): string {
  let end = name.length
  while (Buffer.byteLength(name.slice(0, end)) > 230) end--
  return name.slice(0, end)
}
