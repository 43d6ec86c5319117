/**
 * The configuration of ProFTPD (http://www.proftpd.org/docs/), as text. A log sender needs little: to log in, to put files into
 * its own folder, to rename them there. All else is denied.
 */
import { OperatingError } from '../errors.ts'
import { fileLimits, ftpLimits } from '../limits.ts'

export interface ProftpdOptions {
  /** Folder of what the server reads: `passwd`, `group`, host keys, `transfers` (a FIFO); in its `run`, what it writes. */
  runDir: string
  /** System user and group the process runs as already; ProFTPD wants to hear them. */
  user: string
  group: string
  host: string
  port: number
  /** 0 = no SFTP. */
  sftpPort: number
  passivePorts: readonly [number, number]
  masqueradeAddress: string | null
  tls: {
    certificate: string
    key: string
    /** The certificates between it and the root, when there are any. */
    chain: string | null
    clientCa: string | null
    keyType: 'rsa' | 'ec'
    required: boolean
  } | null
  /** Names of the host keys in `runDir`. */
  hostKeys: readonly string[]
}

/** The text of proftpd.conf. Throws FTP_FAILED for values that cannot be written into it. */
export function proftpdConfig(options: ProftpdOptions): string {
  const lines = [
    '# Written by gnomon at each start.',
    ...modules(options),
    ...server(options),
    ...section('Global', '', [
      ...accounts(options),
      ...sessions(),
      ...files(),
      ...limits(),
      ...transferLog(options.runDir),
    ]),
    ...tls(options),
    ...sftp(options),
  ]
  return `${lines.join('\n')}\n`
}

function modules(options: ProftpdOptions): string[] {
  const { tls: withTls, sftpPort } = options
  return [
    // Part of the program in Debian 12, apart in Debian 13.
    ...['mod_ls.c', 'mod_xfer.c'].flatMap((name) =>
      section('IfModule', `!${name}`, [`LoadModule ${name}`]),
    ),
    'LoadModule mod_vroot.c',
    ...(withTls === null ? [] : ['LoadModule mod_tls.c']),
    ...(sftpPort === 0 ? [] : ['LoadModule mod_sftp.c']),
  ]
}

function server(options: ProftpdOptions): string[] {
  const { runDir, host, user, group } = options
  return [
    'ServerType standalone',
    'ServerName "Gnomon"',
    `DefaultAddress ${word(host)}`,
    `UseIPv6 ${host.includes(':') ? 'on' : 'off'}`,
    // Without it, all addresses are listened on.
    'SocketBindTight on',
    `Port ${options.port}`,
    `User ${quoted(user)}`,
    `Group ${quoted(group)}`,
    `PidFile ${quoted(`${runDir}/run/pid`)}`,
    // Sessions are counted in it: without it, MaxClients and MaxClientsPerHost hold nobody back.
    `ScoreboardFile ${quoted(`${runDir}/run/scoreboard`)}`,
    'ControlsEngine off',
    'UseReverseDNS off',
    // FTP puts nothing below a folder: mod_vroot would follow a link that somebody laid there. (SFTP compares whole paths.)
    'PathDenyFilter "[^/.][^/]*/."',
    `MaxInstances ${ftpLimits.sessions + 1}`,
    `PassivePorts ${options.passivePorts[0]} ${options.passivePorts[1]}`,
    ...(options.masqueradeAddress === null
      ? []
      : [`MasqueradeAddress ${word(options.masqueradeAddress)}`]),
  ]
}

/** Only our own accounts, each in its folder: mod_vroot is a jail that needs no root. */
function accounts({ runDir }: ProftpdOptions): string[] {
  return [
    'AuthOrder mod_auth_file.c',
    `AuthUserFile ${quoted(`${runDir}/passwd`)}`,
    `AuthGroupFile ${quoted(`${runDir}/group`)}`,
    'AuthPAM off',
    'RootLogin off',
    'RequireValidShell off',
    'UseFtpUsers off',
    'VRootEngine on',
    'DefaultRoot ~',
    'ShowSymlinks off',
    'AllowOverride off',
  ]
}

function sessions(): string[] {
  return [
    'ServerIdent on "Gnomon"',
    'WtmpLog off',
    'UseLastlog off',
    'TransferLog none',
    `MaxClients ${ftpLimits.sessions}`,
    `MaxClientsPerHost ${ftpLimits.sessionsPerHost}`,
    `MaxLoginAttempts ${ftpLimits.loginAttempts}`,
    `TimeoutLogin ${ftpLimits.loginSeconds}`,
    `TimeoutIdle ${ftpLimits.idleSeconds}`,
    `TimeoutNoTransfer ${ftpLimits.idleSeconds}`,
    `TimeoutStalled ${ftpLimits.stalledSeconds}`,
    // It measures logins and sleeps; its table would be one more file to write.
    ...section('IfModule', 'mod_delay.c', ['DelayEngine off']),
    'AllowForeignAddress off',
  ]
}

/**
 * A file appears whole, under its name, or not at all: HiddenStores writes `.in.NAME.` and renames it. What was acknowledged and
 * is not yet in the spool cannot be overwritten.
 */
function files(): string[] {
  return [
    'Umask 077 077',
    'DefaultTransferMode binary',
    'HiddenStores on',
    'DeleteAbortedStores on',
    'AllowOverwrite off',
    'AllowStoreRestart off',
    'AllowRetrieveRestart off',
    `MaxStoreFileSize ${Math.floor(fileLimits.uploadBytes / 2 ** 30)} Gb`,
    'TimesGMT on',
  ]
}

/** APPE and STOU write in place, so that half a file could be taken; a sender that needs a folder of its own has one. */
const deniedCommands =
  'RETR APPE STOU DELE MKD XMKD RMD XRMD SITE SITE_CHMOD SITE_CHGRP MFMT MFF MDTM READLINK SYMLINK LINK LOCK'

function limits(): string[] {
  return section('Limit', deniedCommands, ['DenyAll'])
}

function tls({ tls: options }: ProftpdOptions): string[] {
  if (options === null) return []
  const kind = options.keyType === 'rsa' ? 'RSA' : 'EC'
  return [
    'TLSEngine on',
    'TLSProtocol TLSv1.2 TLSv1.3',
    `TLSRequired ${options.required ? 'on' : 'off'}`,
    `TLS${kind}CertificateFile ${quoted(options.certificate)}`,
    `TLS${kind}CertificateKeyFile ${quoted(options.key)}`,
    ...(options.chain === null ? [] : [`TLSCertificateChainFile ${quoted(options.chain)}`]),
    ...(options.clientCa === null
      ? ['TLSVerifyClient off']
      : [`TLSCACertificateFile ${quoted(options.clientCa)}`, 'TLSVerifyClient on']),
    // Appliances seldom resume the control connection's session on the data connection.
    'TLSOptions NoSessionReuseRequired',
    'TLSRenegotiate none',
  ]
}

function sftp(options: ProftpdOptions): string[] {
  const { sftpPort, hostKeys, runDir, host } = options
  if (sftpPort === 0) return []
  return [
    ...section('VirtualHost', word(host), [
      `Port ${sftpPort}`,
      'SFTPEngine on',
      ...hostKeys.map((name) => `SFTPHostKey ${quoted(`${runDir}/${name}`)}`),
      'SFTPAuthMethods password',
      // OpenSSH's posix-rename replaces the target, AllowOverwrite or not; the others make a second name for a file.
      'SFTPExtensions -posixRename -copyFile -hardlink',
      // Clients send rights and times along; refusing them would fail uploads that are whole.
      'SFTPOptions IgnoreSFTPUploadPerms IgnoreSFTPSetPerms IgnoreSFTPSetTimes IgnoreSFTPSetOwners IgnoreSFTPUploadExtendedAttributes IgnoreSFTPSetExtendedAttributes IgnoreSCPUploadPerms IgnoreSCPUploadTimes',
    ]),
  ]
}

/** All commands but logins and listings, as ftp-transfers.ts reads them; ProFTPD escapes line breaks in names. */
function transferLog(runDir: string): string[] {
  return [
    'LogFormat transfer "%P %{protocol} %u %m %s %b %f"',
    `ExtendedLog ${quoted(`${runDir}/transfers`)} WRITE,EXIT,INFO,MISC transfer`,
  ]
}

function section(name: string, argument: string, lines: readonly string[]): string[] {
  const open = argument === '' ? `<${name}>` : `<${name} ${argument}>`
  return [open, ...lines.map((line) => `  ${line}`), `</${name}>`]
}

/** A path or name in quotes. Quotes, line breaks and `%` (which ProFTPD expands) cannot be said. */
function quoted(value: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  if (/["\\%\u0000-\u001F\u007F]/.test(value)) throw unwritable(value)
  return `"${value}"`
}

/** An address or host name. */
function word(value: string): string {
  if (!/^[A-Za-z0-9.:_-]+$/.test(value)) throw unwritable(value)
  return value
}

function unwritable(value: string): OperatingError {
  return new OperatingError(
    'FTP_FAILED',
    `cannot configure proftpd: ${JSON.stringify(value)} has a character it does not read; use a plain path or address`,
  )
}
