/** Programs of this machine. */
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/** Where system programs lie that are often in no user's PATH. */
const systemFolders = ['/usr/sbin', '/usr/local/sbin']

/** The path of the first of these programs that is installed, or null. */
export async function findProgram(
  names: string | readonly string[],
  path = process.env['PATH'] ?? '',
): Promise<string | null> {
  for (const folder of [...path.split(delimiter), ...systemFolders])
    for (const name of typeof names === 'string' ? [names] : names)
      if (folder !== '' && (await isProgram(join(folder, name)))) return join(folder, name)
  return null
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return true
  } catch {
    return false // not there, or not ours to run: the next folder
  }
}
