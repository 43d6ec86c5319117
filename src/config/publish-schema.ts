/** What leaves the box: tenants, uploads, records for a SIEM, reports by mail. A part of config/schema.ts. */
import { z } from 'zod'
import { publishLimits } from '../limits.ts'
import { credentialOrToken } from './credential-schema.ts'

const networks = z.array(z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()]))
const minutes = z
  .int()
  .min(1)
  .max(7 * 24 * 60)
const cron = z
  .string()
  .describe('Five fields (https://man7.org/linux/man-pages/man5/crontab.5.html), e.g. 0 2 * * *')
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/)

const tenant = z.strictObject({
  name: name.describe('What uploads call it'),
  url: z.url().describe('https://<tenant>.<region>.portal.cloudappsecurity.com'),
  credential: credentialOrToken(
    '05a65629-4c1b-48c1-a78b-804c4abdd4af/.default',
    'The resource the token is for; the default is Defender for Cloud Apps',
  ),
  proxy: z.url().optional().describe('Outbound proxy, e.g. http://proxy.example.com:3128'),
  caBundle: z
    .string()
    .optional()
    .describe(
      'PEM file with authorities to trust besides the usual ones: of a proxy that opens TLS',
    ),
  requestsPerMinute: z
    .int()
    .min(1)
    .max(600)
    .default(30)
    .describe(
      "API requests of ours; Microsoft allows 30 a minute for all of the tenant's programs together",
    ),
})

const leaveOut = z.strictObject({
  infrastructure: z.boolean().default(true).describe('CDNs, certificate checks and the like'),
  internal: z
    .boolean()
    .default(true)
    .describe('Destinations in private networks, and names without a dot'),
  users: z.array(z.string()).default([]).describe('Users as logged, letters of both cases alike'),
  addresses: networks.default([]).describe('Client addresses, in CIDR notation or single'),
  hosts: z.array(z.string()).default([]).describe('Destinations with all names below them'),
})

const pseudonyms = z.strictObject({
  users: z.boolean().default(false).describe('user-<16 hex digits> instead of the user'),
  devices: z.boolean().default(false).describe('device-<16 hex digits> instead of the device'),
  addresses: z
    .boolean()
    .default(false)
    .describe(
      'An address of 10.0.0.0/8 or fd00::/8, the same for the same client, instead of its own',
    ),
})

const upload = z.strictObject({
  name: name.describe('Name of this upload here: its queue, its receipts'),
  tenant: z.string().describe('Name of one of publish.tenants'),
  stream: z
    .string()
    .min(1)
    .describe('Data source in Defender for Cloud Apps (inputStreamName); must exist there'),
  content: z
    .enum(['merged', 'raw'])
    .default('merged')
    .describe("merged = Gnomon's own records, filtered; raw = the device's lines untouched"),
  source: z.string().optional().describe('Data source here; default: all (of merged only)'),
  format: z
    .string()
    .optional()
    .describe(
      'source of the API: GENERIC_W3C (default), GENERIC_CEF or CUSTOM for merged; default for raw: by the recognised format',
    ),
  everyMinutes: minutes
    .default(60)
    .describe('Sent when the oldest record waits this long, however few there are'),
  everyBytes: z
    .int()
    .min(1)
    .default(publishLimits.fileBytes)
    .describe('Sent at once when this much waits; one file is not larger than about this'),
  schedule: cron.optional().describe('Sent at these times too, e.g. 0 2 * * *'),
  zone: z.string().default('UTC').describe('IANA zone of schedule'),
  settleMinutes: z
    .int()
    .min(0)
    .max(7 * 24 * 60)
    .default(180)
    .describe('A merged hour is sent when it ended so long ago: Defender data come late'),
  leaveOut: leaveOut.prefault({}).describe('What is not sent; of merged only'),
  pseudonyms: pseudonyms.prefault({}).describe('Names that do not leave; of merged only'),
})

const records = z.strictObject({
  name: name.describe('Name of this output'),
  to: z
    .string()
    .describe(
      'syslog+udp://, syslog+tcp://, syslog+tls://host:port, http:// or https:// address, or the path of a file',
    ),
  shape: z
    .enum(['ocsf', 'ecs', 'cef'])
    .default('ocsf')
    .describe('OCSF 1.x (4001, 4002), ECS 8, or CEF'),
  source: z.string().optional().describe('Data source; default: all'),
  headers: z
    .array(z.string().meta({ secret: true }))
    .default([])
    .describe('HTTP headers, each as Name: value; shown nowhere'),
  caBundle: z
    .string()
    .optional()
    .describe('PEM file with authorities to trust besides the usual ones'),
  proxy: z.url().optional().describe('Outbound proxy of an HTTP address'),
  settleMinutes: z
    .int()
    .min(0)
    .max(7 * 24 * 60)
    .default(15)
    .describe('An hour is sent when it ended so long ago'),
  leaveOut: leaveOut.prefault({}).describe('What is not sent'),
  pseudonyms: pseudonyms.prefault({}).describe('Names that do not leave'),
})

const report = z.strictObject({
  name: name.describe('Name of this report; a part of its file names'),
  title: z.string().optional().describe('Its title; default: the name'),
  schedule: cron.describe('When, e.g. 0 7 * * 1'),
  zone: z.string().default('UTC').describe('IANA zone of schedule'),
  days: z.int().min(1).max(365).default(7).describe('Days it is about, up to the last midnight'),
  source: z.string().optional().describe('Data source; default: all'),
  formats: z
    .array(z.enum(['pdf', 'html', 'csv', 'json']))
    .min(1)
    .default(['pdf'])
    .describe('Files that are made'),
  to: z.array(z.email()).default([]).describe('Who gets them by mail; none = only the folder'),
  keep: z.int().min(1).max(1000).default(30).describe('Editions kept in <data>/reports'),
})

const mail = z.strictObject({
  host: z.string().describe('SMTP server'),
  port: z.int().min(1).max(65535).default(587).describe('465 = TLS from the start'),
  tls: z
    .enum(['starttls', 'direct', 'none'])
    .default('starttls')
    .describe('starttls must succeed; none sends in the clear, for a relay on this machine'),
  user: z.string().optional().describe('Name to log in with'),
  password: z
    .string()
    .optional()
    .describe('Best as ${file:/run/secrets/mail}')
    .meta({ secret: true }),
  from: z.email().describe('Sender'),
  caBundle: z
    .string()
    .optional()
    .describe('PEM file with authorities to trust besides the usual ones'),
})

export const publishSchema = z.strictObject({
  tenants: z.array(tenant).default([]).describe('Tenants of Defender for Cloud Apps'),
  uploads: z.array(upload).default([]).describe('What is uploaded, where, and when'),
  records: z.array(records).default([]).describe('Usage as records, for a SIEM'),
  reports: z.array(report).default([]).describe('Reports on schedule'),
  mail: mail.optional().describe('How mail is sent'),
  fonts: z
    .array(z.string())
    .max(20)
    .default([])
    .describe(
      'TTF or OTF files for letters of PDF reports that the shipped fonts lack: Chinese, Japanese, Korean, Thai, …',
    ),
  outboxBytes: z
    .int()
    .min(1)
    .default(publishLimits.outboxBytes)
    .describe(
      'Size of what may wait to be sent; beyond it nothing new is made, and records wait in the store',
    ),
  backup: z
    .strictObject({
      maxBytes: z
        .int()
        .min(0)
        .default(0)
        .describe('Raw segments kept after they are stored; 0 = none'),
      days: z.int().min(1).max(3650).default(30).describe('… and for so long at most'),
    })
    .prefault({})
    .describe('Raw lines kept as received, in <data>/backup'),
})

export type PublishConfig = z.infer<typeof publishSchema>
export type TenantConfig = PublishConfig['tenants'][number]
export type UploadConfig = PublishConfig['uploads'][number]
export type RecordsConfig = PublishConfig['records'][number]
export type ReportConfig = PublishConfig['reports'][number]
export type LeaveOut = UploadConfig['leaveOut']
export type Pseudonyms = UploadConfig['pseudonyms']
export type MailConfig = NonNullable<PublishConfig['mail']>
