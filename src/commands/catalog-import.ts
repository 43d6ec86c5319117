/** `gnomon catalog import` and `bundle`: lists and signed catalogs, from files. */
import { readFile, stat, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { installBundle, makeBundle } from '../catalog/bundle.ts'
import {
  importAws,
  importAzure,
  importCloudflare,
  importGoogleCloud,
  importKinds,
  importMicrosoft365,
  importV2fly,
} from '../catalog/import-lists.ts'
import type { Imported, ImportKind } from '../catalog/import-lists.ts'
import { importTable } from '../catalog/import-table.ts'
import type { Catalog } from '../catalog/match.ts'
import { OwnCatalog } from '../catalog/own-catalog.ts'
import { OperatingError } from '../errors.ts'
import { catalogLimits } from '../limits.ts'
import { textOfFile } from './catalog-look.ts'
import type { CommandIo } from './command.ts'
import { write } from './command.ts'
import { defaultData } from './default-data.ts'

const options = {
  app: { type: 'string' },
  data: { type: 'string' },
  key: { type: 'string' },
  older: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const

type Values = ReturnType<
  typeof parseArgs<{ options: typeof options; allowPositionals: true }>
>['values']

export async function runImport(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options })
  const [kind, file] = positionals
  if (file === undefined || positionals.length > 2)
    throw new OperatingError('USAGE', 'cannot import: give a kind and one file')
  const own = new OwnCatalog(values.data ?? (io.env['GNOMON_DATA'] || defaultData), [])
  if (kind === 'bundle') return importBundle(file, values, own, io)
  if (!importKinds.includes(kind as ImportKind))
    throw new OperatingError(
      'USAGE',
      `cannot import a list of kind ${kind}: choose ${importKinds.join(', ')} or bundle`,
    )
  if ((await sizeOf(file)) > catalogLimits.importBytes)
    throw new OperatingError(
      'FILE_UNREADABLE',
      `cannot import ${file}: larger than ${catalogLimits.importBytes} bytes; is it a list?`,
    )
  const text = await textOfFile(file)
  const before = await own.load()
  const imported = importOf(kind as ImportKind, {
    text,
    file,
    app: values.app ?? null,
    catalog: before,
  })
  for (const { app } of imported.content.additions ?? [])
    if (app !== undefined && !before.apps.has(app))
      throw new OperatingError(
        'USAGE',
        `cannot import ${file}: the catalog has no app ${app}; name one with --app`,
      )
  await own.putFile(imported.path, imported.content)
  const { path, taken, left } = imported
  if (values.json) await write(io.stdout, `${JSON.stringify({ path, taken, left })}\n`)
  else
    await write(
      io.stdout,
      `${taken} names and networks taken into ${path}.${leftInWords(left)} A running appliance takes them when it reloads.\n`,
    )
  return 0
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0, // reading it says what is wrong
  )
}

interface Source {
  text: string
  file: string
  app: string | null
  catalog: Catalog
}

function importOf(kind: ImportKind, { text, file, app, catalog }: Source): Imported {
  switch (kind) {
    case 'microsoft-365':
      return importMicrosoft365(text, file)
    case 'aws':
      return importAws(text, file)
    case 'azure':
      return importAzure(text, file)
    case 'google-cloud':
      return importGoogleCloud(text, file)
    case 'cloudflare':
      return importCloudflare(text, file)
    case 'v2fly':
      return importV2fly(text, file, app)
    case 'csv':
    case 'reference-catalog':
      return importTable(kind, text, file, catalog)
  }
}

function leftInWords(left: Record<string, number>): string {
  const parts = Object.entries(left).map(([reason, count]) => `${count} ${reason}`)
  return parts.length === 0 ? '' : ` Left out: ${parts.join(', ')}.`
}

async function importBundle(
  file: string,
  { key, older, json }: Values,
  own: OwnCatalog,
  io: CommandIo,
): Promise<number> {
  if (key === undefined)
    throw new OperatingError(
      'USAGE',
      'cannot import a bundle: give the public key it is signed with (--key)',
    )
  const publicKey = await textOfFile(key)
  await textOfFile(file)
  const installed = await installBundle(await readFile(file), {
    publicKey,
    folder: own.bundleFolder,
    older,
  })
  const { created, apps } = installed
  await write(
    io.stdout,
    json
      ? `${JSON.stringify(installed)}\n`
      : `The bundle of ${created} with ${apps} apps is in place. A running appliance takes it when it reloads.\n`,
  )
  return 0
}

export async function runBundle(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { key: { type: 'string' }, out: { type: 'string' } },
  })
  const [folder] = positionals
  const { key, out } = values
  if (folder === undefined || key === undefined || out === undefined)
    throw new OperatingError('USAGE', 'cannot make a bundle: give a folder, --key and --out')
  const bytes = await makeBundle(folder, await textOfFile(key), new Date().toISOString())
  await writeFile(out, bytes)
  await write(io.stdout, `${out}: ${bytes.length} bytes, signed.\n`)
  return 0
}
