/** A large file to the real appliance: by parts over a broken line, paused, gone on with after a reload, and what became of its lines. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Appliance } from './appliance.ts'
import type { Running } from './appliance.ts'
import { buildConsole, openBrowser, openPage, seriousFaults, shots } from './console-parts.ts'

let appliance: Appliance
let running: Running
let browser: Browser
let page: Page
let noise: string[]
let path: string

/** A part of 4 MiB and a rest; lines that differ by their time and address. */
const bytes = 9 * 1024 * 1024
const odd = ['no log line <b>at all</b>', 'nor this \u202e one', '=cmd|calc']

beforeAll(async () => {
  buildConsole()
  appliance = await Appliance.prepare()
  running = await appliance.start()
  browser = await openBrowser()
  ;({ page, noise } = await openPage(browser, appliance.url))
  page.setDefaultTimeout(30_000)
  path = join(appliance.folder, 'large <b>squid.log')
  const lines: string[] = []
  const startSeconds = Math.floor(Date.now() / 1000) - 86_400
  for (let size = 0, i = 0; size < bytes; i++) {
    const line = `${startSeconds + (i % 80_000)}.${String(i % 1000).padStart(3, '0')} 10 10.1.${i % 200}.${i % 250} TCP_TUNNEL/200 ${1000 + i} CONNECT files-${i % 50}.slack.com:443 user${i % 300} HIER_DIRECT/203.0.113.9 -`
    lines.push(line)
    size += line.length + 1
  }
  writeFileSync(path, `${lines.join('\n')}\n${odd.join('\n')}\n`)
})

afterAll(async () => {
  await browser?.close()
  await running?.end('SIGTERM')
  await appliance?.remove()
})

test('a line that breaks is tried again; paused, the file goes on after a reload where it was', async () => {
  let parts = 0
  const offsets: number[] = []
  await page.route('**/api/v1/uploads/*?offset=*', async (route) => {
    parts++
    offsets.push(Number(new URL(route.request().url()).searchParams.get('offset')))
    // the second breaks, the third hangs until the reload
    if (parts === 2) return route.abort('connectionreset')
    if (parts === 3) return
    return route.continue()
  })
  await page.goto('/upload')
  await page.getByLabel('Log files', { exact: true }).setInputFiles(path)
  await page.getByText('SQUID', { exact: false }).first().waitFor()
  await page.getByRole('button', { name: 'Send 1 file' }).click()
  await page.getByText('trying again').waitFor()
  await page.getByText(/about [\d,]+ of [\d,]+ lines/).waitFor()
  expect(await seriousFaults(page)).toEqual([])
  await page.screenshot({ path: join(shots, 'console-upload-sending.png') })
  await expect.poll(() => parts, { timeout: 15_000 }).toBe(3)
  // it goes on while somebody looks elsewhere
  await page.getByRole('link', { name: 'Audit' }).click()
  await page.getByRole('heading', { level: 1, name: 'Audit' }).waitFor()
  await page.getByRole('link', { name: 'Sending files' }).click()
  await page.getByText(/about [\d,]+ of [\d,]+ lines/).waitFor()
  await page.getByRole('button', { name: /^Pause/ }).click()
  await page.getByText('It goes on there.').waitFor()
  await page.reload()
  await page.getByRole('heading', { name: 'Broken off' }).waitFor()
  await page.getByText(/4\.19 MB of 9\.44 MB arrived/).waitFor()
  expect(await seriousFaults(page)).toEqual([])
  await page.screenshot({ path: join(shots, 'console-upload-broken.png') })
  await page.getByLabel('Log files', { exact: true }).setInputFiles(path)
  await page.getByRole('heading', { name: 'Broken off' }).waitFor({ state: 'detached' })
  await page.getByRole('button', { name: /^Go on: / }).click()
  await page.getByText('All of it is read').waitFor({ timeout: 60_000 })
  // nothing was sent twice
  expect(offsets.slice(0, 4)).toEqual([0, 4 << 20, 4 << 20, 4 << 20])
  expect(offsets.at(-1)).toBeGreaterThanOrEqual(8 << 20)
  await page.unroute('**/api/v1/uploads/*?offset=*')
})

test('what was read of it, by format; what was not, with field and reason', async () => {
  await page.getByRole('link', { name: 'What was read' }).click()
  await page.getByRole('heading', { level: 1, name: 'large <b>squid.log' }).waitFor()
  const whole = readFileSync(path, 'utf8').split('\n').length - 1
  const formats = page.getByRole('table', { name: 'By format' })
  await formats.getByText('SQUID').first().waitFor()
  await expect
    .poll(async () => (await formats.innerText()).replaceAll(',', ''))
    .toContain(String(whole - odd.length))
  const failed = page.getByRole('table', { name: 'Lines that were not read' })
  await expect.poll(() => failed.locator('tbody tr').count()).toBe(odd.length)
  expect(await failed.innerText()).toContain('no log line <b>at all</b>')
  expect(await failed.innerText()).toContain('[U+202E]')
  expect(await failed.innerText()).toContain('no format matches')
  expect(await seriousFaults(page)).toEqual([])
  await page.screenshot({ path: join(shots, 'console-upload-result.png') })
  await page.getByRole('button', { name: 'Take 3 lines to the playground' }).click()
  await page.getByRole('heading', { level: 1, name: 'Parser playground' }).waitFor()
  expect(await page.getByLabel('Log lines').inputValue()).toContain(odd[0])
  await page.goBack()
  await page.getByRole('link', { name: 'See the report made of it' }).click()
  await page.getByRole('heading', { level: 1, name: 'large <b>squid.log' }).waitFor()
})

test('what was begun can be given up', async () => {
  const answer = await appliance.ask<{ id: string }>('/api/v1/uploads?name=old.log&sizeBytes=999', {
    method: 'POST',
  })
  await page.goto('/upload')
  await page.getByRole('button', { name: 'Give it up: old.log' }).click()
  await page.getByRole('heading', { name: 'Broken off' }).waitFor({ state: 'detached' })
  await expect(appliance.text(`/api/v1/uploads/${answer.id}`)).rejects.toThrow('404')
  // the browser itself tells of the line that was broken
  expect(noise.filter((line) => !line.includes('ERR_CONNECTION_RESET'))).toEqual([])
})
