/** Block scripts: what a device must be told so that it blocks a list of names. A plain list of writers is the registry. */
import { OperatingError } from '../errors.ts'
import type { BlockName } from './block-list.ts'
import { bluecoat } from './script-bluecoat.ts'
import { checkpoint } from './script-checkpoint.ts'
import { ciscoAsa } from './script-cisco-asa.ts'
import { fortigate } from './script-fortigate.ts'
import { juniperSrx } from './script-juniper-srx.ts'
import { externalLists, hosts, plain, umbrella, zscaler } from './script-lists.ts'
import { paloAlto } from './script-palo-alto.ts'
import { rpz, unbound } from './script-resolvers.ts'
import { sophosXg } from './script-sophos-xg.ts'
import { squid } from './script-squid.ts'
import { websense } from './script-websense.ts'

/** What a script is about. */
export interface ScriptInput {
  names: readonly BlockName[]
  /** When it is made. */
  nowMs: number
}

/** What changed since the last script that was given out. */
export interface ScriptChange extends ScriptInput {
  added: readonly BlockName[]
  removed: readonly BlockName[]
}

export interface ScriptWriter {
  /** As `gnomon block-script` takes it. */
  id: string
  /** The reference product's number, or null. */
  number: number | null
  aliases: readonly string[]
  vendor: string
  product: string
  /** Release whose manual it follows. */
  release: string
  /** Address of the manual's page. */
  documentation: string
  /** Ending of the file's name. */
  extension: string
  /** What the device does with it: the line a person reads before he pastes. */
  use: string
  /** Names below a domain: all of them, or only those it is told. */
  coverage: 'all-below' | 'named-only'
  /** Blocks the names. */
  full(input: ScriptInput): string
  /** Takes away all that `full` made. */
  removal(input: ScriptInput): string
  /** From the last script to this one; a device that takes whole files gets `null`: give it the new file. */
  change: ((change: ScriptChange) => string) | null
}

export const scriptWriters: readonly ScriptWriter[] = [
  bluecoat,
  ciscoAsa,
  fortigate,
  paloAlto,
  zscaler,
  juniperSrx,
  websense,
  squid,
  checkpoint,
  sophosXg,
  unbound,
  rpz,
  umbrella,
  plain,
  hosts,
  ...externalLists,
]

/** By id, alias or the reference product's number. Throws GOVERN_REFUSED. */
export function scriptWriter(format: string): ScriptWriter {
  const asked = format.toLowerCase()
  const found = scriptWriters.find(
    ({ id, number, aliases }) =>
      id === asked || aliases.includes(asked) || (number !== null && String(number) === asked),
  )
  if (found !== undefined) return found
  throw new OperatingError(
    'GOVERN_REFUSED',
    `cannot write a block script for ${format.slice(0, 40)}: no such format; use ${scriptWriters.map(({ id }) => id).join(', ')}`,
  )
}

/** `2026-09-25_gnomon_fortigate_block_script.txt`, as the reference product names them. */
export function scriptFileName(writer: ScriptWriter, mode: string, nowMs: number): string {
  const what = mode === 'full' ? 'block_script' : mode === 'remove' ? 'unblock_script' : 'change'
  return `${new Date(nowMs).toISOString().slice(0, 10)}_gnomon_${writer.id}_${what}.${writer.extension}`
}
