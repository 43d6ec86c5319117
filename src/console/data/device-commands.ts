/** The commands of a definition, with the address and port of this appliance in them. */
import { useQuery } from '@tanstack/react-query'
import { configQuery } from './queries.ts'
import { useMay } from './session.ts'

interface Doors {
  syslog?: Partial<Record<'udp' | 'tcp' | 'tls', { enabled?: boolean; port?: number } | null>>
}

/** As far as this browser knows: the name it asked for, and the port of the configuration when one may read it. */
export function useBox(): { host: string; port: number } {
  const mayRead = useMay('settings.read')
  const config = useQuery({ ...configQuery, enabled: mayRead })
  const doors = (config.data as Doors | undefined)?.syslog
  return {
    host: window.location.hostname,
    port: doors?.udp?.port ?? doors?.tcp?.port ?? 5514,
  }
}

/** The placeholders of the definitions, with what is known of this box. */
export function fill(enable: string, { host, port }: { host: string; port: number }): string {
  return enable
    .replaceAll(/<address of (?:this appliance|Gnomon)>|<gnomon>|<appliance>/gi, host)
    .replaceAll(/<port>/gi, String(port))
    .replaceAll(/\b5514\b/g, String(port))
}
