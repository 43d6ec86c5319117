/** What people come for: set-up and sign-in, an upload with progress, user to apps and back, a format of one's own and its replay. */
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Appliance, until } from './appliance.ts'
import type { Running } from './appliance.ts'
import { buildConsole, openBrowser, openPage, settled, shots } from './console-parts.ts'

let appliance: Appliance
let running: Running
let browser: Browser
let page: Page
let noise: string[]

beforeAll(async () => {
  buildConsole()
  appliance = await Appliance.prepare()
  browser = await openBrowser()
})

afterAll(async () => {
  await browser?.close()
  await running?.end('SIGTERM')
  await appliance?.remove()
})

/** Each line another time and address, in a layout that no shipped format knows. */
const ownLines = Array.from(
  { length: 20 },
  (_, i) =>
    `${new Date(Date.now() - i * 60_000).toISOString()};10.9.0.${i + 1};ann;files.slack.com;443;OK;${100 + i};${2000 + i};zz9`,
)

test('first start: the code of the log makes the administrator, who is led on', async () => {
  const config = readFileSync(join(appliance.folder, 'gnomon.yaml'), 'utf8')
  await writeFile(
    join(appliance.folder, 'gnomon.yaml'),
    config.replace('access: open', 'access: accounts'),
  )
  running = await appliance.start()
  await until('the code is in the log', async () => setUpCode(running.output()) !== null, 10_000)
  ;({ page, noise } = await openPage(browser, appliance.url))
  page.setDefaultTimeout(15_000)
  await page.goto('/')
  await page.getByText('At least 12 characters').waitFor()
  expect(await page.evaluate('document.activeElement.name')).toBe('code')
  await page.getByLabel('Set-up code').fill('wrong-code-wrong')
  await page.getByLabel('Name of the administrator').fill('ada')
  await page.locator('input[name=password]').fill('correct horse battery 9')
  await page.locator('input[name=again]').fill('correct horse battery 9')
  await page.getByRole('button', { name: 'Make the administrator' }).click()
  await page.getByRole('alert').waitFor()
  await page.getByLabel('Set-up code').fill(setUpCode(running.output()) ?? '')
  await page.getByRole('button', { name: 'Make the administrator' }).click()
  await page.getByRole('heading', { level: 1, name: 'Connect a device' }).waitFor()
  await page.screenshot({ path: join(shots, 'console-story-start.png') })
})

/** As access/access.ts tells it. */
function setUpCode(output: string): string | null {
  return /first administrator: ([0-9A-Z-]+)/.exec(output)?.[1] ?? null
}

test('the device to be connected gets its commands, with this box in them', async () => {
  await page.getByLabel('Vendor').selectOption('Fortinet')
  const product = page.getByLabel('Product and kind of log')
  await product.selectOption({
    label: 'FortiGate, FortiOS, FortiProxy (key=value and CSV mode; FortiAnalyzer forward)',
  })
  await page.getByText(`syslog port ${appliance.syslogPort}`).waitFor()
  const commands = await page.locator('pre').first().innerText()
  expect(commands).toContain('set server 127.0.0.1')
  expect(commands).toContain(`set port ${appliance.syslogPort}`)
  await page.getByText('Waiting for a first line').waitFor()
})

test('the first line is seen as it comes; of an unknown layout, it waits among the unparsed ones', async () => {
  const socket = connect(appliance.syslogPort, '127.0.0.1')
  socket.end(ownLines.join('\n') + '\n')
  await new Promise((resolve) => socket.once('close', resolve).resume())
  await page.getByText('received', { exact: true }).waitFor()
  await page.getByRole('link', { name: 'not recognised' }).click()
  await page.getByRole('heading', { level: 1, name: 'Unparsed lines' }).waitFor()
  await until(
    'the lines are listed',
    async () => {
      await page.reload()
      await settled(page)
      return (await page.getByText(/files\.slack\.com;443/).count()) > 0
    },
    30_000,
  )
})

test('a format made of columns reads them, is kept, and the lines are replayed', async () => {
  await page.getByRole('button', { name: 'Take the line to the playground' }).first().click()
  await page.getByRole('heading', { level: 1, name: 'Parser playground' }).waitFor()
  expect(ownLines).toContain(await page.getByLabel('Log lines').inputValue())
  await page.getByLabel('Log lines').fill(ownLines.join('\n'))
  await page.getByRole('tab', { name: 'A format by its columns' }).click()
  await page.getByLabel('Id of the format').fill('STORY_PROXY')
  await page.getByLabel('Columns are cut at').selectOption({ label: 'semicolon' })
  const named = ['time', 'srcIp', 'user', 'dstHost', 'dstPort', null, 'bytesUp', 'bytesDown']
  for (const [column, field] of named.entries())
    if (field !== null) await page.getByLabel(new RegExp(`^${column}: `)).selectOption(field)
  await page.getByRole('button', { name: 'Write the definition' }).click()
  // the appliance writes it; without one the lines would be read by the known formats
  await page.getByText(/^id: STORY_PROXY/).waitFor()
  await page.getByRole('button', { name: 'Read the lines' }).click()
  await page.getByText('20 transactions, 0 skipped, 0 unparsed').waitFor()
  await page.screenshot({ path: join(shots, 'console-story-playground.png') })
  await page.getByRole('button', { name: 'Keep it as STORY_PROXY' }).click()
  await page.getByText('It is in force').waitFor()
  await page.getByRole('button', { name: 'Give the unparsed lines to the parsers again' }).click()
  await page.getByText('20 lines went to the parsers again').waitFor()
  await page.getByRole('link', { name: 'Dashboard' }).click()
  await until(
    'the replayed lines are in the report',
    async () => {
      await page.reload()
      await settled(page)
      return (await page.getByRole('link', { name: 'Slack' }).count()) > 0
    },
    60_000,
  )
})

test('a file is recognised before it is sent, sent with progress, and becomes a report', async () => {
  await page.getByRole('link', { name: 'Upload logs' }).click()
  const sample = readFileSync(join(import.meta.dirname, '../../samples/squid/native/native.log'))
  await page.getByLabel('Log files', { exact: true }).setInputFiles({
    name: 'squid <b>bold</b>.log',
    mimeType: 'text/plain',
    buffer: sample,
  })
  await page.getByText('SQUID', { exact: false }).first().waitFor()
  await page.screenshot({ path: join(shots, 'console-story-upload.png') })
  await page.getByLabel('Name of the snapshot').fill('From a story')
  await page.getByRole('button', { name: 'Send 1 file' }).click()
  await page.getByText('All of it is read').waitFor({ timeout: 30_000 })
  await page.getByRole('link', { name: 'see its report' }).click()
  await page.getByRole('heading', { level: 1, name: 'From a story' }).waitFor()
})

test('from a user to the apps, to the app, and back to the user', async () => {
  await page.goto('/users?report=continuous&range=30d')
  await page.getByRole('link', { name: 'ann', exact: true }).click()
  await page.getByRole('heading', { level: 1, name: 'ann' }).waitFor()
  await page.getByRole('link', { name: 'Slack', exact: true }).click()
  await page.getByRole('heading', { level: 1, name: 'Slack' }).waitFor()
  await page.getByRole('link', { name: 'ann', exact: true }).click()
  await page.getByRole('heading', { level: 1, name: 'ann' }).waitFor()
})

test('what was done stands in the audit trail; signing out shuts the pages', async () => {
  await page.getByRole('link', { name: 'Audit' }).click()
  await page.getByText('kept a format').first().waitFor()
  await page.screenshot({ path: join(shots, 'console-story-audit.png') })
  await page.getByRole('button', { name: 'Signed in as ada' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor()
  await page.locator('input[name=username]').fill('ada')
  await page.locator('input[name=password]').fill('not her password')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('alert').waitFor()
  await page.locator('input[name=password]').fill('correct horse battery 9')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('navigation', { name: 'Pages' }).waitFor()
  // the browser itself tells of the refused answers
  expect(noise.filter((line) => !/status of 40[13]/.test(line))).toEqual([])
})
