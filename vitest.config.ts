import { defineConfig } from 'vitest/config'

// chdb crashes the process when a worker thread that loaded it exits: forks only.
const shared = { pool: 'forks' as const, testTimeout: 60_000, hookTimeout: 120_000 }

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          maxWorkers: 2,
          include: ['test/**/*.test.ts'],
          exclude: ['test/contract/**', 'test/e2e/**', 'test/fault/**'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'system',
          include: ['test/{contract,e2e,fault}/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // Real programs, ports and browsers, one file at a time, after the unit tests; a busy machine may make one of them late.
          fileParallelism: false,
          retry: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
