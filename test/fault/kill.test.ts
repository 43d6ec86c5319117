/** kill -9 in the middle of a TCP stream: what was in the spool is in the store, exactly once, in order, without a gap. */
import { readFile, readdir } from 'node:fs/promises'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { randomNumbers } from '../../src/generate/traffic.ts'
import { kindLines, readBlocks } from '../../src/spool/segment.ts'
import { Appliance, until } from '../e2e/appliance.ts'

const rounds = Number(process.env['KILL_ROUNDS'] ?? 4)
const seed = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000)
const appliances: Appliance[] = []

afterEach(async () => {
  for (const appliance of appliances.splice(0)) await appliance.remove()
})

/** A request whose host is its serial: `l7.r2.example.net` is the 7th line of round 2. */
function line(round: number, serial: number): string {
  const at = (Date.now() / 1000).toFixed(3)
  return `<134>squid: ${at} 90 192.0.2.${round} TCP_MISS/200 512 GET http://l${serial}.r${round}.example.net/ - HIER_DIRECT/203.0.113.9 text/html\n`
}

/** Sends until the peer is gone; gives how many lines were handed to the kernel. */
async function stream(port: number, round: number, isOver: () => boolean): Promise<number> {
  const socket: Socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  let sent = 0
  while (!isOver() && !socket.destroyed) {
    let text = ''
    for (let i = 0; i < 50; i++) text += line(round, sent + i)
    sent += 50
    if (!socket.write(text))
      await new Promise((resolve) => socket.once('drain', resolve).once('close', resolve))
    await delay(4)
  }
  socket.destroy()
  return sent
}

/** Hosts of all whole lines in the spool, as another process finds them after a crash. */
async function hostsInSpool(dataDir: string): Promise<Set<string>> {
  const hosts = new Set<string>()
  for (const state of ['open', 'sealed'])
    for (const name of await readdir(join(dataDir, 'spool', state))) {
      const bytes = await readFile(join(dataDir, 'spool', state, name))
      readBlocks(bytes, 0, bytes.length, ({ kind, sound, start, end }) => {
        if (!sound || kind !== kindLines) return
        const text = bytes.subarray(start, end).toString()
        for (const match of text.matchAll(/http:\/\/(l\d+\.r\d+\.example\.net)\//g))
          hosts.add(match[1])
      })
    }
  return hosts
}

/** Transactions by host, from merged usage. */
async function stored(appliance: Appliance): Promise<Map<string, number>> {
  const text = await appliance.text('/api/v1/reports/continuous/export?format=ndjson')
  const counts = new Map<string, number>()
  for (const row of text.trim().split('\n')) {
    if (row === '') continue
    const { host, transactions } = JSON.parse(row) as { host: string; transactions: number }
    counts.set(host, (counts.get(host) ?? 0) + transactions)
  }
  return counts
}

interface LedgerAnswer {
  balanced: boolean
  rows: { transactions: { lines: number } }[]
}

test(`kill -9 at ${rounds} random moments (KILL_SEED=${seed}): nothing of the spool is lost, nothing counts twice`, async () => {
  const random = randomNumbers(seed)
  const appliance = await Appliance.prepare()
  appliances.push(appliance)
  const spooled = new Set<string>()
  for (let round = 1; round <= rounds; round++) {
    const running = await appliance.start()
    let over = false
    const sending = stream(appliance.syslogPort, round, () => over)
    await delay(400 + random() * 4000)
    await running.end('SIGKILL')
    over = true
    expect(await sending, running.output()).toBeGreaterThan(0)
    for (const host of await hostsInSpool(appliance.dataDir)) spooled.add(host)
  }
  const running = await appliance.start()
  let counts = new Map<string, number>()
  await until('everything is merged', async () => {
    const { rows } = await appliance.ask<LedgerAnswer>('/api/v1/ledger')
    const lines = rows.reduce((sum, row) => sum + row.transactions.lines, 0)
    if (lines < spooled.size) return false
    counts = await stored(appliance)
    const hosts = [...counts.values()].reduce((sum, n) => sum + n, 0)
    return hosts >= lines && [...spooled].every((host) => counts.has(host))
  })
  const { balanced } = await appliance.ask<LedgerAnswer>('/api/v1/ledger')
  expect(balanced).toBe(true)
  expect([...counts].filter(([, n]) => n !== 1)).toEqual([])
  expect(spooled.size, 'no kill found anything in the spool').toBeGreaterThan(0)
  for (let round = 1; round <= rounds; round++) {
    const serials = [...counts.keys()]
      .filter((host) => host.endsWith(`.r${round}.example.net`))
      .map((host) => Number(/^l(\d+)/.exec(host)?.[1]))
      .toSorted((a, b) => a - b)
    // one connection, one lane, one order: what is stored is the beginning of what was sent
    expect(serials.at(-1) ?? -1, `round ${round} has a gap`).toBe(serials.length - 1)
  }
  expect(await running.end('SIGTERM')).toBe(0)
})
