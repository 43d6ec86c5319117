/**
 * The one schema of gnomon.yaml. Every field has a description (it becomes docs/configuration.md and the JSON schema) and a
 * default that works. Unknown keys are refused by config/config.ts with line, column and the nearest name.
 */
import { z } from 'zod'
import { spoolLimits } from '../limits.ts'
import { defenderSchema } from './defender-schema.ts'
import { governSchema } from './govern-schema.ts'
import { publishSchema } from './publish-schema.ts'

const port = z.int().min(0).max(65535)
const cidrs = z
  .array(z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()]))
  .describe('Networks in CIDR notation, or single addresses')

const tlsFiles = z.strictObject({
  certificate: z.string().describe('PEM file with the certificate chain'),
  key: z.string().describe('PEM file with the private key'),
  clientCa: z
    .string()
    .optional()
    .describe('PEM file; when given, senders must show a certificate signed by it'),
})

const listener = (defaultPort: number) =>
  z.strictObject({
    enabled: z.boolean().default(true).describe('false = do not listen'),
    host: z.string().default('::').describe('Address to listen on; :: = all, IPv4 too'),
    port: port.default(defaultPort).describe('0 = any free port (printed at start)'),
    allow: cidrs.optional().describe('Senders allowed; all others are refused and counted'),
  })

export const configSchema = z.strictObject({
  syslog: z
    .strictObject({
      udp: listener(5514).prefault({}).describe('Over UDP (RFC 5426)'),
      tcp: listener(5514).prefault({}).describe('Over TCP (RFC 6587)'),
      tls: listener(6514)
        .extend({ tls: tlsFiles.optional().describe('Without it the TLS listener stays closed') })
        .prefault({})
        .describe('Over TLS (RFC 5425)'),
    })
    .prefault({})
    .describe('Syslog receivers: RFC 3164, RFC 5424, RFC 6587 with both framings on one port'),
  folders: z
    .array(
      z.strictObject({
        path: z.string().describe('Folder to watch'),
        source: z
          .string()
          .optional()
          .describe(
            'Data source of its files; default: the name of the sub-folder, or of the folder',
          ),
        polling: z.boolean().default(false).describe('true on NFS and SMB mounts'),
        afterwards: z
          .enum(['delete', 'keep'])
          .default('delete')
          .describe('What becomes of a file that is wholly in the spool'),
      }),
    )
    .default([])
    .describe(
      'Drop folders besides <data>/drop, which is always watched: one sub-folder for each data source',
    ),
  ftp: z
    .strictObject({
      enabled: z
        .enum(['auto', 'yes', 'no'])
        .default('auto')
        .describe('auto = when proftpd is installed and accounts exist'),
      host: z.string().default('0.0.0.0').describe('Address to listen on'),
      port: port.default(2121).describe('FTP and FTPS (explicit)'),
      sftpPort: port.default(2222).describe('SFTP; 0 = off'),
      passivePorts: z
        .tuple([port, port])
        .default([50000, 50100])
        .describe('Range for passive transfers'),
      masqueradeAddress: z.string().optional().describe('Address told to clients behind NAT'),
      tls: tlsFiles.optional().describe('Certificate for FTPS; without it FTP only'),
      requireTls: z.boolean().default(false).describe('true = refuse plain FTP'),
      accounts: z
        .array(
          z.strictObject({
            user: z
              .string()
              .regex(/^[a-z_][a-z0-9_-]{0,31}$/)
              .describe('Name to log in with'),
            password: z
              .string()
              .min(8)
              .describe('Plain text, best as ${file:/run/secrets/ftp}')
              .meta({ secret: true }),
            source: z.string().describe('Data source of the files this account drops'),
          }),
        )
        .default([])
        .describe('One account, and one folder, for each data source'),
    })
    .prefault({})
    .describe('FTP, FTPS and SFTP, by ProFTPD'),
  api: z
    .strictObject({
      host: z.string().default('::').describe('Address to listen on; :: = all, IPv4 too'),
      port: port.default(8080).describe('0 = any free port (printed at start)'),
      access: z
        .enum(['accounts', 'open'])
        .default('accounts')
        .describe(
          'accounts = who asks must sign in or show a token; open = whoever reaches the port may do everything',
        ),
      metrics: z
        .enum(['open', 'accounts'])
        .default('open')
        .describe('Whether /metrics asks for a token; /healthz and /readyz never do'),
      tls: tlsFiles
        .omit({ clientCa: true })
        .optional()
        .describe('Certificate for HTTPS; without it plain HTTP'),
    })
    .prefault({})
    .describe('Console, API, /metrics, /healthz, /readyz'),
  access: z
    .strictObject({
      sessionIdleMinutes: z
        .int()
        .min(1)
        .max(24 * 60)
        .default(30)
        .describe('A session that is not used for this long ends'),
      sessionHours: z.int().min(1).max(168).default(12).describe('A session ends after this time'),
      passwordCharacters: z.int().min(8).max(64).default(12).describe('Least length of a password'),
      lockAfter: z
        .int()
        .min(3)
        .max(100)
        .default(5)
        .describe('Wrong passwords that close a name for 30 s, and twice as long after each more'),
      oidc: z
        .strictObject({
          issuer: z
            .url()
            .describe('Address of the identity provider, as in its discovery document'),
          clientId: z.string().min(1).describe('What the provider calls this appliance'),
          clientSecret: z
            .string()
            .min(1)
            .describe('Best as ${file:/run/secrets/oidc}')
            .meta({ secret: true }),
          publicUrl: z.url().describe('Address at which browsers reach this console'),
          scope: z.string().default('openid profile email').describe('What is asked for'),
          claim: z
            .string()
            .default('groups')
            .describe('Claim of the ID token that decides the role'),
          roles: z
            .array(
              z.strictObject({
                value: z.string().describe('Value of the claim, or one of its values'),
                role: z
                  .enum(['administrator', 'analyst', 'auditor', 'reader'])
                  .describe('Role it gives'),
                sources: z
                  .array(z.string())
                  .optional()
                  .describe('Data sources it is limited to; default: all'),
              }),
            )
            .default([])
            .describe('The first that fits wins'),
          defaultRole: z
            .enum(['analyst', 'auditor', 'reader'])
            .optional()
            .describe('Role of everybody else; without it they may not sign on'),
        })
        .optional()
        .describe('Sign-on with an identity provider (OpenID Connect)'),
    })
    .prefault({})
    .describe('Accounts, sessions and sign-on'),
  privacy: z
    .strictObject({
      pseudonyms: z
        .enum(['marked', 'all'])
        .default('marked')
        .describe('Sources whose users, devices and addresses are shown as keyed pseudonyms'),
      secondPerson: z
        .boolean()
        .default(false)
        .describe('true = to name a pseudonym, a second person must agree'),
    })
    .prefault({})
    .describe('Who is shown by name'),
  sources: z
    .array(
      z.strictObject({
        name: z.string().min(1).describe('The data source'),
        listener: z
          .enum(['syslog-udp', 'syslog-tcp', 'syslog-tls', 'folder', 'upload'])
          .optional()
          .describe('Only what comes in there'),
        from: cidrs.optional().describe('Senders that belong to it'),
        folder: z.string().optional().describe('Name of a sub-folder of a drop folder'),
        format: z.string().optional().describe('Format id; default: recognised from the lines'),
        zone: z.string().optional().describe('IANA zone of stamps without one; default UTC'),
        pseudonyms: z
          .boolean()
          .optional()
          .describe('true = its users, devices and addresses are shown as keyed pseudonyms'),
      }),
    )
    .default([])
    .describe(
      'Data sources; the first that fits a sender wins, a sender in none becomes a source by its address',
    ),
  defender: defenderSchema,
  spool: z
    .strictObject({
      maxBytes: z
        .int()
        .min(1)
        .default(spoolLimits.totalBytes)
        .describe('Size at which TCP peers are held back and UDP is dropped (and counted)'),
      fsync: z
        .enum(['interval', 'always', 'never'])
        .default('interval')
        .describe(
          'interval = each second (a power cut loses at most that), always = before each write returns, never = left to the kernel. kill -9 loses nothing that was written in any case',
        ),
    })
    .prefault({})
    .describe('Where everything taken is written first, until it is stored'),
  parse: z
    .strictObject({
      workers: z
        .int()
        .min(0)
        .max(64)
        .default(0)
        .describe('Parse threads; 0 = cores - 1, at least 1'),
      definitions: z
        .array(z.string())
        .default([])
        .describe('Folders with parser definitions of your own'),
    })
    .prefault({})
    .describe('Reading lines'),
  store: z
    .strictObject({
      url: z.url().optional().describe('ClickHouse HTTP address; default: embedded'),
      database: z.string().default('gnomon').describe('Database of the tables'),
      username: z.string().default('default').describe('User at url'),
      password: z.string().default('').describe('Password at url').meta({ secret: true }),
      cluster: z
        .string()
        .optional()
        .describe(
          'Name of a cluster of one shard: tables are made on all its replicas (docs/operations.md)',
        ),
      retentionDays: z.int().min(1).max(3650).default(90).describe('Days for which data are kept'),
      maxMemoryBytes: z
        .int()
        .min(200_000_000)
        .default(900_000_000)
        .describe('Memory bound of the embedded store'),
    })
    .prefault({})
    .describe('ClickHouse, within Gnomon or a server of your own'),
  catalog: z
    .strictObject({
      folders: z
        .array(z.string())
        .default([])
        .describe('Folders with catalog files of your own; they win over the shipped ones'),
    })
    .prefault({})
    .describe('Which app a destination is'),
  merge: z
    .strictObject({
      serviceAccounts: z
        .array(z.string().min(1).max(256))
        .default(['svc-*', 'svc_*', '*-svc', '*_svc'])
        .describe(
          'Account names that are no persons, * for any text; accounts of the system and of machines are never persons',
        ),
      directory: z
        .string()
        .optional()
        .describe(
          "CSV export of the directory (Entra's user list, Get-ADUser): which user names are one person",
        ),
    })
    .prefault({})
    .describe("How the network's and the agents' views are joined"),
  publish: publishSchema
    .prefault({})
    .describe(
      'What leaves the box: uploads, records, reports. Nothing does unless it is written here',
    ),
  govern: governSchema
    .prefault({})
    .describe('Blocks, policies, alerts: who is told, and what is never blocked'),
  log: z
    .strictObject({
      level: z
        .enum(['debug', 'info', 'warn', 'error'])
        .default('info')
        .describe('Least of what is told'),
    })
    .prefault({})
    .describe("Gnomon's own log: JSON lines on standard error"),
})

export type Config = z.infer<typeof configSchema>
export type SourceConfig = Config['sources'][number]
