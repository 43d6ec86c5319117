/**
 * Departments of people, out of the directory that the merge reads too (merge.directory): its CSV may have a column `department`, as
 * Entra's user list, Graph and Get-ADUser export it.
 */
import { readFile, stat } from 'node:fs/promises'
import { parse } from 'csv-parse/sync'
import { mergeLimits } from '../limits.ts'

export interface Departments {
  /** By each form of a name in small letters. */
  byUser: ReadonlyMap<string, string>
  /** People of each. */
  sizes: ReadonlyMap<string, number>
}

/** Headers in small letters, without blanks, quotes and underscores; the same as the merge knows. */
const department = 'department'
const whole = [
  'userprincipalname',
  'upn',
  'mail',
  'emailaddress',
  'email',
  'primarysmtpaddress',
  'account',
  'logonname',
]
const short = ['samaccountname', 'onpremisessamaccountname', 'sam']
const domains = ['onpremisesnetbiosname', 'netbiosname', 'netbiosdomain', 'domain']

/** null = the directory tells no departments. Rejects when it cannot be read. */
export async function readDepartments(path: string): Promise<Departments | null> {
  const { size } = await stat(path)
  if (size > mergeLimits.directoryBytes)
    throw new Error(`it has ${size} bytes, more than ${mergeLimits.directoryBytes}`)
  return departmentsOf(await readFile(path, 'utf8'))
}

export function departmentsOf(text: string): Departments | null {
  const rows: string[][] = parse(text, {
    bom: true,
    relax_column_count: true,
    skip_empty_lines: true,
    delimiter: [',', ';', '\t'],
    trim: true,
  })
  const header = (rows.shift() ?? []).map((cell) => cell.toLowerCase().replace(/[\s_"]/g, ''))
  const place = header.indexOf(department)
  if (place < 0) return null
  const placesOf = (names: readonly string[]): number[] =>
    header.flatMap((cell, i) => (names.includes(cell) ? [i] : []))
  const [wholes, shorts, domain] = [placesOf(whole), placesOf(short), placesOf(domains)[0] ?? -1]
  const byUser = new Map<string, string>()
  const sizes = new Map<string, number>()
  for (const row of rows) {
    const name = row[place] ?? ''
    if (name === '') continue
    const sams = shorts.map((i) => row[i] ?? '').filter((sam) => sam !== '')
    const prefix = row[domain] ?? ''
    const forms = [
      ...wholes.map((i) => row[i] ?? ''),
      ...sams,
      ...(prefix === '' ? [] : sams.map((sam) => `${prefix}\\${sam}`)),
    ].filter((form) => form !== '')
    if (forms.length === 0) continue
    for (const form of forms) byUser.set(form.toLowerCase(), name)
    sizes.set(name, (sizes.get(name) ?? 0) + 1)
  }
  return { byUser, sizes }
}

/** As it stands among the groups. */
export function groupOf(name: string): string {
  return `Department ${name}`
}
