/** What the playground asks its thread, and what that says. Plain data: it is cloned. */
import type { Definition } from './definition.ts'
import type { Outcome } from './transaction.ts'

export interface TryOrder {
  /** Those that `format` chooses from. */
  definitions: readonly Definition[]
  /** A definition's text; it alone is used. null = by `format`. */
  definition: string | null
  /** Format id, or auto. */
  format: string
  zone: string | null
  receivedAtMs: number
  lines: string
}

export interface TryResult {
  rows: Outcome[]
  format: string | null
  confidence: number
  reason: string
}

export type TryAnswer =
  | { kind: 'done'; result: TryResult }
  /** `code`: of an operating error, null = a bug of ours. */
  | { kind: 'failed'; code: string | null; message: string }
