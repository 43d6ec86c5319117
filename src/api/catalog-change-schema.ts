/** What another catalog changed. */
import { z } from 'zod'

export const changeSchema = z
  .object({
    from: z.string(),
    to: z.string(),
    hosts: z.int().describe('Destinations looked at'),
    moved: z.int(),
    moves: z.array(
      z.object({
        from: z.string().nullable(),
        to: z.string().nullable(),
        infrastructure: z.boolean(),
        hosts: z.int(),
        examples: z.array(z.string()),
      }),
    ),
    scores: z.int().describe('Apps whose score is another now'),
    words: z.string().describe('e.g. 312 hosts became Dropbox'),
  })
  .meta({ id: 'CatalogChange' })
