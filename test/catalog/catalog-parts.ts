/** Catalog folders made of texts. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll } from 'vitest'

const made: string[] = []
afterAll(async () => {
  for (const folder of made) await rm(folder, { recursive: true, force: true })
})

/** A folder with these files, removed after the tests of the file. */
export async function folderWith(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gnomon-catalog-'))
  made.push(folder)
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  return folder
}

/** Two apps and some infrastructure. */
export const small = `category: Cloud storage
apps:
  - id: alpha
    name: Alpha
    vendor: Alpha Ltd
    domains: [alpha.example]
    hosts: [files.shared.example]
  - id: beta
    name: Beta
    domains: [beta.example, deep.alpha.example]
    wholeDomains: [shared.example]
    patterns:
      - under: cloud.example
        match: '[a-z]+-beta'
    hints: [beta-base]
    ranges: [198.51.100.0/24]
infrastructure:
  - name: A CDN
    kind: cdn
    domains: [cdn.example]
`
