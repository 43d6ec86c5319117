/** Writes block scripts into a folder, each as a whole: who reads it meanwhile has the old one or the new one. */
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OperatingError, causeOf } from '../errors.ts'
import type { Script } from './scripts.ts'

/** Names do not change from day to day: `<format>.<ending>`. */
export async function handOver(folder: string, scripts: readonly Script[]): Promise<void> {
  try {
    await mkdir(folder, { recursive: true })
    for (const { format, fileName, text } of scripts) {
      const name = `gnomon-${format}.${fileName.split('.').at(-1)}`
      const part = join(folder, `.${name}.part`)
      await writeFile(part, text)
      await rename(part, join(folder, name))
    }
  } catch (cause) {
    throw new OperatingError(
      'GOVERN_FAILED',
      `cannot hand over block scripts in ${folder}: ${causeOf(cause)}; check govern.handOver.folder`,
      { cause },
    )
  }
}
