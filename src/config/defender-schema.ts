/** The `defender:` section: feeds of what the devices' agents tell, beside the files that are dropped and uploaded. */
import { z } from 'zod'
import { credential, credentialFaults } from './credential-schema.ts'
import type { Path } from './document.ts'

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,31}$/)
  .describe('Name of the feed, e.g. main; it must be its own, positions are kept under it')

const shared = {
  name,
  source: z
    .string()
    .min(1)
    .default('Defender-managed endpoints')
    .describe('Data source of its rows'),
  silentMinutes: z
    .int()
    .min(1)
    .default(120)
    .describe('A feed that brought nothing for so long is silent: it is told and counted'),
}

const tables = z
  .array(
    z.enum([
      'DeviceNetworkEvents',
      'DeviceInfo',
      'DeviceNetworkInfo',
      'DeviceLogonEvents',
      'DeviceEvents',
    ]),
  )
  .min(1)
  .default(['DeviceNetworkEvents', 'DeviceInfo', 'DeviceNetworkInfo', 'DeviceLogonEvents'])
  .describe('Tables that are read')

const storage = z.strictObject({
  ...shared,
  url: z
    .url()
    .optional()
    .describe('Blob address of the account, e.g. https://account.blob.core.windows.net'),
  connectionString: z
    .string()
    .optional()
    .describe('Instead of url: the account’s connection string')
    .meta({ secret: true }),
  sas: z.string().optional().describe('Shared access signature for url').meta({ secret: true }),
  credential: credential.optional(),
  tables,
  pollSeconds: z.int().min(1).default(60).describe('Time between two looks at the containers'),
  lookBackDays: z
    .int()
    .min(1)
    .max(365)
    .default(30)
    .describe('Blobs that were last written before that are not begun'),
})

const hunting = z.strictObject({
  ...shared,
  api: z
    .enum(['mde', 'xdr', 'graph'])
    .default('graph')
    .describe('Which of Microsoft’s hunting interfaces'),
  url: z.url().optional().describe('Address of a national cloud; default the public one'),
  credential,
  tables,
  pollMinutes: z.int().min(1).default(15).describe('Time between two looks'),
  lateMinutes: z
    .int()
    .min(0)
    .default(240)
    .describe('Rows may come so late: slices of this time are looked at again'),
  startDays: z
    .int()
    .min(0)
    .max(30)
    .default(1)
    .describe('How far the first look reaches back; the interface keeps 30 days'),
})

const eventHub = z.strictObject({
  ...shared,
  connectionString: z
    .string()
    .optional()
    .describe('Connection string of the namespace or the hub')
    .meta({ secret: true }),
  namespace: z.string().optional().describe('Or its host, e.g. name.servicebus.windows.net'),
  credential: credential.optional(),
  hub: z.string().describe('Name of the event hub'),
  consumerGroup: z
    .string()
    .default('$Default')
    .describe('Consumer group; let no other reader use it'),
  startFrom: z
    .enum(['earliest', 'latest'])
    .default('earliest')
    .describe('Where a partition is begun that was never read'),
})

export const defenderSchema = z
  .strictObject({
    storage: z.array(storage).default([]).describe('Storage accounts the streaming API writes to'),
    hunting: z.array(hunting).default([]).describe('Tenants that are asked by advanced hunting'),
    eventHubs: z.array(eventHub).default([]).describe('Event hubs the streaming API writes to'),
  })
  .prefault({})
  .describe(
    'What Defender for Endpoint knows of devices, users and their connections. Files (NDJSON, CSV export, Windows events) need no entry: they are recognised in drop folders and uploads',
  )

export type DefenderConfig = z.infer<typeof defenderSchema>
export type StorageConfig = z.infer<typeof storage>
export type HuntingConfig = z.infer<typeof hunting>
export type EventHubConfig = z.infer<typeof eventHub>

/** A feed whose values are all right one by one, and do not do together. */
export interface FeedFault {
  path: Path
  text: string
}

export function defenderFaults(config: DefenderConfig): FeedFault[] {
  const faults: FeedFault[] = []
  const names = new Set<string>()
  const all = [
    ...config.storage.map((feed, i) => ({ feed, at: ['defender', 'storage', i] })),
    ...config.hunting.map((feed, i) => ({ feed, at: ['defender', 'hunting', i] })),
    ...config.eventHubs.map((feed, i) => ({ feed, at: ['defender', 'eventHubs', i] })),
  ]
  for (const { feed, at } of all) {
    if (names.has(feed.name))
      faults.push({
        path: [...at, 'name'],
        text: 'this feed stands above already; give each its own name',
      })
    names.add(feed.name)
    if (feed.credential !== undefined)
      faults.push(...credentialFaults(feed.credential, [...at, 'credential']))
  }
  for (const [i, { url, connectionString, sas, credential: signIn }] of config.storage.entries()) {
    const path = ['defender', 'storage', i]
    if ((url === undefined) === (connectionString === undefined))
      faults.push({ path: [...path, 'url'], text: 'give url or connectionString, one of them' })
    else if (url !== undefined && (sas === undefined) === (signIn === undefined))
      faults.push({ path: [...path, 'url'], text: 'needs sas or credential, one of them' })
  }
  for (const [
    i,
    { namespace, connectionString, credential: signIn },
  ] of config.eventHubs.entries()) {
    const path = ['defender', 'eventHubs', i, 'namespace']
    if ((namespace === undefined) === (connectionString === undefined))
      faults.push({ path, text: 'give namespace or connectionString, one of them' })
    else if (namespace !== undefined && signIn === undefined)
      faults.push({ path, text: 'needs credential' })
  }
  return faults
}
