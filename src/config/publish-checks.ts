/** What single values of `publish` cannot show. Pure. */
import { credentialFaults } from './credential-schema.ts'
import type { CrossFault } from './cross-checks.ts'
import type { Path } from './document.ts'
import type { PublishConfig } from './publish-schema.ts'

const mergedFormats = ['GENERIC_W3C', 'GENERIC_CEF', 'CUSTOM']

export function publishFaults(publish: PublishConfig): CrossFault[] {
  const faults: CrossFault[] = []
  const add = (path: Path, text: string): void => {
    faults.push({ paths: [['publish', ...path]], text })
  }
  for (const list of ['tenants', 'uploads', 'records', 'reports'] as const) {
    const names = publish[list].map(({ name }) => name.toLowerCase())
    for (const [i, name] of names.entries())
      if (names.indexOf(name) < i) add([list, i, 'name'], 'stands above already; give each its own')
  }
  for (const [i, { credential, url }] of publish.tenants.entries()) {
    for (const { path, text } of credentialFaults(credential, ['tenants', i, 'credential']))
      add(path, text)
    if (!url.startsWith('https://'))
      add(['tenants', i, 'url'], 'must begin with https://: a token goes there')
  }
  for (const [i, upload] of publish.uploads.entries()) uploadFaults(publish, upload, i, add)
  for (const [i, { to, headers }] of publish.records.entries()) {
    if (!/^(?:\/|https?:\/\/|syslog\+(?:udp|tcp|tls):\/\/[^/]+$)/.test(to))
      add(
        ['records', i, 'to'],
        'must be syslog+udp://, syslog+tcp:// or syslog+tls://host:port, http(s)://, or a path from /',
      )
    if (headers.some((header) => !/^[A-Za-z0-9-]+: ?[^\r\n]+$/.test(header)))
      add(['records', i, 'headers'], 'must each be written as Name: value')
  }
  for (const [i, { to, schedule, zone }] of publish.reports.entries()) {
    if (to.length > 0 && publish.mail === undefined)
      add(['reports', i, 'to'], 'needs publish.mail to be sent')
    timeFaults(['reports', i], schedule, zone, add)
  }
  return faults
}

function uploadFaults(
  publish: PublishConfig,
  upload: PublishConfig['uploads'][number],
  i: number,
  add: (path: Path, text: string) => void,
): void {
  const { tenant, content, source, format, pseudonyms, leaveOut, schedule, zone } = upload
  if (!publish.tenants.some(({ name }) => name === tenant))
    add(['uploads', i, 'tenant'], 'is in no publish.tenants; add it there')
  if (schedule !== undefined) timeFaults(['uploads', i], schedule, zone, add)
  if (content === 'merged') {
    if (format !== undefined && !mergedFormats.includes(format))
      add(['uploads', i, 'format'], `merged records are written as ${mergedFormats.join(', ')}`)
    return
  }
  if (source === undefined) add(['uploads', i, 'source'], 'must be given for content raw')
  if (pseudonyms.users || pseudonyms.devices || pseudonyms.addresses)
    add(
      ['uploads', i, 'pseudonyms'],
      'raw lines leave untouched; take content merged, or leave it out',
    )
  if (leaveOut.users.length + leaveOut.addresses.length + leaveOut.hosts.length > 0)
    add(
      ['uploads', i, 'leaveOut'],
      'raw lines leave untouched; take content merged, or leave it out',
    )
}

function timeFaults(
  path: Path,
  schedule: string,
  zone: string,
  add: (path: Path, text: string) => void,
): void {
  if (!isCron(schedule)) add([...path, 'schedule'], 'is no cron expression; write e.g. 0 2 * * *')
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone }).format(0)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    add([...path, 'zone'], 'is no IANA zone; write e.g. Europe/Berlin')
  }
}

const bounds = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
] as const

/** Five fields of numbers, lists, spans and steps; names of months and days too. */
export function isCron(text: string): boolean {
  const fields = text.trim().split(/\s+/)
  return (
    fields.length === 5 &&
    fields.every((field, i) => {
      const [low, high] = bounds[i]
      return field.split(',').every((part) => {
        const match = /^(\*|\w+(?:-\w+)?)(?:\/([1-9]\d?))?$/.exec(part)
        if (match === null) return false
        if (match[1] === '*') return true
        return match[1].split('-').every((end) => {
          if (i >= 3 && /^[a-z]{3}$/i.test(end)) return true
          return /^\d{1,2}$/.test(end) && Number(end) >= low && Number(end) <= high
        })
      })
    })
  )
}
