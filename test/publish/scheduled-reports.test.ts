/** Reports on schedule: the trigger by a clock that is set, the work it starts, what is kept, what fails. */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { publishSchema } from '../../src/config/publish-schema.ts'
import { atTimes } from '../../src/publish/due.ts'
import { ScheduledReports } from '../../src/publish/scheduled-reports.ts'
import { addUsage, dayMs, openGround, startMs } from '../govern/govern-parts.ts'
import type { Ground } from '../govern/govern-parts.ts'

describe('the trigger', () => {
  afterEach(() => vi.useRealTimers())

  /** Times at which it calls, from a start on, while the clock is moved on. */
  async function calls(expression: string, zone: string, from: string, hours: number) {
    vi.useFakeTimers({
      now: Date.parse(from),
      toFake: ['Date', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'],
    })
    const at: string[] = []
    const task = await atTimes(expression, zone, () =>
      at.push(new Date().toISOString().slice(0, 16)),
    )
    await vi.advanceTimersByTimeAsync(hours * 3_600_000)
    await task.destroy()
    const before = at.length
    await vi.advanceTimersByTimeAsync(14 * dayMs)
    expect(at).toHaveLength(before)
    return at
  }

  test('Mondays at seven in Berlin: an hour earlier in summer', async () => {
    expect(await calls('0 7 * * 1', 'Europe/Berlin', '2026-10-17T00:00:00Z', 10 * 24)).toEqual([
      '2026-10-19T05:00',
      '2026-10-26T06:00',
    ])
  })

  test('every six hours', async () => {
    expect(await calls('0 */6 * * *', 'UTC', '2026-10-15T01:30:00Z', 13)).toEqual([
      '2026-10-15T06:00',
      '2026-10-15T12:00',
    ])
  })
})

describe('the work', () => {
  let ground: Ground
  beforeAll(async () => {
    ground = await openGround()
    await addUsage(ground.store, [{ atMs: startMs - dayMs, user: 'ann', app: 'Files', up: 5 }])
  })
  afterAll(() => ground.close())

  const reportOf = (more: object) => ({ name: 'weekly', schedule: '0 7 * * 1', ...more })

  function reports(more: object) {
    const fired: (() => void)[] = []
    let destroyed = 0
    const made = new ScheduledReports({
      dataDir: ground.folder,
      config: publishSchema.parse({ reports: [reportOf(more)] }),
      store: ground.store,
      catalogVersion: () => 'c',
      log: pino({ level: 'silent' }),
      now: ground.now,
      at: async (_expression, _zone, call) => {
        fired.push(call)
        return { destroy: async () => void destroyed++ }
      },
    })
    return { made, fire: () => fired.forEach((call) => call()), destroyed: () => destroyed }
  }
  const editions = async () => (await readdir(join(ground.folder, 'reports'))).sort()

  test('editions of a report whose name begins alike are left alone', async () => {
    const other = join(ground.folder, 'reports', 'weekly-2-2026-10-01T1000')
    await mkdir(other, { recursive: true })
    const { made } = reports({ formats: ['json'], keep: 1 })
    await made.make(publishSchema.parse({ reports: [reportOf({ keep: 1 })] }).reports[0])
    expect(await editions()).toContain('weekly-2-2026-10-01T1000')
    await rm(join(ground.folder, 'reports'), { recursive: true })
  })

  test('each call makes an edition of the days before; the last ones are kept', async () => {
    const { made, fire, destroyed } = reports({ formats: ['json', 'pdf'], keep: 2 })
    await made.start()
    for (let i = 0; i < 3; i++) {
      fire()
      // a run waits for the one before; stop waits for all
      await vi.waitFor(() => expect(made.status().made).toBe(i + 1), { timeout: 20_000 })
      ground.clock.ms += dayMs
    }
    await made.stop()
    expect(destroyed()).toBe(1)
    expect(made.status()).toMatchObject({ made: 3, mailed: 0, failed: 0, trouble: null })
    expect(await editions()).toEqual(['weekly-2026-10-16T1000', 'weekly-2026-10-17T1000'])
    const folder = join(ground.folder, 'reports', 'weekly-2026-10-16T1000')
    expect((await readdir(folder)).sort()).toEqual(['report.json', 'report.pdf'])
    const report = JSON.parse(await readFile(join(folder, 'report.json'), 'utf8')) as {
      apps: { name: string }[]
    }
    expect(report.apps.map(({ name }) => name)).toEqual(['Files'])
  })

  test('what fails is counted and told, and the next call tries anew', async () => {
    const { made, fire } = reports({ name: 'broken', formats: ['pdf'] })
    const config = publishSchema.parse({
      reports: [{ name: 'broken', schedule: '0 7 * * 1' }],
      fonts: [join(ground.folder, 'no-font.ttf')],
    })
    const broken = new ScheduledReports({
      dataDir: ground.folder,
      config,
      store: ground.store,
      catalogVersion: () => 'c',
      log: pino({ level: 'silent' }),
      now: ground.now,
      at: async (_expression, _zone, call) => {
        call()
        return { destroy: async () => undefined }
      },
    })
    await broken.start()
    await broken.stop()
    expect(broken.status()).toMatchObject({
      made: 0,
      failed: 1,
      trouble: expect.stringMatching(/cannot use the font .*no-font\.ttf.*publish\.fonts/),
    })
    await made.start()
    fire()
    await made.stop()
    expect(made.status()).toMatchObject({ made: 1, failed: 0, trouble: null })
  })
})
