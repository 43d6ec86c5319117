/** The shape of the catalog's files: what a person writes, checked before anything is built from it. */
import { RE2JS } from 're2js'
import { z } from 'zod'
import { isAddressRange } from './addresses.ts'
import { isPlainName } from './normalise.ts'

/**
 * The reference product's category names (Microsoft's documentation lists them as "SAASDB_CATEGORY_…"), so that reports of both
 * can be laid side by side. `Consumer`, `Media`, `Time tracking`, `Unclassified` and the two of `AI -` are known to its API only.
 */
export const categories = [
  'Accounting and finance',
  'Advertising',
  'AI - MCP Server',
  'AI - Model Provider',
  'Business intelligence',
  'Business management',
  'Cloud computing platform',
  'Cloud storage',
  'Code hosting',
  'Collaboration',
  'Communications',
  'Consumer',
  'Content management',
  'Content sharing',
  'CRM',
  'Customer support',
  'Data analytics',
  'Development tools',
  'E-commerce',
  'Education',
  'Forums',
  'Generative AI',
  'Health',
  'Hosting services',
  'Human-resource management',
  'Internet of Things',
  'IT services',
  'Marketing',
  'Media',
  'News and entertainment',
  'Online meetings',
  'Operations management',
  'Personal instant messaging',
  'Product design',
  'Productivity',
  'Project management',
  'Property management',
  'Sales',
  'Security',
  'Social network',
  'Supply chain and logistics',
  'Time tracking',
  'Transportation and travel',
  'Unclassified',
  'Vendor management system',
  'Web analytics',
  'Webmail',
  'Website monitoring',
] as const

/** What infrastructure is for. */
export const infrastructureKinds = [
  'advertising',
  'captive-portal',
  'cdn',
  'certificates',
  'cloud-endpoint',
  'dns',
  'internal',
  'object-storage',
  'telemetry',
  'time',
  'updates',
  'web-service',
] as const

export type InfrastructureKind = (typeof infrastructureKinds)[number]

const name = z
  .string()
  .refine(isPlainName, 'not a host name; write it in lower case without port, IDN as xn--…')

function compiles(expression: string): boolean {
  try {
    RE2JS.compile(expression)
    return true
  } catch {
    return false // the refinement below says so, with file and entry
  }
}

const places = {
  domains: z.array(name).default([]).describe('The name itself and every name below it'),
  hosts: z.array(name).default([]).describe('Exactly this name, nothing below it'),
  wholeDomains: z
    .array(name)
    .default([])
    .describe('A registrable domain whole, but only for names that nothing more precise fits'),
  patterns: z
    .array(
      z.strictObject({
        under: name.describe('Domain the names stand below'),
        match: z
          .string()
          .max(200)
          .refine(compiles, 'not an RE2 expression')
          .describe('RE2 expression for the whole text left of `.<under>`'),
      }),
    )
    .default([])
    .describe('Only where suffixes cannot say it'),
  hints: z
    .array(z.string().min(2).max(100))
    .default([])
    .describe("Vendors' own names of it, e.g. Palo Alto App-ID `slack-base`, FortiGate `Dropbox`"),
  ranges: z
    .array(z.string().refine(isAddressRange, 'not a network in CIDR notation'))
    .default([])
    .describe('Networks the vendor owns; looked at only when no host is known'),
} as const

const appSchema = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'not kebab-case')
    .max(80),
  name: z.string().min(1).max(80),
  vendor: z.string().min(1).max(80).nullable().default(null),
  category: z.enum(categories).optional().describe('Default: the category of the file'),
  score: z.number().min(0).max(10).nullable().default(null).describe('null = not rated'),
  headquarters: z
    .string()
    .regex(/^[A-Z]{2}$/, 'not an ISO 3166-1 country code')
    .nullable()
    .default(null)
    .describe('Country of the vendor, ISO 3166-1; null = unknown'),
  audience: z
    .enum(['consumer', 'business', 'both'])
    .nullable()
    .default(null)
    .describe('Who it is sold to; null = unknown'),
  description: z.string().min(1).max(160).nullable().default(null).describe('One line: what it is'),
  owner: z
    .string()
    .min(1)
    .max(120)
    .nullable()
    .default(null)
    .describe('Business unit or person that answers for it; for own apps'),
  note: z.string().min(1).max(500).nullable().default(null).describe('For own apps'),
  ...places,
})

const infrastructureSchema = z.strictObject({
  name: z.string().min(1).max(80),
  kind: z.enum(infrastructureKinds),
  ...places,
})

const additionSchema = z.strictObject({
  app: z.string().max(80).describe('Id of an app of this or an earlier folder'),
  ...places,
})

/** One catalog file. */
export const catalogFileSchema = z.strictObject({
  category: z.enum(categories).optional().describe('Category of all apps of this file'),
  apps: z.array(appSchema).default([]),
  infrastructure: z.array(infrastructureSchema).default([]),
  additions: z
    .array(additionSchema)
    .default([])
    .describe(
      'Places added to apps that stand elsewhere; weaker than the entries of the same folder',
    ),
})

/** An app of one's own as the API takes it: its id stands in the path. */
export const ownAppSchema = appSchema.omit({ id: true }).extend({ category: z.enum(categories) })

export type AppEntry = z.infer<typeof appSchema>
export type AdditionEntry = z.infer<typeof additionSchema>
export type InfrastructureEntry = z.infer<typeof infrastructureSchema>
export type CatalogFile = z.infer<typeof catalogFileSchema>
