/** What writers of block scripts share. Names come from the catalog, which holds plain host names only; it is checked once more here. */
import assert from 'node:assert'
import type { BlockName } from './block-list.ts'

/** The name of all that a script makes on a device. */
export const objectName = 'gnomon-unsanctioned'

const hostName =
  /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/

/** A name that can stand in any of the languages unquoted. */
export function safe(name: string): string {
  assert(hostName.test(name), `BUG: ${JSON.stringify(name)} is no host name`)
  return name
}

/** Lines with a line end each; '' for none. */
export function linesOf(lines: Iterable<string>): string {
  let text = ''
  for (const line of lines) text += `${line}\n`
  return text
}

/** First lines of a script, behind the language's mark of a comment. */
export function head(
  mark: string,
  nowMs: number,
  names: readonly BlockName[],
  says: readonly string[],
): string[] {
  const apps = new Set(names.map(({ appId }) => appId)).size
  return [
    `Gnomon, ${new Date(nowMs).toISOString().slice(0, 19)}Z: ${names.length} names of ${apps} unsanctioned apps`,
    ...says,
  ].map((line) => `${mark} ${line}`)
}

/** Names with and without all below, as most lists have it: `example.com` and `*.example.com`. */
export function withWildcards(names: readonly BlockName[], wildcard = '*.'): string[] {
  return names.flatMap(({ name, below }) =>
    below ? [safe(name), `${wildcard}${safe(name)}`] : [safe(name)],
  )
}

/** For devices without wildcards: the names, `www.` before each domain, and what was seen below it. */
export function namedOnly(names: readonly BlockName[]): string[] {
  const all = names.flatMap(({ name, below, seen }) =>
    below ? [name, ...(name.startsWith('www.') ? [] : [`www.${name}`]), ...seen] : [name],
  )
  return [...new Set(all.filter((name) => hostName.test(name)))]
}

export function chunks<T>(values: readonly T[], size: number): T[][] {
  const parts: T[][] = []
  for (let i = 0; i < values.length; i += size) parts.push(values.slice(i, i + size))
  return parts
}
