/** Which pages work for whom, as the appliance's routes ask for it (src/api/route-rights.ts); the menu, links and pages keep to it. */
import type { Right, Session } from './session.ts'

interface Needs {
  right?: Right
  /** Shows what no bound on sources or names can be drawn around. */
  whole?: boolean
}

const needs: Record<string, Needs> = {
  '/freshness': { whole: true },
  '/blocks': { whole: true },
  '/lists': { right: 'govern.write', whole: true },
  '/tap': { right: 'raw.read' },
  '/unparsed': { right: 'raw.read' },
  '/upload': { right: 'intake.write' },
  '/uploaded': { right: 'intake.write' },
  '/playground': { right: 'raw.read' },
  '/settings': { right: 'settings.read' },
  '/names': { right: 'names.reveal' },
  '/audit': { right: 'audit.read' },
}

type Who = Pick<Session, 'rights' | 'sources' | 'role'>

/** Sees some sources only, or no names. */
export function isLimited({ rights, sources }: Who): boolean {
  return sources !== null || !rights.includes('names.read')
}

/** What each right lets one do, to go on "needs the right to …". */
const rightWords: Record<Right, string> = {
  'reports.read': 'see reports',
  'names.read': 'see names of people',
  'names.reveal': 'ask for the name behind a pseudonym',
  'raw.read': 'see log lines as they came',
  'intake.write': 'send in logs',
  'govern.write': 'change tags, policies, blocks and formats',
  'settings.read': 'see the configuration',
  'settings.write': 'change the configuration',
  'audit.read': 'read the audit trail',
  'access.write': 'manage accounts',
}

/** Why somebody may not, as a sentence; null = he may. */
export function refusalOf(who: Who, { right, whole = false }: Needs): string | null {
  if (right !== undefined && !who.rights.includes(right))
    return `This needs the right to ${rightWords[right]} (${right}), which ${who.role === null ? 'nobody has here' : `the role ${who.role} does not have`}. An administrator can give it.`
  if (!whole || !isLimited(who)) return null
  return who.sources === null
    ? 'This shows names of people, which your account sees as pseudonyms only. An administrator can change that.'
    : `This is about all sources; your account sees ${listOf(who.sources)} only. An administrator can change that.`
}

function listOf(names: readonly string[]): string {
  return names.length < 2
    ? (names[0] ?? 'none')
    : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

/** Why a page is closed to somebody; null = it is open. `path` as in the address, without its query. */
export function pageRefusal(who: Who, path: string): string | null {
  return refusalOf(who, needs[path] ?? {})
}
