/**
 * What /metrics tells, in the Prometheus text format (https://prometheus.io/docs/instrumenting/exposition_formats/).
 * Components count for themselves; their plain status objects are read when somebody asks.
 */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import { metricTable } from './metric-table.ts'
import type { MetricSources } from './metric-table.ts'

export interface Metrics {
  readonly contentType: string
  text(): Promise<string>
  /** Counts a request of the console or API. `route` is its pattern, never the path asked. */
  request(request: { method: string; route: string; status: number; seconds: number }): void
}

/** Makes a registry of its own; nothing is read before `text`. */
export function createMetrics(sources: MetricSources, version: string): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const metric of metricTable) {
    const { name, help, labels } = metric
    const options = { name, help, labelNames: [...labels], registers: [] }
    if (metric.type === 'counter') {
      // prom-client's counters only add: a status is a total, so each reading begins at zero.
      const counter = new Counter({
        ...options,
        collect() {
          this.reset()
          for (const sample of metric.read(sources)) this.inc(sample.labels, sample.value)
        },
      })
      registry.registerMetric(counter)
    } else {
      const gauge = new Gauge({
        ...options,
        collect() {
          this.reset()
          for (const sample of metric.read(sources)) this.set(sample.labels, sample.value)
        },
      })
      registry.registerMetric(gauge)
    }
  }
  const build = new Gauge({
    name: 'gnomon_build_info',
    help: 'Always 1; the version is a label',
    labelNames: ['version'],
    registers: [registry],
  })
  build.set({ version }, 1)
  const requests = new Histogram({
    name: 'gnomon_http_request_duration_seconds',
    help: 'Requests of console and API',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.025, 0.1, 0.5, 2.5, 10],
    registers: [registry],
  })
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    request({ method, route, status, seconds }) {
      requests.observe({ method, route, status: String(status) }, seconds)
    },
  }
}
