import { defineConfig } from 'vitest/config'

// chdb crashes the process when a worker thread that loaded it exits: forks only.
const shared = { pool: 'forks' as const, testTimeout: 60_000, hookTimeout: 120_000 }
const system = 'test/{e2e,fault}/**/*.test.ts'
/** What other parties speak, played by stand-ins: more waiting than work. */
const contracts = 'test/contract/**/*.test.ts'
/** Folders whose tests open a store, or start the program. */
const stores = 'test/{access,api,bench,commands,govern,merge,publish,store}/**/*.test.ts'

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          maxWorkers: 2,
          include: ['test/**/*.test.ts'],
          exclude: [system, contracts, stores, 'test/e2e/azurite/**'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'store',
          maxWorkers: 2,
          include: [stores],
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'contract',
          maxWorkers: 2,
          include: [contracts],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          retry: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...shared,
          name: 'system',
          include: [system],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // Real programs, ports and browsers, one file at a time, after the unit tests; a busy machine may make one of them late.
          fileParallelism: false,
          retry: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
