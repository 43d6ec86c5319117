/** `Access` over a store in memory, with a configuration as a user would write it and a clock that is turned by hand. */
import pino from 'pino'
import { Access } from '../../src/access/access.ts'
import { Keys } from '../../src/access/keys.ts'
import { configSchema } from '../../src/config/schema.ts'
import { memoryStore } from './memory-store.ts'
import type { MemoryStore } from './memory-store.ts'

export interface TestAccess {
  access: Access
  store: MemoryStore
  /** Codes the log told. */
  codes: string[]
  clock: { nowMs: number }
}

export const testKeys = new Keys(Buffer.alloc(32, 7))

export function testAccess(
  config: object = {},
  { nowMs = Date.UTC(2026, 8, 25, 14), store = memoryStore() } = {},
): TestAccess {
  const clock = { nowMs }
  const codes: string[] = []
  const log = pino(
    { level: 'warn' },
    {
      write: (line: string) => {
        const { code } = JSON.parse(line) as { code?: string }
        if (code !== undefined) codes.push(code)
      },
    },
  )
  const parsed = configSchema.parse(config)
  const access = Access.withKeys(
    { dataDir: '', store, config: () => parsed, log, now: () => clock.nowMs },
    testKeys,
  )
  return { access, store, codes, clock }
}
