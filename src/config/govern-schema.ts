/** Blocks, policies and alerts: what is never blocked, Defender's indicators, who is told. A part of config/schema.ts. */
import { z } from 'zod'
import { governLimits } from '../limits.ts'
import { credentialFor } from './credential-schema.ts'

const indicators = z.strictObject({
  url: z
    .url()
    .default('https://api.securitycenter.microsoft.com')
    .describe('API of Defender for Endpoint; another one for national clouds'),
  credential: credentialFor(
    'https://api.securitycenter.microsoft.com/.default',
    'The resource the token is for; its application needs Ti.ReadWrite.All',
  ),
  proxy: z.url().optional().describe('Outbound proxy, e.g. http://proxy.example.com:3128'),
  caBundle: z
    .string()
    .optional()
    .describe('PEM file with authorities to trust besides the usual ones'),
  mark: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{2,40}$/)
    .default('Gnomon')
    .describe(
      'What ours are called (application); only indicators with it are ever changed or removed',
    ),
  unsanctioned: z
    .enum(['Block', 'BlockAndRemediate', 'Warn', 'Audit'])
    .default('Block')
    .describe('Action for unsanctioned apps'),
  monitored: z
    .enum(['Warn', 'Audit', 'none'])
    .default('Warn')
    .describe('Action for monitored apps; none = no indicators for them'),
  severity: z
    .enum(['Informational', 'Low', 'Medium', 'High'])
    .default('Informational')
    .describe('Of all our indicators; Informational is needed for educateUrl'),
  generateAlert: z
    .boolean()
    .default(true)
    .describe('An alert in Defender for each access; Audit needs it'),
  educateUrl: z.url().optional().describe('Page shown to who was blocked or warned'),
  deviceGroups: z
    .array(z.string().min(1))
    .default([])
    .describe('Device groups (rbacGroupNames) they hold for; empty = all'),
  days: z
    .int()
    .min(0)
    .max(3650)
    .default(0)
    .describe('Days after which ours end if Gnomon does not renew them; 0 = never'),
  budget: z
    .int()
    .min(1)
    .max(governLimits.indicatorsPerTenant)
    .default(governLimits.indicatorsPerTenant)
    .describe(
      'Active indicators of the tenant, those of others counted, beyond which none are added',
    ),
  everyMinutes: z.int().min(5).max(1440).default(60).describe('How often both sides are compared'),
})

const webhook = z.strictObject({
  url: z.url().describe('Takes alerts as POST of JSON'),
  secret: z
    .string()
    .min(16)
    .describe('Key of the signature (HMAC-SHA256, https://www.standardwebhooks.com)')
    .meta({ secret: true }),
  proxy: z.url().optional().describe('Outbound proxy'),
  caBundle: z.string().optional().describe('PEM file with authorities to trust'),
})

export const governSchema = z.strictObject({
  keep: z
    .array(z.string().regex(/^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/))
    .default([])
    .describe('Names that no block list may hold, nor a name above them: your own portals'),
  indicators: indicators
    .optional()
    .describe('Blocks through Defender for Endpoint; none without it'),
  mailTo: z
    .array(z.email())
    .default([])
    .describe('Who gets alerts by mail (publish.mail sends it)'),
  webhook: webhook.optional().describe('Alerts to a program of yours'),
  syslog: z
    .strictObject({
      host: z.string().describe('SIEM'),
      port: z.int().min(1).max(65535).default(514).describe('Its port'),
      transport: z
        .enum(['udp', 'tcp'])
        .default('udp')
        .describe('RFC 5426, or RFC 6587 octet counted'),
    })
    .optional()
    .describe('Alerts as CEF over syslog'),
  handOver: z
    .strictObject({
      folder: z.string().describe('Where scripts are written'),
      formats: z.array(z.string()).min(1).describe('Formats, see gnomon block-script --list'),
    })
    .optional()
    .describe(
      'Block scripts written to a folder whenever an app becomes unsanctioned, or is so no longer',
    ),
  silentSources: z
    .boolean()
    .default(true)
    .describe('An alert for a source that is silent against its own rhythm'),
})

export type GovernConfig = z.infer<typeof governSchema>
export type IndicatorsConfig = NonNullable<GovernConfig['indicators']>
