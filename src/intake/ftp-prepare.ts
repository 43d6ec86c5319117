/** Before the server starts: its folders, rights, keys, certificate and configuration. */
import { X509Certificate } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { createSecureContext } from 'node:tls'
import { causeOf, OperatingError } from '../errors.ts'
import type { Config } from '../config/schema.ts'
import { dropFolder } from './folder.ts'
import { proftpdConfig } from './ftp-config.ts'
import type { ProftpdOptions } from './ftp-config.ts'
import { ensureHostKeys, makeFifo, writeOwn } from './ftp-files.ts'
import type { HostKey } from './ftp-files.ts'
import { checkReach, giveTo, isOther, letThrough } from './ftp-identity.ts'
import type { Identity } from './ftp-identity.ts'
import { endLeftOver } from './ftp-process.ts'

export interface FtpPlaces {
  /** What the server reads; ours, so that it can replace nothing in it. */
  runDir: string
  /** What it writes: pid and scoreboard. */
  writableDir: string
  dropDir: string
  configPath: string
  /** FIFO of the transfers. */
  transfersPath: string
}

/** Where the FTP side of a data folder has its files. */
export function ftpPlaces(dataDir: string): FtpPlaces {
  // ProFTPD reads relative paths from its own folder.
  const runDir = resolve(dataDir, 'ftp')
  return {
    runDir,
    writableDir: join(runDir, 'run'),
    dropDir: dropFolder(resolve(dataDir)),
    configPath: join(runDir, 'proftpd.conf'),
    transfersPath: join(runDir, 'transfers'),
  }
}

/**
 * Makes the folders, lets the server's user into them, and ends a server that an earlier run left behind; returns whether there
 * was one. Throws FTP_FAILED when that user cannot get there.
 */
export async function prepareFolders(dataDir: string, identity: Identity): Promise<boolean> {
  const { runDir, writableDir, dropDir } = ftpPlaces(dataDir)
  for (const folder of [runDir, writableDir, dropDir])
    await mkdir(folder, { recursive: true, mode: 0o700 })
  for (const folder of [dataDir, runDir, dropDir]) await letThrough(folder, identity)
  await giveTo(writableDir, identity)
  await checkReach(writableDir, identity)
  return endLeftOver(join(writableDir, 'pid'), identity)
}

export interface PreparedServer {
  port: number
  sftpPort: number | null
  hostKeys: HostKey[]
}

/** Writes all the server reads but its accounts. */
export async function prepareServer(
  dataDir: string,
  ftp: Config['ftp'],
  identity: Identity,
): Promise<PreparedServer> {
  const { runDir, transfersPath, configPath } = ftpPlaces(dataDir)
  const hostKeys = ftp.sftpPort === 0 ? [] : await ensureHostKeys(runDir, identity)
  const port = ftp.port === 0 ? await freePort() : ftp.port
  await makeFifo(transfersPath, identity)
  const text = proftpdConfig({
    runDir,
    user: identity.user,
    group: identity.group,
    host: ftp.host,
    port,
    sftpPort: ftp.sftpPort,
    passivePorts: ftp.passivePorts,
    masqueradeAddress: ftp.masqueradeAddress ?? null,
    tls: ftp.tls === undefined ? null : await tlsOptions(runDir, ftp, ftp.tls, identity),
    hostKeys: hostKeys.map((key) => key.name),
  })
  await writeOwn(configPath, text, identity)
  return { port, sftpPort: ftp.sftpPort === 0 ? null : ftp.sftpPort, hostKeys }
}

async function tlsOptions(
  runDir: string,
  ftp: Config['ftp'],
  files: NonNullable<Config['ftp']['tls']>,
  identity: Identity,
): Promise<NonNullable<ProftpdOptions['tls']>> {
  const { certificate, key, clientCa } = files
  const readable = (path: string, name: string): Promise<string> =>
    readableFile(path, join(runDir, name), identity)
  return {
    certificate: await readable(certificate, 'tls-certificate'),
    key: await readable(key, 'tls-key'),
    chain: await writeChain(certificate, join(runDir, 'tls-chain'), identity),
    clientCa: clientCa === undefined ? null : await readable(clientCa, 'tls-client-ca'),
    keyType: await checkedKeyType(files),
    required: ftp.requireTls,
  }
}

/** ProFTPD takes only the first certificate of a file: those behind it go into one of their own. */
async function writeChain(
  certificate: string,
  path: string,
  identity: Identity,
): Promise<string | null> {
  const pem = await readFile(certificate, 'utf8')
  const chain = pem
    .split(/(?=-----BEGIN CERTIFICATE-----)/)
    .filter((part) => part.startsWith('-----BEGIN CERT'))
  if (chain.length < 2) return null
  await writeOwn(path, chain.slice(1).join(''), identity)
  return path
}

/** A file of ours, where the server can read it: a copy when we are root and it is not. */
async function readableFile(path: string, copy: string, identity: Identity): Promise<string> {
  const bytes = await readFile(path)
  if (!isOther(identity)) return resolve(path)
  await writeOwn(copy, bytes, identity)
  return copy
}

/**
 * The kind of the certificate's key. ProFTPD loads these files at each session, and ends all sessions when it cannot: they are
 * loaded here first.
 */
async function checkedKeyType(files: NonNullable<Config['ftp']['tls']>): Promise<'rsa' | 'ec'> {
  const refuse = (why: string, cause?: unknown): OperatingError =>
    new OperatingError(
      'FTP_FAILED',
      `cannot use the certificate ${files.certificate} for FTPS: ${why}; check the files of ftp.tls`,
      { cause },
    )
  const cert = await readFile(files.certificate)
  try {
    const ca = files.clientCa === undefined ? undefined : await readFile(files.clientCa)
    createSecureContext({ cert, key: await readFile(files.key), ca })
  } catch (cause) {
    throw refuse(causeOf(cause), cause)
  }
  const type = new X509Certificate(cert).publicKey.asymmetricKeyType
  if (type === 'rsa' || type === 'ec') return type
  throw refuse(`its key is ${String(type)}, and must be RSA or EC`)
}

function freePort(): Promise<number> {
  return new Promise((done, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, () => {
      const address = server.address()
      server.close(() => done(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
