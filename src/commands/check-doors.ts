/** Whether the configured ports can be had on this machine: each is opened for a moment. */
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { isIPv6 } from 'node:net'
import { doorsOf } from '../config/cross-checks.ts'
import type { Path } from '../config/document.ts'
import { codeOf } from '../config/locate.ts'
import type { Config } from '../config/schema.ts'
import { causeOf } from '../errors.ts'
import type { Finding } from './check-config.ts'

type Door = ReturnType<typeof doorsOf>[number]

/** A port in use is a warning: Gnomon itself may be running. */
export async function checkDoors(
  config: Config,
  at: (path: Path, text: string) => string,
): Promise<Finding[]> {
  const findings: Finding[] = []
  const free: string[] = []
  for (const door of doorsOf(config)) {
    if (door.port === 0) continue
    const name = `${door.key} ${door.port}`
    try {
      await tryDoor(door)
      free.push(name)
    } catch (error) {
      findings.push(judged(error, door, at))
    }
  }
  if (free.length > 0) findings.unshift({ level: 'ok', subject: 'ports', text: free.join(', ') })
  return findings
}

function judged(error: unknown, door: Door, at: (path: Path, text: string) => string): Finding {
  const { path, port, host } = door
  const subject = 'port'
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return {
        level: 'warning',
        subject,
        text: at(
          path,
          `${port} is in use: by a running gnomon, or by another program that must be stopped`,
        ),
      }
    case 'EACCES':
      return {
        level: 'fault',
        subject,
        text: at(
          path,
          `${port} needs more rights; choose a port from 1024 on, or set net.ipv4.ip_unprivileged_port_start`,
        ),
      }
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return {
        level: 'fault',
        subject,
        text: at(
          [...path.slice(0, -1), 'host'],
          `${host} is no address of this machine; use :: for all`,
        ),
      }
    default:
      return { level: 'fault', subject, text: at(path, `cannot be opened: ${causeOf(error)}`) }
  }
}

async function tryDoor(door: Door): Promise<void> {
  try {
    await openFor(door)
  } catch (error) {
    // A machine without IPv6: the listeners fall back in the same way.
    const noIpv6 =
      door.host === '::' && ['EAFNOSUPPORT', 'EADDRNOTAVAIL'].includes(codeOf(error) ?? '')
    if (!noIpv6) throw error
    await openFor({ ...door, host: '0.0.0.0' })
  }
}

function openFor({ host, port, transport }: Door): Promise<void> {
  return new Promise((resolve, reject) => {
    if (transport === 'udp') {
      const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4' })
      socket.once('error', (error) => {
        socket.close()
        reject(error)
      })
      socket.bind({ address: host, port, exclusive: true }, () => socket.close(() => resolve()))
      return
    }
    const server = createServer()
    server.once('error', reject)
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve()))
  })
}
