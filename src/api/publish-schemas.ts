/** Shapes of what leaves the box: state, files on their way, receipts. */
import { z } from 'zod'
import { jobStates } from '../publish/outbox.ts'

const verdict = z.object({
  stream: z.string(),
  files: z.int().nullable().describe('Files the tenant has read; null = it has no such stream'),
  failed: z.int().nullable(),
  asked: z.string(),
})
export const publishStatusSchema = z.object({
  uploads: z.array(
    z.object({
      name: z.string(),
      waiting: z.int().describe('Files in the outbox'),
      lastMade: z.string().nullable(),
      lastReason: z.enum(['size', 'time', 'schedule', 'asked']).nullable(),
      trouble: z.string().nullable().describe('Why it does not get on'),
    }),
  ),
  waitingFiles: z.int(),
  waitingBytes: z.int(),
  putAside: z.int().describe('Refused or uncertain: they need a person'),
  receipted: z.int(),
  refused: z.int(),
  uncertain: z.int(),
  receiptedBytes: z.int(),
  receiptedRows: z.int(),
  retries: z.int(),
  verdicts: z.array(verdict),
  records: z.array(
    z.object({
      name: z.string(),
      delivered: z.int(),
      waitingFiles: z.int(),
      retries: z.int(),
      trouble: z.string().nullable(),
    }),
  ),
  reports: z.object({
    made: z.int(),
    mailed: z.int(),
    failed: z.int(),
    trouble: z.string().nullable(),
  }),
})

export const publishFileSchema = z.object({
  id: z.string(),
  upload: z.string(),
  tenant: z.string(),
  stream: z.string(),
  snapshot: z.boolean(),
  format: z.string(),
  content: z.string(),
  fileName: z.string(),
  rows: z.int(),
  bytes: z.int(),
  sha256: z.string(),
  from: z.string().nullable(),
  to: z.string().nullable(),
  made: z.string(),
  state: z.enum(jobStates),
  tries: z.int(),
  addresses: z.int(),
  steps: z.array(z.object({ at: z.string(), step: z.string(), answer: z.string() })),
  trouble: z.string().nullable(),
})
export const receiptSchema = publishFileSchema.extend({ state: z.string(), closed: z.string() })
