/** Shapes that many answers share. */
import { z } from 'zod'

/** A whole number that is never negative. */
export const count = z.int().min(0)
/** UTC, ISO 8601. Any text on its way out: what the store says is not ours to refuse. */
export const time = z.string().meta({ format: 'date-time' })
/** Share of transactions, 0..1; null without transactions. */
export const share = z.number().min(0).max(1).nullable()

/** What the devices of a format must be told. */
export const formatHelpSchema = z
  .object({
    format: z.string(),
    enable: z.string().describe('Commands, as the vendor writes them'),
    blind: z.string().nullable().describe('What stays unknown without them'),
  })
  .meta({ id: 'FormatHelp' })
