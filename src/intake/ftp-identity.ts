/** Who ProFTPD runs as: this process's own user, or, when that is root, somebody without rights. */
import { spawn } from 'node:child_process'
import { chmod, chown, lchown, readFile, stat } from 'node:fs/promises'
import { OperatingError } from '../errors.ts'
import { ftpLimits } from '../limits.ts'

/** A user and group by number and by name: ProFTPD's configuration knows no numbers. */
export interface Identity {
  uid: number
  gid: number
  user: string
  group: string
}

/** Users that a root process gives the server to; the first that exists. `proftpd` comes with Debian's package. */
const unprivilegedUsers = ['gnomon', 'proftpd', 'nobody'] as const

/** The server's user. Throws FTP_FAILED when there is none with a name. */
export async function serverIdentity(uid = process.getuid?.() ?? 0): Promise<Identity> {
  const [users, groups] = [await readTable('/etc/passwd'), await readTable('/etc/group')]
  const entry =
    uid === 0
      ? unprivilegedUsers.map((name) => users.find(([user]) => user === name)).find(Boolean)
      : users.find((fields) => Number(fields[2]) === uid)
  if (entry === undefined)
    throw nameless(uid === 0 ? `none of ${unprivilegedUsers.join(', ')}` : `user ${uid}`)
  const gid = uid === 0 ? Number(entry[3]) : (process.getgid?.() ?? 0)
  const group = groups.find((fields) => Number(fields[2]) === gid)?.[0]
  if (group === undefined) throw nameless(`group ${gid}`)
  return { uid: Number(entry[2]), gid, user: entry[0], group }
}

async function readTable(path: string): Promise<string[][]> {
  const lines = (await readFile(path, 'utf8')).split('\n')
  return lines.map((line) => line.split(':')).filter((fields) => fields.length > 2)
}

function nameless(what: string): OperatingError {
  return new OperatingError(
    'FTP_FAILED',
    `cannot start the FTP server: ${what} is in /etc/passwd and /etc/group, and proftpd wants names; run as a user that is`,
  )
}

/** Options for a child process. Only root can start one as somebody else. */
export function asIdentity(identity: Identity): { uid: number; gid: number } | undefined {
  const { uid, gid } = identity
  return uid === process.getuid?.() ? undefined : { uid, gid }
}

/** Whether files must be given to the server's user: we are root, and it is not. */
export function isOther(identity: Identity): boolean {
  return asIdentity(identity) !== undefined
}

/** Gives a file or folder (a link itself, never what it points to) to the server's user. */
export async function giveTo(path: string, identity: Identity): Promise<void> {
  if (isOther(identity)) await lchown(path, identity.uid, identity.gid)
}

/**
 * Lets the server's group pass through a folder of ours, without listing it. Folders above are not ours to open.
 */
export async function letThrough(path: string, identity: Identity): Promise<void> {
  if (!isOther(identity)) return
  const { mode, uid } = await stat(path)
  await chown(path, uid, identity.gid)
  await chmod(path, (mode & 0o7707) | 0o010)
}

/** Throws FTP_FAILED when the server's user cannot get into a folder: the kernel is asked, as that user. */
export async function checkReach(path: string, identity: Identity): Promise<void> {
  if (!isOther(identity)) return
  try {
    await run('test', ['-x', path], null, identity)
  } catch (cause) {
    throw new OperatingError(
      'FTP_FAILED',
      `cannot start the FTP server: gnomon runs as root, the server as ${identity.user}, who cannot get into ${path}; run gnomon as an unprivileged user, or put its data where ${identity.user} can pass`,
      { cause },
    )
  }
}

/**
 * Output of a helper program. `input` goes to its standard input, so that secrets stand in no list of processes. Without it there
 * is none at all: proftpd takes a socket there for a client, and says nothing.
 */
export function run(
  program: string,
  args: readonly string[],
  input: string | null,
  identity?: Identity,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: [input === null ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      timeout: ftpLimits.helperMs,
      ...(identity === undefined ? {} : asIdentity(identity)),
    })
    let [stdout, stderr] = ['', '']
    child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.once('error', reject)
    child.once('close', (code, signal) => {
      const said = stderr.trim().split('\n').at(-1) ?? ''
      if (code === 0) resolve(stdout)
      else reject(new Error(said === '' ? `it ended with ${code ?? signal}` : said))
    })
    // A program that ends before it read its input: its exit code tells what happened.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })
}
