/** Scripts given out: which names each device's last one held, so that the next can say what changed. */
import { createHash } from 'node:crypto'
import type { BlockList, BlockName, LeftOut } from './block-list.ts'
import type { ScriptWriter } from './block-script.ts'
import { scriptFileName } from './block-script.ts'
import type { Governed } from './governed.ts'

export const scriptModes = ['full', 'remove', 'diff'] as const
export type ScriptMode = (typeof scriptModes)[number]

/** The last script of a format that was given out. */
export interface GivenScript {
  format: string
  atMs: number
  actor: string
  /** SHA-256 of the text. */
  hash: string
  names: BlockName[]
}

export interface Script {
  format: string
  mode: ScriptMode
  fileName: string
  text: string
  names: number
  apps: number
  added: string[]
  removed: string[]
  leftOut: LeftOut[]
  /** When the last one was given out; null = never. */
  lastAt: string | null
  lastActor: string | null
}

/** Writes a script from the list as it is now, and from what the last one held. */
export function writeScript(
  writer: ScriptWriter,
  list: BlockList,
  last: GivenScript | null,
  { mode, nowMs }: { mode: ScriptMode; nowMs: number },
): Script {
  const before = last?.names ?? []
  const added = missingFrom(list.names, before)
  const removed = missingFrom(before, list.names)
  return {
    format: writer.id,
    mode,
    fileName: scriptFileName(writer, mode, nowMs),
    text: textOf(writer, { names: list.names, before, added, removed, mode, nowMs }),
    names: list.names.length,
    apps: new Set(list.names.map(({ appId }) => appId)).size,
    added: added.map(({ name }) => name),
    removed: removed.map(({ name }) => name),
    leftOut: list.leftOut,
    lastAt: last === null ? null : new Date(last.atMs).toISOString(),
    lastActor: last?.actor ?? null,
  }
}

function textOf(
  writer: ScriptWriter,
  part: {
    names: readonly BlockName[]
    before: readonly BlockName[]
    added: readonly BlockName[]
    removed: readonly BlockName[]
    mode: ScriptMode
    nowMs: number
  },
): string {
  const { names, before, added, removed, mode, nowMs } = part
  // what must be taken away is what was given out, also when it is in the list no more
  if (mode === 'remove') return writer.removal({ names: before.length > 0 ? before : names, nowMs })
  if (mode === 'full' || before.length === 0 || writer.change === null)
    return writer.full({ names, nowMs })
  return writer.change({ names, added, removed, nowMs })
}

/** By name and reach: a name that now covers all below is another one. */
function missingFrom(names: readonly BlockName[], others: readonly BlockName[]): BlockName[] {
  const known = new Set(others.map(({ name, below }) => `${name} ${below}`))
  return names.filter(({ name, below }) => !known.has(`${name} ${below}`))
}

/** Remembers what was given out: after a removal a device holds nothing. */
export async function keepScript(
  given: Governed<GivenScript>,
  script: Script,
  list: BlockList,
  { actor, nowMs }: { actor: string; nowMs: number },
): Promise<void> {
  const names = script.mode === 'remove' ? [] : list.names
  const hash = createHash('sha256').update(script.text).digest('hex')
  await given.put(script.format, { format: script.format, atMs: nowMs, actor, hash, names })
}
