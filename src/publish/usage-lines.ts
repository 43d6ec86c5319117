/**
 * Merged usage as lines that Defender for Cloud Apps reads: W3C extended, CEF, or CSV for a custom parser. One line is one row of usage
 * (hour, destination, user, device, client address, action); its transactions stand in a field of their own.
 */
import { isIP } from 'node:net'
import { csvCell } from '../report/csv.ts'
import type { SentRow } from './sent-usage.ts'

export interface LineFormat {
  /** `source` of the API. */
  id: string
  /** Lines at the head of each file. */
  header: string
  /** With its line feed. */
  line: (row: SentRow) => string
}

const w3cFields =
  'date time c-ip cs-username c-computername cs-host r-ip cs-bytes sc-bytes bytes s-action x-transactions'

/** https://www.w3.org/TR/WD-logfile.html */
const w3c: LineFormat = {
  id: 'GENERIC_W3C',
  header: `#Software: Gnomon\n#Version: 1.0\n#Fields: ${w3cFields}\n`,
  line: (row) => {
    const stamp = new Date(row.first_seen * 1000).toISOString()
    const address = isIP(row.host) > 0
    return `${stamp.slice(0, 10)} ${stamp.slice(11, 19)} ${row.src_ip} ${w3cText(row.user)} ${w3cText(row.device)} ${
      address ? '-' : w3cText(row.host)
    } ${address ? row.host : '-'} ${row.bytes_up ?? '-'} ${row.bytes_down ?? '-'} ${row.bytes_total ?? '-'} ${
      row.action === '' ? '-' : row.action
    } ${row.transactions}\n`
  },
}

/** Blanks would be the next field. */
function w3cText(text: string): string {
  if (text === '') return '-'
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/[\s%"\u0000-\u001f\u007f]/g, (c) => encodeURIComponent(c))
}

/**
 * ArcSight CEF, version 0. By its dictionary `in` is what flows from source to destination; nearly every proxy, and so the readers, take it
 * the other way round: `out` is what the client sent, as Microsoft's own parsers of proxies read it.
 */
const cef: LineFormat = {
  id: 'GENERIC_CEF',
  header: '',
  line: (row) => {
    const fields: [string, string | number | null][] = [
      ['rt', row.first_seen * 1000],
      ['start', row.first_seen * 1000],
      ['end', row.last_seen * 1000],
      ['src', row.src_ip],
      ['suser', row.user],
      ['shost', row.device],
      [isIP(row.host) > 0 ? 'dst' : 'dhost', row.host],
      ['request', isIP(row.host) > 0 ? '' : `https://${row.host}/`],
      ['act', row.action],
      ['out', row.bytes_up],
      ['in', row.bytes_down],
      ['app', row.app],
      ['cnt', row.transactions],
    ]
    const told = fields.filter(([, value]) => value !== null && value !== '')
    return `CEF:0|Gnomon|Gnomon|1|usage|Cloud usage|1|${told.map(([key, value]) => `${key}=${cefText(String(value))}`).join(' ')}\n`
  },
}

function cefText(text: string): string {
  return text
    .replaceAll('\\', '\\\\')
    .replaceAll('=', '\\=')
    .replaceAll(/\r\n|[\r\n]/g, '\\n')
}

const csvColumns = [
  'Timestamp',
  'SourceIP',
  'DestinationIP',
  'DestinationURL',
  'Username',
  'UploadedBytes',
  'DownloadedBytes',
  'TotalBytes',
  'Action',
] as const

/** For the custom parser of `customParser`: columns in the order of the dialog. */
const custom: LineFormat = {
  id: 'CUSTOM',
  header: `${csvColumns.join(',')}\n`,
  line: (row) => {
    const stamp = new Date(row.first_seen * 1000).toISOString()
    const address = isIP(row.host) > 0
    const cells = [
      `${stamp.slice(8, 10)}/${stamp.slice(5, 7)}/${stamp.slice(0, 4)} ${stamp.slice(11, 19)}`,
      row.src_ip,
      address ? row.host : '',
      address ? '' : row.host,
      row.user,
      row.bytes_up,
      row.bytes_down,
      row.bytes_total,
      row.action === 'blocked' ? 'Blocked' : row.action === 'allowed' ? 'Allowed' : '',
    ]
    return `${cells.map((cell) => csvCell(cell)).join(',')}\n`
  },
}

/** What to enter in Settings > Cloud Discovery > Custom log parser for format CUSTOM. */
export const customParser = [
  ['Parser type', 'CSV'],
  ['Delimiter', 'Comma'],
  ['Custom header', csvColumns.join(',')],
  ['Timestamp', 'Timestamp, format dd/MM/yyyy HH:mm:ss (UTC)'],
  ['Source IP', 'SourceIP'],
  ['Destination IP', 'DestinationIP'],
  ['Destination URL', 'DestinationURL'],
  ['Username', 'Username, format Other'],
  ['Uploaded bytes', 'UploadedBytes'],
  ['Downloaded bytes', 'DownloadedBytes'],
  ['Total bytes', 'TotalBytes'],
  ['Action', 'Action, deny term Blocked'],
] as const

export const lineFormats: readonly LineFormat[] = [w3c, cef, custom]
