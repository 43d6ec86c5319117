/** Raw lines from kept segments into files: untouched, once, over a process that dies. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { StreamState } from '../../src/parse/batch.ts'
import { makeRaw, RawCursors } from '../../src/publish/make-raw.ts'
import { Outbox } from '../../src/publish/outbox.ts'
import { Backup } from '../../src/spool/backup.ts'
import { encodeBlock, encodeStream, kindCounted, kindLines } from '../../src/spool/segment.ts'
import { streamOf } from '../store/store-parts.ts'

let folder: string
let backup: Backup
let outbox: Outbox
let clock = 1_790_000_000_000
const now = (): number => clock

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gnomon-raw-'))
  backup = new Backup(join(folder, 'backup'))
  await backup.open()
  outbox = await Outbox.open(join(folder, 'outbox'))
})
afterEach(async () => rm(folder, { recursive: true }))

interface Told {
  text: string
  source?: string
  key?: string
  counted?: boolean
}

async function keep(name: string, told: Told[]): Promise<void> {
  const blocks = told.flatMap(({ text, source = 'edge', key = 'tcp|1', counted = false }, i) => {
    const kind = counted ? kindCounted : kindLines
    return [
      encodeStream(i + 1, streamOf({ source, key })),
      encodeBlock(
        { kind, stream: i + 1, receivedAtMs: clock, lines: text.split('\n').length - 1 },
        Buffer.from(text),
      ),
    ]
  })
  const path = join(folder, name)
  await writeFile(path, Buffer.concat(blocks))
  await backup.keep(path, name, clock++)
}

const state = (key: string, format: string | null, layout: string | null = null): StreamState =>
  ({ key, source: 'edge', format, layout }) as StreamState
const streams = (): StreamState[] => [
  state('tcp|1', 'PALO_ALTO'),
  state('tcp|2', 'SURICATA_EVE'),
  state('w3c', 'BLUECOAT', '#Fields: date time'),
]
const output = {
  upload: 'raw',
  tenant: 't',
  stream: 's',
  source: 'edge',
  format: null,
  partBytes: 1_000_000,
  fileName: (id: string) => id,
}

async function make(
  cursors?: RawCursors,
): Promise<{ texts: Record<string, string>; left: object }> {
  const at = cursors ?? (await RawCursors.open(outbox))
  const { left } = await makeRaw(
    { backup, outbox, streams, now },
    at,
    output,
    backup.after(at.of('raw')),
  )
  const texts: Record<string, string> = {}
  for (const job of outbox.jobs()) {
    texts[job.format] = (texts[job.format] ?? '') + (await readFile(outbox.bodyOf(job), 'utf8'))
    await outbox.remove(job)
  }
  return { texts, left }
}

test('the source’s own lines, byte for byte, in their order; of others nothing', async () => {
  await keep('a', [{ text: '<14>one\ttwo \r\n<14>ä\n' }, { text: 'other\n', source: 'lab' }])
  await keep('b', [{ text: '<14>three\n' }])
  expect(await make()).toEqual({
    texts: { PALO_ALTO_SYSLOG: '<14>one\ttwo \r\n<14>ä\n<14>three\n' },
    left: {},
  })
  expect(await make()).toEqual({ texts: {}, left: {} })
  await keep('c', [{ text: 'four\n' }])
  expect((await make()).texts).toEqual({ PALO_ALTO_SYSLOG: 'four\n' })
})

test('counted frames become lines, a byte order mark goes', async () => {
  await keep('a', [{ text: '3 a\nb5 cdefg', counted: true }, { text: '\u{feff}h\n' }])
  expect((await make()).texts).toEqual({ PALO_ALTO_SYSLOG: 'a b\ncdefg\nh\n' })
})

test('a format without a parser there is counted; one with a header line has it at the head of its file', async () => {
  await keep('a', [
    { text: '{"a":1}\n{"a":2}\n', key: 'tcp|2' },
    { text: '2026-09-21 14:00:00\n', key: 'w3c' },
  ])
  expect(await make()).toEqual({
    texts: { BLUECOAT_SYSLOG: '#Fields: date time\n2026-09-21 14:00:00\n' },
    left: { 'no-parser-there': 2 },
  })
})

describe('a process that dies', () => {
  test('before its files appeared makes them again', async () => {
    await keep('a', [{ text: 'one\n' }])
    const cursors = await RawCursors.open(outbox)
    await cursors.making('raw', { group: 'g-000000000000001-dead', at: backup.after('')[0].name })
    outbox = await Outbox.open(outbox.folder)
    expect((await make()).texts).toEqual({ PALO_ALTO_SYSLOG: 'one\n' })
  })

  test('after they appeared does not', async () => {
    await keep('a', [{ text: 'one\n' }])
    const at = backup.after('')[0].name
    const cursors = await RawCursors.open(outbox)
    await makeRaw({ backup, outbox, streams, now }, cursors, output, backup.after(''))
    const [job] = outbox.jobs()
    await cursors.made('raw', '')
    await cursors.making('raw', { group: job.group, at })
    outbox = await Outbox.open(outbox.folder)
    const after = await RawCursors.open(outbox)
    expect(backup.after(after.of('raw'))).toEqual([])
    expect(outbox.jobs()).toHaveLength(1)
  })
})

describe('kept segments', () => {
  test('the same one is kept once, also by the next process', async () => {
    await keep('a', [{ text: 'one\n' }])
    await backup.keep(join(folder, 'a'), 'a', clock)
    backup = new Backup(backup.folder)
    await backup.open()
    await backup.keep(join(folder, 'a'), 'a', clock)
    expect(backup.status().segments).toBe(1)
  })

  test('go by size and by age, oldest first; what an upload needs goes only beyond the hard bound, and is counted', async () => {
    for (const name of ['a', 'b', 'c']) await keep(name, [{ text: 'one\n' }])
    const { bytes } = backup.status()
    const none = { neededFrom: null, hardBytes: 0 }
    await backup.prune({ maxBytes: bytes - 1, maxAgeMs: 1e9 }, clock, none)
    expect(backup.after('').map(({ name }) => name.slice(16))).toEqual(['b', 'c'])
    await backup.prune({ maxBytes: 0, maxAgeMs: 0 }, clock + 10, {
      neededFrom: '',
      hardBytes: bytes,
    })
    expect(backup.status()).toMatchObject({ segments: 2, lost: 0 })
    await backup.prune({ maxBytes: 0, maxAgeMs: 0 }, clock + 10, { neededFrom: '', hardBytes: 1 })
    expect(backup.status()).toMatchObject({ segments: 0, lost: 2 })
  })
})
