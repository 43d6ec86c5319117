/** Who may send: the `allow:` networks of a listener. */
import { compileNetworks } from '../config/networks.ts'

export type AllowList = (address: string) => boolean

/**
 * Compiles the list. Without one (undefined) everybody may send; an empty list allows nobody, as written.
 */
export function createAllowList(networks: readonly string[] | undefined): AllowList {
  return networks === undefined ? () => true : compileNetworks(networks)
}
