/** The whole path, as a customer has it: a sender process, the appliance's process, its ledger as the judge. */
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Sent } from './senders.ts'
import { cpuSecondsOf } from './process-cpu.ts'

export interface PathFigure extends Sent {
  /** Lines in the store, by the ledger. */
  stored: number
  /** Lines the ledger says were dropped, by the kernel or by us. */
  dropped: number
  /** From the first byte to the last line in the store. */
  storedSeconds: number
  peakBytes: number
  /** CPU time of the appliance for them, in all its threads. */
  cpuSeconds: number
}

const program = join(import.meta.dirname, '../../bin/gnomon')
const sender = join(import.meta.dirname, 'senders.ts')

export interface Appliance {
  child: ChildProcess
  syslogPort: number
  base: string
}

/** Starts the appliance on free ports of the loopback with its data in `folder`. */
export async function startAppliance(folder: string): Promise<Appliance> {
  const [syslogPort, apiPort] = [await freePort(), await freePort()]
  const config = join(folder, 'bench.yaml')
  const door = `{ host: 127.0.0.1, port: ${syslogPort} }`
  writeFileSync(
    config,
    `syslog: { udp: ${door}, tcp: ${door} }\napi: { host: 127.0.0.1, port: ${apiPort}, access: open }\nlog: { level: error }\n`,
  )
  const child = spawn(program, ['serve', '--config', config, '--data', join(folder, 'data')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const base = `http://127.0.0.1:${apiPort}`
  for (let tries = 0; tries < 600; tries++) {
    if (child.exitCode !== null) break
    const ready = await fetch(`${base}/readyz`).catch(() => null)
    if (ready?.ok === true) return { child, syslogPort, base }
    await delay(100)
  }
  throw new Error('the appliance did not start')
}

export async function stopAppliance({ child }: Appliance): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await gone
}

/** Sends for `seconds`, then waits until the ledger has settled. */
export async function benchPath(
  appliance: Appliance,
  file: string,
  how: { kind: 'tcp'; seconds: number } | { kind: 'udp'; seconds: number; rate: number },
): Promise<PathFigure> {
  const before = await ledger(appliance.base)
  const args = [how.kind, String(appliance.syslogPort), file, String(how.seconds)]
  if (how.kind === 'udp') args.push(String(how.rate))
  const cpuBefore = cpuSecondsOf(appliance.child.pid ?? 0)
  const startMs = performance.now()
  const { stdout } = await promisify(execFile)(process.execPath, [sender, ...args])
  const sent = JSON.parse(stdout) as Sent
  const after = await settled(appliance.base, before.received + sent.lines)
  return {
    ...sent,
    stored: after.received - before.received,
    dropped: after.dropped - before.dropped,
    storedSeconds: (after.atMs - startMs) / 1000,
    peakBytes: peakOf(appliance.child),
    cpuSeconds: cpuSecondsOf(appliance.child.pid ?? 0) - cpuBefore,
  }
}

interface Counts {
  received: number
  dropped: number
  atMs: number
}

async function ledger(base: string): Promise<Counts> {
  const response = await fetch(`${base}/api/v1/ledger`)
  const { rows } = (await response.json()) as {
    rows: Record<'transactions' | 'skipped' | 'unparsed' | 'dropped', { lines: number }>[]
  }
  const counts = { received: 0, dropped: 0, atMs: performance.now() }
  for (const { transactions, skipped, unparsed, dropped } of rows) {
    counts.received += transactions.lines + skipped.lines + unparsed.lines
    counts.dropped += dropped.lines
  }
  return counts
}

/** All lines are there, or none came for thirty seconds. The time is that of the last change. */
async function settled(base: string, wanted: number): Promise<Counts> {
  let last = await ledger(base)
  for (;;) {
    if (last.received >= wanted) return last
    await delay(250)
    const next = await ledger(base)
    if (next.received !== last.received || next.dropped !== last.dropped) last = next
    else if (next.atMs - last.atMs > 30_000) return last
  }
}

/** What the appliance counts under a metric's name. */
export async function metricOf({ base }: Appliance, name: string): Promise<number> {
  const text = await (await fetch(`${base}/metrics`)).text()
  return Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1] ?? NaN)
}

/** Highest resident memory of the process so far (Linux). */
function peakOf(child: ChildProcess): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}
