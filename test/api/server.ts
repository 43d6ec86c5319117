/** The API over the fake backend, asked without a socket. */
import pino from 'pino'
import { buildServer } from '../../src/api/api.ts'
import type { ApiOptions } from '../../src/api/api.ts'
import type { Access } from '../../src/access/access.ts'
import { createMetrics } from '../../src/metrics/metrics.ts'
import { memoryStore } from '../access/memory-store.ts'
import { testAccess } from '../access/test-access.ts'
import { fakeSources } from '../metrics/fake-sources.ts'
import { fakeBackend, nowMs } from './fake-backend.ts'
import type { FakeBackend } from './fake-backend.ts'

/** Everybody may do everything, unless another `access` is given. */
export function apiOptions(
  backend: FakeBackend = fakeBackend(),
  access: Access = testAccess({ api: { access: 'open' } }).access,
): ApiOptions {
  return {
    host: '127.0.0.1',
    port: 0,
    backend,
    access,
    store: memoryStore(),
    metrics: createMetrics(fakeSources(), '0.1.0'),
    log: pino({ level: 'silent' }),
    now: () => nowMs,
    version: '0.1.0',
  }
}

export async function testServer() {
  const backend = fakeBackend()
  const { app, uploads } = await buildServer(apiOptions(backend))
  return { app, backend, uploads }
}
