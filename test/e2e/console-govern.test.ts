/** What is governed from the console: the live tap, a policy and its alert, blocks, an app of one's own. On the real appliance. */
import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { enveloped } from '../defender/agent-parts.ts'
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
  await dropAgentRows()
  await sendTraffic(appliance, 300, 0.25)
  browser = await openBrowser()
  ;({ page, noise } = await openPage(browser, appliance.url))
  page.setDefaultTimeout(30_000)
})

/** What Defender tells of a laptop, as its streaming API writes it. */
async function dropAgentRows(): Promise<void> {
  const at = (minutesAgo: number): string =>
    new Date(Date.now() - minutesAgo * 60_000).toISOString()
  const device = { DeviceId: 'ab'.repeat(20), DeviceName: 'laptop-7.corp.example' }
  const rows: [table: string, row: Record<string, unknown>][] = [
    [
      'DeviceInfo',
      {
        Timestamp: at(60),
        ...device,
        OSPlatform: 'Windows10',
        OSBuild: 19045,
        OSVersion: '10.0',
        OSVersionInfo: '22H2',
        OnboardingStatus: 'Onboarded',
        SensorHealthState: 'Active',
        PublicIP: '198.51.100.4',
        LoggedOnUsers: '[{"UserName":"dora","DomainName":"CORP","Sid":"S-1-5-21-7"}]',
      },
    ],
    ...['10.77.0.5', '192.168.1.20'].map((ip, index): [string, Record<string, unknown>] => [
      'DeviceNetworkInfo',
      {
        Timestamp: at(50 - index),
        ...device,
        MacAddress: '00-11-22-AA-BB-CC',
        NetworkAdapterStatus: 'Up',
        NetworkAdapterType: index === 0 ? 'Ethernet' : 'Wireless80211',
        TunnelType: 'None',
        ConnectedNetworks: index === 0 ? '[{"Name":"corp.example"}]' : '[{"Name":"Home <b>"}]',
        IPAddresses: `[{"IPAddress":"${ip}","SubnetPrefix":24}]`,
      },
    ]),
    ...[1, 2, 3].map((minute): [string, Record<string, unknown>] => [
      'DeviceNetworkEvents',
      {
        Timestamp: at(70 + minute),
        ...device,
        ActionType: 'ConnectionSuccess',
        RemoteIP: '203.0.113.9',
        RemotePort: 443,
        RemoteUrl: 'https://www.dropbox.com/x',
        LocalIP: '10.77.0.5',
        LocalPort: 50_000 + minute,
        Protocol: 'TcpV4',
        InitiatingProcessFileName: 'msedge.exe',
        InitiatingProcessAccountDomain: 'CORP',
        InitiatingProcessAccountName: 'dora',
        InitiatingProcessAccountUpn: 'dora@corp.example',
        InitiatingProcessAccountSid: 'S-1-5-21-7',
        ReportId: minute,
      },
    ]),
  ]
  const folder = join(appliance.dataDir, 'drop', 'laptops')
  await mkdir(folder, { recursive: true })
  const lines = rows.map(
    ([table, properties]) => `${JSON.stringify(enveloped(properties, table))}\n`,
  )
  await writeFile(join(folder, 'agents.ndjson'), lines.join(''))
}

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
  await page.getByRole('button', { name: /^access / }).click()
  await page.getByRole('spinbutton', { name: 'sessionHours' }).fill('9')
  await page.getByRole('button', { name: 'See what changes (1 value)' }).click()
  await page.getByText('It changes access.sessionHours.').waitFor()
  await page.getByRole('button', { name: 'Write it and take it up' }).click()
  await page.getByText('In force: access.sessionHours.').waitFor()
  // a range has its two ends; it is looked at, and left as it is
  await page.getByRole('button', { name: /^ftp / }).click()
  const last = page.getByRole('spinbutton', { name: 'passivePorts, last' })
  expect(await last.inputValue()).toBe('50100')
  await last.fill('50050')
  await page.getByRole('button', { name: 'See what changes (1 value)' }).click()
  await page.getByText('It changes ftp.passivePorts.').waitFor()
  const focused = (): Promise<string> =>
    page.evaluate('document.activeElement.ariaLabel ?? document.activeElement.textContent')
  expect(await focused()).toBe('What differs')
  await page.getByRole('button', { name: 'Back' }).click()
  // the groups are as they were, and the keyboard goes on where it left
  await page.getByRole('button', { name: /^ftp \(1 change\)/ }).waitFor()
  expect(await focused()).toBe('See what changes (1 value)')
  await last.fill('50100')
  // a list: one entry goes, another comes
  await page.getByRole('button', { name: /^sources / }).click()
  await page.getByRole('button', { name: 'Take away: Lab <i>7</i>' }).click()
  await page.getByRole('button', { name: 'Put back: Lab <i>7</i>' }).waitFor()
  await page.getByRole('button', { name: 'Add: sources' }).click()
  const entry = page.getByRole('group', { name: 'new entry 3' })
  await entry.getByRole('textbox', { name: 'name' }).fill('By the form')
  await entry.getByLabel('listener').selectOption('syslog-udp')
  expect(await seriousFaults(page)).toEqual([])
  await page.screenshot({ path: join(shots, 'console-settings-list.png') })
  await page.getByRole('button', { name: 'See what changes (3 values)' }).click()
  await page.getByText('It changes sources.').waitFor()
  await page.getByRole('button', { name: 'Write it and take it up' }).click()
  await page.getByText('In force: sources.').waitFor({ timeout: 60_000 })
  const kept = readFileSync(join(appliance.folder, 'gnomon.yaml'), 'utf8')
  expect(kept).toContain('By the form')
  expect(kept).not.toContain('Lab')
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

test('somebody is excluded, a network is described; both by the keyboard alone', async () => {
  await page.goto('/lists?view=exclusions')
  await page.getByText('Nobody is excluded').waitFor()
  await page.getByRole('button', { name: 'New exclusion' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  await typeInto('Name', 'Works <i>council</i>')
  await typeInto('Users', 'eva')
  await page.getByRole('button', { name: 'Keep it' }).focus()
  await page.keyboard.press('Enter')
  await page.getByText('1 user', { exact: true }).waitFor()
  expect(await seriousFaults(page)).toEqual([])
  await page.getByRole('tab', { name: 'Exclusions' }).focus()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Enter')
  await page.getByText('There is no range yet').waitFor()
  expect(new URL(page.url()).searchParams.get('view')).toBe('ranges')
  await page.getByRole('button', { name: 'New range' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  await typeInto('Name', 'Berlin')
  await typeInto('Networks', '10.9.0.0/33')
  await page.getByRole('button', { name: 'Keep it' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').getByRole('alert').waitFor()
  await page.getByRole('textbox', { name: 'Networks' }).fill('10.9.0.0/16')
  await page.getByRole('button', { name: 'Keep it' }).click()
  await page.getByText(/^1 network/).waitFor()
  await page.keyboard.press('Escape')
})

/** By its label, with the keyboard. */
async function typeInto(label: string, text: string): Promise<void> {
  await page.getByRole('textbox', { name: label }).focus()
  await page.keyboard.type(text)
}

test('a device as Defender tells of it: prerequisites, state, addresses, who was there', async () => {
  await until(
    'the agent’s rows are merged',
    async () => (await appliance.text('/api/v1/devices?filter=laptop-7')).includes('laptop-7'),
    60_000,
  )
  await page.goto('/devices?q=laptop-7')
  await page.getByRole('link', { name: /^laptop-7/i }).click()
  await page.getByText('Prerequisites met').waitFor()
  await page.getByText('Windows 10 build 19045; onboarded; sensor active').waitFor()
  const addresses = page.getByRole('table', { name: 'Addresses it had' })
  await addresses.getByRole('link', { name: '10.77.0.5' }).waitFor()
  expect(await addresses.innerText()).toContain('Home <b>')
  expect(await page.getByRole('table', { name: 'Who was logged on' }).innerText()).toContain('dora')
  await page.getByRole('tab', { name: /^Users \(1\)/ }).click()
  expect(await seriousFaults(page)).toEqual([])
  await page.screenshot({ path: join(shots, 'console-device.png'), fullPage: true })
  // and the app: off the network, by which program
  await page.getByRole('tab', { name: /^Apps/ }).click()
  await page.getByRole('link', { name: 'Dropbox' }).click()
  await page.getByRole('tab', { name: 'Programs (1)' }).click()
  await page.getByRole('table', { name: 'Programs' }).getByText('msedge.exe').waitFor()
  const { seenBy } = await appliance.ask<{ seenBy: Record<string, number> }>('/api/v1/apps/dropbox')
  expect(seenBy.agent).toBe(3)
  await page.getByText('Off it: agents only').waitFor()
})

test('the data of a person are deleted, with the counts of each place', async () => {
  await page.goto('/lists?view=deletion')
  await page.getByLabel('All forms of the name').fill('dora\nCORP\\dora\ndora@corp.example')
  await page.getByRole('button', { name: 'Delete', exact: true }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
  const counts = page.getByRole('table', { name: 'What was deleted' })
  await counts.waitFor({ timeout: 60_000 })
  expect(await counts.innerText()).toMatch(/device_logons\s+1\s/)
  expect(await seriousFaults(page)).toEqual([])
  await page.screenshot({ path: join(shots, 'console-deletion.png') })
  expect(await appliance.text('/api/v1/users?filter=dora')).toContain('"total":0')
})

test('nothing of it was an error to the browser', () => {
  // the browser itself tells of the network that was refused
  expect(noise.filter((line) => !line.includes('status of 400'))).toEqual([])
})
