/** The HTML report in a real browser: quiet, without requests, readable without scripts, sortable with them, printable. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { renderHtml } from '../../src/report/html.ts'
import { fixtureReport } from '../report/fixture.ts'
import { openBrowser, shots } from './console-parts.ts'

const folder = mkdtempSync(join(tmpdir(), 'gnomon-report-'))
const address = pathToFileURL(join(folder, 'report.html')).href
let browser: Browser

beforeAll(async () => {
  writeFileSync(join(folder, 'report.html'), renderHtml(fixtureReport()))
  browser = await openBrowser()
})

afterAll(async () => {
  await browser.close()
  rmSync(folder, { recursive: true, force: true })
})

/** The report in a page of its own, and what it said or asked for meanwhile. */
async function open(options: BrowserContextOptions): Promise<{ page: Page; noise: string[] }> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    ...options,
  })
  const page = await context.newPage()
  const noise: string[] = []
  page.on('console', (message) => noise.push(`console ${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => noise.push(`error: ${error.message}`))
  page.on('dialog', (dialog) => noise.push(`dialog: ${dialog.message()}`))
  page.on('request', (request) => {
    if (request.url() !== address) noise.push(`request: ${request.url()}`)
  })
  await page.goto(address)
  return { page, noise }
}

function column(page: Page, section: string, index: number): Promise<string[]> {
  return page.locator(`#${section} tbody tr > :nth-child(${index})`).allInnerTexts()
}

test.each(['light', 'dark'] as const)('%s: quiet, and no request', async (colorScheme) => {
  const { page, noise } = await open({ colorScheme })
  expect(await page.locator('svg.chart').count()).toBe(4)
  await page.screenshot({ path: join(shots, `report-${colorScheme}.png`), fullPage: true })
  expect(noise).toEqual([])
  await page.context().close()
})

test('tables sort by a click on their heads, the unknown always last', async () => {
  const { page, noise } = await open({})
  const head = page.locator('#apps thead th').nth(3)
  await head.getByRole('button').click()
  expect(await head.getAttribute('aria-sort')).toBe('descending')
  const descending = await column(page, 'apps', 4)
  expect(descending[0]).toBe('155 GB')
  expect(descending.at(-1)).toBe('–')
  await head.getByRole('button').click()
  expect(await head.getAttribute('aria-sort')).toBe('ascending')
  const ascending = await column(page, 'apps', 4)
  expect(ascending.at(-1)).toBe('–')
  expect(ascending.at(-2)).toBe('155 GB')
  await page.locator('#apps thead th').first().getByRole('button').click()
  const names = await column(page, 'apps', 1)
  expect(names.indexOf('AnyDesk')).toBeLessThan(names.indexOf('Zoom'))
  expect(noise).toEqual([])
  await page.context().close()
})

test('the filter hides the rows without the word', async () => {
  const { page } = await open({})
  await page.getByRole('searchbox', { name: 'Filter Apps' }).fill('dropbox')
  expect(await page.locator('#apps tbody tr:visible').count()).toBe(1)
  expect(await page.locator('#apps .filter [role=status]').innerText()).toBe('1 of 40')
  await page.context().close()
})

test('without scripts everything is there and readable', async () => {
  const { page, noise } = await open({ javaScriptEnabled: false })
  expect(await page.locator('#apps tbody tr').count()).toBe(40)
  expect(await page.locator('#users tbody tr').count()).toBe(200)
  expect(await page.locator('svg.chart').first().isVisible()).toBe(true)
  expect(await page.locator('.filter').count()).toBe(0)
  expect(noise).toEqual([])
  await page.context().close()
})

test.each([360, 768, 1280])(
  '%i pixels wide: the page itself does not scroll sideways',
  async (width) => {
    const { page } = await open({ viewport: { width, height: 800 } })
    const wide = await page
      .locator('html')
      .evaluate((html: { scrollWidth: number }) => html.scrollWidth)
    expect(wide).toBeLessThanOrEqual(width)
    await page.screenshot({ path: join(shots, `report-${width}.png`) })
    await page.context().close()
  },
)

test('on paper charts are there, controls are not, tables are not boxed', async () => {
  const { page, noise } = await open({ colorScheme: 'dark' })
  await page.emulateMedia({ media: 'print' })
  expect(await page.locator('nav').isVisible()).toBe(false)
  expect(await page.locator('.filter').first().isVisible()).toBe(false)
  for (const chart of await page.locator('svg.chart').all())
    expect(await chart.isVisible()).toBe(true)
  expect(await page.locator('#users tbody tr:visible').count()).toBe(50)
  expect(await page.locator('#users .paper').isVisible()).toBe(true)
  const pdf = await page.pdf({
    path: join(shots, 'report.pdf'),
    preferCSSPageSize: true,
    printBackground: true,
  })
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
  expect(noise).toEqual([])
  await page.context().close()
})
