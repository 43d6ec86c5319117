/**
 * Datagrams the kernel threw away because a socket's receive buffer was full: the `drops` column of /proc/net/udp and
 * /proc/net/udp6 (https://docs.kernel.org/networking/proc_net_tcp.html). The sender of a dropped datagram is unknown.
 */
import { readdir, readFile, readlink } from 'node:fs/promises'

/** One socket of the table. */
export interface UdpSocketRow {
  port: number
  inode: number
  /** Datagrams dropped since the socket was opened. */
  drops: number
}

/**
 * Reads the text of /proc/net/udp or udp6. Columns are found by their names in the first line; lines that do not fit are
 * passed over.
 */
export function parseUdpTable(text: string): UdpSocketRow[] {
  const lines = text.split('\n')
  const names = lines[0].trim().split(/\s+/)
  // `tx_queue rx_queue` and `tr tm->when` are one field each in the rows.
  const shift = (names.includes('rx_queue') ? 1 : 0) + (names.includes('tm->when') ? 1 : 0)
  const inodeAt = names.indexOf('inode') - shift
  const dropsAt = names.indexOf('drops') - shift
  if (inodeAt < 0 || dropsAt < 0) return []
  const rows: UdpSocketRow[] = []
  for (const line of lines.slice(1)) {
    const fields = line.trim().split(/\s+/)
    if (fields.length <= dropsAt) continue
    const row = {
      port: Number.parseInt(fields[1].slice(fields[1].lastIndexOf(':') + 1), 16),
      inode: Number(fields[inodeAt]),
      drops: Number(fields[dropsAt]),
    }
    if (Object.values(row).every(Number.isSafeInteger)) rows.push(row)
  }
  return rows
}

/** Counts growth over sockets; a socket seen for the first time counts from zero, as the kernel does. */
export class DropCounter {
  readonly #seen = new Map<number, number>()

  /** Returns the datagrams dropped since the last call. */
  grow(rows: readonly UdpSocketRow[]): number {
    let growth = 0
    for (const row of rows) {
      const before = this.#seen.get(row.inode) ?? 0
      // The kernel's counter has 32 bits and begins again.
      growth += row.drops >= before ? row.drops - before : row.drops
      this.#seen.set(row.inode, row.drops)
    }
    return growth
  }
}

/** The two tables as one text list; null where there is no /proc (other systems, hardened containers). */
export async function readUdpTables(): Promise<UdpSocketRow[] | null> {
  const texts = await Promise.all([readOrNull('/proc/net/udp'), readOrNull('/proc/net/udp6')])
  if (texts.every((text) => text === null)) return null
  return texts.flatMap((text) => (text === null ? [] : parseUdpTable(text)))
}

/** Inodes of this process's own sockets; null when they cannot be listed. */
export async function ownSocketInodes(): Promise<Set<number> | null> {
  const names = await namesOrNull('/proc/self/fd')
  if (names === null) return null
  const inodes = new Set<number>()
  const targets = await Promise.all(names.map((name) => linkOrNull(`/proc/self/fd/${name}`)))
  for (const target of targets) {
    const match = /^socket:\[(\d+)\]$/.exec(target ?? '')
    if (match !== null) inodes.add(Number(match[1]))
  }
  return inodes
}

/**
 * Follows the drops of this process's sockets on one port. `poll` returns the growth since the last call, or null when the
 * kernel does not tell. Sockets are told from those of other programs on the port by their inode where it can be seen.
 */
export function createKernelDrops(port: number): { poll(): Promise<number | null> } {
  const counter = new DropCounter()
  let own: Set<number> | null | undefined
  return {
    poll: async () => {
      const rows = await readUdpTables()
      if (rows === null) return null
      if (own === undefined) own = await ownSocketInodes()
      return counter.grow(rows.filter((row) => row.port === port && (own?.has(row.inode) ?? true)))
    },
  }
}

async function readOrNull(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch(() => null)
}

async function namesOrNull(path: string): Promise<string[] | null> {
  return readdir(path).catch(() => null)
}

/** A descriptor may be closed between the listing and this. */
async function linkOrNull(path: string): Promise<string | null> {
  return readlink(path).catch(() => null)
}
