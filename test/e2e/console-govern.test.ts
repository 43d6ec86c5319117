/** What is governed from the console: the live tap, a policy and its alert, blocks, an app of one's own. On the real appliance. */
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Appliance, until } from './appliance.ts'
import type { Running } from './appliance.ts'
import {
  buildConsole,
  openBrowser,
  openPage,
  sendTraffic,
  seriousFaults,
  settled,
  shots,
} from './console-parts.ts'

let appliance: Appliance
let running: Running
let browser: Browser
let page: Page
let noise: string[]

beforeAll(async () => {
  buildConsole()
  appliance = await Appliance.prepare({ sources: [{ name: 'gate', listener: 'syslog-tcp' }] })
  running = await appliance.start()
  await sendTraffic(appliance, 300)
  browser = await openBrowser()
  ;({ page, noise } = await openPage(browser, appliance.url))
  page.setDefaultTimeout(30_000)
})

afterAll(async () => {
  await browser?.close()
  await running?.end('SIGTERM')
  await appliance?.remove()
})

async function send(lines: readonly string[]): Promise<void> {
  const socket = connect(appliance.syslogPort, '127.0.0.1')
  socket.end(lines.join('\n') + '\n')
  await new Promise((resolve) => socket.once('close', resolve).resume())
}

test('the live tap shows lines as they come, hostile ones as text; it pauses and filters', async () => {
  await page.goto('/tap')
  await page.getByText('No source chosen').waitFor()
  await page.getByLabel('Source to look at').selectOption('gate')
  await page.getByText('Waiting for lines').waitFor()
  await send(['<13>gw one <script>alert(3)</script> \u202e', '<13>gw two \u001b[31m'])
  const lines = page.getByRole('region', { name: 'Lines' }).getByRole('listitem')
  await page.getByText('<script>alert(3)</script>').waitFor()
  await expect.poll(() => lines.count()).toBe(2)
  const text = await page.locator('main').innerText()
  expect(text).toContain('[U+202E]')
  expect(text).toContain('␛[31m')
  expect(text.match(/unparsed/g)?.length).toBeGreaterThan(1)
  expect(await seriousFaults(page)).toEqual([])
  await page.getByRole('button', { name: 'Pause' }).click()
  await send(['<13>gw three'])
  await page.getByText('paused, 1 waiting').waitFor()
  expect(await lines.count()).toBe(2)
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.getByText('gw three').waitFor()
  await page.getByLabel('Text in the line').fill('two')
  await page.getByText('1 of 3 lines').waitFor()
  await page.screenshot({ path: join(shots, 'console-govern-tap.png') })
})

test('a policy is made of a template, its bounds changed first', async () => {
  await page.goto('/policies')
  await page.getByRole('button', { name: 'New policy' }).click()
  await page.getByRole('menuitem', { name: 'New high volume app', exact: true }).click()
  await page.getByRole('textbox', { name: /^Name/ }).fill('Any app <i>at all</i>')
  await page.getByLabel('Only apps that are new').fill('0')
  await page.getByLabel('Traffic', { exact: true }).fill('')
  await page.getByText('All apps. Any use at all.').waitFor()
  await page.getByRole('button', { name: 'Make the policy' }).click()
  await page.getByRole('link', { name: 'Any app <i>at all</i>' }).waitFor()
})

test('an unsanctioned app: rehearsed, given out as a script, told as a change, taken away', async () => {
  await page.goto('/app?id=slack')
  await page.getByRole('button', { name: 'Tag' }).click()
  await page.getByLabel('Tag', { exact: true }).selectOption('unsanctioned')
  await page.getByRole('button', { name: 'Set the tag' }).click()
  await page.locator('main header').getByText('unsanctioned').waitFor()
  await page.goto('/blocks')
  await page.getByText('slack.com', { exact: true }).waitFor()
  await page.getByRole('tab', { name: 'Rehearsal' }).click()
  await page.getByRole('button', { name: 'Rehearse it' }).click()
  await page.getByRole('table', { name: 'Users that would be hit' }).waitFor()
  expect(await seriousFaults(page)).toEqual([])
  await page.getByRole('tab', { name: 'Scripts for devices' }).click()
  await page.getByLabel('Device', { exact: true }).selectOption('fortigate')
  await page.getByText('None of this format was given out yet.').waitFor()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: /^Give it out as/ }).click(),
  ])
  expect(readFileSync(await download.path(), 'utf8')).toContain('slack.com')
  await page.getByText(/^Last given out/).waitFor()
  await page.getByLabel('What', { exact: true }).selectOption('remove')
  await page.locator('pre').getByText('delete', { exact: false }).waitFor()
  await page.screenshot({ path: join(shots, 'console-govern-script.png') })
})

// A change of tags lets the appliance look at its policies soon, so it comes first.
test('the policy raised alerts with evidence; one is muted, resolved', async () => {
  await page.getByRole('link', { name: 'Alerts' }).click()
  const first = page.getByRole('link', { name: /^Any app <i>at all<\/i>: / }).first()
  await until(
    'alerts are raised',
    async () => {
      await page.reload()
      await settled(page)
      return (await first.count()) > 0
    },
    60_000,
  )
  await first.click()
  await page.getByRole('heading', { name: 'Evidence: who did most of it' }).waitFor()
  expect(
    await page.getByRole('table', { name: 'Evidence' }).getByRole('row').count(),
  ).toBeGreaterThan(1)
  expect(await seriousFaults(page)).toEqual([])
  await page.getByRole('button', { name: 'Mute' }).click()
  await page.getByRole('textbox', { name: /^Why/ }).fill('known')
  await page.getByRole('button', { name: 'Mute it' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.getByLabel('Comment').fill('seen <b>it</b>')
  await page.getByRole('button', { name: 'Resolve' }).click()
  await page.getByRole('button', { name: 'Open it again' }).waitFor()
  await page.goto('/alerts?view=muted')
  await page.getByText('What is muted (1)').waitFor()
  await page.getByRole('button', { name: 'Tell again' }).click()
  await page.getByText('Nothing is muted').waitFor()
})

test('a policy is changed and taken away', async () => {
  await page.goto('/policies')
  await page.getByRole('link', { name: 'Any app <i>at all</i>' }).click()
  await page.getByRole('spinbutton', { name: 'Users' }).fill('1000')
  await page.getByRole('button', { name: 'Keep the changes' }).click()
  await page.getByText('More than 1,000 users in a day').waitFor()
  await page.getByRole('link', { name: 'Any app <i>at all</i>' }).click()
  await page.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByText('There is no policy yet').waitFor()
})

test('what the finder suggests becomes an app in one step, and is removed again', async () => {
  await page.goto('/unknown')
  const make = page.getByRole('button', { name: /^Make it an app: / }).first()
  const domain = (await make.getAttribute('aria-label'))?.slice('Make it an app: '.length) ?? ''
  await make.click()
  await page.getByRole('textbox', { name: /^Name/ }).fill('Our <u>shop</u>')
  await page.getByLabel('Category').selectOption('E-commerce')
  await page.getByRole('button', { name: 'Keep the app' }).click()
  await page.getByText('is in the catalog now').waitFor()
  expect(await appliance.text(`/api/v1/lookup?host=${domain}`)).toContain('Our <u>shop</u>')
  const made = page.getByRole('link', { name: 'Our <u>shop</u>' })
  await until(
    'its past is named anew',
    async () => (await appliance.text('/api/v1/app-table')).includes('Our <u>shop</u>'),
    120_000,
  )
  await page.goto('/apps?category=E-commerce')
  await made.click()
  await page.getByRole('button', { name: 'Score by hand' }).click()
  await page.getByRole('spinbutton', { name: 'Score' }).fill('2')
  await page.getByRole('textbox', { name: /^Why/ }).fill('we know it')
  await page.getByRole('button', { name: 'Set it' }).click()
  await page.getByText('Set by hand to 2: we know it').waitFor()
  await page.getByRole('button', { name: 'Remove the app' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click()
  await until(
    'the app is gone',
    async () => {
      const { ids } = await appliance.ask<{ ids: string[] }>(
        '/api/v1/catalog/app-ids?filter=shop&category=E-commerce',
      )
      return !ids.some((id) => id.startsWith('own-'))
    },
    10_000,
  )
})

test('risk factors and score narrow the table of apps', async () => {
  await page.goto('/apps')
  await page.getByText(/^\d+ apps$/).waitFor()
  await page.getByRole('button', { name: 'More filters' }).click()
  await page.getByLabel('Score from').fill('9')
  await page.getByText(/^\d+ of \d+ apps$/).waitFor()
  await page.getByLabel('Risk factor', { exact: true }).selectOption('soc-2')
  await page.getByRole('button', { name: 'Add' }).click()
  await page.getByText('SOC 2: yes').waitFor()
  const { ids } = await appliance.ask<{ ids: string[] }>('/api/v1/catalog/app-ids?factor=soc-2:yes')
  const { rows } = await appliance.ask<{ rows: { appId: string; score: number | null }[] }>(
    '/api/v1/app-table',
  )
  const fits = rows.filter(({ appId, score }) => ids.includes(appId) && (score ?? 0) >= 9).length
  await page.getByText(new RegExp(`^${fits} of \\d+ apps$`)).waitFor()
  expect(await seriousFaults(page)).toEqual([])
  await page.getByRole('button', { name: 'Clear' }).click()
  await page.getByText(/^\d+ apps$/).waitFor()
})

test('a source is added: what changes is seen first, then it is in the file and in force', async () => {
  await page.goto('/sources')
  await page.getByRole('table', { name: 'Listeners' }).waitFor()
  await page.getByRole('button', { name: 'Add a source' }).click()
  await page.getByRole('textbox', { name: /^Name/ }).fill('Lab <i>7</i>')
  await page.getByLabel('Comes in by').selectOption('syslog-udp')
  await page.getByRole('textbox', { name: 'Senders' }).fill('192.0.2.7')
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await page.getByRole('button', { name: 'See what changes' }).click()
  await page.getByText('It changes sources.').waitFor()
  expect(await page.getByRole('region', { name: 'What differs' }).innerText()).toContain(
    '192.0.2.7',
  )
  expect(await seriousFaults(page)).toEqual([])
  await page.getByRole('button', { name: 'Write it and take it up' }).click()
  await page.getByText('In force: sources.').waitFor()
  await page.getByRole('heading', { level: 2, name: 'Lab <i>7</i>' }).waitFor()
  expect(readFileSync(join(appliance.folder, 'gnomon.yaml'), 'utf8')).toContain('192.0.2.7')
})

test('settings: a value by the form, a fault in the YAML told with its line', async () => {
  await page.goto('/settings?view=form')
  await page.getByRole('button', { name: 'access', exact: true }).click()
  await page.getByRole('spinbutton', { name: 'sessionHours' }).fill('9')
  await page.getByRole('button', { name: 'See what changes (1 value)' }).click()
  await page.getByText('It changes access.sessionHours.').waitFor()
  await page.getByRole('button', { name: 'Write it and take it up' }).click()
  await page.getByText('In force: access.sessionHours.').waitFor()
  await page.getByRole('tab', { name: 'As YAML' }).click()
  const text = page.getByRole('textbox', { name: 'The configuration as YAML' })
  const before = await text.inputValue()
  await text.fill(`${before}nonsense: 1\n`)
  await page.getByRole('button', { name: 'See what changes' }).click()
  await page.getByText(`line ${before.split('\n').length}: `).waitFor()
  expect(await page.getByRole('button', { name: 'Write it and take it up' }).isDisabled()).toBe(
    true,
  )
  expect(readFileSync(join(appliance.folder, 'gnomon.yaml'), 'utf8')).toBe(before)
})

test('a group is made, changed, taken away', async () => {
  await page.goto('/lists')
  await page.getByRole('button', { name: 'New group' }).click()
  await page.getByRole('textbox', { name: 'Name' }).fill('Sales <b>team</b>')
  await page.getByRole('textbox', { name: 'Users' }).fill('ann\nben\nann\n')
  await page.getByRole('button', { name: 'Keep it' }).click()
  await page.getByText('2 users').waitFor()
  await page.getByRole('button', { name: 'Change Sales <b>team</b>' }).click()
  await page.getByRole('textbox', { name: 'Comment' }).fill('north')
  expect(await seriousFaults(page)).toEqual([])
  await page.getByRole('button', { name: 'Keep it' }).click()
  await page.getByText('2 users · north').waitFor()
  await page.getByRole('button', { name: 'Take Sales <b>team</b> away' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Take it away' }).click()
  await page.getByText('There is no group yet').waitFor()
})

test('nothing of it was an error to the browser', () => {
  expect(noise).toEqual([])
})
