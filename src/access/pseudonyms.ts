/**
 * Keyed pseudonyms: `user-`, `device-` or `address-` and 16 hex digits of SipHash-2-4 (128 bits, cut to 64) of the name. The key never
 * leaves this appliance, so nobody else can try names on them; the same name has always the same one. The store computes them
 * (`sipHash128Keyed`), so that lists, filters and details work on pseudonyms as on names.
 */
import type { Store } from '../store/store.ts'
import type { Keys } from './keys.ts'

export const pseudonymKinds = ['user', 'device', 'address'] as const
export type PseudonymKind = (typeof pseudonymKinds)[number]

/** Two halves of the key, as decimal texts of UInt64. */
export type PseudonymKey = readonly [string, string]

export function pseudonymKey(keys: Keys): PseudonymKey {
  const bytes = keys.derive('pseudonyms', 16)
  return [bytes.readBigUInt64LE(0).toString(), bytes.readBigUInt64LE(8).toString()]
}

/** Whether a text is written like one, and of which kind. */
export function pseudonymKind(text: string): PseudonymKind | null {
  const match = /^(user|device|address)-[0-9a-f]{16}$/.exec(text)
  return match === null ? null : (match[1] as PseudonymKind)
}

/** SQL for the pseudonym of a column; unknown stays unknown. The key is a number of ours, never a text of anybody. */
export function pseudonymSql(
  kind: PseudonymKind,
  column: string,
  [one, two]: PseudonymKey,
): string {
  return `if(${column} = '', '', concat('${kind}-', lower(hex(substring(sipHash128Keyed((toUInt64(${one}), toUInt64(${two})), '${kind}', lowerUTF8(toString(${column}))), 1, 8)))))`
}

/** Column of merged usage that holds the names of a kind. */
export const usageColumn = {
  user: 'user',
  device: 'device',
  address: 'src_ip',
} as const satisfies Record<PseudonymKind, string>

/** The pseudonym of one name. */
export async function pseudonymOf(
  store: Pick<Store, 'query'>,
  kind: PseudonymKind,
  name: string,
  key: PseudonymKey,
): Promise<string> {
  const [row] = await store.query<{ pseudonym: string }>(
    `SELECT ${pseudonymSql(kind, '{name:String}', key)} AS pseudonym`,
    { name },
  )
  return row.pseudonym
}

/** The pseudonyms of several names, by name. */
export async function pseudonymsOf(
  store: Pick<Store, 'query'>,
  kind: PseudonymKind,
  names: readonly string[],
  key: PseudonymKey,
): Promise<Map<string, string>> {
  if (names.length === 0) return new Map()
  const rows = await store.query<{ name: string; pseudonym: string }>(
    `SELECT name, ${pseudonymSql(kind, 'name', key)} AS pseudonym FROM (SELECT arrayJoin({names:Array(String)}) AS name)`,
    { names },
  )
  return new Map(rows.map(({ name, pseudonym }) => [name, pseudonym]))
}

/** Names behind a pseudonym (as logged, in all their spellings), or none when nobody of it is known any more. */
export async function namesBehind(
  store: Store,
  pseudonym: string,
  key: PseudonymKey,
  sources: readonly string[] | null,
): Promise<string[]> {
  const kind = pseudonymKind(pseudonym)
  if (kind === null) return []
  const column = usageColumn[kind]
  const within = sources === null ? '' : 'AND source IN {sources:Array(String)}'
  const rows = await store.query<{ name: string }>(
    `SELECT DISTINCT toString(${column}) AS name FROM db.current_usage AS usage
     WHERE ${pseudonymSql(kind, column, key)} = {pseudonym:String} ${within} ORDER BY name LIMIT 20`,
    { pseudonym, sources: sources ?? [] },
  )
  return rows.map(({ name }) => name)
}
