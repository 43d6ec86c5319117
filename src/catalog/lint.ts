/** Checks of a catalog folder beyond its schema: what a person reviewing a pull request would look for. */
import { basename, join, relative } from 'node:path'
import { getDomain, getPublicSuffix } from 'tldts'
import { OperatingError } from '../errors.ts'
import { catalogLimits } from '../limits.ts'
import { doubleEntries } from './catalog.ts'
import { catalogFiles, readCatalogFolder } from './load.ts'
import type { CatalogFolder, Placed } from './load.ts'
import { saidBy } from './risk.ts'
import type { AppEntry, InfrastructureEntry } from './schema.ts'

const plainName = { extractHostname: false, validateHostname: false, detectIp: false } as const

/**
 * Faults of a catalog folder, one line each as `file:line: entry: what is wrong`; none = good. Files that cannot be read as a catalog
 * are faults too. `known`: ids of apps of other folders that this one may speak of.
 */
export async function lintCatalog(folder: string, known: Iterable<string> = []): Promise<string[]> {
  const problems: string[] = []
  let read: CatalogFolder
  try {
    read = await readCatalogFolder(folder)
  } catch (error) {
    if (!(error instanceof OperatingError)) throw error
    return error.message.split('\n')
  }
  problems.push(
    ...doubleEntries(read),
    ...lintEntries(read),
    ...lintOrder(read),
    ...lintFacts(read, known),
    ...lintAdditions(read, known),
  )
  for (const file of await catalogFiles(folder)) problems.push(...lintFileName(folder, file))
  return problems
}

/** Faults of single entries: bare public suffixes, apps nobody can reach, names that are claimed twice over. */
export function lintEntries({ apps, infrastructure }: CatalogFolder): string[] {
  return [
    ...apps.flatMap((app) => lintEntry(app, app.entry.id, false)),
    ...infrastructure.flatMap((infra) =>
      lintEntry(infra, infra.entry.name, infra.entry.kind === 'internal'),
    ),
  ]
}

function lintEntry(
  { entry, at }: Placed<AppEntry | InfrastructureEntry>,
  of: string,
  internal: boolean,
): string[] {
  const problems: string[] = []
  const say = (text: string): void => void problems.push(`${at}: ${of}: ${text}`)
  const { domains, hosts, wholeDomains, patterns, hints, ranges } = entry
  if (domains.length + hosts.length + wholeDomains.length + patterns.length === 0)
    if (hints.length + ranges.length === 0) say('nothing leads to it')
  if (!internal)
    for (const name of [...domains, ...hosts, ...wholeDomains])
      if (isPublicSuffix(name)) say(`${name} is a public suffix`)
  for (const name of wholeDomains)
    if (getDomain(name, plainName) !== name) say(`${name} is no registrable domain`)
  for (const name of domains) {
    const wider = [...domains, ...wholeDomains].find((other) => name.endsWith(`.${other}`))
    if (wider !== undefined && domains.includes(wider)) say(`${name} is within ${wider}`)
  }
  const under = new Map<string, number>()
  for (const pattern of patterns) {
    if (isPublicSuffix(pattern.under)) say(`${pattern.under} is a public suffix`)
    under.set(pattern.under, (under.get(pattern.under) ?? 0) + 1)
  }
  for (const [name, count] of under)
    if (count > catalogLimits.patternsPerDomain) say(`${count} patterns below ${name}`)
  for (const [field, list] of Object.entries({ domains, hosts, wholeDomains, hints, ranges }))
    if (new Set(list).size < list.length) say(`${field} has an entry twice`)
  return problems
}

/** ICANN's part only: `github.io` is a hoster's name and may be one app's. */
function isPublicSuffix(name: string): boolean {
  return getPublicSuffix(name, plainName) === name
}

/** Apps stand in the order of their ids, infrastructure in that of its names, so that two pull requests rarely collide. */
export function lintOrder({ apps, infrastructure }: CatalogFolder): string[] {
  return [
    ...unsorted(apps.map(({ entry, at }) => ({ key: entry.id, at }))),
    ...unsorted(infrastructure.map(({ entry, at }) => ({ key: entry.name.toLowerCase(), at }))),
  ]
}

/** Facts about apps that are not there, and two that contradict each other on one day. */
export function lintFacts(
  { apps, facts, weights }: Pick<CatalogFolder, 'apps' | 'facts' | 'weights'>,
  known: Iterable<string> = [],
): string[] {
  const ids = new Set([...known, ...apps.map(({ entry }) => entry.id)])
  const problems: string[] = []
  const said = new Map<string, { value: unknown; at: string }>()
  for (const { entry, at } of facts) {
    const say = (text: string): void => void problems.push(`${at}: ${entry.source}: ${text}`)
    const values = saidBy(entry)
    if (values.length === 0) say('says nothing')
    if (new Set(values.map(({ factor }) => factor)).size < values.length)
      say('says one thing twice')
    for (const app of entry.apps) {
      if (!ids.has(app)) say(`no app ${app}`)
      for (const { factor, value } of values) {
        const key = `${app} ${factor} ${entry.date}`
        const other = said.get(key)
        if (other === undefined) said.set(key, { value, at })
        else if (other.value !== value) say(`${factor} of ${app} is another in ${other.at}`)
      }
    }
  }
  for (const { app } of weights?.entry.overrides ?? [])
    if (!ids.has(app)) problems.push(`${weights?.at}: overrides: no app ${app}`)
  return problems
}

/** Additions to apps that are nowhere: they do nothing. */
export function lintAdditions(
  { apps, additions }: Pick<CatalogFolder, 'apps' | 'additions'>,
  known: Iterable<string> = [],
): string[] {
  const ids = new Set([...known, ...apps.map(({ entry }) => entry.id)])
  return additions.flatMap(({ entry, at }) =>
    ids.has(entry.app) ? [] : [`${at}: additions: no app ${entry.app}`],
  )
}

function unsorted(keys: readonly { key: string; at: string }[]): string[] {
  return keys.flatMap(({ key, at }, i) => {
    const before = keys[i - 1]
    if (before === undefined || fileOf(before.at) !== fileOf(at) || before.key <= key) return []
    return [`${at}: ${key}: stands behind ${before.key}`]
  })
}

function fileOf(at: string): string {
  return at.slice(0, at.lastIndexOf(':'))
}

function lintFileName(folder: string, file: string): string[] {
  const kebab = /^[a-z0-9]+(?:-[a-z0-9]+)*\.yaml$/.test(basename(file))
  return kebab ? [] : [`${join(folder, relative(folder, file))}: file name is not kebab-case`]
}
