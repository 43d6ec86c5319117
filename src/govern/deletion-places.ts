/**
 * What a deletion does outside the tables of traffic: files of the data folder, and what an administrator or a sign-in wrote. Each place
 * says what was there, what went, and why something stays: a deletion that is silent about a place is not one.
 */
import { readdir, readFile, rm, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Backup } from '../spool/backup.ts'
import { kindStream, readBlocks } from '../spool/segment.ts'
import type { TakenFiles } from '../spool/taken-files.ts'
import type { Store } from '../store/store.ts'
import type { Muting } from './alerts.ts'
import type { DeletionOrder } from './deletion.ts'
import type { Governed } from './governed.ts'
import type { People } from './people.ts'

export interface PlaceProof {
  place: string
  deleted: number
  left: number
  /** What it counts, and why something is left. */
  says: string
}

export interface DeletionPlaces {
  dataDir: string
  backup: Backup
  takenFiles: TakenFiles
}

export interface DeletionWords {
  people: People
  mutings: Governed<Muting>
}

/** Whether bytes are about what the order takes: a name anywhere, letters of both cases alike. */
type Test = (bytes: Buffer) => boolean

/** `text` as the bytes of UTF-8, each a character: what is no ASCII has one case only here. */
function folded(bytes: Buffer): string {
  return bytes.toString('latin1').toLowerCase()
}

function testOf(order: DeletionOrder): Test {
  if (order.kind === 'all') return () => true
  if (order.kind === 'person') {
    const spelled = order.names.flatMap((name) => [name, name.toLowerCase(), name.toUpperCase()])
    const wanted = [...new Set(spelled.map((name) => folded(Buffer.from(name))))]
    return (bytes) => {
      const text = folded(bytes)
      return wanted.some((name) => text.includes(name))
    }
  }
  return (bytes) => {
    let found = false
    readBlocks(bytes, 0, bytes.length, ({ kind, start, end, sound }) => {
      if (kind !== kindStream || !sound || found) return
      const stream = JSON.parse(bytes.subarray(start, end).toString()) as { source?: unknown }
      found = stream.source === order.source
    })
    return found
  }
}

/** Files of the data folder. */
export async function deleteFiles(
  order: DeletionOrder,
  { dataDir, backup, takenFiles }: DeletionPlaces,
): Promise<PlaceProof[]> {
  const fits = testOf(order)
  return [
    await ofBackup(backup, fits),
    await ofFolder(join(dataDir, 'spool', 'quarantine'), fits),
    await ofReports(join(dataDir, 'reports')),
    await ofTakenFiles(order, takenFiles),
    ...(await ofOutboxes(order, dataDir, fits)),
  ]
}

async function ofBackup(backup: Backup, fits: Test): Promise<PlaceProof> {
  let deleted = 0
  for (const segment of backup.after('')) {
    if (!fits(await readFile(backup.path(segment)))) continue
    await backup.remove(segment)
    deleted++
  }
  return {
    place: 'backup',
    deleted,
    left: 0,
    says: 'segments of raw lines; one that holds a line of the order goes whole, uploads of raw lines that had not read it do not get it',
  }
}

async function ofFolder(folder: string, fits: Test): Promise<PlaceProof> {
  let deleted = 0
  for (const name of await readdir(folder).catch(() => [])) {
    if (!fits(await readFile(join(folder, name)))) continue
    await unlink(join(folder, name))
    deleted++
  }
  return { place: 'quarantine', deleted, left: 0, says: 'damaged segments' }
}

/** A PDF cannot be searched, and all can be made again: none made before stays. */
async function ofReports(folder: string): Promise<PlaceProof> {
  const names = await readdir(folder).catch(() => [])
  for (const name of names) await rm(join(folder, name), { recursive: true, force: true })
  return {
    place: 'reports',
    deleted: names.length,
    left: 0,
    says: 'editions of scheduled reports; those that were mailed are with who got them',
  }
}

async function ofTakenFiles(order: DeletionOrder, taken: TakenFiles): Promise<PlaceProof> {
  const names = order.kind === 'person' ? order.names.map((name) => name.toLowerCase()) : []
  const redacted = await taken.redact(
    (name) => order.kind === 'all' || names.some((one) => name.toLowerCase().includes(one)),
  )
  return {
    place: 'taken-files',
    deleted: redacted,
    left: 0,
    says: 'names of files that were taken; hashes of their content stay, so that a kept file does not bring the data back',
  }
}

/** Files on their way are told, not changed: a half-sent file with another content would be taken for damage over there. */
async function ofOutboxes(
  order: DeletionOrder,
  dataDir: string,
  fits: Test,
): Promise<PlaceProof[]> {
  const folders = [
    join(dataDir, 'outbox'),
    ...(await readdir(join(dataDir, 'records')).catch(() => [])).map((name) =>
      join(dataDir, 'records', name),
    ),
  ]
  let left = 0
  for (const folder of folders)
    for (const group of await readdir(folder).catch(() => [])) {
      if (!group.startsWith('g-')) continue
      for (const name of await readdir(join(folder, group)).catch(() => []))
        if (
          name.endsWith('.log') &&
          (order.kind === 'source' || fits(await readFile(join(folder, group, name))))
        )
          left++
    }
  const may = order.kind === 'source' ? ' (they tell no source, all are counted)' : ''
  return [
    {
      place: 'outbox',
      deleted: 0,
      left,
      says: `files on their way that hold it${may}; they leave when they are sent, or by DELETE /api/v1/publish/files/{id} when they were refused`,
    },
  ]
}

/** What an administrator wrote of a person, and what is known to have left. */
export async function deleteWords(
  order: DeletionOrder,
  store: Store,
  { people, mutings }: DeletionWords,
): Promise<PlaceProof[]> {
  const sent = await sentFiles(store)
  if (order.kind !== 'person') return [sent]
  const wanted = new Set(order.names.map((name) => name.toLowerCase()))
  const is = (name: string): boolean => wanted.has(name.toLowerCase())
  let members = 0
  for (const [id, group] of await people.groups.all()) {
    const users = group.users.filter((user) => !is(user))
    members += group.users.length - users.length
    if (users.length < group.users.length) await people.putGroup({ ...group, users }, id)
  }
  let muted = 0
  for (const [id, { user }] of await mutings.all())
    if (user !== null && is(user)) {
      await mutings.remove(id)
      muted++
    }
  // versions before the last one hold the name too
  if (members + muted > 0) await store.command('OPTIMIZE TABLE db.governed FINAL')
  const exclusions = [...(await people.exclusions.all()).values()].filter(({ users }) =>
    users.some(is),
  ).length
  return [
    { place: 'groups', deleted: members, left: 0, says: 'members of groups' },
    { place: 'mutings', deleted: muted, left: 0, says: 'mutings of the person' },
    {
      place: 'exclusions',
      deleted: 0,
      left: exclusions,
      says: 'exclusions that name the person: without them what comes in later would be shown; DELETE /api/v1/exclusions/{id} takes one away',
    },
    await accountsOf(store, [...wanted]),
    sent,
  ]
}

async function accountsOf(store: Store, names: readonly string[]): Promise<PlaceProof> {
  const [{ rows }] = await store.query<{ rows: number }>(
    `SELECT count() AS rows FROM (SELECT argMax(state, version) AS kept, argMax(gone, version) AS taken FROM db.accounts GROUP BY id)
     WHERE taken = 0 AND lowerUTF8(JSONExtractString(kept, 'name')) IN {names:Array(String)}`,
    { names },
  )
  return {
    place: 'accounts',
    deleted: 0,
    left: rows,
    says: 'accounts of this appliance, with their tokens and their lines in the audit trail: gnomon account remove takes one away, the trail is kept for its time',
  }
}

async function sentFiles(store: Store): Promise<PlaceProof> {
  const [{ rows }] = await store.query<{ rows: number }>(
    "SELECT count() AS rows FROM db.receipts FINAL WHERE state IN ('receipted', 'uncertain')",
  )
  return {
    place: 'sent',
    deleted: 0,
    left: rows,
    says: 'files that were uploaded or given to a receiver of records, as receipts tell: they are deleted where they are now',
  }
}
