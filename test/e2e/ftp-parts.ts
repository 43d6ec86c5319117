/** A real FTP server of the appliance with the folder intake behind it, and the clients that talk to it. */
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'basic-ftp'
import { pino } from 'pino'
import { vi } from 'vitest'
import { configSchema } from '../../src/config/schema.ts'
import { compileSources } from '../../src/config/sources.ts'
import { createFolderIntake } from '../../src/intake/folder.ts'
import { createFtpServer } from '../../src/intake/ftp.ts'
import type { FtpServer } from '../../src/intake/ftp.ts'
import { RecordingSink, silent } from '../intake/file-fakes.ts'

export const password = 'secret-123'
const settleMs = 300

/** Free at this moment; the server binds it a little later. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        resolve(typeof address === 'object' && address !== null ? address.port : 0),
      )
    })
  })
}

export interface Appliance {
  dataDir: string
  ftp: FtpServer
  sink: RecordingSink
  /** All that was logged. */
  log: () => string
  /** Texts handed over, by data source. */
  taken: (source: string) => string[]
  /** Waits until the folders are empty and quiet. */
  settled: () => Promise<void>
  stop: () => Promise<void>
}

export async function startAppliance(settings: object = {}): Promise<Appliance> {
  const dataDir = await mkdtemp(join(tmpdir(), 'gnomon-ftp-'))
  const low = 40_000 + (process.pid % 200) * 100
  const { ftp: config } = configSchema.parse({
    ftp: {
      host: '127.0.0.1',
      port: await freePort(),
      sftpPort: await freePort(),
      passivePorts: [low, low + 99],
      accounts: [{ user: 'ann', password, source: 'Branch A/1' }],
      ...settings,
    },
  })
  const lines: string[] = []
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) })
  const sink = new RecordingSink()
  const ftp = createFtpServer({ dataDir, ftp: config }, log, Date.now)
  const folders = createFolderIntake(
    { dataDir, folders: [], resolve: compileSources([]), settleMs, rescanMs: 500 },
    sink,
    silent,
    Date.now,
  )
  const stop = async (): Promise<void> => {
    await ftp.stop()
    await folders.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
  try {
    await folders.start()
    await ftp.start()
  } catch (error) {
    await stop()
    throw error
  }
  const taken = (source: string): string[] =>
    [...sink.parts.values()]
      .filter(({ stream }) => stream.source === source)
      .map(({ text }) => text)
  const settled = async (): Promise<void> => {
    // Longer than a file waits, so that one that came in the last moment is seen.
    await new Promise((done) => setTimeout(done, 3 * settleMs))
    await vi.waitFor(
      () => {
        const waiting = folders
          .status()
          .folders.some((folder) => folder.waiting > 0 || folder.taking)
        if (waiting) throw new Error('files still wait')
      },
      { timeout: 10_000 },
    )
  }
  return { dataDir, ftp, sink, log: () => lines.join(''), taken, settled, stop }
}

/** A logged-in basic-ftp client; the caller closes it. */
export async function ftpClient(
  appliance: Appliance,
  how: { secure?: boolean; user?: string; password?: string } = {},
): Promise<Client> {
  const client = new Client(10_000)
  try {
    await client.access({
      host: '127.0.0.1',
      port: appliance.ftp.status().port ?? 0,
      user: how.user ?? 'ann',
      password: how.password ?? password,
      secure: how.secure ?? false,
      secureOptions: { rejectUnauthorized: false },
    })
    return client
  } catch (error) {
    client.close()
    throw error
  }
}

export interface Ran {
  code: number
  output: string
}

/** Runs a program to its end; output of both kinds. */
export function run(program: string, args: string[], input = ''): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { timeout: 30_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ code, output: stdout + stderr })
    })
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })
}

function sftpArgs(appliance: Appliance, user: string): string[] {
  const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR']
  const port = String(appliance.ftp.status().sftpPort)
  return [...options.flatMap((option) => ['-o', option]), '-P', port, `${user}@127.0.0.1`]
}

/** OpenSSH's sftp with commands, which go on after a failure. */
export function sftp(
  appliance: Appliance,
  commands: string[],
  who: { user?: string; password?: string } = {},
): Promise<Ran> {
  const args = ['-p', who.password ?? password, 'sftp', ...sftpArgs(appliance, who.user ?? 'ann')]
  return run('sshpass', args, `${commands.join('\n')}\n`)
}

/** An sftp at `kilobits` a second that goes on while the test does; the caller kills it. */
export function slowSftp(appliance: Appliance, kilobits: number, command: string): ChildProcess {
  const args = ['-p', password, 'sftp', '-l', String(kilobits), ...sftpArgs(appliance, 'ann')]
  const child = spawn('sshpass', args, { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  child.stdin.write(`${command}\n`)
  return child
}

/** A field of /proc/PID/status. */
export async function processStatus(pid: number, field: string): Promise<string> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8')
  return new RegExp(`^${field}:\\s*(.*)$`, 'm').exec(text)?.[1] ?? ''
}
