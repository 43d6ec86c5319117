/** What a configuration says of the machine it is for: files, folders, definitions, catalog, formats, doors. Starts nothing. */
import { X509Certificate } from 'node:crypto'
import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import type { LoadedConfig } from '../config/config.ts'
import type { Path } from '../config/document.ts'
import { readText } from '../config/locate.ts'
import { dotted } from '../config/shape.ts'
import { nearest } from '../config/suggest.ts'
import { OperatingError, causeOf } from '../errors.ts'
import { packagesNeeded } from '../intake/ftp-process.ts'
import { findProgram } from '../lib/programs.ts'
import { clientLimits, configLimits } from '../limits.ts'
import { compileFormats, formatNamed, loadDefinitions, shippedParsers } from '../parse/formats.ts'
import type { FormatSet } from '../parse/formats.ts'
import { formatNoun } from '../report/format.ts'
import { checkDoors } from './check-doors.ts'

export interface Finding {
  /** A warning does not stop the start. */
  level: 'ok' | 'warning' | 'fault'
  /** What was looked at. */
  subject: string
  /** What was found; of a fault, what to do. Several lines are several faults. */
  text: string
}

type TlsFiles = { certificate: string; key: string; clientCa?: string | undefined }

/** All findings, in the order of the configuration. `nowMs` judges certificates. */
export async function checkConfig(loaded: LoadedConfig, nowMs: number): Promise<Finding[]> {
  const at = (path: Path, text: string): string =>
    `${loaded.placeOf(path)}: ${dotted(path)}: ${text}`
  const { formats, findings } = await checkDefinitions(loaded)
  return [
    ...(await checkCertificates(loaded, nowMs, at)),
    ...(await checkFolders(loaded, at)),
    ...findings,
    ...(formats === null ? [] : checkSources(loaded, formats, at)),
    ...(await checkCatalog(loaded)),
    ...(await checkFtp(loaded, at)),
    ...(await checkDoors(loaded.config, at)),
  ]
}

type At = (path: Path, text: string) => string

async function checkCertificates(
  { config }: LoadedConfig,
  nowMs: number,
  at: At,
): Promise<Finding[]> {
  const { syslog, ftp, api } = config
  const used: [Path, TlsFiles | undefined][] = [
    [['syslog', 'tls', 'tls'], syslog.tls.enabled ? syslog.tls.tls : undefined],
    [['api', 'tls'], api.tls],
    [['ftp', 'tls'], ftp.enabled === 'no' ? undefined : ftp.tls],
  ]
  const findings: Finding[] = []
  for (const [path, files] of used)
    if (files !== undefined) findings.push(...(await checkTls(path, files, nowMs, at)))
  return findings
}

/** Reads the three files, fits key to certificate as a listener would, and looks at the dates. */
async function checkTls(path: Path, files: TlsFiles, nowMs: number, at: At): Promise<Finding[]> {
  const fault = (name: string | null, text: string): Finding => ({
    level: 'fault',
    subject: 'certificate',
    text: at(name === null ? path : [...path, name], text),
  })
  const texts = new Map<string, string>()
  const faults: Finding[] = []
  for (const name of ['certificate', 'key', 'clientCa'] as const) {
    const file = files[name]
    if (file === undefined) continue
    try {
      texts.set(name, await readText(file, configLimits.fileBytes))
    } catch (error) {
      faults.push(
        fault(name, `cannot read ${file}: ${causeOf(error)}; check the path and its permissions`),
      )
    }
  }
  if (faults.length > 0) return faults
  const cert = texts.get('certificate') ?? ''
  const ca = texts.get('clientCa')
  try {
    createSecureContext({ cert, key: texts.get('key') ?? '', ...(ca !== undefined && { ca }) })
    return [certificateDates(cert, files.certificate, nowMs, (text) => fault('certificate', text))]
  } catch (error) {
    return [
      fault(
        null,
        `cannot be used: ${causeOf(error)}; give PEM files, the key without a passphrase and of this certificate`,
      ),
    ]
  }
}

function certificateDates(
  pem: string,
  file: string,
  nowMs: number,
  fault: (text: string) => Finding,
): Finding {
  const { validFromDate, validToDate, subject } = new X509Certificate(pem)
  const until = validToDate.toISOString().slice(0, 10)
  if (validToDate.getTime() <= nowMs) return fault(`${file} ended on ${until}; renew it`)
  if (validFromDate.getTime() > nowMs)
    return {
      ...fault(`${file} is not valid before ${validFromDate.toISOString()}; check the clock`),
      level: 'warning',
    }
  if (validToDate.getTime() - nowMs < clientLimits.certificateEndsMs)
    return { ...fault(`${file} ends on ${until}; renew it`), level: 'warning' }
  const name = subject.split('\n').join(', ')
  return { level: 'ok', subject: 'certificate', text: `${file} (${name}) until ${until}` }
}

async function checkFolders({ config }: LoadedConfig, at: At): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const [i, { path, afterwards }] of config.folders.entries()) {
    const mode = constants.R_OK | constants.X_OK | (afterwards === 'delete' ? constants.W_OK : 0)
    try {
      if (!(await stat(path)).isDirectory()) throw new Error('not a folder')
      await access(path, mode)
      findings.push({ level: 'ok', subject: 'folder', text: path })
    } catch (error) {
      const cure =
        afterwards === 'delete'
          ? 'make it, readable and writable for gnomon'
          : 'make it, readable for gnomon'
      const text = at(['folders', i, 'path'], `cannot watch ${path}: ${causeOf(error)}; ${cure}`)
      findings.push({ level: 'fault', subject: 'folder', text })
    }
  }
  return findings
}

async function checkDefinitions({
  config,
}: LoadedConfig): Promise<{ formats: FormatSet | null; findings: Finding[] }> {
  const subject = 'parser definitions'
  const { definitions: own } = config.parse
  try {
    const definitions = await loadDefinitions([shippedParsers, ...own])
    const formats = compileFormats(definitions, { full: false })
    const ids = new Set(definitions.map(({ id }) => id)).size
    const more = own.length === 0 ? '' : `, with those of ${own.join(', ')}`
    return { formats, findings: [{ level: 'ok', subject, text: formatNoun(ids, 'format') + more }] }
  } catch (error) {
    if (!(error instanceof OperatingError)) throw error
    return { formats: null, findings: [{ level: 'fault', subject, text: error.message }] }
  }
}

function checkSources({ config }: LoadedConfig, formats: FormatSet, at: At): Finding[] {
  const findings: Finding[] = []
  for (const [i, { format }] of config.sources.entries()) {
    if (format === undefined || isFormat(formats, format)) continue
    const near = nearest(format, [...formats.byId.keys()])
    const cure = near === null ? 'see gnomon formats' : `did you mean ${near}?`
    const text = at(['sources', i, 'format'], `there is no format of this name; ${cure}`)
    findings.push({ level: 'fault', subject: 'source', text })
  }
  const all = config.sources.findIndex(
    ({ listener, from, folder }) =>
      listener === undefined && from === undefined && folder === undefined,
  )
  if (all !== -1 && all < config.sources.length - 1) {
    const text = at(
      ['sources', all],
      'fits every sender, so no source below is ever chosen; move it to the end',
    )
    findings.push({ level: 'warning', subject: 'source', text })
  }
  if (findings.length > 0 || config.sources.length === 0) return findings
  return [
    {
      level: 'ok',
      subject: 'sources',
      text: formatNoun(config.sources.length, 'entry', 'entries'),
    },
  ]
}

function isFormat(formats: FormatSet, name: string): boolean {
  try {
    formatNamed(formats, name)
    return true
  } catch (error) {
    if (error instanceof OperatingError) return false
    throw error
  }
}

async function checkCatalog({ config }: LoadedConfig): Promise<Finding[]> {
  const subject = 'catalog'
  try {
    const { loadCatalog, shippedCatalog } = await import('../catalog/catalog.ts')
    const { apps } = await loadCatalog([shippedCatalog, ...config.catalog.folders])
    const { lintCatalog } = await import('../catalog/lint.ts')
    const faults: Finding[] = []
    for (const folder of config.catalog.folders)
      for (const text of await lintCatalog(folder, apps.keys()))
        faults.push({ level: 'warning', subject, text })
    return [{ level: 'ok', subject, text: formatNoun(apps.size, 'app') }, ...faults]
  } catch (error) {
    if (!(error instanceof OperatingError)) throw error
    return [{ level: 'fault', subject, text: error.message }]
  }
}

async function checkFtp({ config }: LoadedConfig, at: At): Promise<Finding[]> {
  const { enabled, accounts } = config.ftp
  if (enabled === 'no' || accounts.length === 0) return []
  const program = await findProgram('proftpd')
  if (program !== null)
    return [
      {
        level: 'ok',
        subject: 'ftp',
        text: `${program}, ${formatNoun(accounts.length, 'account')}`,
      },
    ]
  const level = enabled === 'yes' ? 'fault' : 'warning'
  const text = at(
    ['ftp', 'accounts'],
    `proftpd is not installed, so nobody can log in; install ${packagesNeeded}`,
  )
  return [{ level, subject: 'ftp', text }]
}
