/** The files ProFTPD reads: accounts with hashed passwords, host keys, and the FIFO it reports transfers on. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPair } from 'node:crypto'
import { lstat, mkdir, readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { causeOf, OperatingError } from '../errors.ts'
import type { Config } from '../config/schema.ts'
import { folderName } from './folder-name.ts'
import { giveTo, run } from './ftp-identity.ts'
import type { Identity } from './ftp-identity.ts'

const generateKeys = promisify(generateKeyPair)

export type FtpAccount = Config['ftp']['accounts'][number]

/** Hashes as crypt(3) writes them: sha512-crypt, with a salt made by openssl. Throws FTP_FAILED. */
export async function hashPassword(user: string, password: string): Promise<string> {
  const refuse = (why: string, cause?: unknown) =>
    new OperatingError('FTP_FAILED', `cannot make the FTP account ${user}: ${why}`, { cause })
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  if (/[\u0000-\u001F]/.test(password))
    throw refuse('its password has a control character; use another one')
  let stdout: string
  try {
    stdout = await run('openssl', ['passwd', '-6', '-stdin'], `${password}\n`)
  } catch (cause) {
    throw refuse(`openssl: ${causeOf(cause)}; install openssl`, cause)
  }
  const hash = stdout.trim()
  if (!/^\$6\$[^:\s]+$/.test(hash)) throw refuse('openssl gave no sha512-crypt hash')
  return hash
}

/** The folder of an account's files. */
export function accountFolder(dropDir: string, account: Pick<FtpAccount, 'source'>): string {
  return join(dropDir, folderName(account.source))
}

/**
 * Writes `passwd` and `group`, each replaced as a whole: the server reads them at each login. Folders of accounts are made.
 * Throws FTP_FAILED before anything is replaced.
 */
export async function writeAccounts(
  runDir: string,
  dropDir: string,
  accounts: readonly FtpAccount[],
  identity: Identity,
): Promise<void> {
  const { uid, gid } = identity
  const lines: string[] = []
  for (const account of accounts) {
    const home = accountFolder(dropDir, account)
    if (/[:\n]/.test(home))
      throw new OperatingError(
        'FTP_FAILED',
        `cannot make the FTP account ${account.user}: its folder ${home} has a colon; use another data folder`,
      )
    await mkdir(home, { recursive: true, mode: 0o700 })
    await giveTo(home, identity)
    const hash = await hashPassword(account.user, account.password)
    lines.push(`${account.user}:${hash}:${uid}:${gid}::${home}:/bin/false\n`)
  }
  await writeOwn(join(runDir, 'passwd'), lines.join(''), identity)
  await writeOwn(join(runDir, 'group'), `gnomon:x:${gid}:\n`, identity)
}

/** Replaces a file (0600) of the server as a whole. */
export async function writeOwn(
  path: string,
  text: string | Buffer,
  identity: Identity,
): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o600 })
  await giveTo(`${path}.new`, identity)
  await rename(`${path}.new`, path)
}

export interface HostKey {
  /** Name in the run folder. */
  name: string
  /** As `ssh-keygen -l` and SSH clients show it. */
  fingerprint: string
}

/** ECDSA for clients of this century, RSA for the others; made once and kept. */
export async function ensureHostKeys(runDir: string, identity: Identity): Promise<HostKey[]> {
  const kinds = ['ecdsa', 'rsa'] as const
  const keys: HostKey[] = []
  for (const kind of kinds) {
    const name = `hostkey-${kind}`
    const path = join(runDir, name)
    if (!(await exists(path))) await writeOwn(path, await newKey(kind), identity)
    // Its user may be another than at the last start.
    await giveTo(path, identity)
    keys.push({ name, fingerprint: fingerprint(await readFile(path, 'utf8')) })
  }
  return keys
}

async function newKey(kind: 'ecdsa' | 'rsa'): Promise<string> {
  // The PEM forms that mod_sftp reads: SEC 1 and PKCS #1.
  if (kind === 'ecdsa') {
    const { privateKey } = await generateKeys('ec', { namedCurve: 'P-256' })
    return privateKey.export({ type: 'sec1', format: 'pem' })
  }
  const { privateKey } = await generateKeys('rsa', { modulusLength: 3072 })
  return privateKey.export({ type: 'pkcs1', format: 'pem' })
}

/** SHA-256 over the key as SSH sends it (RFC 4253 6.6, RFC 5656 3.1). */
function fingerprint(pem: string): string {
  const jwk = createPublicKey(createPrivateKey(pem)).export({ format: 'jwk' })
  const parts =
    jwk.kty === 'RSA'
      ? [Buffer.from('ssh-rsa'), positive(bytes(jwk.e)), positive(bytes(jwk.n))]
      : [
          Buffer.from('ecdsa-sha2-nistp256'),
          Buffer.from('nistp256'),
          Buffer.concat([Buffer.from([4]), bytes(jwk.x), bytes(jwk.y)]),
        ]
  const hash = createHash('sha256')
  for (const part of parts) {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(part.length)
    hash.update(length).update(part)
  }
  return `SHA256:${hash.digest('base64').replace(/=+$/, '')}`
}

function bytes(value: string | undefined): Buffer {
  return Buffer.from(value ?? '', 'base64url')
}

/** A number whose first bit is set would be negative (RFC 4251 5, mpint). */
function positive(number: Buffer): Buffer {
  return (number[0] & 0x80) === 0 ? number : Buffer.concat([Buffer.from([0]), number])
}

/** Makes the FIFO anew. */
export async function makeFifo(path: string, identity: Identity): Promise<void> {
  if (await exists(path)) await unlink(path)
  await run('mkfifo', ['-m', '600', path], null)
  await giveTo(path, identity)
}

/**
 * Removes what interrupted uploads left (`.in.NAME.`): they were never acknowledged, and ProFTPD refuses an upload whose
 * hidden name is taken. Only while no session runs.
 */
export async function removeUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(folder))
    if (name.startsWith('.in.') && name.endsWith('.')) await unlink(join(folder, name))
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}
