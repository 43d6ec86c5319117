/** The commands of a definition, with the address and port of this appliance in them. */
import { useQuery } from '@tanstack/react-query'
import { doorsQuery } from './queries.ts'
import type { Doors } from './queries.ts'
import { useMay } from './session.ts'

export interface Box {
  host: string
  /** Of syslog; null as long as it is not known, and for those who may not read it. */
  port: number | null
}

/** As far as this browser knows: the name it asked for, and the port that is open. */
export function useBox(): Box {
  const doors = useQuery({ ...doorsQuery, enabled: useMay('settings.read') })
  return { host: window.location.hostname, port: syslogPort(doors.data?.doors ?? []) }
}

/** What most devices speak first. */
export function syslogPort(doors: readonly Pick<Doors['doors'][number], 'name' | 'port'>[]) {
  for (const name of ['syslog-udp', 'syslog-tcp', 'syslog-tls'])
    for (const door of doors) if (door.name === name && door.port !== null) return door.port
  return null
}

/** The placeholders of the definitions, with what is known of this box; a port that is not known stays a placeholder. */
export function fill(enable: string, { host, port }: Box): string {
  const known = String(port ?? '<port>')
  return enable
    .replaceAll(/<address of (?:this appliance|Gnomon)>|<gnomon>|<appliance>/gi, host)
    .replaceAll(/<port>/gi, known)
    .replaceAll(/\b5514\b/g, known)
}
