/** The name of an appliance among others that share a database; kept in its data folder, so that it finds its own tables again. */
import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Eight hexadecimal digits, the same each time. */
export async function ownerOf(dataDir: string): Promise<string> {
  const path = join(dataDir, 'owner')
  const kept = await readFile(path, 'utf8').catch(() => '')
  if (/^[0-9a-f]{8}$/.test(kept.trim())) return kept.trim()
  const owner = randomBytes(4).toString('hex')
  await writeFile(path, `${owner}\n`, { mode: 0o600 })
  return owner
}
