/** 100,000 apps in the table: what a click costs. The appliance is real, its answer of the table is a large one made here. */
import type { Browser } from 'playwright-core'
import { expect } from 'vitest'
import { formatCount } from '../../src/report/format.ts'
import type { ReportApp } from '../../src/report/report.ts'
import { openPage } from './console-parts.ts'

const count = 100_000

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

/** Sorts, filters and scrolls 100,000 apps, and prints what each cost. */
export async function measureTable(browser: Browser, base: string): Promise<void> {
  const { page, noise } = await openPage(browser, base)
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
  const sorted = (name: string, order: string) =>
    `head('${name}').closest('th').getAttribute('aria-sort') === '${order}'`
  const filter = (text: string, says: string): [string, string] => [
    `set(document.querySelector('main input[type=search]'), '${text}')`,
    `document.querySelector('main [role=status]').textContent.startsWith('${says}')`,
  ]
  const holding = (text: string): number =>
    rows.filter(({ appId, name, category }) => [appId, name, category].join('\n').includes(text))
      .length
  // Asked for at each frame: right after a filter the table may not be as high yet.
  const scroll = (row: number): [string, string] => [
    '',
    `(document.querySelector('[role=region]').scrollTop = 44 * ${row},
      [...document.querySelectorAll('tbody tr[aria-rowindex]')].some((row) => Math.abs(row.ariaRowIndex - ${row}) < 40))`,
  ]
  const acts: Record<string, [string, string]> = {
    'sort by users': [
      `head('Users').click()`,
      `${sorted('Users', 'descending')} && first().includes('4,999')`,
    ],
    'turn round': [`head('Users').click()`, sorted('Users', 'ascending')],
    'sort by name': [
      `head('App').click()`,
      `${sorted('App', 'ascending')} && first().includes('App 0')`,
    ],
    'turn round by name': [
      `head('App').click()`,
      `${sorted('App', 'descending')} && first().includes('App 99999')`,
    ],
    filter: filter('app 9999', '11 of'),
    'filter away': filter('', '100,000 apps'),
    'a letter': filter('9', `${formatCount(holding('9'))} of`),
    'a letter more': filter('91', `${formatCount(holding('91'))} of`),
    'letters away': filter('', '100,000 apps'),
    'scroll to the middle': scroll(50_000),
    'scroll to the top': scroll(0),
  }
  // What is typed comes into the address a moment later, and with a click at once: the way back finds it.
  const search = page.getByLabel('Name, category or id')
  await search.fill('app 9999')
  await page.waitForURL(/[?&]q=app\+9999/)
  await search.fill('app 99')
  await page.getByRole('link', { name: 'App 99999' }).click()
  await page.waitForURL(/\/app\?/)
  await page.goBack()
  await page.waitForURL(/[?&]q=app\+99(?:&|$)/)
  await page.getByText('1,111 of 100,000 apps').waitFor()
  await search.fill('')
  await page.waitForURL((url) => !url.searchParams.has('q'))

  const tries: Record<string, number[]> = {}
  for (let round = 0; round < 5; round++)
    for (const [name, [act, shown]] of Object.entries(acts))
      (tries[name] ??= []).push(await measured(act, shown))
  // Other programs share the machine: the least of five is what it costs, the most is what it was.
  const figures: Record<string, number> = {}
  for (const [name, all] of Object.entries(tries)) {
    figures[name] = all.includes(-1) ? -1 : Math.min(...all)
    process.stdout.write(
      `console: 100,000 apps, ${name}: ${figures[name].toFixed(0)} ms (to ${Math.max(...all).toFixed(0)} ms)\n`,
    )
  }
  // A figure of a shared machine is no verdict (docs/console.md tells the mark and what was measured); this finds what is broken.
  expect(Object.entries(figures).filter(([, ms]) => ms < 0 || ms >= 500)).toEqual([])
  // the page of an app that is made here alone was left before or after the appliance did not know it
  expect(noise.filter((line) => !line.includes('status of 404'))).toEqual([])
  await page.context().close()
}
