/** The ProFTPD process: found, checked, started, ended. */
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { causeOf, OperatingError } from '../errors.ts'
import { ftpLimits } from '../limits.ts'
import { asIdentity, run } from './ftp-identity.ts'
import type { Identity } from './ftp-identity.ts'
import { LineCutter, readServerLine } from './ftp-log.ts'
import type { ServerLine } from './ftp-log.ts'

/** What to install (Debian's names). */
export const packagesNeeded = 'proftpd-core, proftpd-mod-crypto and proftpd-mod-vroot'

export interface ServerLaunch {
  program: string
  configPath: string
  identity: Identity
  ports: readonly number[]
  /** Ends the wait for a server that does not say that it listens. */
  signal: AbortSignal
  onLine: (line: ServerLine) => void
}

/** A server that listens. */
export interface RunningServer {
  pid: number
  /** Why it ended, in words. */
  ended: Promise<string>
  stop(): Promise<void>
}

/** Checks the configuration, starts the server, and waits until it listens. Throws FTP_FAILED with what it says. */
export async function startServer(launch: ServerLaunch): Promise<RunningServer> {
  await checkConfig(launch)
  const { child, listening, ended } = spawnServer(launch)
  const late = AbortSignal.any([launch.signal, AbortSignal.timeout(ftpLimits.helperMs)])
  const silent = new Promise<string>((resolve) => {
    late.addEventListener('abort', () => resolve('it did not say that it listens'))
  })
  const failure = await Promise.race([
    listening.then(() => untilListened(launch.ports, late)),
    ended,
    silent,
  ])
  const stop = async (): Promise<void> => {
    // The master tells its sessions; whoever does not listen is killed.
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), ftpLimits.stopMs)
    await ended
    clearTimeout(timer)
  }
  if (failure === null && child.pid !== undefined) return { pid: child.pid, ended, stop }
  await stop()
  throw new OperatingError(
    'FTP_FAILED',
    `cannot start the FTP server: ${failure}; check that its ports are free and ${packagesNeeded} are installed`,
  )
}

/** The server says that it started just before it listens. Returns null. */
async function untilListened(ports: readonly number[], signal: AbortSignal): Promise<null> {
  while (!signal.aborted && !(await areListenedOn(ports))) await delay(10)
  return null
}

/** Whether somebody listens on all TCP ports (proc_net_tcp(5): local address, remote address, state 0A = listening). */
async function areListenedOn(ports: readonly number[]): Promise<boolean> {
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map((path) =>
    // A kernel without IPv6 has no second one.
    readFile(path, 'utf8').catch(() => ''),
  )
  const text = (await Promise.all(tables)).join('')
  const rows = text.matchAll(/^ *\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:0000 0A /gm)
  const open = new Set([...rows].map((row) => parseInt(row[1], 16)))
  return text === '' || ports.every((port) => open.has(port))
}

/** Lets the program read the configuration (`proftpd -t`). */
async function checkConfig({ program, configPath, identity }: ServerLaunch): Promise<void> {
  try {
    await run(program, ['-t', '-c', configPath], null, identity)
  } catch (cause) {
    const said = causeOf(cause).replace(/^\S+ \S+ \S+ proftpd\[\d+\]:? ?/, '')
    throw new OperatingError(
      'FTP_FAILED',
      `cannot start the FTP server: ${said}; check ftp: in the configuration, and that ${packagesNeeded} are installed`,
      { cause },
    )
  }
}

/** In the foreground, its log on standard error; a process group of its own, so that its sessions can be ended with it. */
function spawnServer({ program, configPath, identity, onLine }: ServerLaunch) {
  const child = spawn(program, ['-n', '-c', configPath], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
    cwd: '/',
    // Nothing of our environment: secrets stand in it.
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' },
    ...asIdentity(identity),
  })
  let lastNote = ''
  const listening = new Promise<null>((resolve) => {
    const cutter = new LineCutter((line) => {
      const read = readServerLine(line)
      if (read.kind === 'started') resolve(null)
      if (read.kind === 'note') lastNote = read.text
      onLine(read)
    })
    child.stderr.on('data', (chunk: Buffer) => cutter.feed(chunk))
  })
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(causeOf(error)))
    child.once('exit', (code, signal) => {
      // Sessions outlive a master that was killed; they hold the log open, and old accounts in memory.
      if (child.pid !== undefined) killGroup(child.pid)
      const how = signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`
      // What it said last may still be on its way.
      void Promise.race([closed, delay(200)]).then(() =>
        resolve(lastNote === '' ? how : `${how} after saying "${lastNote}"`),
      )
    })
  })
  return { child, listening, ended }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nobody is left in it.
  }
}

/**
 * A server that outlived its appliance (kill -9) still holds the port: it is ended. The pid is believed when the process is a
 * proftpd of its user.
 */
export async function endLeftOver(pidPath: string, identity: Identity): Promise<boolean> {
  const pid = await readPid(pidPath)
  if (pid === null || !(await isOurs(pid, identity))) return false
  killGroup(pid)
  const endMs = performance.now() + ftpLimits.stopMs
  while (performance.now() < endMs && (await isOurs(pid, identity))) await delay(20)
  return true
}

async function readPid(path: string): Promise<number | null> {
  try {
    const pid = Number((await readFile(path, 'utf8')).trim())
    return Number.isInteger(pid) && pid > 1 ? pid : null
  } catch {
    // No server ran here before.
    return null
  }
}

/** Only what all may read: a process that changed its user hides its program and belongs to root in /proc. */
async function isOurs(pid: number, identity: Identity): Promise<boolean> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    const field = (name: string): string =>
      new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(status)?.[1] ?? ''
    // Z: ended, and not yet collected by its parent.
    return (
      field('Name') === 'proftpd' && field('Uid') === String(identity.uid) && field('State') !== 'Z'
    )
  } catch {
    // Gone.
    return false
  }
}
