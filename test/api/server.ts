/** The API over the fake backend, asked without a socket. */
import pino from 'pino'
import { buildServer } from '../../src/api/api.ts'
import type { ApiOptions } from '../../src/api/api.ts'
import { createMetrics } from '../../src/metrics/metrics.ts'
import { fakeSources } from '../metrics/fake-sources.ts'
import { fakeBackend, nowMs } from './fake-backend.ts'
import type { FakeBackend } from './fake-backend.ts'

export function apiOptions(backend: FakeBackend = fakeBackend()): ApiOptions {
  return {
    host: '127.0.0.1',
    port: 0,
    backend,
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
