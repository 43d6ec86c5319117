/** Files that cannot be taken are put aside, with the reason beside them, so that a person can look. */
import { mkdir, open, rename, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'

const triesMax = 1000

/**
 * Moves a file (or a link itself, never what it points to) to `<folder>/.refused/`, below it as it was below the folder, and
 * writes `<name>.reason.txt`. Returns the new path; throws the file system's error.
 */
export async function putAside(folder: string, path: string, reason: string): Promise<string> {
  const target = join(folder, '.refused', dirname(relative(folder, path)))
  await mkdir(target, { recursive: true, mode: 0o700 })
  // Names have 255 bytes at most, and the suffixes want some of them.
  const name = cut(basename(path))
  for (let count = 0; count < triesMax; count++) {
    const place = join(target, count === 0 ? name : `${name}.${count}`)
    if (!(await reserve(`${place}.reason.txt`))) continue
    await rename(path, place)
    await writeFile(`${place}.reason.txt`, `${reason}\n`)
    return place
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
