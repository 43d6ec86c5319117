/** `gnomon demo`: the appliance on free ports with a throw-away store, fed through its real doors with made-up traffic. */
import { createSocket } from 'node:dgram'
import { mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { parseArgs } from 'node:util'
import { configSchema } from '../config/schema.ts'
import { startDaemon } from '../daemon.ts'
import type { Daemon } from '../daemon.ts'
import { causeOf } from '../errors.ts'
import { Traffic } from '../generate/traffic.ts'
import type { Session } from '../generate/traffic.ts'
import {
  blueCoat,
  blueCoatHeader,
  checkPoint,
  fortigate,
  panTraffic,
  panUrl,
  zscaler,
} from '../generate/log-lines.ts'
import { createLog } from '../lib/log.ts'
import { reportSchema } from '../api/report-schemas.ts'
import { renderTerminal } from '../report/terminal.ts'
import { ask } from './client.ts'
import type { Command, CommandIo } from './command.ts'
import { write } from './command.ts'

const help = `gnomon demo [--once] [--out DIR] [--lines N]

Starts the appliance on free ports with a store of its own and fills it with a week of made-up traffic: what is past as dropped files and
an upload, the last half hour by syslog over UDP, TCP and TLS, the bundled samples as a snapshot. Then it tells where to look, and its
devices go on sending. Ctrl-C ends it and removes its data.

  --once   end when the report is written
  --out    folder for the report (default gnomon-demo)
  --lines  lines for each door (default 20000)

  gnomon demo
`

const dayMs = 86_400_000
/** What is younger comes by syslog, as it would from a device: a clock is judged by it. */
const liveMs = 30 * 60_000
/** Sessions that each syslog door gets of that time, and then in each second. */
const recentSessions = 240
const sessionsPerSecond = 2
const samplesFolder = join(import.meta.dirname, '../../samples')

interface Options {
  once: boolean
  out: string
  lines: number
}

async function run(args: string[], io: CommandIo): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      once: { type: 'boolean', default: false },
      out: { type: 'string', default: 'gnomon-demo' },
      lines: { type: 'string', default: '20000' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  const lines = Number(values.lines)
  if (values.help === true) return (await write(io.stdout, help), 0)
  if (!Number.isInteger(lines) || lines < 1 || lines > 1_000_000)
    return (await write(io.stderr, 'gnomon demo: --lines is a number from 1 to 1000000\n'), 2)
  const folder = await mkdtemp(join(tmpdir(), 'gnomon-demo-'))
  const asked = Promise.withResolvers<number>()
  const ended = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => asked.resolve(0))
  try {
    const daemon = await startIn(folder, (error) => {
      process.stderr.write(`gnomon demo: the appliance ended: ${causeOf(error)}\n`)
      asked.resolve(1)
    })
    try {
      const told = tellReport(daemon, folder, { ...values, lines }, io)
      const code = await Promise.race([told.then(() => null), asked.promise])
      if (code !== null || values.once) return code ?? 0
      await write(io.stdout, 'Ctrl-C ends the demo and removes its data.\n')
      // a door that closes while the demo ends is no news
      goOn(daemon, ended.signal).catch(() => undefined)
      return await asked.promise
    } finally {
      ended.abort()
      await daemon.stop()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The appliance with a certificate of its own, all ports free ones of the loopback. */
async function startIn(folder: string, onFatal: (error: unknown) => void): Promise<Daemon> {
  const { generate } = await import('selfsigned')
  const pems = await generate([{ name: 'commonName', value: 'gnomon-demo' }], { keyType: 'ec' })
  const tls = { certificate: join(folder, 'certificate.pem'), key: join(folder, 'key.pem') }
  await writeFile(tls.certificate, pems.cert)
  await writeFile(tls.key, pems.private, { mode: 0o600 })
  const door = { host: '127.0.0.1', port: 0 }
  const config = configSchema.parse({
    syslog: { udp: door, tcp: door, tls: { ...door, tls } },
    ftp: { enabled: 'no' },
    // made-up data, and this machine only
    api: { ...door, access: 'open' },
    sources: [
      { name: 'branch-firewall', listener: 'syslog-udp' },
      { name: 'hq-firewall', listener: 'syslog-tcp' },
      { name: 'cloud-proxy', listener: 'syslog-tls' },
    ],
    log: { level: 'error' },
  })
  const loaded = { config, path: null, text: '', placeOf: () => 'demo' }
  return startDaemon({
    dataDir: join(folder, 'data'),
    loaded,
    readConfig: async () => loaded,
    log: createLog('error'),
    now: Date.now,
    onFatal,
  })
}

async function tellReport(
  daemon: Daemon,
  folder: string,
  options: Options,
  io: CommandIo,
): Promise<void> {
  const { udp, tcp, tls, api } = daemon.ports()
  const base = `http://127.0.0.1:${api}`
  await write(
    io.stdout,
    `Gnomon demo: console ${base}/, syslog UDP ${udp}, TCP ${tcp}, TLS ${tls}\n`,
  )
  await play(daemon, folder, options.lines, base)
  await daemon.settle()
  const client = { base }
  const { answer: report } = await ask(client, {
    path: '/api/v1/reports/continuous',
    answer: reportSchema,
  })
  await mkdir(options.out, { recursive: true })
  for (const format of ['html', 'json', 'ndjson']) {
    const name = format === 'ndjson' ? 'usage.ndjson' : `report.${format}`
    const response = await fetch(`${base}/api/v1/reports/continuous/export?format=${format}`)
    await writeFile(join(options.out, name), Buffer.from(await response.arrayBuffer()))
  }
  const out = io.stdout as Partial<NodeJS.WriteStream>
  const colour = out.isTTY === true && io.env['NO_COLOR'] === undefined
  await write(io.stdout, renderTerminal(report, { width: out.columns ?? 100, colour }))
  await write(
    io.stdout,
    `\nReport: ${join(options.out, 'report.html')}\nConsole: ${base}/\nLedger: gnomon ledger --url ${base}\n`,
  )
}

interface Door {
  source: string
  send: (messages: readonly string[]) => Promise<void>
  /** The lines of one session. */
  lines: (session: Session) => string[]
}

function doorsOf(daemon: Daemon): Door[] {
  const { udp, tcp, tls } = daemon.ports()
  return [
    {
      source: 'branch-firewall',
      send: (messages) => sendUdp(Number(udp), messages),
      lines: (session) => [fortigate(session)],
    },
    {
      source: 'hq-firewall',
      send: (messages) => sendStream(Number(tcp), false, messages),
      lines: (session) => [panUrl(session), panTraffic(session)],
    },
    {
      source: 'cloud-proxy',
      send: (messages) => sendStream(Number(tls), true, messages),
      lines: (session) => [zscaler(session)],
    },
  ]
}

function sessionsOf(
  seed: number,
  { count, fromMs, toMs }: { count: number; fromMs: number; toMs: number },
): Session[] {
  const traffic = new Traffic({ seed, users: 400, unknownHosts: 60, fromMs, toMs })
  return Array.from({ length: count }, () => traffic.next()).toSorted((a, b) => a.atMs - b.atMs)
}

/** Everything goes in as a customer would bring it: logs of the past as files, what happens now by syslog. */
async function play(daemon: Daemon, folder: string, lines: number, base: string): Promise<void> {
  const nowMs = Date.now()
  const past = { count: lines, fromMs: nowMs - 7 * dayMs, toMs: nowMs - liveMs }
  const drop = join(folder, 'data/drop')
  for (const [index, { source, lines: linesOf }] of doorsOf(daemon).entries())
    await dropFile(join(drop, source), 'week.log', sessionsOf(index + 1, past).flatMap(linesOf))
  await dropFile(join(drop, 'branch-proxy'), 'access.log', [
    ...blueCoatHeader,
    ...sessionsOf(4, past).map(blueCoat),
  ])
  await upload(
    base,
    'checkpoint.log',
    sessionsOf(5, past).map(checkPoint).join('\n'),
    'source=office',
  )
  await uploadSamples(base)
  const recent = { count: Math.min(lines, recentSessions), fromMs: nowMs - liveMs, toMs: nowMs }
  for (const [index, door] of doorsOf(daemon).entries())
    await door.send(sessionsOf(index + 11, recent).flatMap(door.lines))
  await sendNow(daemon, 100)
  // a dropped file is taken when its size has settled
  await delay(3000)
}

/** Sessions of this very moment, by each door. */
async function sendNow(daemon: Daemon, count: number): Promise<void> {
  const nowMs = Date.now()
  for (const door of doorsOf(daemon)) {
    const now = { count, fromMs: nowMs - 2000, toMs: nowMs }
    const sessions = sessionsOf(Math.floor(nowMs / 1000) + door.source.length, now)
    await door.send(sessions.flatMap(door.lines))
  }
}

/** The devices go on sending, until the demo is ended. */
async function goOn(daemon: Daemon, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await sendNow(daemon, sessionsPerSecond)
    await delay(1000)
  }
}

async function sendUdp(port: number, messages: readonly string[]): Promise<void> {
  const socket = createSocket('udp4')
  for (const [i, message] of messages.entries()) {
    socket.send(message, port, '127.0.0.1')
    // a pace that a loopback socket with its default buffer keeps
    if (i % 50 === 49) await delay(2)
  }
  await delay(200)
  await new Promise<void>((resolve) => socket.close(resolve))
}

async function sendStream(
  port: number,
  secure: boolean,
  messages: readonly string[],
): Promise<void> {
  const place = { port, host: '127.0.0.1' }
  const socket = secure ? connectTls({ ...place, rejectUnauthorized: false }) : connect(place)
  await new Promise<void>((resolve, reject) => {
    socket.once(secure ? 'secureConnect' : 'connect', resolve).once('error', reject)
  })
  for (let i = 0; i < messages.length; i += 500) {
    const text = `${messages.slice(i, i + 500).join('\n')}\n`
    if (!socket.write(text)) await new Promise((resolve) => socket.once('drain', resolve))
  }
  socket.end()
  await new Promise((resolve) => socket.once('close', resolve).resume())
}

/** Under another name first, so that it appears whole. */
async function dropFile(folder: string, name: string, lines: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, `.${name}`), `${lines.join('\n')}\n`)
  await rename(join(folder, `.${name}`), join(folder, name))
}

/** Gives the report that the file went into. */
async function upload(base: string, name: string, content: string, query: string): Promise<string> {
  const body = new FormData()
  body.set('file', new Blob([content]), name)
  const response = await fetch(`${base}/api/v1/uploads?${query}`, { method: 'POST', body })
  if (!response.ok)
    throw new Error(
      `the upload of ${name} was refused: ${response.status} ${await response.text()}`,
    )
  return ((await response.json()) as { report: string }).report
}

/** All bundled samples as one snapshot: each file a stream of its own, the source its vendor. */
async function uploadSamples(base: string): Promise<void> {
  const names = await readdir(samplesFolder, { recursive: true })
  let into: string | null = null
  for (const name of names.filter((path) => path.endsWith('.log')).toSorted()) {
    const [vendor] = name.split('/')
    const snapshot: string =
      into === null ? 'snapshot=true&report=Bundled+samples' : `into=${encodeURIComponent(into)}`
    const content = await readFile(join(samplesFolder, name), 'utf8')
    into = await upload(base, name.replaceAll('/', '-'), content, `${snapshot}&source=${vendor}`)
  }
}

export const demo: Command = {
  summary: 'the appliance with made-up traffic, to look at',
  help,
  run,
}
