import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import {
  appendFile,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { compileSources } from '../../src/config/sources.ts'
import type { SourceConfig } from '../../src/config/schema.ts'
import { createFolderIntake } from '../../src/intake/folder.ts'
import type { FolderIntakeOptions } from '../../src/intake/folder.ts'
import { folderName, sourceOfFolder } from '../../src/intake/folder-name.ts'
import { isIgnoredName, scanFolder } from '../../src/intake/folder-scan.ts'
import { putAside } from '../../src/intake/folder-refuse.ts'
import { Settling } from '../../src/intake/folder-scan.ts'
import { FolderState, newRange } from '../../src/intake/folder-state.ts'
import { deleteTaken } from '../../src/intake/folder-taken.ts'
import { identityOf } from '../../src/intake/file-intake.ts'
import { RecordingSink, silent, temporaryFolder } from './file-fakes.ts'

const settleMs = 120

async function intake(
  sink: RecordingSink,
  more: Partial<FolderIntakeOptions> & { sources?: SourceConfig[] } = {},
) {
  const { sources = [], ...options } = more
  const dataDir = options.dataDir ?? (await temporaryFolder())
  const folder = createFolderIntake(
    {
      dataDir,
      folders: [],
      resolve: compileSources(sources),
      settleMs,
      rescanMs: 60_000,
      ...options,
    },
    sink,
    silent,
    Date.now,
  )
  onTestFinished(() => folder.stop())
  return { folder, dataDir, drop: join(dataDir, 'drop') }
}

async function put(path: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, content)
}

async function until(condition: () => void | Promise<void>): Promise<void> {
  await vi.waitFor(condition, { timeout: 8000, interval: 20 })
}

test('renamed in: taken at once, deleted, under the source of its sub-folder', async () => {
  const sink = new RecordingSink()
  const sources = [{ name: 'Branch A', folder: 'branch a', format: 'SQUID', zone: 'Europe/Berlin' }]
  const { folder, drop } = await intake(sink, { sources })
  await folder.start()
  await put(join(drop, 'branch%20a', 'fw.log.tmp'), 'a\nb')
  // Older than the settling time: nobody writes it any more.
  await utimes(join(drop, 'branch%20a', 'fw.log.tmp'), 1, 1)
  await delay(3 * settleMs)
  expect(sink.parts.size).toBe(0)
  await rename(join(drop, 'branch%20a', 'fw.log.tmp'), join(drop, 'branch%20a', 'fw.log'))
  await until(() => expect(sink.text).toBe('a\nb\n'))
  await until(async () => expect(await readdir(join(drop, 'branch%20a'))).toEqual([]))
  expect([...sink.parts.values()][0].stream).toEqual({
    key: 'folder:branch a',
    listener: 'folder',
    peer: 'branch a',
    source: 'Branch A',
    format: 'SQUID',
    zone: 'Europe/Berlin',
  })
  expect(folder.status().folders[0]).toMatchObject({
    state: 'watching',
    waiting: 0,
    taking: null,
    taken: { files: 1, parts: 1, lines: 2, bytes: 4, rawBytes: 3 },
  })
})

test('present at start, in a tree, and in the folder itself', async () => {
  const sink = new RecordingSink()
  const { folder, drop } = await intake(sink)
  await put(join(drop, 'x', '2026', '09', 'fw.log'), 'deep\n')
  await put(join(drop, 'top.log'), 'top\n')
  await folder.start()
  await until(() => expect(sink.doneIds).toHaveLength(2))
  expect(
    [...sink.parts.values()]
      .map((part) => [part.stream.source, part.text])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  ).toEqual([
    ['drop', 'top\n'],
    ['x', 'deep\n'],
  ])
})

test('a slow writer is waited for', async () => {
  const sink = new RecordingSink()
  const { folder, drop } = await intake(sink)
  await folder.start()
  const path = join(drop, 'x', 'fw.log')
  await put(path, 'line 0\n')
  for (let n = 1; n < 12; n++) {
    await delay(settleMs / 3)
    await appendFile(path, `line ${n}\n`)
    expect(sink.parts.size).toBe(0)
  }
  await until(() => expect(sink.parts.size).toBe(1))
  expect(sink.text.match(/line/g)).toHaveLength(12)
})

test('the same file twice is taken once, and removed twice', async () => {
  const sink = new RecordingSink()
  const { folder, drop } = await intake(sink)
  await folder.start()
  await put(join(drop, 'x', 'fw.log'), 'a\n')
  await until(() => expect(sink.doneIds).toHaveLength(1))
  // Written in place: before the first is gone it would be the same file.
  await until(async () => expect(await readdir(join(drop, 'x'))).toEqual([]))
  await put(join(drop, 'x', 'fw.log'), 'a\n')
  await until(() => expect(folder.status().folders[0].duplicates).toBe(1))
  await until(async () => expect(await readdir(join(drop, 'x'))).toEqual([]))
  expect(sink.text).toBe('a\n')
})

test('a file that took the name of the one to be deleted is left', async () => {
  const drop = await temporaryFolder()
  const path = join(drop, 'x', 'fw.log')
  await put(path, 'first\n')
  const first = identityOf(await lstat(path))
  await put(`${path}.tmp`, 'second\n')
  await rename(`${path}.tmp`, path)
  expect(await deleteTaken(drop, path, first)).toBe(false)
  expect(await readFile(path, 'utf8')).toBe('second\n')
  expect(await deleteTaken(drop, path, identityOf(await lstat(path)))).toBe(true)
  expect(await readdir(join(drop, 'x'))).toEqual([])
  await expect(deleteTaken(drop, path, first)).rejects.toThrow('ENOENT')
})

test('a file that took the name of the one to be put aside is left', async () => {
  const drop = await temporaryFolder()
  const path = join(drop, 'x', 'fw.log')
  await put(path, 'first\n')
  const first = identityOf(await lstat(path))
  // Sent anew under its name, or written over in place: neither is what was refused.
  await put(`${path}.tmp`, 'second\n')
  await rename(`${path}.tmp`, path)
  expect(await putAside(drop, path, 'no log', first)).toBe(false)
  const second = identityOf(await lstat(path))
  await appendFile(path, 'more\n')
  expect(await putAside(drop, path, 'no log', second)).toBe(false)
  expect(await readFile(path, 'utf8')).toBe('second\nmore\n')
  expect(await readdir(join(drop, '.refused', 'x'))).toEqual([])
  expect(await putAside(drop, path, 'no log', identityOf(await lstat(path)))).toBe(true)
  expect(await readdir(join(drop, 'x'))).toEqual([])
  expect((await readdir(join(drop, '.refused', 'x'))).sort()).toEqual([
    'fw.log',
    'fw.log.reason.txt',
  ])
})

test('a file that waited to be deleted when the process died is found again', async () => {
  const sink = new RecordingSink()
  const { folder, drop } = await intake(sink)
  await put(join(drop, '.taken', 'x', 'fw.log'), 'left\n')
  await put(join(drop, 'x', 'fw.log'), 'new\n')
  await folder.start()
  await until(() => expect(sink.doneIds).toHaveLength(2))
  expect(sink.text.split('\n').toSorted()).toEqual(['', 'left', 'new'])
  await until(async () => expect(await readdir(join(drop, 'x'))).toEqual([]))
  await until(async () => expect(await readdir(join(drop, '.taken', 'x'))).toEqual([]))
})

test('links, devices and broken archives are put aside with a reason', async () => {
  const sink = new RecordingSink()
  const { folder, drop } = await intake(sink)
  await mkdir(join(drop, 'x'), { recursive: true })
  await symlink('/etc/passwd', join(drop, 'x', 'link.log'))
  execFileSync('mkfifo', [join(drop, 'x', 'fifo.log')])
  await put(join(drop, 'x', 'bad.gz'), gzipSync('a\n'.repeat(100)).subarray(0, -5))
  await folder.start()
  const refused = { link: 1, special: 1, archive: 1, unreadable: 0 }
  await until(() => expect(folder.status().folders[0].refused).toEqual(refused))
  await put(join(drop, 'x', 'bad.gz'), gzipSync('b\n'.repeat(100)).subarray(0, -5))
  await until(() => expect(folder.status().folders[0].refused.archive).toBe(2))
  const aside = join(drop, '.refused', 'x')
  await until(async () =>
    expect((await readdir(aside)).sort()).toEqual([
      'bad.gz',
      'bad.gz.1',
      'bad.gz.1.reason.txt',
      'bad.gz.reason.txt',
      'fifo.log',
      'fifo.log.reason.txt',
      'link.log',
      'link.log.reason.txt',
    ]),
  )
  await until(async () =>
    expect(await readFile(join(aside, 'bad.gz.1.reason.txt'), 'utf8')).toContain('end too early'),
  )
  expect(await readFile(join(aside, 'link.log.reason.txt'), 'utf8')).toContain('symbolic link')
  expect(existsSync('/etc/passwd')).toBe(true)
  expect(await readdir(join(drop, 'x'))).toEqual([])
  expect(sink.parts.size).toBe(0)
  expect(sink.drops).toHaveLength(2)
})

test('unfinished and hidden files are left alone, until they are renamed', async () => {
  const sink = new RecordingSink()
  const { folder, drop } = await intake(sink)
  for (const name of ['.hidden', 'a.tmp', 'b.part', '.in.c.log.'])
    await put(join(drop, 'x', name), `${name}\n`)
  await put(join(drop, '.refused', 'old.log'), 'old\n')
  await folder.start()
  await delay(3 * settleMs)
  expect(sink.parts.size).toBe(0)
  await rename(join(drop, 'x', '.in.c.log.'), join(drop, 'x', 'c.log'))
  await until(() => expect(sink.text).toBe('.in.c.log.\n'))
})

test('a spool that fails: tried again, no part twice and none missing', async () => {
  const sink = new RecordingSink()
  const { folder, drop, dataDir } = await intake(sink)
  await put(join(drop, 'x', 'fw.log'), 'a\n')
  // The part is written, `done` fails.
  sink.failAfter = 1
  await folder.start()
  await until(() => expect(folder.status().folders[0].retries).toBe(1))
  await folder.stop()
  expect(sink.parts.size).toBe(1)
  expect(await readdir(join(drop, 'x'))).toEqual(['fw.log'])
  // Between the two runs the file grows: what was begun is taken as it was, then the rest.
  await appendFile(join(drop, 'x', 'fw.log'), 'b\n')
  sink.failAfter = Infinity
  const again = await intake(sink, { dataDir })
  await again.folder.start()
  await until(() => expect(sink.doneIds).toHaveLength(2))
  expect(sink.text).toBe('a\nb\n')
  await until(async () => expect(await readdir(join(drop, 'x'))).toEqual([]))
})

describe('a folder of the configuration', () => {
  const configured = (path: string, more: object = {}) => ({
    folders: [{ path, polling: false, afterwards: 'keep' as const, ...more }],
  })

  test('files are kept, growth is taken alone, over restarts too', async () => {
    const sink = new RecordingSink()
    const path = await temporaryFolder()
    const file = join(path, 'squid', 'access.log')
    await put(file, 'a\n')
    const dataDir = await temporaryFolder()
    const first = await intake(sink, { ...configured(path), dataDir })
    await first.folder.start()
    await until(() => expect(sink.text).toBe('a\n'))
    await appendFile(file, 'a\n')
    await until(() => expect(sink.text).toBe('a\na\n'))
    await until(() => expect(first.folder.status().folders[1].taking).toBeNull())
    await first.folder.stop()
    await appendFile(file, 'b\n')
    const second = await intake(sink, { ...configured(path), dataDir })
    await second.folder.start()
    await until(() => expect(sink.text).toBe('a\na\nb\n'))
    expect(second.folder.status().folders[1]).toMatchObject({ duplicates: 0, taken: { files: 1 } })
    expect(await readFile(file, 'utf8')).toBe('a\na\nb\n')
    expect([...sink.parts.values()][0].stream).toMatchObject({
      key: `folder:${path}/squid`,
      source: 'squid',
    })
  })

  test('a source by configuration; a folder that comes later is found by the rescan', async () => {
    const sink = new RecordingSink()
    const path = join(await temporaryFolder(), 'later')
    const more = { source: 'Proxy', afterwards: 'delete', polling: true }
    const { folder } = await intake(sink, { ...configured(path, more), rescanMs: 100 })
    await folder.start()
    expect(folder.status().folders[1].state).toBe('absent')
    await put(join(path, 'access.log'), 'a\n')
    await until(() => expect(sink.text).toBe('a\n'))
    expect(folder.status().folders[1].state).toBe('watching')
    expect([...sink.parts.values()][0].stream.source).toBe('Proxy')
  })
})

test('the folder of a source, and back', () => {
  const cases: [source: string, name: string][] = [
    ['branch-a', 'branch-a'],
    ['Branch A/1', 'Branch%20A%2F1'],
    ['..', '%2E.'],
    ['.hidden', '%2Ehidden'],
    ['fw.tmp', 'fw%2Etmp'],
    ['Zürich:%', 'Z%C3%BCrich%3A%25'],
  ]
  for (const [source, name] of cases) {
    expect(folderName(source)).toBe(name)
    expect(sourceOfFolder(name)).toBe(source)
    expect(isIgnoredName(name)).toBe(false)
  }
  expect(sourceOfFolder('100%')).toBe('100%')
  const long = folderName('ä'.repeat(200))
  expect(long.length).toBeLessThan(255)
  expect(long).not.toBe(folderName(`${'ä'.repeat(200)}b`))
})

test('a scan goes as deep as the limit and does not follow links', async () => {
  const root = await temporaryFolder()
  await put(join(root, 'a', 'b', 'c', 'd', 'in.log'), '')
  await put(join(root, 'a', 'b', 'c', 'd', 'e', 'too-deep.log'), '')
  await symlink('/etc', join(root, 'etc'))
  const found = await Array.fromAsync(scanFolder(root))
  expect(found.map((path) => path.slice(root.length)).sort()).toEqual(['/a/b/c/d/in.log', '/etc'])
})

test('which bytes of a file are new', () => {
  const file = { dev: 1, ino: 2, birthtimeMs: 3, size: 10, mtimeMs: 5 }
  expect(newRange(file, undefined)).toEqual({ from: 0, to: 10 })
  expect(newRange(file, file)).toBeNull()
  expect(newRange({ ...file, size: 15, mtimeMs: 6 }, file)).toEqual({ from: 10, to: 15 })
  expect(newRange({ ...file, size: 5, mtimeMs: 6 }, file)).toEqual({ from: 0, to: 5 })
  expect(newRange({ ...file, size: 15, ino: 9 }, file)).toEqual({ from: 0, to: 15 })
  expect(newRange({ ...file, size: 15, birthtimeMs: 9 }, file)).toEqual({ from: 0, to: 15 })
  expect(newRange({ ...file, size: 15 }, { ...file, size: 4, to: 10 })).toEqual({ from: 4, to: 10 })
  expect(newRange({ ...file, mtimeMs: 9 }, file)).toEqual({ from: 0, to: 10 })
})

test('a clock that is set back does not put files off', () => {
  const settling = new Settling(2000, true)
  settling.notice('/a', 86_400_000)
  expect(settling.due(86_399_000)).toEqual([])
  expect(settling.due(0)).toEqual(['/a'])
})

test('the journal survives a torn line, and forgets', async () => {
  const path = join(await temporaryFolder(), 'state')
  const file = { dev: 1, ino: 2, birthtimeMs: 3, size: 10, mtimeMs: 5 }
  const state = new FolderState(path)
  await state.open()
  await Promise.all([state.set('/a', file), state.set('/b', file), state.set('/b', null)])
  await state.close()
  await appendFile(path, '["/c",{"dev":1')
  const again = new FolderState(path)
  await again.open()
  expect([again.get('/a'), again.get('/b'), again.get('/c')]).toEqual([file, undefined, undefined])
  await again.close()
})
