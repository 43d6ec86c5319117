/** Definitions made here: `<data>/definitions/<ID>.yaml`, read after all others, so that one of the same id wins. */
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OperatingError, causeOf } from '../errors.ts'
import { playgroundLimits } from '../limits.ts'

const idPattern = /^[A-Z][A-Z0-9_]{1,63}$/

/** The folder below the data folder. */
export function ownDefinitionsFolder(dataDir: string): string {
  return join(dataDir, 'definitions')
}

export class OwnDefinitions {
  readonly folder: string

  constructor(dataDir: string) {
    this.folder = ownDefinitionsFolder(dataDir)
  }

  /** Ids, in order. */
  async list(): Promise<string[]> {
    const names = await readdir(this.folder).catch(() => [])
    return names
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => name.slice(0, -5))
      .sort()
  }

  /** null = there is none. */
  async read(id: string): Promise<string | null> {
    return readFile(this.#path(id), 'utf8').catch(() => null)
  }

  /** The text must have been tried: what cannot be read would stop the next start. Throws DEFINITION_INVALID. */
  async write(id: string, text: string): Promise<void> {
    const path = this.#path(id)
    const others = (await this.list()).filter((other) => other !== id).length
    if (others >= playgroundLimits.definitions)
      throw invalid(`there are ${others} definitions already; remove some`)
    try {
      await mkdir(this.folder, { recursive: true, mode: 0o700 })
      await writeFile(`${path}.tmp`, text, { mode: 0o600, flush: true })
      await rename(`${path}.tmp`, path)
    } catch (cause) {
      throw new OperatingError(
        'DEFINITION_INVALID',
        `cannot keep the definition ${id}: ${causeOf(cause)}; check free space`,
        { cause },
      )
    }
  }

  async remove(id: string): Promise<boolean> {
    if ((await this.read(id)) === null) return false
    await rm(this.#path(id))
    return true
  }

  #path(id: string): string {
    if (!idPattern.test(id)) throw invalid(`${id} is no id: capitals, digits and _, from 2 to 64`)
    return join(this.folder, `${id}.yaml`)
  }
}

function invalid(why: string): OperatingError {
  return new OperatingError('DEFINITION_INVALID', `cannot keep a definition: ${why}`)
}
