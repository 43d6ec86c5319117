/**
 * Which side of a connection opened it, when the line does not say (Cisco ASA teardowns, flow records). In this order: the
 * well-known port is the server's (also of a server inside that is asked from outside); the side with a user; the one inside
 * address; the interface with an outside name is the server's; the port below the ephemeral range (RFC 6056); else the first
 * side is the server. What a line does say is mapped without this.
 */
import { isPrivateAddress, readNumber } from './values.ts'

/** Slots of one side; -1 = the format has none. */
export interface Side {
  ip: number
  port: number
  user: number
  interface: number
}

/**
 * JavaScript that copies the sides into the slots of client and server; `isOutside` names a function that tells an outside
 * interface. The functions of this file are compiled with it (parse/format-code.ts).
 */
export function orientText(
  a: Side,
  b: Side,
  client: Side,
  server: Side,
  isOutside: string,
): string {
  const outside = ({ interface: slot }: Side): string =>
    slot < 0 ? 'false' : `(E[${slot}]>S[${slot}]&&${isOutside}(buf,S[${slot}],E[${slot}]))`
  const names = ['ip', 'port', 'user', 'interface'] as const
  const copies = (from: Side, to: Side): string =>
    names.map((name) => `copySlot(S,E,${from[name]},${to[name]});`).join('')
  return (
    `r=clientFirst(buf,S,E,${a.ip},${a.port},${a.user},${b.ip},${b.port},${b.user});` +
    `if(r<0){const x=${outside(a)},y=${outside(b)};r=x!==y?y:lowerPort(buf,S,E,${a.port},${b.port});}` +
    `if(r!==0){${copies(a, client)}${copies(b, server)}}else{${copies(b, client)}${copies(a, server)}}`
  )
}

function copySlot(S: Int32Array, E: Int32Array, from: number, to: number): void {
  if (to < 0) return
  S[to] = from < 0 ? 0 : S[from]
  E[to] = from < 0 ? 0 : E[from]
}

/** Whether `a` is the client: 1 or 0, -1 = ports, users and addresses do not tell. */
function clientFirst(
  buf: Uint8Array,
  S: Int32Array,
  E: Int32Array,
  aIp: number,
  aPort: number,
  aUser: number,
  bIp: number,
  bPort: number,
  bUser: number,
): number {
  const a = portIn(buf, S, E, aPort)
  const b = portIn(buf, S, E, bPort)
  if (a > 0 && b > 0 && a < 1024 !== b < 1024) return Number(b < 1024)
  const aNamed = aUser >= 0 && E[aUser] > S[aUser]
  const bNamed = bUser >= 0 && E[bUser] > S[bUser]
  if (aNamed !== bNamed) return Number(aNamed)
  const aInside = isPrivateAddress(buf, S[aIp], E[aIp])
  const bInside = isPrivateAddress(buf, S[bIp], E[bIp])
  return aInside === bInside ? -1 : Number(aInside)
}

/** Whether `a` is the client, by the ephemeral range: 1 or 0. */
function lowerPort(
  buf: Uint8Array,
  S: Int32Array,
  E: Int32Array,
  aPort: number,
  bPort: number,
): number {
  const a = portIn(buf, S, E, aPort)
  const b = portIn(buf, S, E, bPort)
  return Number(a > 0 && b > 0 && a < 32768 !== b < 32768 && b < 32768)
}

function portIn(buf: Uint8Array, S: Int32Array, E: Int32Array, slot: number): number {
  return slot >= 0 && E[slot] > S[slot] ? readNumber(buf, S[slot], E[slot]) : -1
}

export const orientParts = { copySlot, clientFirst, lowerPort, portIn }
