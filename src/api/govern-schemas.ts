/** Shapes of what governing answers and takes. */
import { z } from 'zod'
import { scriptModes } from '../govern/scripts.ts'
import { governLimits } from '../limits.ts'

export const shortText = z.string().trim().min(1).max(governLimits.textCharacters)
export const id = z.string().min(1).max(100)
export const instant = z.iso.datetime({ offset: true })
export const stamp = z.string().describe('ISO 8601')

export const tagName = z
  .string()
  .trim()
  .min(1)
  .max(64)
  .regex(/^[^\p{C}]+$/u, 'no control characters')
  .describe('sanctioned, unsanctioned, monitored, or a tag of your own')

export const tagSchema = z.object({
  appId: z.string(),
  app: z.string().nullable().describe('null = not in the catalog any more'),
  tag: z.string(),
  actor: z.string(),
  reason: z.string(),
  expires: stamp.nullable(),
  at: stamp,
})
export const tagEventSchema = tagSchema.extend({
  active: z.boolean().describe('false = taken away'),
  change: z.string().describe('Rows of one change; see undoTagChange'),
})
export const tagBodySchema = z.strictObject({
  apps: z.array(id).min(1).max(governLimits.appsPerChange).describe('Ids of apps'),
  tag: tagName,
  active: z.boolean().default(true).describe('false = take it away'),
  reason: z.string().trim().max(governLimits.textCharacters).default(''),
  expires: instant.optional().describe('When it ends by itself'),
})
export const changeSchema = z.object({ change: z.string().describe('Its id, for undoing') })

export const formatSchema = z.object({
  id: z.string(),
  number: z.int().nullable().describe("Defender for Cloud Apps' number"),
  vendor: z.string(),
  product: z.string(),
  release: z.string().describe('Whose manual it follows'),
  documentation: z.string(),
  use: z.string().describe('What to do with it'),
  coverage: z
    .enum(['all-below', 'named-only'])
    .describe('named-only = the device knows no wildcard: only names that are listed'),
  change: z.boolean().describe('A script of changes is possible; else the whole file is given'),
})

export const leftOutSchema = z.object({
  appId: z.string(),
  app: z.string(),
  name: z.string(),
  reason: z.string(),
  shares: z.array(z.string()).describe('Sanctioned apps that need it'),
})

export const blockNameSchema = z.object({
  name: z.string(),
  below: z.boolean().describe('And all names below'),
  appId: z.string(),
  app: z.string(),
})

export const blockListSchema = z.object({
  names: z.array(blockNameSchema),
  leftOut: z.array(leftOutSchema),
  apps: z.array(z.string()),
})

export const scriptMode = z
  .enum(scriptModes)
  .default('full')
  .describe('full, remove (what takes it away), diff (against the last given out)')
export const scriptSchema = z.object({
  format: z.string(),
  mode: z.enum(scriptModes),
  fileName: z.string(),
  text: z.string(),
  names: z.int(),
  apps: z.int(),
  added: z.array(z.string()),
  removed: z.array(z.string()),
  leftOut: z.array(leftOutSchema),
  lastAt: stamp.nullable().describe('When one of this format was last given out'),
  lastActor: z.string().nullable(),
})
