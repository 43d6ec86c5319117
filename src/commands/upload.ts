/** `gnomon upload`: files to Defender for Cloud Apps, as a snapshot or into a data source there. No daemon is needed. */
import { access, constants, copyFile, mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { keyFile } from '../access/keys.ts'
import { loadConfig } from '../config/config.ts'
import { publishSchema } from '../config/publish-schema.ts'
import type { TenantConfig, UploadConfig } from '../config/publish-schema.ts'
import { OperatingError } from '../errors.ts'
import { Journal } from '../lib/journal.ts'
import { createLog } from '../lib/log.ts'
import { publishLimits } from '../limits.ts'
import { MdaClient } from '../publish/mda-client.ts'
import { mdaSources } from '../publish/mda-sources.ts'
import { Outbox } from '../publish/outbox.ts'
import type { Job, NewJob } from '../publish/outbox.ts'
import { fileNameOf } from '../publish/publisher.ts'
import { receiptOf } from '../publish/receipts.ts'
import type { Receipt } from '../publish/receipts.ts'
import { commandOutbox, receiptsName, receiptsOf } from '../publish/receipts-file.ts'
import { Sender } from '../publish/sender.ts'
import { customParser } from '../publish/usage-lines.ts'
import { findClient } from './client.ts'
import type { Command, CommandIo } from './command.ts'
import { write } from './command.ts'
import { defaultData } from './default-data.ts'
import { mergedFiles } from './upload-merged.ts'
import { rawFiles } from './upload-raw.ts'
import { isStateOrder, tellState } from './upload-state.ts'
import { summaryText } from './upload-summary.ts'

const help = `gnomon upload --snapshot NAME FILE... [--tenant NAME]
gnomon upload --stream NAME FILE... [--tenant NAME]

gnomon upload --list | --receipts | --run NAME | --resend ID | --discard ID

Uploads logs to Defender for Cloud Apps, and waits for the receipts. Files on their way lie in the outbox: the same command again goes on
where it was cut off, and sends no file a second time.

  --snapshot   make a snapshot report of this name
  --stream     or: into this data source, which must exist there
  --tenant     one of publish.tenants of the configuration (default the first)
  --merged     Gnomon's own records instead of the lines: infrastructure and internal traffic left out
  --format     source of the API (default by the recognised format; GENERIC_W3C for --merged)
  --pseudonyms users,devices,addresses: names that do not leave (with --merged)
  --dry-run    write the exact bytes into --out and tell what of whom is in them; nothing is sent
  --out        folder for --dry-run (default gnomon-upload)
  --outbox     folder of files on their way, and of receipts.jsonl (default within the appliance's data folder where that is
               there and may be written: then pseudonyms are the console's, and receipts are in its list; else gnomon-outbox)
  --config     configuration (default GNOMON_CONFIG, then /etc/gnomon/gnomon.yaml)
  --data       the appliance's data folder (default GNOMON_DATA, then /var/lib/gnomon)
  --again      send a file that was receipted before
  --custom-parser  print what to enter for format CUSTOM
  --json       the receipts, or the summary, as JSON

Of a running appliance (--url, default this machine):
  --list       its uploads, and files on their way or put aside
  --receipts   what has left, the last first
  --run        makes and sends now what waits for this upload
  --resend, --discard  a file that was refused or is uncertain

  gnomon upload --snapshot "Branch, May" --dry-run branch.log
  gnomon upload --snapshot "Branch, May" branch.log
`

interface Plan {
  files: string[]
  name: string
  snapshot: boolean
  merged: boolean
  format: string | null
  pseudonyms: UploadConfig['pseudonyms']
  out: string
  outbox: string
  /** Folder with the key of pseudonyms. */
  keys: string
  again: boolean
  json: boolean
}

async function run(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      snapshot: { type: 'string' },
      stream: { type: 'string' },
      tenant: { type: 'string' },
      merged: { type: 'boolean', default: false },
      format: { type: 'string' },
      pseudonyms: { type: 'string', default: '' },
      'dry-run': { type: 'boolean', default: false },
      out: { type: 'string', default: 'gnomon-upload' },
      outbox: { type: 'string' },
      config: { type: 'string' },
      data: { type: 'string' },
      url: { type: 'string' },
      list: { type: 'boolean', default: false },
      receipts: { type: 'boolean', default: false },
      run: { type: 'string' },
      resend: { type: 'string' },
      discard: { type: 'string' },
      again: { type: 'boolean', default: false },
      'custom-parser': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help === true) return (await write(io.stdout, help), 0)
  if (values['custom-parser'])
    return (
      await write(io.stdout, customParser.map(([key, value]) => `${key}: ${value}\n`).join('')), 0
    )
  if (isStateOrder(values))
    return tellState(await findClient(values, io.env), values, values.json, io)
  if (positionals.length === 0) return (await write(io.stderr, help), 2)
  const folders = await foldersOf(values, io.env)
  const plan = planOf({ ...values, ...folders }, positionals)
  if (values['dry-run']) return dryRun(plan, io)
  const { config } = await loadConfig({ path: values.config, env: io.env })
  return send(plan, tenantNamed(config.publish.tenants, values.tenant), io)
}

/** The appliance's own data folder, where this program may use it: its key and its list of receipts are shared then. */
async function foldersOf(
  values: { outbox?: string | undefined; data?: string | undefined },
  env: NodeJS.ProcessEnv,
): Promise<{ outbox: string; keys: string }> {
  const data = values.data ?? (env['GNOMON_DATA'] || defaultData)
  const shared = await access(join(data, keyFile), constants.R_OK)
    .then(async () => access(data, constants.W_OK))
    .then(
      () => true,
      () => false,
    )
  const outbox = values.outbox ?? (shared ? join(data, commandOutbox) : 'gnomon-outbox')
  return { outbox, keys: shared ? data : outbox }
}

function planOf(
  values: {
    snapshot?: string | undefined
    stream?: string | undefined
    format?: string | undefined
    merged: boolean
    pseudonyms: string
    out: string
    outbox: string
    keys: string
    again: boolean
    json: boolean
  },
  files: string[],
): Plan {
  const { snapshot, stream, format, merged, out, outbox, keys, again, json } = values
  const name = snapshot ?? stream
  if (name === undefined || (snapshot !== undefined && stream !== undefined))
    throw new OperatingError('USAGE', 'cannot upload: say --snapshot NAME or --stream NAME')
  const chosen = new Set(values.pseudonyms.split(',').filter((kind) => kind !== ''))
  for (const kind of chosen)
    if (!['users', 'devices', 'addresses'].includes(kind))
      throw new OperatingError(
        'USAGE',
        `cannot make pseudonyms of ${kind}: choose users, devices, addresses`,
      )
  if (chosen.size > 0 && !merged)
    throw new OperatingError('USAGE', 'cannot change raw lines: pseudonyms need --merged')
  const known = merged ? ['GENERIC_W3C', 'GENERIC_CEF', 'CUSTOM'] : [...mdaSources, 'CUSTOM']
  if (format !== undefined && !known.includes(format))
    throw new OperatingError(
      'USAGE',
      `cannot upload as ${format}: choose one of ${known.join(', ')}`,
    )
  const pseudonyms = {
    users: chosen.has('users'),
    devices: chosen.has('devices'),
    addresses: chosen.has('addresses'),
  }
  return {
    files,
    name,
    snapshot: snapshot !== undefined,
    merged,
    format: format ?? null,
    pseudonyms,
    out,
    outbox,
    keys,
    again,
    json,
  }
}

function tenantNamed(tenants: readonly TenantConfig[], name: string | undefined): TenantConfig {
  const tenant = name === undefined ? tenants[0] : tenants.find((entry) => entry.name === name)
  if (tenant !== undefined) return tenant
  const cure =
    tenants.length === 0
      ? 'add one to publish.tenants'
      : `choose ${tenants.map((entry) => entry.name).join(', ')}`
  throw new OperatingError(
    'CONFIG_INVALID',
    `cannot upload to ${name ?? 'a tenant'}: the configuration has none of this name; ${cure}`,
  )
}

/** Files of the plan, written into a folder as `0.log`, `1.log`, … */
async function filesOf(plan: Plan, tenant: string, folder: string, keyFolder: string) {
  const job = { upload: 'command', tenant, stream: plan.name, format: plan.format ?? 'GENERIC_W3C' }
  const uploads = publishSchema.parse({
    uploads: [
      {
        name: 'command',
        tenant: 'none',
        stream: plan.name,
        pseudonyms: plan.pseudonyms,
        format: job.format,
      },
    ],
  }).uploads
  return plan.merged
    ? mergedFiles(plan.files, uploads[0], job, folder, keyFolder)
    : rawFiles(plan.files, { ...job, format: plan.format }, folder)
}

async function dryRun(plan: Plan, io: CommandIo): Promise<number> {
  await mkdir(plan.out, { recursive: true })
  const { files, summary } = await filesOf(plan, '', plan.out, plan.keys)
  if (plan.json) await write(io.stdout, `${JSON.stringify({ files, summary })}\n`)
  else {
    await write(io.stdout, summaryText(summary))
    const list = files.map(
      ({ format, rows, bytes, sha256 }, i) =>
        `${join(plan.out, `${i}.log`)}  ${format}  ${rows} rows  ${bytes} bytes  ${sha256}\n`,
    )
    await write(
      io.stdout,
      `\nNothing was sent. These are the bytes that would be:\n${list.join('')}`,
    )
  }
  return files.length > 0 ? 0 : 1
}

async function send(plan: Plan, tenant: TenantConfig, io: CommandIo): Promise<number> {
  const outbox = await Outbox.open(plan.outbox)
  const receiptsFile = join(plan.outbox, receiptsName)
  const before = await receiptsOf(receiptsFile)
  await queue(plan, tenant.name, outbox, before, io)
  const client = new MdaClient(tenant, Date.now)
  const { journal } = await Journal.open(receiptsFile)
  const receipts: Receipt[] = []
  const sender = new Sender({
    outbox,
    clients: new Map([[tenant.name, client]]),
    onClosed: async (job) => {
      const receipt = receiptOf(job)
      await journal.append(JSON.stringify(receipt))
      receipts.push(receipt)
    },
    log: createLog('warn'),
    now: Date.now,
  })
  try {
    sender.kick()
    await sender.idle()
  } finally {
    await sender.stop()
    await client.transport.close()
    await journal.close()
  }
  for (const receipt of receipts) await tell(receipt, plan.json, io)
  return receipts.every(({ state }) => state === 'receipted') ? 0 : 1
}

/** Into the outbox, unless the same content waits there, or was receipted for the same place. */
async function queue(
  plan: Plan,
  tenant: string,
  outbox: Outbox,
  before: readonly Receipt[],
  io: CommandIo,
): Promise<void> {
  const group = outbox.nextGroup(Date.now(), 'command')
  const folder = await outbox.stage(group)
  try {
    const { files } = await filesOf(plan, tenant, folder, plan.keys)
    const place = ({
      tenant: t,
      stream,
      sha256,
    }: Pick<Job, 'tenant' | 'stream' | 'sha256'>): string => `${t}|${stream}|${sha256}`
    const waiting = new Set(outbox.jobs().map(place))
    const done = new Set(before.filter(({ state }) => state === 'receipted').map(place))
    const fresh: NewJob[] = []
    for (const [i, file] of files.entries()) {
      const again = waiting.has(place(file))
        ? 'is on its way already'
        : done.has(place(file)) && !plan.again
          ? 'was receipted before (--again sends it anyway)'
          : null
      if (again !== null) {
        await write(io.stderr, `gnomon upload: ${file.sha256.slice(0, 12)} ${again}\n`)
        continue
      }
      if (fresh.length !== i)
        await copyFile(join(folder, `${i}.log`), join(folder, `${fresh.length}.log`))
      fresh.push({
        ...file,
        snapshot: plan.snapshot,
        fileName: fileNameOf(
          basename(plan.files[i] ?? 'merged')
            .replaceAll(/[^A-Za-z0-9.-]/g, '_')
            .slice(0, publishLimits.answerCharacters / 5),
        ),
      })
    }
    if (fresh.length > 0) await outbox.commit(group, fresh, Date.now())
  } finally {
    await outbox.unstage(group)
  }
}

async function tell(receipt: Receipt, json: boolean, io: CommandIo): Promise<void> {
  if (json) return write(io.stdout, `${JSON.stringify(receipt)}\n`)
  const { state, fileName, stream, rows, bytes, sha256, trouble } = receipt
  await write(
    io.stdout,
    `${state}  ${fileName}  into ${stream}  ${rows} rows  ${bytes} bytes  ${sha256}${trouble === null ? '' : `\n  ${trouble}`}\n`,
  )
}

export const upload: Command = {
  summary: 'logs to Defender for Cloud Apps, with receipts; --dry-run shows what would leave',
  help,
  run,
}
