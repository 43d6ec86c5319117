/** App discovery policies: which apps on which day are worth an alert, and what is done then. The shape that the API takes and keeps. */
import { z } from 'zod'
import { categories } from '../catalog/schema.ts'
import { governLimits } from '../limits.ts'

const text = z.string().trim().min(1).max(governLimits.textCharacters)
const count = z.int().min(0)

export const severities = ['low', 'medium', 'high'] as const
export type Severity = (typeof severities)[number]

/** Every one given must be exceeded, on the same day (UTC). */
export const thresholdSchema = z.strictObject({
  users: count.optional(),
  addresses: count.optional(),
  devices: count.optional(),
  transactions: count.optional(),
  bytesTotal: count.optional(),
  bytesUp: count.optional(),
  bytesDown: count.optional(),
})

export const policySchema = z.strictObject({
  name: text.max(200),
  description: z.string().max(2000).default(''),
  enabled: z.boolean().default(true),
  severity: z.enum(severities).default('medium'),
  template: z.string().max(60).nullable().default(null).describe('Template it was made of'),
  apps: z.array(z.string().max(100)).max(1000).default([]).describe('Ids of apps; empty = all'),
  tags: z
    .array(z.string().max(64))
    .max(100)
    .default([])
    .describe('With one of these tags; empty = any'),
  withoutTags: z
    .array(z.string().max(64))
    .max(100)
    .default([])
    .describe('… and with none of these'),
  categories: z.array(z.enum(categories)).default([]).describe('Empty = all'),
  scoreMin: z
    .number()
    .min(0)
    .max(10)
    .nullable()
    .default(null)
    .describe('Score at least; unrated apps do not match'),
  scoreBelow: z
    .number()
    .min(0)
    .max(11)
    .nullable()
    .default(null)
    .describe('Score below; unrated apps do not match'),
  lacking: z
    .array(z.string().max(60))
    .max(100)
    .default([])
    .describe('Risk factors none of which is known to be fulfilled, e.g. soc-2'),
  sources: z.array(text).max(1000).default([]).describe('Data sources; empty = all together'),
  groups: z.array(text).max(100).default([]).describe('Only users of these groups; empty = all'),
  newDays: z
    .int()
    .min(0)
    .max(365)
    .default(0)
    .describe('Only apps not seen in so many days before; 0 = all apps'),
  threshold: thresholdSchema.default({}),
  repeatDays: z
    .int()
    .min(1)
    .max(365)
    .default(90)
    .describe('One alert for each app in so many days'),
  alertsPerDay: z.int().min(1).max(1000).default(governLimits.alertsPerDay),
  tag: z.string().max(64).nullable().default(null).describe('Tag the app gets'),
  notify: z
    .array(z.enum(['mail', 'webhook', 'syslog']))
    .default(['mail', 'webhook', 'syslog'])
    .describe('Ways that govern configures; one that is not configured is passed over'),
})
export type Policy = z.output<typeof policySchema>

/** The same without defaults: what is not said is taken from elsewhere. */
export const policyPartSchema = z.strictObject(
  Object.fromEntries(
    Object.entries(policySchema.shape).map(([name, field]) => [
      name,
      (field instanceof z.ZodDefault ? (field.unwrap() as z.ZodType) : field).optional(),
    ]),
  ),
)

const MB = 1_000_000
const compliance = ['isae-3402', 'pci-dss', 'soc-2', 'ssae-16']
const inCategory = (id: string, name: string, category: (typeof categories)[number]) => ({
  id,
  policy: {
    name,
    categories: [category],
    threshold: { users: 50, bytesTotal: 50 * MB },
  },
})

/** The reference product's templates (policy-template-reference), all for newly discovered apps, and two of ours. */
export const policyTemplates: readonly { id: string; policy: z.input<typeof policySchema> }[] = [
  { id: 'new-popular-app', policy: { name: 'New popular app', threshold: { users: 500 } } },
  {
    id: 'new-high-volume-app',
    policy: { name: 'New high volume app', threshold: { bytesTotal: 500 * MB } },
  },
  {
    id: 'new-high-upload-volume-app',
    policy: { name: 'New high upload volume app', threshold: { bytesUp: 500 * MB } },
  },
  {
    id: 'new-risky-app',
    policy: {
      name: 'New risky app',
      severity: 'high' as const,
      scoreBelow: 6,
      threshold: { users: 50, bytesTotal: 50 * MB },
    },
  },
  inCategory('new-cloud-storage-app', 'New cloud storage app', 'Cloud storage'),
  inCategory('new-code-hosting-app', 'New code hosting app', 'Code hosting'),
  inCategory('new-collaboration-app', 'New collaboration app', 'Collaboration'),
  inCategory('new-crm-app', 'New CRM app', 'CRM'),
  inCategory(
    'new-hr-management-app',
    'New human-resource management app',
    'Human-resource management',
  ),
  inCategory('new-online-meeting-app', 'New online meeting app', 'Online meetings'),
  inCategory('new-sales-app', 'New sales app', 'Sales'),
  inCategory(
    'new-vendor-management-app',
    'New vendor management system app',
    'Vendor management system',
  ),
  {
    id: 'cloud-storage-compliance',
    policy: {
      ...inCategory('', 'Cloud storage app compliance check', 'Cloud storage').policy,
      lacking: compliance,
    },
  },
  {
    id: 'collaboration-compliance',
    policy: {
      ...inCategory('', 'Collaboration app compliance check', 'Collaboration').policy,
      lacking: ['soc-2', 'ssae-16'],
    },
  },
  {
    id: 'crm-compliance',
    policy: {
      ...inCategory('', 'CRM app compliance check', 'CRM').policy,
      lacking: ['hipaa', 'isae-3402', 'iso-27001', 'soc-2', 'ssae-16'],
    },
  },
  { id: 'new-app', policy: { name: 'New app', severity: 'low' as const } },
  {
    id: 'new-generative-ai-app',
    policy: {
      name: 'New generative AI app',
      categories: [
        'Generative AI' as const,
        'AI - Model Provider' as const,
        'AI - MCP Server' as const,
      ],
    },
  },
].map(({ id, policy }) => ({
  id,
  policy: { newDays: 90, ...policy, template: id } satisfies z.input<typeof policySchema>,
}))

/** A policy made of a template; null = there is no such template. */
export function policyOf(template: string): Policy | null {
  const found = policyTemplates.find(({ id }) => id === template)
  return found === undefined ? null : policySchema.parse(found.policy)
}

/** What a policy is held against: one app on one day, as far as the policy's sources and groups see it. */
export interface AppDay {
  appId: string
  category: string
  score: number | null
  users: number
  addresses: number
  devices: number
  transactions: number
  bytesTotal: number | null
  bytesUp: number | null
  bytesDown: number | null
}

export interface AppKnowledge {
  tags: readonly string[]
  /** true, false, or null = unknown. */
  factor: (id: string) => boolean | null
}

/** Whether the app is one that the policy is about. */
export function concerns(policy: Policy, app: AppDay, known: AppKnowledge): boolean {
  const { score } = app
  if (policy.apps.length > 0 && !policy.apps.includes(app.appId)) return false
  if (policy.categories.length > 0 && !(policy.categories as string[]).includes(app.category))
    return false
  if (policy.scoreMin !== null && (score === null || score < policy.scoreMin)) return false
  if (policy.scoreBelow !== null && (score === null || score >= policy.scoreBelow)) return false
  if (policy.tags.length > 0 && !policy.tags.some((tag) => known.tags.includes(tag))) return false
  if (policy.withoutTags.some((tag) => known.tags.includes(tag))) return false
  return !policy.lacking.some((id) => known.factor(id) === true)
}

/** Whether every threshold is exceeded. Unknown bytes exceed none. */
export function exceeds({ threshold }: Policy, app: AppDay): boolean {
  return Object.entries(threshold).every(([name, bound]) => {
    const value = app[name as keyof z.output<typeof thresholdSchema>]
    return bound === undefined || (value !== null && value > bound)
  })
}
