/** /metrics parses as the Prometheus text format, its names follow the rule, and totals are those of the status. */
import { expect, test } from 'vitest'
import { apiLimits } from '../../src/limits.ts'
import { metricTable } from '../../src/metrics/metric-table.ts'
import { createMetrics } from '../../src/metrics/metrics.ts'
import { fakeSources } from './fake-sources.ts'

interface Family {
  type: string
  help: string
  samples: { name: string; labels: Record<string, string>; value: number }[]
}

/** A plain reader of https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details; throws at any other line. */
function parse(text: string): Map<string, Family> {
  expect(text.endsWith('\n')).toBe(true)
  const families = new Map<string, Family>()
  let last: Family | undefined
  for (const line of text.split('\n')) {
    if (line === '') continue
    const help = /^# HELP ([a-zA-Z_:][\w:]*) (.*)$/.exec(line)
    const type = /^# TYPE ([a-zA-Z_:][\w:]*) (counter|gauge|histogram|summary|untyped)$/.exec(line)
    const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line)
    if (help !== null) {
      last = { type: '', help: help[2], samples: [] }
      expect(families.has(help[1])).toBe(false)
      families.set(help[1], last)
    } else if (type !== null && last !== undefined) last.type = type[2]
    else if (sample !== null && last !== undefined) {
      const labels: Record<string, string> = {}
      const rest = (sample[2] ?? '').replaceAll(
        /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)",?/g,
        (_, name: string, value: string) => {
          labels[name] = value.replaceAll(/\\(.)/g, (__, c: string) => (c === 'n' ? '\n' : c))
          return ''
        },
      )
      expect(rest).toBe('')
      const value = Number(sample[3].replace('+Inf', 'Infinity'))
      // prom-client writes `Nan` for an event loop that was not measured yet.
      if (!/^nan$/i.test(sample[3])) expect(value, line).not.toBeNaN()
      last.samples.push({ name: sample[1], labels, value })
    } else throw new Error(`no Prometheus text: ${line}`)
  }
  return families
}

const read = async (metrics = createMetrics(fakeSources(), '0.1.0')) => parse(await metrics.text())

test('names follow the rule', async () => {
  for (const [name, { type, help }] of await read()) {
    expect(help).not.toBe('')
    expect(name).toMatch(/^(gnomon|process|nodejs)_[a-z][a-z0-9_]*$/)
    if (!name.startsWith('gnomon_')) continue
    expect(name.endsWith('_total'), `${name} is a ${type}`).toBe(type === 'counter')
    if (type === 'counter') expect(name).toMatch(/^gnomon_[a-z_]+_[a-z]+s_total$/)
  }
})

test('whatever is lost, refused or left out has its reason', () => {
  const losses = /dropped_(lines|bytes)|refused|skipped|unparsed|failed|failures|ended/
  const lossMetrics = metricTable.filter(({ name }) => losses.test(name))
  expect(lossMetrics.length).toBeGreaterThan(6)
  for (const { name, labels } of lossMetrics) expect(labels, name).toContain('reason')
})

test.each([
  ['gnomon_received_lines_total', { listener: 'syslog-udp' }, 69],
  ['gnomon_dropped_lines_total', { listener: 'syslog-udp', reason: 'spool-full' }, 3],
  ['gnomon_dropped_bytes_total', { listener: 'syslog-udp', reason: 'spool-full' }, 900],
  ['gnomon_kernel_dropped_datagrams_total', { listener: 'syslog-udp' }, 8],
  ['gnomon_listener_up', { listener: 'syslog-tls' }, 0],
  ['gnomon_source_clock_offset_seconds', { source: 'hq' }, 7200],
  ['gnomon_source_line_changes', { source: 'files' }, 0],
  ['gnomon_ended_connections_total', { listener: 'syslog-tls', reason: 'ECONNRESET' }, 2],
  ['gnomon_failed_tls_handshakes_total', { reason: 'ERR_SSL_WRONG_VERSION_NUMBER' }, 4],
  ['gnomon_refused_files_total', { listener: 'folder', reason: 'bomb' }, 1],
  ['gnomon_spool_bytes', {}, 5e6],
  ['gnomon_unparsed_lines_total', { reason: 'odd "reason"\\ of\nmine' }, 1],
  ['gnomon_store_lag_seconds', {}, 1.5],
  ['gnomon_build_info', { version: '0.1.0' }, 1],
])('%s%o is %d', async (name, labels, value) => {
  const metrics = createMetrics(fakeSources(), '0.1.0')
  // Twice: a total is not added to itself by being read.
  await read(metrics)
  const samples = (await read(metrics)).get(name)?.samples ?? []
  expect(samples).toContainEqual({ name, labels: expect.objectContaining(labels), value })
})

test('a number that is not known is not there', async () => {
  const families = await read()
  const udpOnly = families.get('gnomon_kernel_dropped_datagrams_total')?.samples ?? []
  expect(udpOnly.map(({ labels }) => labels.listener)).toEqual(['syslog-udp'])
})

test('process metrics are there', async () => {
  const families = await read()
  expect(families.get('process_resident_memory_bytes')?.samples[0].value).toBeGreaterThan(1e6)
})

test('reasons without end become one', async () => {
  const sources = fakeSources()
  const parsed = sources.parse()
  for (let i = 0; i < 500; i++) parsed.unparsed[`reason ${i}`] = 1
  const families = await read(createMetrics({ ...sources, parse: () => parsed }, '0.1.0'))
  const samples = families.get('gnomon_unparsed_lines_total')?.samples ?? []
  expect(samples).toHaveLength(apiLimits.metricReasons + 1)
  expect(samples.reduce((sum, { value }) => sum + value, 0)).toBe(507)
})

test('requests are counted by route', async () => {
  const metrics = createMetrics(fakeSources(), '0.1.0')
  metrics.request({ method: 'GET', route: '/api/v1/apps/:id', status: 200, seconds: 0.01 })
  const samples = (await read(metrics)).get('gnomon_http_request_duration_seconds')?.samples ?? []
  expect(samples).toContainEqual({
    name: 'gnomon_http_request_duration_seconds_count',
    labels: { method: 'GET', route: '/api/v1/apps/:id', status: '200' },
    value: 1,
  })
})
