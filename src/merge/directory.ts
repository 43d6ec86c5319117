/**
 * A directory as CSV: which forms of a name belong to one person. Columns are known by the names that exports give them: Entra's user
 * list and Graph (userPrincipalName, id, mail, onPremisesSamAccountName, onPremisesDomainName, onPremisesSecurityIdentifier), Active
 * Directory by Get-ADUser (SamAccountName, SID, EmailAddress), or upn, sam, domain, account, sid, objectId, mail.
 * https://learn.microsoft.com/en-us/entra/identity/users/users-bulk-download
 */
import { open } from 'node:fs/promises'
import { parse } from 'csv-parse/sync'
import { OperatingError, causeOf } from '../errors.ts'
import { mergeLimits } from '../limits.ts'
import type { IdentityLink } from './people.ts'

/** Columns in lower case, without spaces, quotes and underscores. */
const columns = {
  upn: ['userprincipalname', 'upn'],
  mail: ['mail', 'emailaddress', 'email', 'primarysmtpaddress'],
  sam: ['samaccountname', 'onpremisessamaccountname', 'sam'],
  domain: ['onpremisesnetbiosname', 'netbiosname', 'netbiosdomain', 'domain'],
  account: ['account', 'logonname'],
  sid: ['sid', 'objectsid', 'securityidentifier', 'onpremisessecurityidentifier'],
  object_id: ['objectid', 'id', 'azureadobjectid', 'entraobjectid'],
} as const

type Column = keyof typeof columns

/** Reads a file. Throws FILE_UNREADABLE, also when no column is known. */
export async function readDirectory(path: string): Promise<IdentityLink[]> {
  const text = await textOf(path).catch((cause: unknown) => {
    throw new OperatingError(
      'FILE_UNREADABLE',
      `cannot read the directory ${path}: ${causeOf(cause)}; check the path`,
      { cause },
    )
  })
  return parseDirectory(text, path)
}

async function textOf(path: string): Promise<string> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    if (size > mergeLimits.directoryBytes)
      throw new Error(`it has ${size} bytes, more than ${mergeLimits.directoryBytes}`)
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

/** One link for each row that says anything; `name` stands in errors. */
export function parseDirectory(text: string, name: string): IdentityLink[] {
  let rows: string[][]
  try {
    rows = parse(text, {
      bom: true,
      relax_column_count: true,
      skip_empty_lines: true,
      delimiter: [',', ';', '\t'],
      trim: true,
    })
  } catch (cause) {
    throw new OperatingError(
      'FILE_UNREADABLE',
      `cannot read the directory ${name}: ${causeOf(cause)}; export it as CSV`,
      { cause },
    )
  }
  const header = (rows.shift() ?? []).map((cell) => cell.toLowerCase().replace(/[\s_"]/g, ''))
  const places = Object.fromEntries(
    Object.entries(columns).map(([column, names]) => [
      column,
      header.findIndex((cell) => (names as readonly string[]).includes(cell)),
    ]),
  ) as Record<Column, number>
  if (Object.values(places).filter((place) => place >= 0).length < 2)
    throw new OperatingError(
      'FILE_UNREADABLE',
      `cannot read the directory ${name}: its first line names no two of ${Object.keys(columns).join(', ')}; export user principal name, account name and SID`,
    )
  return rows.flatMap((row) => {
    const cell = (column: Column): string => row[places[column]] ?? ''
    const domain = cell('domain')
    // a DNS name is no NetBIOS name: `example.com\ann` is no form that logs have
    const account =
      cell('account') !== ''
        ? cell('account')
        : domain === '' || domain.includes('.') || cell('sam') === ''
          ? cell('sam')
          : `${domain}\\${cell('sam')}`
    const link = {
      upn: cell('upn'),
      account,
      sid: cell('sid'),
      object_id: cell('object_id'),
      mail: cell('mail'),
    }
    return Object.values(link).filter((value) => value !== '').length < 2 ? [] : [link]
  })
}
