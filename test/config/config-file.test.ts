import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ConfigFile } from '../../src/config/config-file.ts'
import { hideSecrets, restoreSecrets } from '../../src/config/hidden-text.ts'
import { configSchema } from '../../src/config/schema.ts'

const written = `# ours
store:
  url: http://gnomon:hunter2@db.example:8123 # the cluster
  password: "s3cret"
sources:
  - name: hq # the first
    format: PALO_ALTO
ftp:
  accounts:
    - { user: gate, source: hq, password: 'pa''ss word' }
`

describe('what is shown', () => {
  const hidden = hideSecrets(written)

  test('no secret is in it, all else is as written', () => {
    expect(hidden.text).not.toMatch(/hunter2|s3cret|pa''ss/)
    expect(hidden.text).toContain('# ours')
    expect(hidden.text).toContain('url: "http://gnomon:***1***@db.example:8123" # the cluster')
    expect(hidden.secrets).toEqual(['hunter2', 's3cret', "pa'ss word"])
  })

  test('a text that comes back as it went says the same', () => {
    const { text, faults } = restoreSecrets(hidden.text, hidden)
    expect(faults).toEqual([])
    expect(text).toContain('password: "s3cret"')
    expect(text).toContain('"http://gnomon:hunter2@db.example:8123"')
    expect(text).toContain(`password: "pa'ss word"`)
  })

  test.each([
    ['a name', 'sources:\n  - name: "***2***"\n', 'sources[0].name'],
    ['the host of an address', 'store:\n  url: http://***2***.example/\n', 'store.url'],
    ['a number nobody gave', 'store:\n  password: "***9***"\n', 'store.password'],
    ['a new reference', 'sources:\n  - name: ${file:/etc/passwd}\n', 'sources[0].name'],
  ])('a secret cannot be made to show as %s', (_what, text, key) => {
    const { faults } = restoreSecrets(text, hidden)
    expect(faults.map((fault) => fault.key)).toEqual([key])
    expect(faults[0].line).toBe(2)
  })

  test.each(['store:\n  password: ${DB}\n', 'store:\n  password: plain-new\n'])(
    'a new secret may be written: %s',
    (text) => {
      expect(restoreSecrets(text, hidden)).toEqual({ text, faults: [] })
    },
  )
})

describe('the file', () => {
  let folder: string
  let path: string
  let file: ConfigFile
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gnomon-config-'))
    path = join(folder, 'gnomon.yaml')
    file = new ConfigFile({ path, env: {}, config: () => configSchema.parse({}) })
  })
  afterAll(() => rm(folder, { recursive: true }))

  test('is shown, checked, drafted with its comments, and written', async () => {
    await writeFile(path, written)
    const shown = await file.show()
    expect(shown.readOnly).toBeNull()
    const draft = file.draft(shown.text, [
      { path: ['sources', 1], value: { name: 'branch', listener: 'syslog-udp' } },
      { path: ['sources', 0, 'format'], value: null },
    ])
    expect(draft).toContain('# the first')
    expect(await file.check(draft)).toMatchObject({
      faults: [],
      changed: expect.arrayContaining(['sources', 'store.password']),
    })
    expect(await file.write(draft, shown.revision, async () => 'used')).toBe('used')
    const after = await readFile(path, 'utf8')
    expect(after).toContain('s3cret')
    expect(after).toContain('listener: syslog-udp')
    expect(after).not.toContain('PALO_ALTO')
    expect(await readdir(folder)).toEqual(['gnomon.yaml'])
  })

  test('faults are told with their place, and nothing is written', async () => {
    await writeFile(path, written)
    const { revision } = await file.show()
    const bad = 'sources:\n  - nam: x\n'
    expect(await file.check(bad)).toMatchObject({
      faults: expect.arrayContaining([expect.objectContaining({ line: 2 })]),
      changed: [],
    })
    await expect(file.write(bad, revision, async () => 0)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    })
    expect(await readFile(path, 'utf8')).toBe(written)
  })

  test('somebody else was faster', async () => {
    await writeFile(path, written)
    await expect(file.write('', 'another', async () => 0)).rejects.toThrow(/meanwhile/)
  })

  test('what cannot be used is put back', async () => {
    await writeFile(path, written)
    const { revision, text } = await file.show()
    const use = async (): Promise<never> => {
      throw new Error('the certificate is missing')
    }
    await expect(file.write(`${text}# more\n`, revision, use)).rejects.toThrow(/certificate/)
    expect(await readFile(path, 'utf8')).toBe(written)
  })

  test.each(['a: [', '- ['])('no draft of what is no YAML: %s', (text) => {
    expect(() => file.draft(text, [{ path: ['a'], value: 1 }])).toThrow(/no YAML/)
  })
})
