/** The real appliance as its own process, on free ports of the loopback, over a data folder that can outlive it. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { stringify } from 'yaml'

const program = join(import.meta.dirname, '../../bin/gnomon')

/** Free at this moment; the appliance binds it a little later. */
export function freePort(): Promise<number> {
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

export interface Running {
  child: ChildProcess
  /** All that it wrote so far. */
  output: () => string
  /** Ends it with a signal, and waits until it is gone; gives the exit code, null after SIGKILL. */
  end: (signal: NodeJS.Signals) => Promise<number | null>
}

export class Appliance {
  readonly folder: string
  readonly dataDir: string
  readonly syslogPort: number
  readonly apiPort: number

  private constructor(folder: string, syslogPort: number, apiPort: number) {
    this.folder = folder
    this.dataDir = join(folder, 'data')
    this.syslogPort = syslogPort
    this.apiPort = apiPort
  }

  /** A new data folder and configuration; `more` is laid over the configuration's top keys. Nothing is started. */
  static async prepare(more: object = {}): Promise<Appliance> {
    const folder = await mkdtemp(join(tmpdir(), 'gnomon-e2e-'))
    const appliance = new Appliance(folder, await freePort(), await freePort())
    const door = { host: '127.0.0.1', port: appliance.syslogPort }
    const config = {
      syslog: { udp: door, tcp: door },
      api: { host: '127.0.0.1', port: appliance.apiPort, access: 'open' },
      ...more,
    }
    await writeFile(join(folder, 'gnomon.yaml'), stringify(config))
    return appliance
  }

  /** Starts the process and waits until it is ready, as `isReady` tells. */
  async start(isReady?: () => Promise<boolean>): Promise<Running> {
    const args = ['serve', '--config', join(this.folder, 'gnomon.yaml'), '--data', this.dataDir]
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    const gone = new Promise<number | null>((resolve) => {
      child.once('exit', (code) => resolve(code))
    })
    const end = async (signal: NodeJS.Signals): Promise<number | null> => {
      child.kill(signal)
      return gone
    }
    const running = { child, output: () => output, end }
    await until(`the appliance is ready`, async () => {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${output}`)
      if (isReady !== undefined) return isReady()
      const response = await fetch(`${this.url}/readyz`).catch(() => null)
      return response?.ok === true
    })
    return running
  }

  get url(): string {
    return `http://127.0.0.1:${this.apiPort}`
  }

  /** A JSON answer of the API. */
  async ask<Answer>(path: string, init?: RequestInit): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, init)
    const text = await response.text()
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`)
    return JSON.parse(text) as Answer
  }

  /** A text answer of the API. */
  async text(path: string): Promise<string> {
    const response = await fetch(`${this.url}${path}`)
    if (!response.ok) throw new Error(`${path}: ${response.status}`)
    return response.text()
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** Asks again until it is so; throws after `timeoutMs`. */
export async function until(
  what: string,
  condition: () => Promise<boolean>,
  timeoutMs = 60_000,
): Promise<void> {
  const endMs = Date.now() + timeoutMs
  while (!(await condition())) {
    if (Date.now() > endMs) throw new Error(`not within ${timeoutMs} ms: ${what}`)
    await delay(100)
  }
}
