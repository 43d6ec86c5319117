/** The parts of `gnomon catalog` that only look. */
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { loadCatalog, shippedCatalog } from '../catalog/catalog.ts'
import { coverageOf, sumCoverage } from '../catalog/coverage.ts'
import { lintCatalog } from '../catalog/lint.ts'
import type { AppRisk } from '../catalog/risk.ts'
import { riskGroups } from '../catalog/risk-factors.ts'
import { OperatingError, causeOf } from '../errors.ts'
import type { CommandIo } from './command.ts'
import { write } from './command.ts'

export async function textOfFile(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new OperatingError(
      'FILE_UNREADABLE',
      `cannot read ${path}: ${causeOf(cause)}; check the path`,
      { cause },
    )
  })
}

export async function runLint(args: string[], io: CommandIo): Promise<number> {
  const { positionals } = parseArgs({ args, allowPositionals: true, options: {} })
  const faults = await lintCatalog(positionals[0] ?? shippedCatalog)
  for (const fault of faults) await write(io.stdout, `${fault}\n`)
  if (faults.length === 0) await write(io.stdout, 'The catalog has no faults.\n')
  return faults.length === 0 ? 0 : 1
}

const looking = {
  catalog: { type: 'string', multiple: true },
  json: { type: 'boolean', default: false },
} as const

export async function runRisk(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: looking })
  if (positionals.length === 0)
    throw new OperatingError('USAGE', 'cannot tell a score: no app is named; give its id')
  const catalog = await loadCatalog([shippedCatalog, ...(values.catalog ?? [])])
  let missing = 0
  for (const id of positionals) {
    const detail = catalog.detail(id)
    if (detail === null) {
      missing++
      await write(io.stderr, `gnomon catalog: no app ${id}; gnomon lookup HOST tells ids\n`)
    } else if (values.json)
      await write(io.stdout, `${JSON.stringify({ app: id, ...detail.risk })}\n`)
    else await write(io.stdout, riskInWords(detail.entry.name, detail.risk))
  }
  return missing === 0 ? 0 : 1
}

/** A page of text: the score, its groups, and each fact with points, difference and source. */
export function riskInWords(name: string, risk: AppRisk): string {
  const score = risk.score === null ? 'not rated' : `${risk.score} of 10`
  const by = risk.override === null ? '' : ` (by hand: ${risk.override.note})`
  const lines = [
    `${name}: ${score}${by}, ${Math.round(risk.confidence * 100)} % of what counts is known`,
    ...riskGroups.map((group) => {
      const { score: part, known, of, weight } = risk.groups[group]
      return `  ${group.padEnd(11)} ${(part === null ? '–' : String(part)).padStart(4)}  ${known} of ${of} factors known, weight ${weight}`
    }),
    ...risk.facts.map(({ name: fact, value, points, difference, source, date }) => {
      const said = value === null ? 'does not apply' : value === true ? 'yes' : value || 'no'
      const counted =
        points === null ? 'not counted' : `${points} points, ${signed(difference ?? 0)}`
      return `    ${fact}: ${said} (${counted}) ${source} ${date}`
    }),
  ]
  return `${lines.join('\n')}\n`
}

function signed(difference: number): string {
  return difference > 0 ? `+${difference}` : String(difference)
}

export async function runCoverage(args: string[], io: CommandIo): Promise<number> {
  const options = { ...looking, missing: { type: 'boolean', default: false } } as const
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options })
  const [file] = positionals
  if (file === undefined)
    throw new OperatingError('USAGE', 'cannot measure coverage: name a table of apps (JSON lines)')
  const catalog = await loadCatalog([shippedCatalog, ...(values.catalog ?? [])])
  const rows = coverageOf(catalog, await textOfFile(file), file)
  const sums = sumCoverage(rows)
  if (values.json) {
    await write(io.stdout, `${JSON.stringify({ sums, rows })}\n`)
    return 0
  }
  const share = (part: number, all: number): string =>
    all === 0 ? '–' : `${((part / all) * 100).toFixed(1)} %`
  for (const { confidence, rows: all, known, domains, domainsKnown } of sums)
    await write(
      io.stdout,
      `${confidence.padEnd(8)} ${known} of ${all} apps (${share(known, all)}), ${domainsKnown} of ${domains} domains (${share(domainsKnown, domains)})\n`,
    )
  if (values.missing)
    for (const { name, app, infrastructure, unknown } of rows)
      if (app + infrastructure === 0)
        await write(io.stdout, `missing: ${name}: ${unknown.join(', ')}\n`)
  return 0
}
