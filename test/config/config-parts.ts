/** Configurations out of text, as files of a folder that is removed again. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { loadConfig } from '../../src/config/config.ts'
import type { LoadedConfig } from '../../src/config/config.ts'
import { OperatingError } from '../../src/errors.ts'

/** A temporary folder for the tests of one file. */
export function temporaryFolder(): {
  path: () => string
  file: (name: string, text: string) => Promise<string>
} {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gnomon-test-'))
  })
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true })
  })
  return {
    path: () => folder,
    file: async (name, text) => {
      const path = join(folder, name)
      await writeFile(path, text)
      return path
    },
  }
}

/** The fault lines of a configuration, without the path; fails when it loads. */
export async function faultsOfFile(path: string, env: NodeJS.ProcessEnv = {}): Promise<string[]> {
  const error = await loadConfig({ path, env }).then(
    (loaded: LoadedConfig) => new Error(`loaded: ${JSON.stringify(loaded.config)}`),
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof OperatingError) || error.code !== 'CONFIG_INVALID') throw error
  const lines = error.message.split('\n')
  return lines.slice(1, -1).map((line) => line.replace(`${path}:`, '').trimStart())
}
