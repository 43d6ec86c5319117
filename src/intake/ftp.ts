/**
 * FTP, FTPS (RFC 4217) and SFTP by ProFTPD, which is configured, started without root and watched here. Accounts put files into
 * `<data>/drop/<source>/`, where the folder intake takes them. See docs/ftp.md.
 */
import type { Socket } from 'node:net'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import { causeOf, OperatingError } from '../errors.ts'
import { findProgram } from '../lib/programs.ts'
import { ftpLimits } from '../limits.ts'
import type { Config } from '../config/schema.ts'
import type { Component } from '../lib/component.ts'
import { oneByOne } from '../lib/one-by-one.ts'
import { label } from './archive-bounds.ts'
import { putAside } from './folder-refuse.ts'
import { accountFolder, removeUnfinished, writeAccounts } from './ftp-files.ts'
import type { FtpAccount, HostKey } from './ftp-files.ts'
import { serverIdentity } from './ftp-identity.ts'
import type { Identity } from './ftp-identity.ts'
import { LineBudget } from './ftp-log.ts'
import type { ServerLine } from './ftp-log.ts'
import { ftpPlaces, prepareFolders, prepareServer } from './ftp-prepare.ts'
import type { FtpPlaces } from './ftp-prepare.ts'
import { packagesNeeded, startServer } from './ftp-process.ts'
import type { RunningServer } from './ftp-process.ts'
import { identityIfCutOff, openTransfers, UploadTracker } from './ftp-transfers.ts'
import type { SessionLine } from './ftp-transfers.ts'

export interface FtpOptions {
  dataDir: string
  ftp: Config['ftp']
  /** Path of the program; default: `proftpd` of the PATH. Null = not installed. */
  program?: string | null
  /** Who the server runs as. Default: this process's own user; for root, one without rights. */
  identity?: Identity
}

export interface FtpStatus {
  /** `waiting`: it ended, and is started again after a while. */
  state: 'off' | 'running' | 'waiting'
  /** Why it is off or waiting, in words. */
  reason: string | null
  host: string
  port: number | null
  sftpPort: number | null
  tls: boolean
  pid: number | null
  /** System user of the process. */
  user: string | null
  restarts: number
  hostKeys: HostKey[]
  accounts: {
    user: string
    source: string
    folder: string
    files: number
    bytes: number
    failed: number
    /** Uploads that broke off within a line, and were put aside. */
    cutOff: number
  }[]
  logins: { ok: number; failed: number }
  /** Lines of the server's log that were not logged here. */
  logLinesLeftOut: number
}

export interface FtpServer extends Component<FtpStatus> {
  /**
   * New accounts hold from the next login on, and sessions go on. A server that was off for want of accounts starts. Throws
   * FTP_FAILED, and the accounts stay as they were.
   */
  setAccounts(accounts: readonly FtpAccount[]): Promise<void>
}

/** Makes the FTP side. `start` throws FTP_FAILED when it is switched on and cannot run; with `auto` it may stay off. */
export function createFtpServer(options: FtpOptions, log: Logger, now: () => number): FtpServer {
  const server = new Ftp(options, log, now)
  return {
    start: () => server.start(),
    stop: () => server.stop(),
    status: () => server.status(),
    setAccounts: (accounts) => server.setAccounts(accounts),
  }
}

class Ftp {
  readonly #options: FtpOptions
  readonly #log: Logger
  readonly #now: () => number
  readonly #places: FtpPlaces
  readonly #budget = new LineBudget()
  readonly #uploads = new UploadTracker()
  readonly #status: FtpStatus
  #accounts: readonly FtpAccount[]
  #program: string | null = null
  #identity: Identity | null = null
  /** Between `start` and `stop`, though it may be off for want of accounts. */
  #wanted = false
  #server: RunningServer | null = null
  #transfers: Socket | null = null
  #stopping = new AbortController()
  #keeping: Promise<void> = Promise.resolve()
  /** One start, stop or change of accounts after the other. */
  readonly #inTurn = oneByOne()

  constructor(options: FtpOptions, log: Logger, now: () => number) {
    this.#options = options
    this.#log = log
    this.#now = now
    this.#accounts = options.ftp.accounts
    this.#places = ftpPlaces(options.dataDir)
    this.#status = {
      state: 'off',
      reason: null,
      host: options.ftp.host,
      port: null,
      sftpPort: null,
      tls: options.ftp.tls !== undefined,
      pid: null,
      user: null,
      restarts: 0,
      hostKeys: [],
      accounts: [],
      logins: { ok: 0, failed: 0 },
      logLinesLeftOut: 0,
    }
  }

  start(): Promise<void> {
    return this.#inTurn(() => this.#start())
  }

  stop(): Promise<void> {
    // A start that waits for its server is not waited for.
    this.#stopping.abort()
    return this.#inTurn(() => this.#stop())
  }

  setAccounts(accounts: readonly FtpAccount[]): Promise<void> {
    return this.#inTurn(() => this.#setAccounts(accounts))
  }

  status(): FtpStatus {
    return structuredClone({ ...this.#status, logLinesLeftOut: this.#budget.leftOut })
  }

  async #start(): Promise<void> {
    if (this.#server !== null) return
    const { program } = this.#options
    this.#wanted = true
    this.#stopping = new AbortController()
    this.#program = program === undefined ? await findProgram('proftpd') : program
    this.#status.reason = this.#whyOff()
    if (this.#status.reason !== null) return
    try {
      await this.#prepare()
      this.#keeping = this.#keep(await this.#launch(), this.#stopping.signal)
    } catch (error) {
      await this.#stop()
      throw ftpError(error)
    }
    const { host, port, sftpPort, tls, user } = this.#status
    this.#log.info({ host, port, sftpPort, tls, user }, 'ftp is listening')
  }

  async #stop(): Promise<void> {
    this.#wanted = false
    this.#stopping.abort()
    await this.#server?.stop()
    await this.#keeping
    this.#server = null
    this.#transfers?.destroy()
    this.#transfers = null
    this.#identity = null
    Object.assign(this.#status, {
      state: 'off',
      reason: null,
      pid: null,
      port: null,
      sftpPort: null,
    })
  }

  async #setAccounts(accounts: readonly FtpAccount[]): Promise<void> {
    const before = this.#accounts
    this.#accounts = accounts
    try {
      if (this.#identity !== null) await this.#writeAccounts(this.#identity)
      else if (this.#wanted) await this.#start()
    } catch (error) {
      this.#accounts = before
      this.#wanted = true
      throw ftpError(error)
    }
  }

  async #writeAccounts(identity: Identity): Promise<void> {
    const { runDir, dropDir } = this.#places
    await writeAccounts(runDir, dropDir, this.#accounts, identity)
    const before = new Map(this.#status.accounts.map((account) => [account.user, account]))
    this.#status.accounts = this.#accounts.map(({ user, source }) => {
      const { files = 0, bytes = 0, failed = 0, cutOff = 0 } = before.get(user) ?? {}
      const folder = accountFolder(dropDir, { source })
      return { user, source, folder, files, bytes, failed, cutOff }
    })
  }

  /** Why it is to stay off, or null. Throws when it must not. */
  #whyOff(): string | null {
    const { enabled, tls, requireTls } = this.#options.ftp
    const accounts = this.#accounts
    if (enabled === 'no') return 'switched off'
    const why =
      this.#program === null
        ? `proftpd is not installed; install ${packagesNeeded}`
        : accounts.length === 0
          ? 'it has no accounts; add some to ftp.accounts'
          : requireTls && tls === undefined
            ? 'requireTls is set, and there is no certificate; set ftp.tls'
            : null
    // Without the certificate nobody could log in; that is no case of "auto".
    const wanted = enabled === 'yes' || (accounts.length > 0 && this.#program !== null)
    if (why !== null && wanted)
      throw new OperatingError('FTP_FAILED', `cannot start the FTP server: ${why}`)
    return why
  }

  async #prepare(): Promise<void> {
    const { ftp, dataDir } = this.#options
    const identity = this.#options.identity ?? (await serverIdentity())
    if (await prepareFolders(dataDir, identity))
      this.#log.warn('the FTP server of an earlier run was still there and is ended')
    await this.#writeAccounts(identity)
    for (const { folder } of this.#status.accounts) await removeUnfinished(folder)
    Object.assign(this.#status, await prepareServer(dataDir, ftp, identity), {
      user: identity.user,
    })
    this.#identity = identity
  }

  /** Checks, starts, and waits until it listens. */
  async #launch(): Promise<RunningServer> {
    const { program, identity } = { program: this.#program, identity: this.#identity }
    if (program === null || identity === null) throw new Error('BUG: launched before prepared')
    this.#transfers ??= this.#openTransfers()
    const onLine = (line: ServerLine): void => this.#serverLine(line)
    const { configPath } = this.#places
    const { signal } = this.#stopping
    const ports = [this.#status.port, this.#status.sftpPort].filter((port) => port !== null)
    const server = await startServer({ program, configPath, identity, ports, signal, onLine })
    this.#server = server
    Object.assign(this.#status, { state: 'running', reason: null, pid: server.pid })
    return server
  }

  /** Starts it again each time it ends, after a pause that doubles while it does not stay up. */
  async #keep(first: RunningServer, signal: AbortSignal): Promise<void> {
    let server: RunningServer | null = first
    let reason = ''
    let pauseMs: number = ftpLimits.restartMs
    while (true) {
      if (server !== null) {
        const startedMs = this.#now()
        reason = await server.ended
        if (this.#now() - startedMs >= ftpLimits.goodRunMs) pauseMs = ftpLimits.restartMs
      }
      this.#server = null
      this.#uploads.forget()
      if (signal.aborted) return
      Object.assign(this.#status, { state: 'waiting', reason, pid: null })
      this.#log.warn({ reason, pauseMs }, 'the FTP server is down, it is started again')
      if (!(await pause(pauseMs, signal))) return
      pauseMs = Math.min(2 * pauseMs, ftpLimits.restartMsMax)
      this.#status.restarts++
      try {
        server = await this.#relaunch()
      } catch (error) {
        server = null
        reason = causeOf(error)
      }
      // Stopped meanwhile: it ends as the others do.
      if (signal.aborted) await server?.stop()
    }
  }

  async #relaunch(): Promise<RunningServer> {
    for (const { folder } of this.#status.accounts) await removeUnfinished(folder)
    const server = await this.#launch()
    this.#log.info('the FTP server is listening again')
    return server
  }

  #serverLine(read: ServerLine): void {
    const { logins } = this.#status
    if (read.kind === 'login') logins.ok++
    else if (read.kind === 'login-failed') logins.failed++
    else if (read.kind === 'note' && this.#budget.allows(this.#now()))
      this.#log.info({ proftpd: read.text }, 'ftp server says')
  }

  #openTransfers(): Socket {
    return openTransfers(
      this.#places.transfersPath,
      (line) => this.#sessionLine(line),
      (error) =>
        this.#log.warn(
          { cause: causeOf(error) },
          'cannot read the FTP transfers, they are not counted',
        ),
    )
  }

  #sessionLine(line: SessionLine): void {
    const event = this.#uploads.read(line, this.#now())
    const account = this.#status.accounts.find(({ user }) => user === event?.user)
    if (event === null || account === undefined) return
    if (event.kind === 'stored') {
      account.files++
      account.bytes += event.bytes
    } else if (event.kind === 'failed') account.failed++
    else void this.#cutOff(account, basename(event.path))
  }

  /** The folder intake waits longer than this takes. */
  async #cutOff(account: FtpStatus['accounts'][number], name: string): Promise<void> {
    const path = join(account.folder, name)
    try {
      const cutOff = await identityIfCutOff(path)
      if (cutOff === null) return
      const why =
        'its sender broke off within a line; send it again, or put it back when it is whole'
      // Another upload of this name that took its place in between speaks for itself.
      if (!(await putAside(this.#places.dropDir, path, why, cutOff))) return
      account.cutOff++
      this.#log.warn(
        { user: account.user, file: label(name) },
        'an FTP upload broke off and is put aside into .refused',
      )
    } catch (error) {
      this.#log.warn(
        { user: account.user, file: label(name), cause: causeOf(error) },
        'an FTP upload broke off and cannot be put aside',
      )
    }
  }
}

/** False when it was cut short. */
async function pause(timeMs: number, signal: AbortSignal): Promise<boolean> {
  try {
    await delay(timeMs, undefined, { signal })
    return true
  } catch {
    // Aborted: the only way it fails.
    return false
  }
}

function ftpError(error: unknown): OperatingError {
  if (error instanceof OperatingError) return error
  return new OperatingError(
    'FTP_FAILED',
    `cannot start the FTP server: ${causeOf(error)}; check ftp: in the configuration and the data folder`,
    { cause: error },
  )
}
