/** What single values cannot show: doors that collide, settings that do nothing without another. Pure. */
import { isIP } from 'node:net'
import { credentialFaults } from './credential-schema.ts'
import { defenderFaults } from './defender-schema.ts'
import type { Path } from './document.ts'
import { publishFaults } from './publish-checks.ts'
import type { Config } from './schema.ts'

/** `paths`: where to point, the first that is written in the file. */
export interface CrossFault {
  paths: Path[]
  text: string
}

/** Faults of a configuration whose values are all right by themselves. */
export function crossFaults(config: Config): CrossFault[] {
  return [
    ...portFaults(config),
    ...ftpFaults(config.ftp),
    ...hostFaults(config),
    ...folderFaults(config),
    ...sourceFaults(config),
    ...storeFaults(config.store),
    ...publishFaults(config.publish),
    ...governFaults(config.govern),
    ...defenderFaults(config.defender).map(({ path, text }) => ({ paths: [path], text })),
  ]
}

interface Door {
  key: 'syslog.udp' | 'syslog.tcp' | 'syslog.tls' | 'ftp' | 'api'
  path: Path
  host: string
  port: number
  transport: 'tcp' | 'udp'
}

/** The doors that a configuration opens; FTP only when it has accounts. */
export function doorsOf(config: Config): Door[] {
  const { syslog, ftp, api } = config
  const door = (key: Door['key'], name: string, host: string, port: number): Door => ({
    key,
    path: [...key.split('.'), name],
    host,
    port,
    transport: key === 'syslog.udp' ? 'udp' : 'tcp',
  })
  const doors: Door[] = []
  if (syslog.udp.enabled) doors.push(door('syslog.udp', 'port', syslog.udp.host, syslog.udp.port))
  if (syslog.tcp.enabled) doors.push(door('syslog.tcp', 'port', syslog.tcp.host, syslog.tcp.port))
  if (syslog.tls.enabled && syslog.tls.tls !== undefined)
    doors.push(door('syslog.tls', 'port', syslog.tls.host, syslog.tls.port))
  if (ftpOpen(ftp)) {
    doors.push(door('ftp', 'port', ftp.host, ftp.port))
    if (ftp.sftpPort !== 0) doors.push(door('ftp', 'sftpPort', ftp.host, ftp.sftpPort))
  }
  doors.push(door('api', 'port', api.host, api.port))
  return doors
}

function ftpOpen(ftp: Config['ftp']): boolean {
  return ftp.enabled !== 'no' && ftp.accounts.length > 0
}

function portFaults(config: Config): CrossFault[] {
  const faults: CrossFault[] = []
  const doors = doorsOf(config).filter(({ port, transport }) => port !== 0 && transport === 'tcp')
  for (const [i, door] of doors.entries()) {
    const other = doors
      .slice(0, i)
      .find(({ host, port }) => port === door.port && overlap(host, door.host))
    if (other === undefined) continue
    faults.push({
      paths: [door.path, other.path],
      text: `${door.path.join('.')} and ${other.path.join('.')} are both ${door.port}; choose another for one of them`,
    })
  }
  const [low, high] = config.ftp.passivePorts
  const paths: Path[] = [['ftp', 'passivePorts']]
  if (low > high)
    faults.push({ paths, text: `the range ends before it begins; write [${high}, ${low}]` })
  if (!ftpOpen(config.ftp)) return faults
  for (const { path, port, host } of doors)
    if (port >= low && port <= high && overlap(host, config.ftp.host))
      faults.push({
        paths: [...paths, path],
        text: `the range holds ${path.join('.')} (${port}); choose another range`,
      })
  return faults
}

function overlap(one: string, other: string): boolean {
  const wild = new Set(['::', '0.0.0.0'])
  return one === other || wild.has(one) || wild.has(other)
}

function ftpFaults(ftp: Config['ftp']): CrossFault[] {
  const faults: CrossFault[] = []
  if (ftp.requireTls && ftp.tls === undefined)
    faults.push({
      paths: [['ftp', 'requireTls']],
      text: 'needs a certificate; set ftp.tls, or requireTls to false',
    })
  if (ftp.enabled === 'yes' && ftp.accounts.length === 0)
    faults.push({
      paths: [['ftp', 'enabled']],
      text: 'needs somebody who may log in; add ftp.accounts, or write auto',
    })
  for (const [i, { user, source }] of ftp.accounts.entries()) {
    if (ftp.accounts.findIndex((account) => account.user === user) < i)
      faults.push({
        paths: [['ftp', 'accounts', i, 'user']],
        text: 'this user stands above already; give each account its own',
      })
    if (source.trim() === '')
      faults.push({
        paths: [['ftp', 'accounts', i, 'source']],
        text: 'is empty; write the name of a data source',
      })
  }
  return faults
}

function hostFaults(config: Config): CrossFault[] {
  const { syslog, ftp, api } = config
  const hosts: [Path, string | undefined][] = [
    [['syslog', 'udp', 'host'], syslog.udp.host],
    [['syslog', 'tcp', 'host'], syslog.tcp.host],
    [['syslog', 'tls', 'host'], syslog.tls.host],
    [['ftp', 'host'], ftp.host],
    [['ftp', 'masqueradeAddress'], ftp.masqueradeAddress],
    [['api', 'host'], api.host],
  ]
  return hosts
    .filter(([, host]) => host !== undefined && !isHost(host))
    .map(([path]) => ({ paths: [path], text: 'must be an address or a host name, without a port' }))
}

/** An IPv4 or IPv6 address (with its zone), or a name (https://www.rfc-editor.org/rfc/rfc1123#section-2.1). */
function isHost(host: string): boolean {
  return (
    isIP(host) !== 0 ||
    /^(?=.{1,253}$)(?!\d+(\.\d+)*$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/i.test(
      host,
    )
  )
}

function folderFaults(config: Config): CrossFault[] {
  return config.folders.flatMap(({ path }, i) => {
    const paths: Path[] = [['folders', i, 'path']]
    if (path === '') return [{ paths, text: 'is empty; write the path of a folder' }]
    const first = config.folders.findIndex((folder) => folder.path === path)
    return first < i ? [{ paths, text: 'this folder stands above already; watch it once' }] : []
  })
}

function sourceFaults(config: Config): CrossFault[] {
  return config.sources.flatMap((source, i): CrossFault[] => {
    const { zone, listener, from, folder } = source
    const faults: CrossFault[] = []
    if (zone !== undefined && !isZone(zone))
      faults.push({
        paths: [['sources', i, 'zone']],
        text: 'is no IANA zone; write e.g. Europe/Berlin',
      })
    if (folder !== undefined && listener !== undefined && listener !== 'folder')
      faults.push({
        paths: [['sources', i, 'folder']],
        text: `never fits with listener ${listener}; leave one of them out`,
      })
    if (from?.length === 0)
      faults.push({
        paths: [['sources', i, 'from']],
        text: 'is an empty list, which fits nobody; add a network, or leave it out',
      })
    return faults
  })
}

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

function governFaults({ indicators }: Config['govern']): CrossFault[] {
  if (indicators === undefined) return []
  const path = ['govern', 'indicators', 'credential']
  return credentialFaults(indicators.credential, path).map((fault) => ({
    paths: [fault.path],
    text: fault.text,
  }))
}

function storeFaults(store: Config['store']): CrossFault[] {
  if (store.cluster === undefined || store.url !== undefined) return []
  return [
    {
      paths: [['store', 'cluster']],
      text: 'needs store.url: the embedded store has no cluster; set it, or leave cluster out',
    },
  ]
}
