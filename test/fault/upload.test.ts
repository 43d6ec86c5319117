/** A day's merged upload by the real appliance, over twenty forced failures: nothing lost, nothing doubled. */
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MdaStandIn } from '../contract/mda-stand-in.ts'
import type { ApiFault } from '../contract/mda-stand-in.ts'
import { Appliance, until } from '../e2e/appliance.ts'
import type { Running } from '../e2e/appliance.ts'

const hours = 24
const rowsOfHour = 100
const hourMs = 3_600_000

let standIn: MdaStandIn
let appliance: Appliance
let running: Running | null = null

beforeAll(async () => {
  standIn = await MdaStandIn.start()
  standIn.streams.set('Gnomon', { files: 0, fails: 0 })
  const upload = { name: 'all', tenant: 'contoso', stream: 'Gnomon', settleMinutes: 0 }
  appliance = await Appliance.prepare({
    publish: {
      tenants: [standIn.tenant()],
      uploads: [{ ...upload, everyMinutes: 1, everyBytes: 20_000 }],
    },
  })
})

afterAll(async () => {
  await running?.end('SIGKILL')
  await appliance.remove()
  await standIn.stop()
})

/** Squid lines of yesterday: every client in every hour asks one host, twice. */
function dayOfLines(firstHourMs: number): string {
  const lines: string[] = []
  for (let hour = 0; hour < hours; hour++)
    for (let i = 0; i < rowsOfHour; i++)
      for (const second of [60, 61]) {
        const at = ((firstHourMs + hour * hourMs) / 1000 + second).toFixed(3)
        lines.push(
          `${at} 10 10.1.${hour}.${i} TCP_TUNNEL/200 1000 CONNECT files-${i}.slack.com:443 user${i} HIER_DIRECT/203.0.113.9 -`,
        )
      }
  return `${lines.join('\n')}\n`
}

test('a day of records after 20 forced failures', async () => {
  const apiFaults: [step: 'upload_url' | 'done_upload', fault: ApiFault][] = [
    ['upload_url', 'drop-before'],
    ['done_upload', 'drop-after'],
    ['upload_url', 'throttle'],
    ['done_upload', 'gateway-after'],
    ['upload_url', 'expire'],
    ['done_upload', 'drop-before'],
    ['upload_url', 'drop-after'],
    ['done_upload', 'throttle'],
    ['upload_url', 'unauthorized'],
    ['done_upload', 'gateway'],
  ]
  for (const [step, fault] of apiFaults) standIn.faults.push({ step, fault })
  standIn.line.cuts.push(3000, 12_000, 18_000, 5000)
  const first = Math.floor(Date.now() / hourMs - hours - 2) * hourMs
  await mkdir(join(appliance.dataDir, 'drop/edge'), { recursive: true })
  await writeFile(join(appliance.dataDir, 'drop/edge/day.log'), dayOfLines(first))

  const outbox = join(appliance.dataDir, 'outbox')
  const made = async () => (await readdir(outbox)).length
  const moved = async () =>
    standIn.taken.length + standIn.asked.length + standIn.struck + standIn.line.struck
  let kills = 0
  // the first ones while lines are read and files are made, the later ones while these are sent
  for (const progress of [null, made, moved, moved, moved, moved]) {
    running = await appliance.start()
    if (progress !== null) {
      const before = await progress()
      await until('it goes on', async () => (await progress()) > before)
    }
    await delay(300 * kills)
    await running.end('SIGKILL')
    kills++
  }
  running = await appliance.start()
  const expected = hours * rowsOfHour
  await until('all rows are there', async () => standIn.rows().length >= expected, 150_000)
  await until(
    'the outbox is empty',
    async () => (await readdir(outbox)).every((name) => !name.startsWith('g-')),
    60_000,
  )

  const keys = standIn.rows().map((row) => {
    const [date, time, address, user] = row.split(' ')
    return `${date} ${time.slice(0, 2)} ${address} ${user}`
  })
  expect(new Set(keys).size).toBe(expected)
  expect(keys.length).toBe(expected)
  const transactions = standIn.rows().reduce((sum, row) => sum + Number(row.split(' ').at(-1)), 0)
  expect(transactions).toBe(2 * expected)
  expect(kills + standIn.struck + standIn.line.struck).toBeGreaterThanOrEqual(20)
  expect(standIn.faults).toEqual([])
  process.stdout.write(
    `${standIn.taken.length} files, ${keys.length} rows; ${kills} kills, ${standIn.struck} API faults, ${standIn.line.struck} cuts\n`,
  )
}, 400_000)
