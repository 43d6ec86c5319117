/** What a reload changes, and what of it only a restart takes up. */
import type { Config } from './schema.ts'

/** Keys that a running appliance takes up; all others need a restart. */
const live = [
  'sources',
  'catalog',
  'govern',
  'syslog.udp.allow',
  'syslog.tcp.allow',
  'syslog.tls.allow',
  'ftp.accounts',
  'access.sessionIdleMinutes',
  'access.sessionHours',
  'access.passwordCharacters',
  'access.oidc',
  'privacy',
  'parse.definitions',
]

/** Dotted keys with another value. Lists count as one value. */
export function changedKeys(
  before: Config,
  after: Config,
): { changed: string[]; needRestart: string[] } {
  const changed = differences(before, after, '')
  return {
    changed,
    needRestart: changed.filter(
      (key) => !live.some((prefix) => key === prefix || key.startsWith(`${prefix}.`)),
    ),
  }
}

function differences(before: unknown, after: unknown, path: string): string[] {
  if (!isPlain(before) || !isPlain(after))
    return JSON.stringify(before) === JSON.stringify(after) ? [] : [path]
  const keys = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...keys].flatMap((key) =>
    differences(before[key], after[key], path === '' ? key : `${path}.${key}`),
  )
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
