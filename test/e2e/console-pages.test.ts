/** Every page of the console on the real appliance: quiet, accessible, hostile names as text, by keyboard, in the dark, on a tablet. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ruleOf } from '../../src/api/route-rights.ts'
import { auditActions } from '../../src/console/data/audit-actions.ts'
import { Appliance, until } from './appliance.ts'
import type { Running } from './appliance.ts'
import {
  buildConsole,
  built,
  hostileUsers,
  openBrowser,
  openContext,
  openPage,
  openPageOf,
  sendTraffic,
  seriousFaults,
  settled,
  shots,
} from './console-parts.ts'
import { measureTable } from './console-table.ts'

let appliance: Appliance
let running: Running
let browser: Browser
let visits: BrowserContext

beforeAll(async () => {
  buildConsole()
  appliance = await Appliance.prepare()
  running = await appliance.start()
  await sendTraffic(appliance, 400, 0.5)
  browser = await openBrowser()
  visits = await openContext(browser, appliance.url)
})

afterAll(async () => {
  await browser?.close()
  await running?.end('SIGTERM')
  await appliance?.remove()
})

const pages: [path: string, title: string][] = [
  ['/', 'Dashboard'],
  ['/apps', 'Discovered apps'],
  ['/app?id=slack', 'Slack'],
  ['/unknown', 'Unknown services'],
  ['/unknown?view=all', 'Unknown services'],
  ['/apps?factor=soc-2:yes&score=5-9&tag=none', 'Discovered apps'],
  ['/users', 'Users'],
  ['/devices', 'Devices'],
  ['/addresses', 'IP addresses'],
  ['/alerts', 'Alerts'],
  ['/alerts?view=muted', 'Alerts'],
  ['/policies', 'Policies'],
  ['/policy?template=new-risky-app', 'New policy'],
  ['/blocks', 'Blocks'],
  ['/blocks?view=scripts&format=fortigate', 'Blocks'],
  ['/blocks?view=indicators', 'Blocks'],
  ['/lists', 'People and networks'],
  ['/lists?view=ranges', 'People and networks'],
  ['/lists?view=deletion', 'People and networks'],
  ['/tap', 'Live tap'],
  ['/sources', 'Sources'],
  ['/freshness', 'Freshness of the data'],
  ['/ledger', 'Ledger'],
  ['/unparsed', 'Unparsed lines'],
  ['/upload', 'Upload logs'],
  ['/playground', 'Parser playground'],
  ['/start', 'Connect a device'],
  ['/settings', 'Settings'],
  ['/settings?view=form', 'Settings'],
  ['/settings?view=yaml', 'Settings'],
  ['/settings?view=force', 'Settings'],
  ['/settings?view=weights', 'Settings'],
  ['/accounts', 'Users and tokens'],
  ['/me', 'Your account'],
  ['/names', 'Names asked for'],
  ['/audit', 'Audit'],
  ['/nowhere', 'Nothing here'],
]

/** Tables, charts, forms, lists: what the dark is looked at in. */
const inTheDark = new Set([
  '/',
  '/apps',
  '/sources',
  '/alerts',
  '/policy?template=new-risky-app',
  '/blocks',
  '/unknown',
])
/** How far the page or its window must be scrolled sideways. */
const beyondWindow = `Math.max(...[document.documentElement, document.querySelector('main')].map((one) => one.scrollWidth - one.clientWidth))`

/** Without a second visit. */
async function goDark(page: Page): Promise<void> {
  const ground = 'getComputedStyle(document.querySelector("header")).backgroundColor'
  const light = await page.evaluate(ground)
  await page.emulateMedia({ colorScheme: 'dark' })
  await until('it is dark', async () => (await page.evaluate(ground)) !== light)
}

// Most of a visit is waiting until the page asks nothing more: several at once.
test.concurrent.each(pages)('%s is quiet, accessible, and fits a tablet', async (path, title) => {
  const { page, noise } = await openPageOf(visits, appliance.url)
  await page.goto(path)
  await page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor()
  await settled(page)
  const name = path.replaceAll(/[^a-z]+/g, '-').replaceAll(/^-|-$/g, '') || 'dashboard'
  await page.screenshot({ path: join(shots, `console-${name.slice(0, 40)}.png`) })
  expect(await seriousFaults(page)).toEqual([])
  await page.setViewportSize({ width: 820, height: 1180 })
  expect(await page.evaluate(beyondWindow)).toBe(0)
  if (inTheDark.has(path)) {
    await goDark(page)
    await page.screenshot({ path: join(shots, `console-dark-${name}.png`) })
    expect(await seriousFaults(page)).toEqual([])
  }
  expect(noise).toEqual([])
  await page.close()
})

test.each(['/', '/apps', '/sources', '/upload'])('%s fits a phone', async (path) => {
  const { page } = await openPageOf(visits, appliance.url)
  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto(path)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await settled(page)
  expect(await page.evaluate(beyondWindow)).toBe(0)
  await page.close()
})

test('every page in the navigation was visited', async () => {
  const { page } = await openPage(browser, appliance.url)
  await page.goto('/')
  const links = page.getByRole('navigation', { name: 'Pages' }).getByRole('link')
  await links.first().waitFor()
  const paths = await links.evaluateAll((all) =>
    all.map((link) => new URL((link as unknown as { href: string }).href).pathname),
  )
  expect(paths.length).toBeGreaterThan(10)
  expect(paths.filter((path) => !pages.some(([known]) => known === path))).toEqual([])
  await page.context().close()
})

test('every figure of the dashboard leads to what is behind it', async () => {
  const { page, noise } = await openPage(browser, appliance.url)
  await page.goto('/?range=7d')
  await page.getByRole('heading', { level: 2, name: 'Freshness of the data' }).waitFor()
  await settled(page)
  // The page's title tells the period; charts are pictures, and lead by a click.
  const bare = await page.evaluate<string[]>(`(() => {
    const found = []
    const walk = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT)
    while (walk.nextNode()) {
      const { parentElement, textContent } = walk.currentNode
      if (/\\d/.test(textContent) && parentElement.closest('a, button, header, svg') === null) found.push(textContent)
    }
    return found
  })()`)
  expect(bare).toEqual([])
  // Hours are merged meanwhile; the running one may change in any case.
  const hours = page.getByRole('list', { name: 'Hours' }).getByRole('link')
  await hours.filter({ hasText: 'May still change' }).click()
  const table = page.getByRole('table', { name: 'Hours' })
  await table.waitFor()
  const tab = page.getByRole('tab', { name: /^May still change \([1-9]\d*\)$/ })
  expect(await tab.getAttribute('aria-selected')).toBe('true')
  const states = await table.locator('tbody td:nth-child(2)').allInnerTexts()
  expect(new Set(states)).toEqual(new Set(['May still change']))
  expect(new URL(page.url()).searchParams.get('range')).toBe('7d')
  await page.getByRole('tab', { name: /^All/ }).click()
  const { hours: known } = await appliance.ask<{ hours: unknown[] }>('/api/v1/freshness')
  await page.locator(`table[aria-rowcount="${known.length + 1}"]`).waitFor()
  // What is new is new over all time, whatever the range is.
  await page.goto('/?range=24h')
  await settled(page)
  const all = page
    .locator('section')
    .filter({ has: page.getByRole('heading', { name: 'New since last week' }) })
    .getByRole('link', { name: /^All \d+$/ })
  const count = /\d+/.exec((await all.textContent()) ?? '')?.[0] ?? ''
  await all.click()
  await page
    .getByRole('status')
    .filter({ hasText: `${count} app` })
    .waitFor()
  expect(noise).toEqual([])
  await page.context().close()
})

test('a query of one’s own is saved by its name, asked again, forgotten; the keyboard goes on at its button', async () => {
  const { page, noise } = await openPage(browser, appliance.url)
  await page.goto('/apps?q=git')
  const queries = page.getByRole('button', { name: 'Queries' })
  const entry = (name: string) => page.getByRole('menuitem', { name, exact: true })
  await queries.click()
  await entry('Save this query').click()
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('<b>Mine</b>')
  expect(await seriousFaults(page)).toEqual([])
  await page.getByRole('button', { name: 'Save it' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await until('the focus is back', async () =>
    queries.evaluate((button) => button === button.ownerDocument.activeElement),
  )
  await page.getByRole('button', { name: 'Clear' }).click()
  await queries.click()
  await entry('<b>Mine</b>').click()
  await page.waitForURL(/q=git/)
  await queries.click()
  await entry('Forget <b>Mine</b>').click()
  await entry('<b>Mine</b>').waitFor({ state: 'detached' })
  expect(noise).toEqual([])
  await page.context().close()
})

test('hostile names are text everywhere', async () => {
  const { page, noise } = await openPage(browser, appliance.url)
  const { rows } = await appliance.ask<{ rows: { name: string }[] }>('/api/v1/users?filter=onerror')
  expect(rows.map(({ name }) => name.toLowerCase()).join()).toContain(hostileUsers[0])
  await page.goto('/users?q=onerror')
  await page.getByRole('table').getByRole('link').first().click()
  await page.getByRole('heading', { level: 1, name: '<img src=x onerror' }).waitFor()
  await settled(page)
  expect(await seriousFaults(page)).toEqual([])
  expect(await page.locator('main img').count()).toBe(0)
  await page.goto('/users?sort=transactions&order=asc')
  await page.getByText('gpj.exe').waitFor()
  const text = await page.locator('main').innerText()
  expect(text).toContain('ann[U+202E]gpj.exe')
  expect(text).toContain('red␛[31m')
  await page.goto('/unparsed')
  await page.getByText('<script>alert(2)</script>').waitFor()
  expect(noise).toEqual([])
  await page.context().close()
})

test('an export cannot run as a formula', async () => {
  const { page } = await openPage(browser, appliance.url)
  await page.goto('/users?q=calc')
  await page.getByText(/calc/i).first().waitFor()
  await page.getByRole('button', { name: 'Export' }).click()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: /CSV/ }).click(),
  ])
  const text = readFileSync(await download.path(), 'utf8')
  expect(text).toMatch(/calc/i)
  expect(text.split('\r\n').filter((line) => /^[=+@-]/.test(line))).toEqual([])
  await page.context().close()
})

test('the policy lets nothing in but our own files, and styles by number', async () => {
  const response = await fetch(`${appliance.url}/apps`, { headers: { accept: 'text/html' } })
  const policy = response.headers.get('content-security-policy') ?? ''
  expect(policy).toMatch(/default-src 'none'; script-src 'self';/)
  expect(policy).toMatch(/style-src 'self' 'nonce-[\w+/]{22}=='/)
  expect(policy).not.toContain('unsafe')
  const again = await fetch(`${appliance.url}/apps`, { headers: { accept: 'text/html' } })
  expect(again.headers.get('content-security-policy')).not.toBe(policy)
})

test('an address of the API is no page', async () => {
  const response = await fetch(`${appliance.url}/api/v1/nothing`, {
    headers: { accept: 'text/html' },
  })
  expect(response.status).toBe(404)
  expect(response.headers.get('content-type')).toContain('problem+json')
})

test('the keyboard alone reaches an app and comes back', async () => {
  const { page } = await openPage(browser, appliance.url)
  await page.goto('/apps')
  await page.getByRole('table', { name: 'Discovered apps' }).waitFor()
  await page.keyboard.press('Tab')
  expect(await page.evaluate('document.activeElement.textContent')).toContain('Skip')
  await page.keyboard.press('Enter')
  const onApp = 'document.activeElement.pathname === "/app"'
  for (let i = 0; i < 40 && !(await page.evaluate(onApp)); i++) await page.keyboard.press('Tab')
  expect(await page.evaluate(onApp)).toBe(true)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'How it was recognised' }).waitFor()
  // the link went with its page, and the keyboard goes on at the new one's beginning
  expect(await page.evaluate('document.activeElement.id')).toBe('main')
  await page.goBack()
  await page.getByRole('heading', { level: 1, name: 'Discovered apps' }).waitFor()
  await page.context().close()
})

test('sorting, filtering and scrolling 100,000 apps costs less than 100 ms of work each', () =>
  measureTable(browser, appliance.url))

test('the first paint is under 1.5 s', async () => {
  const { page } = await openPage(browser, appliance.url)
  const paints: number[] = []
  const figures: number[] = []
  for (let round = 0; round < 3; round++) {
    await page.goto('/')
    await page.getByText('Traffic by category').waitFor()
    figures.push(Number(await page.evaluate('performance.now()')))
    paints.push(
      Number(
        await page.evaluate(
          'performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? -1',
        ),
      ),
    )
  }
  // Other programs share the machine: the least of three is what it costs.
  const paint = Math.min(...paints)
  const all = (list: number[]): string => list.map((ms) => Math.round(ms)).join(', ')
  process.stdout.write(
    `console: first paint ${all(paints)} ms, figures of the dashboard ${all(figures)} ms\n`,
  )
  expect(paint).toBeGreaterThan(0)
  expect(paint).toBeLessThan(1500)
  await page.context().close()
})

test('the bundle is at most 600 kB', () => {
  const files = readdirSync(join(built, 'assets')).filter((name) => /\.(?:js|css)$/.test(name))
  const bytes = files.reduce(
    (sum, name) => sum + gzipSync(readFileSync(join(built, 'assets', name))).length,
    0,
  )
  process.stdout.write(`console: ${files.length} files, ${Math.round(bytes / 1000)} kB gzip\n`)
  expect(files.length).toBeGreaterThan(3)
  expect(bytes).toBeLessThan(600_000)
})

test('whatever the audit trail names has words for people', async () => {
  const { paths } = await appliance.ask<{
    paths: Record<string, Record<string, { operationId?: string }>>
  }>('/api/v1/openapi.json')
  const told = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => {
        const route = path.replaceAll(/\{(\w+)\}/g, ':$1')
        return method !== 'get' || ruleOf('GET', route, {}).names
      })
      .map(([, { operationId = '' }]) => operationId),
  )
  expect(told.length).toBeGreaterThan(70)
  expect(told.filter((operation) => !Object.hasOwn(auditActions, operation))).toEqual([])
})

test('a weight of the risk score is changed for all apps, told, and taken back', async () => {
  const { page, noise } = await openPage(browser, appliance.url)
  await page.goto('/settings?view=weights')
  await page.getByRole('button', { name: /^Security: \d+ factors$/ }).click()
  await page.getByLabel('Security, as a group').selectOption('Ignored')
  await page.getByLabel('Security, as a group').selectOption('Very high')
  expect(await seriousFaults(page)).toEqual([])
  await page.screenshot({ path: join(shots, 'console-weights.png') })
  await page.getByRole('button', { name: 'Reckon all scores anew with 1 change' }).click()
  await page.getByText(/In force: [1-9][\d,]* apps have another score now/).waitFor()
  await page.getByText('changed here', { exact: true }).waitFor()
  const own = async (): Promise<unknown> =>
    (await appliance.ask<{ own: unknown }>('/api/v1/catalog/weights')).own
  expect(await own()).toEqual({ groups: { security: 'very-high' } })
  await page.getByRole('button', { name: 'Back to the shipped weights' }).click()
  await page.getByRole('button', { name: 'Take all back' }).click()
  await page.getByText('changed here', { exact: true }).waitFor({ state: 'detached' })
  expect(await own()).toEqual({})
  expect(noise).toEqual([])
  await page.context().close()
})
