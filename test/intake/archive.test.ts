import { randomBytes } from 'node:crypto'
import { readdir, readlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { packTar } from 'modern-tar'
import { describe, expect, test } from 'vitest'
import { ZipFile } from 'yazl'
import { OperatingError } from '../../src/errors.ts'
import { openLogFile } from '../../src/intake/archive.ts'
import type { ArchiveLimits } from '../../src/intake/archive-bounds.ts'
import { contentKind } from '../../src/intake/archive-magic.ts'
import { temporaryFolder } from './file-fakes.ts'

const small: ArchiveLimits = {
  archiveDepth: 2,
  archiveMembers: 5,
  expansionRatio: 10,
  bombFloorBytes: 10_000,
}

/** Members as `[index, name, text]`, from a file and from a stream: both must give the same. */
async function read(bytes: Buffer, name = 'in.log'): Promise<[number, string, string][]> {
  const folder = await temporaryFolder()
  const path = join(folder, 'file')
  await writeFile(path, bytes)
  const fromFile = await gather(openLogFile(path, name, { limits: small, tempDir: folder }))
  const stream = Readable.from(slices(bytes), { objectMode: false })
  const streamed = openLogFile(stream, name, { limits: small, tempDir: folder })
  expect(await gather(streamed)).toEqual(fromFile)
  return fromFile
}

async function gather(chunks: ReturnType<typeof openLogFile>): Promise<[number, string, string][]> {
  const members = new Map<number, [number, string, Buffer]>()
  for await (const { index, member, chunk } of chunks) {
    const before = members.get(index)?.[2] ?? Buffer.alloc(0)
    members.set(index, [index, member, Buffer.concat([before, chunk])])
  }
  return [...members.values()].map(([index, name, text]) => [index, name, text.toString()])
}

function* slices(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7)
}

async function refusal(bytes: Buffer, name = 'in.zip'): Promise<string> {
  try {
    await read(bytes, name)
  } catch (error) {
    expect(error).toBeInstanceOf(OperatingError)
    expect((error as OperatingError).code).toBe('ARCHIVE_REFUSED')
    return (error as OperatingError).message
  }
  throw new Error('it was not refused')
}

async function zip(members: Record<string, Buffer | string>): Promise<Buffer> {
  const file = new ZipFile()
  for (const [name, content] of Object.entries(members))
    file.addBuffer(Buffer.from(content), name, { mtime: new Date(0) })
  file.end()
  const chunks: Buffer[] = []
  for await (const chunk of file.outputStream) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

async function tar(members: Parameters<typeof packTar>[0]): Promise<Buffer> {
  return Buffer.from(await packTar(members))
}

function tarFile(name: string, body: string | Buffer): Parameters<typeof packTar>[0][number] {
  return { header: { name, size: Buffer.byteLength(body), type: 'file' }, body }
}

/** Changes all places of a name of the same length: yazl refuses to write names that climb. */
function rename(archive: Buffer, from: string, to: string): Buffer {
  return Buffer.from(archive.toString('latin1').replaceAll(from, to), 'latin1')
}

describe('what is read', () => {
  test.each<[name: string, bytes: Buffer, want: [number, string, string][]]>([
    ['plain', Buffer.from('a\nb\n'), [[0, 'in.log', 'a\nb\n']]],
    ['nothing at all', Buffer.alloc(0), []],
    ['binary', Buffer.from([1, 2, 3, 10]), [[0, 'in.log', '\x01\x02\x03\n']]],
    ['text that begins like bzip2', Buffer.from('BZh is here\n'), [[0, 'in.log', 'BZh is here\n']]],
    ['lines that end with CR', Buffer.from('a\rb b b b b\rc'), [[0, 'in.log', 'a\nb b b b b\nc']]],
    ['… the last one too', Buffer.from('a b c\rd\r'), [[0, 'in.log', 'a b c\nd\r']]],
    ['CRLF stays', Buffer.from('123456\r\nb\rc\r\n'), [[0, 'in.log', '123456\r\nb\rc\r\n']]],
    ['a UTF-8 mark is passed on', Buffer.from('\uFEFFa\n'), [[0, 'in.log', '\uFEFFa\n']]],
    ['UTF-16LE', Buffer.from('\uFEFFä€😀\n', 'utf16le'), [[0, 'in.log', 'ä€😀\n']]],
    ['UTF-16BE', Buffer.from('\uFEFFä€😀\n', 'utf16le').swap16(), [[0, 'in.log', 'ä€😀\n']]],
    [
      'UTF-16LE without a mark',
      Buffer.from('date=2026-10-20 ä\n', 'utf16le'),
      [[0, 'in.log', 'date=2026-10-20 ä\n']],
    ],
    [
      'UTF-16BE without a mark',
      Buffer.from('date=2026-10-20 ä\n', 'utf16le').swap16(),
      [[0, 'in.log', 'date=2026-10-20 ä\n']],
    ],
    ['JSON over many lines', Buffer.from('[\n {\n "a": 1 }\n]\n'), [[0, 'in.log', '{"a":1}\n']]],
    [
      'JSON over many lines in UTF-16',
      Buffer.from('\uFEFF[\r\n {\r\n "a": "ä" }\r\n]\r\n', 'utf16le'),
      [[0, 'in.log', '{"a":"ä"}\n']],
    ],
    [
      'XML over many lines',
      Buffer.from('<a>\n <b>1</b>\n</a>\n'),
      [[0, 'in.log', '<a><b>1</b></a>\n']],
    ],
    ['half a UTF-16 character', Buffer.from([0xff, 0xfe, 97, 0, 98]), [[0, 'in.log', 'a\uFFFD']]],
    ['gzip', gzipSync('a\n'), [[0, 'in.log', 'a\n']]],
    ['gzip of nothing', gzipSync(''), []],
    [
      'gzip of several members',
      Buffer.concat([gzipSync('a\n'), gzipSync('b\n'), gzipSync('c')]),
      [[0, 'in.log', 'a\nb\nc']],
    ],
    ['gzip in gzip', gzipSync(gzipSync('a\n')), [[0, 'in.log', 'a\n']]],
    ['gzip of UTF-16', gzipSync(Buffer.from('\uFEFFa\n', 'utf16le')), [[0, 'in.log', 'a\n']]],
    ['zstd', zstdCompressSync('a\n'), [[0, 'in.log', 'a\n']]],
    [
      'zstd of several frames',
      Buffer.concat([zstdCompressSync('a\n'), zstdCompressSync('b\n')]),
      [[0, 'in.log', 'a\nb\n']],
    ],
  ])('%s', async (_name, bytes, want) => {
    expect(await read(bytes)).toEqual(want)
  })

  test('the suffix of the packer is no part of the label', async () => {
    expect(await read(gzipSync('a'), 'fw.log.gz')).toEqual([[0, 'fw.log', 'a']])
    expect(await read(zstdCompressSync('a'), '.zst')).toEqual([[0, '.zst', 'a']])
  })

  test('zip: members in order, packed or not, one name twice, an empty one, folders', async () => {
    const bytes = await zip({
      'a.log': 'a\n',
      'dir/b.log': 'b\n',
      'e.log': '',
      'c.log.gz': gzipSync('c\n'),
    })
    expect(await read(rename(bytes, 'a.log', 'e.log'), 'in.zip')).toEqual([
      [0, 'e.log', 'a\n'],
      [1, 'dir/b.log', 'b\n'],
      [3, 'c.log', 'c\n'],
    ])
  })

  test('zip of nothing', async () => {
    expect(await read(await zip({}))).toEqual([])
  })

  test('zip in zip, zip in gzip', async () => {
    const inner = await zip({ 'a.log': 'a\n' })
    const want = [
      [0, 'a.log', 'a\n'],
      [1, 'b.log', 'b\n'],
    ]
    expect(await read(await zip({ 'inner.zip': inner, 'b.log': 'b\n' }))).toEqual(want)
    expect(await read(gzipSync(inner))).toEqual([want[0]])
  })

  test.each(['../../../evil', '/etc/passwords', 'C:\\Win\\evil1', 'x\x1b[31m\nred\r'])(
    'a name is a label: %j',
    async (name) => {
      const placeholder = 'n'.repeat(name.length)
      const bytes = rename(await zip({ [placeholder]: 'a\n' }), placeholder, name)
      const [[, label, text]] = await read(bytes)
      expect(text).toBe('a\n')
      // oxlint-disable-next-line no-control-regex -- none may be left
      expect(label).not.toMatch(/[\u0000-\u001F]/)
    },
  )
})

describe('tar', () => {
  test('files in order, packed ones too; folders and links are none', async () => {
    const long = `${'d/'.repeat(90)}c.log`
    const bytes = await tar([
      { header: { name: 'logs/', size: 0, type: 'directory' } },
      tarFile('logs/a.log', 'a\n'),
      { header: { name: 'logs/now.log', size: 0, type: 'symlink', linkname: '/etc/passwd' } },
      tarFile('../../b.log.gz', gzipSync('b\n')),
      tarFile(long, 'c\n'.repeat(2000)),
    ])
    const want = [
      [0, 'logs/a.log', 'a\n'],
      [1, '../../b.log', 'b\n'],
      [2, long, 'c\n'.repeat(2000)],
    ]
    expect(await read(bytes)).toEqual(want)
  })

  test('gzip around it', async () => {
    const bytes = gzipSync(await tar([tarFile('a.log', 'a\n'), tarFile('b.log', 'b\n')]))
    expect((await read(bytes, 'logs.tgz')).map(([, name]) => name)).toEqual(['a.log', 'b.log'])
  })

  test('cut off, damaged, too many', async () => {
    const bytes = await tar([tarFile('a.log', 'a\n'.repeat(500)), tarFile('b.log', 'b\n')])
    expect(await refusal(bytes.subarray(0, 900))).toMatch(/tar data/)
    const damaged = Buffer.from(bytes)
    damaged[150] ^= 0xff
    expect(await refusal(damaged)).toContain('tar data are damaged')
    const many = await tar(Array.from({ length: 6 }, (_, n) => tarFile(`${n}.log`, 'a\n')))
    expect(await refusal(many)).toContain('more than 5 members')
  })
})

describe('what is refused', () => {
  test('a zip bomb and a gzip bomb', async () => {
    const zeros = Buffer.alloc(200_000)
    const message = 'unpacks to more than 10 times its size'
    expect(await refusal(gzipSync(zeros))).toContain(message)
    expect(await refusal(zstdCompressSync(zeros))).toContain(message)
    expect(await refusal(await zip({ 'a.log': zeros }))).toContain(message)
    const nested = await zip({ 'a.zip': await zip({ 'a.log': zeros }) })
    expect(await refusal(nested)).toContain(message)
  })

  test('less than the floor may unpack to any ratio', async () => {
    expect(await read(gzipSync(Buffer.alloc(9000, 'a')))).toHaveLength(1)
  })

  test('too deep', async () => {
    const three = gzipSync(gzipSync(gzipSync('a\n')))
    expect(await refusal(three)).toContain('more than 2 deep')
    const zips = await zip({ b: await zip({ a: await zip({ l: 'a\n' }) }) })
    expect(await refusal(zips)).toContain('more than 2 deep')
  })

  test('too many members, over nested archives too', async () => {
    const six = { a: '1', b: '2', c: '3', d: '4', e: '5', f: '6' }
    expect(await refusal(await zip(six))).toContain('more than 5 members')
    const half = await zip({ a: '1', b: '2', c: '3' })
    expect(await refusal(await zip({ x: half, y: half }))).toContain('more than 5 members')
  })

  test('cut off', async () => {
    const lines = Buffer.from(Array.from({ length: 500 }, (_, n) => `line ${n * 7919}\n`).join(''))
    for (const packed of [gzipSync(lines), zstdCompressSync(lines)])
      expect(await refusal(packed.subarray(0, -9))).toContain('end too early')
    expect(await refusal((await zip({ a: lines })).subarray(0, -9))).toContain('zip')
  })

  test('damaged', async () => {
    const packed = gzipSync('a\n'.repeat(100))
    packed[packed.length - 6] ^= 0xff
    expect(await refusal(packed)).toContain('gzip data are damaged')
    const archive = await zip({ a: 'unpacked text' })
    const raw = deflateRawSync('unpacked text')
    const at = archive.indexOf(raw)
    expect(at).toBeGreaterThan(0)
    archive[at + 3] ^= 0xff
    expect(await refusal(archive)).toMatch(/damaged|checksum|end too early/)
  })

  test('encrypted', async () => {
    const archive = await zip({ 'a.log': 'a\n' })
    // Bit 0 of the general purpose flags, in the central directory and in the local header (APPNOTE.TXT 4.4.4).
    archive[6] |= 1
    archive[archive.indexOf('PK\x01\x02', 0, 'latin1') + 8] |= 1
    expect(await refusal(archive)).toContain('a.log is encrypted; send it without a password')
  })

  test('a packing method that is not read', async () => {
    const archive = await zip({ 'a.log': 'a\n' })
    archive[archive.indexOf('PK\x01\x02', 0, 'latin1') + 10] = 14
    expect(await refusal(archive)).toContain('method 14')
  })

  test.each<[kind: string, head: Buffer]>([
    ['bzip2', Buffer.from('425a6839314159265359', 'hex')],
    ['xz', Buffer.from('fd377a585a000004', 'hex')],
    ['7-Zip', Buffer.from('377abcaf271c0004', 'hex')],
    ['RAR', Buffer.from('526172211a0700', 'hex')],
    ['packet capture', Buffer.from('d4c3b2a1020004000000', 'hex')],
    ['packet capture', Buffer.from('0a0d0d0a1c0000004d3c2b1a01000000', 'hex')],
    ['binary Windows event log', Buffer.from('ElfFile\0\0\0')],
    ['PDF', Buffer.from('%PDF-1.7\n')],
  ])('a %s, by its name', async (kind, head) => {
    expect(await refusal(head)).toContain(kind)
    expect(await refusal(gzipSync(head))).toContain(kind)
  })
})

test('a file that is not there', async () => {
  await expect(gather(openLogFile('/nowhere/x.log', 'x.log'))).rejects.toMatchObject({
    code: 'FILE_UNREADABLE',
  })
})

/** More than any buffer on the way holds. */
const long = randomBytes(3_000_000)

/** Files of a folder that this process holds open, those that have no name any more too. */
async function openWithin(folder: string): Promise<string[]> {
  const open = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  )
  return open.filter((target) => target.startsWith(folder))
}

test.each<[name: string, archive: () => Promise<Buffer>]>([
  ['a.zip', () => zip({ a: long, b: 'y' })],
  ['a.tar', () => tar([tarFile('a', long)])],
  ['a.tar.gz', async () => gzipSync(await tar([tarFile('a', long)]))],
  ['a.tar in a.zip', async () => zip({ 'a.tar': await tar([tarFile('a', long)]) })],
])('a reader that stops early leaves nothing open: %s', async (name, archive) => {
  const folder = await temporaryFolder()
  const path = join(folder, name)
  await writeFile(path, await archive())
  for await (const { chunk } of openLogFile(path, name, { tempDir: folder })) {
    expect(chunk.length).toBeGreaterThan(0)
    expect(await openWithin(folder)).not.toEqual([])
    break
  }
  expect(await openWithin(folder)).toEqual([])
})

test('kinds by their first bytes', () => {
  expect(contentKind(Buffer.from([0x5a, 0x2a, 0x4d, 0x18]))).toBe('zstd')
  expect(contentKind(Buffer.from('PK is text'))).toBe('plain')
  expect(contentKind(Buffer.from([0x1f]))).toBe('plain')
})
