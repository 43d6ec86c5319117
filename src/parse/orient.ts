/**
 * Which side of a connection opened it, when the line does not say (Cisco ASA teardowns, flow records). In this order: the
 * well-known port is the server's (also of a server inside that is asked from outside); the side with a user; the one inside
 * address; the interface with an outside name is the server's; the port below the ephemeral range (RFC 6056); else the first
 * side is the server. What a line does say is mapped without this.
 */
import { contains, isPrivateAddress, readNumber } from './values.ts'
import type { LineContext } from './line-context.ts'

/** Slots of one side; -1 = the format has none. */
export interface Side {
  ip: number
  port: number
  user: number
  interface: number
}

/** Copies the sides into the slots of client and server. */
export function orient(
  c: LineContext,
  a: Side,
  b: Side,
  client: Side,
  server: Side,
  outside: readonly Uint8Array[],
): void {
  const aIsClient = isFirstClient(c, a, b, outside)
  copySide(c, aIsClient ? a : b, client)
  copySide(c, aIsClient ? b : a, server)
}

function copySide(c: LineContext, from: Side, to: Side): void {
  copySlot(c, from.ip, to.ip)
  copySlot(c, from.port, to.port)
  copySlot(c, from.user, to.user)
  copySlot(c, from.interface, to.interface)
}

function copySlot(c: LineContext, from: number, to: number): void {
  if (to < 0) return
  c.slotStart[to] = from < 0 ? 0 : c.slotStart[from]
  c.slotEnd[to] = from < 0 ? 0 : c.slotEnd[from]
}

const has = (c: LineContext, slot: number): boolean =>
  slot >= 0 && c.slotEnd[slot] > c.slotStart[slot]

function isFirstClient(c: LineContext, a: Side, b: Side, outside: readonly Uint8Array[]): boolean {
  const aPort = portOf(c, a.port)
  const bPort = portOf(c, b.port)
  if (aPort > 0 && bPort > 0 && aPort < 1024 !== bPort < 1024) return bPort < 1024
  const aUser = has(c, a.user)
  const bUser = has(c, b.user)
  if (aUser !== bUser) return aUser
  const aInside = isPrivateAddress(c.buf, c.slotStart[a.ip], c.slotEnd[a.ip])
  const bInside = isPrivateAddress(c.buf, c.slotStart[b.ip], c.slotEnd[b.ip])
  if (aInside !== bInside) return aInside
  const aOutside = isOutside(c, a.interface, outside)
  const bOutside = isOutside(c, b.interface, outside)
  if (aOutside !== bOutside) return bOutside
  if (aPort > 0 && bPort > 0 && aPort < 32768 !== bPort < 32768) return bPort < 32768
  return false
}

function isOutside(c: LineContext, slot: number, names: readonly Uint8Array[]): boolean {
  if (!has(c, slot)) return false
  for (const name of names)
    if (contains(c.buf, c.slotStart[slot], c.slotEnd[slot], name)) return true
  return false
}

function portOf(c: LineContext, slot: number): number {
  return has(c, slot) ? readNumber(c.buf, c.slotStart[slot], c.slotEnd[slot]) : -1
}
