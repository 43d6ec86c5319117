/** 100,000 apps in the table: what a click costs. The appliance is real, its answer of the table is a large one made here. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ReportApp } from '../../src/report/report.ts'
import { Appliance } from './appliance.ts'
import type { Running } from './appliance.ts'
import { buildConsole, openBrowser, openPage } from './console-parts.ts'

const count = 100_000
let appliance: Appliance
let running: Running
let browser: Browser

beforeAll(async () => {
  buildConsole()
  appliance = await Appliance.prepare()
  running = await appliance.start()
  browser = await openBrowser()
})

afterAll(async () => {
  await browser?.close()
  await running?.end('SIGTERM')
  await appliance?.remove()
})

/** Made by arithmetic, so that every run has the same. */
function app(index: number): ReportApp {
  const spread = (index * 7919) % count
  return {
    appId: `app-${index}`,
    name: `App ${spread}`,
    category: `Category ${spread % 80}`,
    score: spread % 11 === 10 ? null : (spread % 101) / 10,
    users: spread % 5000,
    devices: spread % 300,
    addresses: spread % 4000,
    blocked: spread % 7,
    firstSeen: new Date(1.7e12 + spread * 60_000).toISOString(),
    lastSeen: new Date(1.75e12 + spread * 60_000).toISOString(),
    transactions: spread * 3,
    bytesUp: spread % 13 === 0 ? null : spread * 1000,
    bytesDown: spread * 5000,
    bytesTotal: spread * 6000,
  }
}

test('sorting, filtering and scrolling 100,000 apps take less than 100 ms each', async () => {
  const { page, noise } = await openPage(browser, appliance.url)
  const rows = Array.from({ length: count }, (_, index) => app(index))
  const body = JSON.stringify({ rows, total: count })
  await page.route('**/api/v1/app-table*', (route) =>
    route.fulfill({ contentType: 'application/json', body }),
  )
  await page.goto('/apps')
  await page.getByText('100,000 apps').waitFor()
  const drawn = await page.locator('tbody tr[aria-rowindex]').count()
  expect(drawn).toBeLessThan(80)

  /** From the act until the browser has drawn what the condition asks for. */
  const measured = async (act: string, shown: string): Promise<number> =>
    Number(
      await page.evaluate(`(async () => {
        const set = (input, value) => {
          Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(input, value)
          input.dispatchEvent(new Event('input', { bubbles: true }))
        }
        const head = (name) => [...document.querySelectorAll('th button')].find((one) => one.textContent === name)
        const first = () => document.querySelector('tbody tr[aria-rowindex]').textContent
        const startMs = performance.now()
        ${act}
        while (!(${shown})) {
          await new Promise((resolve) => requestAnimationFrame(resolve))
          if (performance.now() - startMs > 5000) return -1
        }
        await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
        return performance.now() - startMs
      })()`),
    )
  const click = (name: string, shown: string) => measured(`head('${name}').click()`, shown)
  const sorted = (name: string, order: string) =>
    `head('${name}').closest('th').getAttribute('aria-sort') === '${order}'`
  const figures: Record<string, number> = {}
  figures['sort by users'] = await click(
    'Users',
    `${sorted('Users', 'descending')} && first().includes('4,999')`,
  )
  figures['turn round'] = await click('Users', sorted('Users', 'ascending'))
  figures['sort by name'] = await click(
    'App',
    `${sorted('App', 'ascending')} && first().startsWith('App 0')`,
  )
  figures['sort by name again'] = await click(
    'App',
    `${sorted('App', 'descending')} && first().startsWith('App 99999')`,
  )
  figures['filter'] = await measured(
    `set(document.querySelector('main input[type=search]'), 'app 9999')`,
    `document.querySelector('main [role=status]').textContent.startsWith('11 of')`,
  )
  figures['filter away'] = await measured(
    `set(document.querySelector('main input[type=search]'), '')`,
    `document.querySelector('main [role=status]').textContent === '100,000 apps'`,
  )
  figures['scroll to the middle'] = await measured(
    `document.querySelector('[role=region]').scrollTop = 44 * 50000`,
    `[...document.querySelectorAll('tbody tr[aria-rowindex]')].some((row) => Math.abs(row.ariaRowIndex - 50000) < 40)`,
  )
  for (const [name, ms] of Object.entries(figures))
    process.stdout.write(`console: 100,000 apps, ${name}: ${ms.toFixed(0)} ms\n`)
  expect(Object.entries(figures).filter(([, ms]) => ms < 0 || ms >= 100)).toEqual([])
  expect(noise).toEqual([])
  await page.context().close()
})
