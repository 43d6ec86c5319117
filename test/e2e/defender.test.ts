/** The real appliance with a storage feed over Azurite, files dropped beside it, and a kill in the middle. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { enveloped } from '../defender/agent-parts.ts'
import { range, rowOf } from '../contract/feed-contract.ts'
import { Appliance, until } from './appliance.ts'
import type { Running } from './appliance.ts'
import { startAzurite } from './azurite-server.ts'
import type { Azurite } from './azurite-server.ts'

const source = 'Defender-managed endpoints'
const containerName = 'insights-logs-advancedhunting-devicenetworkevents'
let azurite: Azurite
let appliance: Appliance
let running: Running

beforeAll(async () => {
  azurite = await startAzurite()
})
afterAll(() => azurite.stop())

// Each try has a folder and blobs of its own: what an earlier one left would answer for it.
beforeEach(async () => {
  const { connectionString } = azurite
  await azurite.client.getContainerClient(containerName).deleteIfExists()
  appliance = await Appliance.prepare({
    defender: { storage: [{ name: 'main', connectionString, pollSeconds: 1 }] },
  })
  running = await appliance.start()
})
afterEach(async () => {
  await running.end('SIGKILL')
  await appliance.remove()
})

interface Source {
  name: string
  state: string
  transactions: number
  format: string | null
  feeds?: { name: string; kind: string; state: string; lines: number; trouble: string | null }[]
}

async function sourceNamed(name: string): Promise<Source | undefined> {
  const { rows } = await appliance.ask<{ rows: Source[] }>('/api/v1/sources')
  return rows.find((row) => row.name === name)
}

async function append(ids: readonly number[]): Promise<void> {
  const container = azurite.client.getContainerClient(containerName)
  await container.createIfNotExists()
  const blob = container.getAppendBlobClient('tenantId=t/y=2026/m=11/d=24/h=09/m=00/PT1H.json')
  await blob.createIfNotExists()
  const text = ids.map((id) => `${JSON.stringify(enveloped(rowOf(id, Date.now())))}\r\n`).join('')
  await blob.appendBlock(text, Buffer.byteLength(text))
}

test('a feed is there before it brought anything, and goes on after a kill', async () => {
  await until('the feed is shown', async () => (await sourceNamed(source))?.feeds !== undefined)
  expect(await sourceNamed(source)).toMatchObject({
    state: 'waiting',
    feeds: [{ name: 'main', kind: 'storage', trouble: null }],
  })
  await append(range(0, 300))
  await until('the first rows', async () => ((await sourceNamed(source))?.transactions ?? 0) >= 300)
  await append(range(300, 500))
  await running.end('SIGKILL')
  running = await appliance.start()
  await append(range(500, 600))
  await until('all rows', async () => {
    const found = await sourceNamed(source)
    return (found?.transactions ?? 0) >= 600
  })
  expect(await sourceNamed(source)).toMatchObject({ format: 'DEFENDER', transactions: 600 })
  const metrics = await appliance.text('/metrics')
  expect(metrics).toMatch(/gnomon_defender_feed_up\{feed="main",kind="storage"\} 1/)
  expect(metrics).toMatch(/gnomon_defender_lines_total\{feed="main",kind="storage"\} \d{3}/)
  expect(await running.end('SIGTERM')).toBe(0)
})

test('files in a drop folder are known by what they hold', async () => {
  const folder = join(appliance.dataDir, 'drop', 'branch')
  await mkdir(folder, { recursive: true })
  const lines = range(0, 40).map((id) => `${JSON.stringify(rowOf(id, Date.now()))}\n`)
  await writeFile(join(folder, 'export.ndjson.gz'), gzipSync(lines.join('')))
  const at = (Date.now() / 1000 - 60).toFixed(3)
  const log = `${at} 90 192.0.2.1 TCP_MISS/200 512 GET http://a.example.net/ - HIER_DIRECT/203.0.113.9 text/html\n`
  await writeFile(join(folder, 'proxy.log'), log)
  await until('both', async () => ((await sourceNamed('branch'))?.transactions ?? 0) >= 41)
  expect((await sourceNamed('branch'))?.transactions).toBe(41)
  expect(await running.end('SIGTERM')).toBe(0)
})
