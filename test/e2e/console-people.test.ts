/** People of several roles on the real appliance: their menus, closed pages with the reason, their account, a name with a second person. */
import { connect } from 'node:net'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { totpCode, totpStep } from '../../src/access/totp.ts'
import { Appliance, until } from './appliance.ts'
import type { Running } from './appliance.ts'
import {
  buildConsole,
  openBrowser,
  openPage,
  seriousFaults,
  settled,
  shots,
} from './console-parts.ts'

const password = 'correct horse battery 9'
let appliance: Appliance
let running: Running
let browser: Browser
const noises: string[][] = []

beforeAll(async () => {
  buildConsole()
  appliance = await Appliance.prepare({
    privacy: { secondPerson: true },
    sources: [{ name: 'gate', listener: 'syslog-tcp', pseudonyms: true }],
  })
  const file = join(appliance.folder, 'gnomon.yaml')
  writeFileSync(file, readFileSync(file, 'utf8').replace('access: open', 'access: accounts'))
  running = await appliance.start()
  const socket = connect(appliance.syslogPort, '127.0.0.1')
  const atMs = Date.now()
  socket.end(
    Array.from(
      { length: 30 },
      (_, i) =>
        `${((atMs - i * 1000) / 1000).toFixed(3)} 10 10.9.0.${i} TCP_TUNNEL/200 ${100 + i} CONNECT files.slack.com:443 carla HIER_DIRECT/203.0.113.9 -\n`,
    ).join(''),
  )
  browser = await openBrowser()
  let code: string | undefined
  await until('the code is in the log', async () => {
    code = /first administrator: ([0-9A-Z-]+)/.exec(running.output())?.[1]
    return code !== undefined
  })
  const { headers } = await post('/api/v1/setup', { code, name: 'ada', password })
  const cookie = headers.getSetCookie()[0].split(';')[0]
  for (const [name, role, sources] of [
    ['ben', 'analyst', null],
    ['lim', 'analyst', ['gate']],
    ['rea', 'reader', null],
    ['aud', 'auditor', null],
  ])
    await post('/api/v1/accounts', { name, role, sources, password }, cookie)
})

afterAll(async () => {
  await browser?.close()
  await running?.end('SIGTERM')
  await appliance?.remove()
})

async function post(path: string, body: object, cookie = ''): Promise<Response> {
  const response = await fetch(`${appliance.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-gnomon': '1', cookie },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return response
}

/** A page of somebody who signed in; what the appliance refused him goes into `refused`. */
async function signedIn(name: string, code?: string): Promise<{ page: Page; refused: string[] }> {
  const opened = await openPage(browser, appliance.url)
  const { page } = opened
  page.setDefaultTimeout(15_000)
  const refused: string[] = []
  page.on('response', (response) => {
    if (response.status() === 403) refused.push(response.url())
  })
  await page.goto('/')
  await page.locator('input[name=username]').fill(name)
  await page.locator('input[name=password]').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  if (code !== undefined) {
    await page.locator('input[name=code]').fill(code)
    await page.getByRole('button', { name: 'Sign in' }).click()
  }
  await page.getByRole('navigation', { name: 'Pages' }).waitFor()
  noises.push(opened.noise)
  return { page, refused }
}

const menuOf = (page: Page): Promise<string[]> =>
  page
    .getByRole('navigation', { name: 'Pages' })
    .getByRole('link')
    .evaluateAll((links) => links.map((link) => link.getAttribute('aria-label') ?? ''))

test.each([
  [
    'rea',
    ['Upload logs', 'Unparsed lines', 'Live tap', 'Settings', 'Audit'],
    '/upload',
    /send in logs/,
  ],
  [
    'aud',
    ['Blocks', 'Unparsed lines', 'Names asked for'],
    '/blocks',
    /names of people, which your/,
  ],
  ['lim', ['Blocks', 'People and networks', 'Audit'], '/lists', /your account sees gate only/],
])('%s sees what works, and is told why the rest does not', async (name, closed, path, why) => {
  const { page, refused } = await signedIn(name)
  await settled(page)
  const menu = await menuOf(page)
  expect(menu).toContain('Discovered apps')
  expect(closed.filter((title) => menu.includes(title))).toEqual([])
  // every entry of the menu is one that works; a reader's are among the others'
  for (const title of name === 'rea' ? [] : menu) {
    await page.getByRole('link', { name: title, exact: true }).first().click()
    await page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor()
    await settled(page)
    expect([title, await page.getByText('That did not work').count()]).toEqual([title, 0])
  }
  expect(refused).toEqual([])
  await page.goto(path)
  await page.getByRole('heading', { level: 1, name: 'Not for this account' }).waitFor()
  await page.getByText(why).waitFor()
  expect(await seriousFaults(page)).toEqual([])
  await page.screenshot({ path: join(shots, `console-viewer-${name}.png`) })
  await page.goto('/policy?template=new-risky-app')
  await page
    .getByText(name === 'lim' ? 'This is about all sources' : 'This needs the right')
    .waitFor()
  expect(await page.getByRole('button', { name: 'Make the policy' }).isDisabled()).toBe(true)
  expect(refused).toEqual([])
  await page.context().close()
})

test('a name behind a pseudonym: asked for with a reason, agreed to by another, shown once more', async () => {
  const { page: ben } = await signedIn('ben')
  await until(
    'the user is in the report',
    async () => {
      await ben.goto('/users?range=30d')
      await settled(ben)
      return (await ben.getByRole('link', { name: /^user-[0-9a-f]{16}$/ }).count()) > 0
    },
    60_000,
  )
  expect(await ben.locator('main').innerText()).not.toContain('carla')
  await ben.getByRole('link', { name: /^user-/ }).click()
  await ben.getByRole('button', { name: 'Ask for the name' }).waitFor()
  await ben.getByLabel('Why you need the name').fill('an incident, number 17')
  await ben.getByRole('button', { name: 'Ask for the name' }).click()
  await ben.getByText('A second person must agree').waitFor()
  const { page: ada } = await signedIn('ada')
  await ada.getByRole('link', { name: 'Names asked for' }).click()
  await ada.getByText('an incident, number 17').waitFor()
  await ada.getByRole('button', { name: 'Agree' }).click()
  await ada.getByText('agreed').waitFor()
  expect(await ada.locator('main').innerText()).not.toContain('carla')
  await ben.getByRole('link', { name: 'Names asked for' }).first().click()
  await ben.getByRole('button', { name: 'Show it' }).click()
  await ben.getByText('carla').waitFor()
  expect(await seriousFaults(ben)).toEqual([])
  await ben.screenshot({ path: join(shots, 'console-names-shown.png') })
  // the trail tells of it, and not the name
  await ada.goto('/audit')
  await ada.getByText('asked for a name').first().waitFor()
  await ada.getByText('decided on a name').first().waitFor()
  await ada.getByText('saw the name behind a pseudonym').first().waitFor()
  expect(await ada.locator('main').innerText()).not.toContain('carla')
  await ben.context().close()
  await ada.context().close()
})

test('an account limited to a source is made, changed and taken away; a token gets chosen rights', async () => {
  const { page } = await signedIn('ada')
  await page.getByRole('link', { name: 'Users and tokens' }).click()
  await page.getByRole('button', { name: 'New account' }).click()
  await page.getByRole('textbox', { name: 'Name' }).fill('lea')
  await page.getByLabel('Role').selectOption('reader')
  await page.getByRole('combobox', { name: 'Sources it sees' }).click()
  await page.getByRole('menuitemcheckbox', { name: 'gate' }).click()
  await page.keyboard.press('Escape')
  await page.getByLabel('First password').fill(password)
  expect(await seriousFaults(page)).toEqual([])
  await page.screenshot({ path: join(shots, 'console-account-dialog.png') })
  await page.getByRole('button', { name: 'Make the account' }).click()
  const row = page
    .getByRole('table', { name: 'Accounts' })
    .getByRole('row')
    .filter({ hasText: 'lea' })
  const told = async (): Promise<string[]> =>
    (await row.getByRole('cell').allInnerTexts()).slice(0, 3)
  await row.waitFor()
  expect(await told()).toEqual(['lea', 'reader', 'gate'])
  const { page: lea } = await signedIn('lea')
  const session = await lea.request.get('/api/v1/session')
  expect(await session.json()).toMatchObject({ name: 'lea', role: 'reader', sources: ['gate'] })
  await row.getByRole('button', { name: 'Change lea' }).click()
  await page.getByRole('combobox', { name: 'Sources it sees' }).click()
  await page.getByRole('menuitemcheckbox', { name: 'gate' }).click()
  await page.keyboard.press('Escape')
  await page.getByLabel('Role').selectOption('auditor')
  await page.getByRole('button', { name: /^Keep it/ }).click()
  await row.getByText('auditor').waitFor()
  expect(await told()).toEqual(['lea', 'auditor', 'all'])
  expect((await lea.request.get('/api/v1/apps')).status()).toBe(401)
  await row.getByRole('button', { name: 'Take lea away' }).click()
  await page.getByRole('button', { name: 'Take it away' }).click()
  await row.waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'New token' }).click()
  await page.getByLabel('Name of the program').fill('collector')
  await page.getByLabel('Uploads and replays').check()
  await page.getByLabel('It ends after').fill('7')
  expect(await seriousFaults(page)).toEqual([])
  await page.getByRole('button', { name: 'Make the token' }).click()
  await page.getByText('shown this once').waitFor()
  const bearer = (await page.locator('pre').innerText()).trim()
  const asked = (path: string): Promise<Response> =>
    fetch(`${appliance.url}${path}`, { headers: { authorization: `Bearer ${bearer}` } })
  const statuses = [(await asked('/api/v1/apps')).status, (await asked('/api/v1/accounts')).status]
  expect(statuses).toEqual([200, 403])
  await page.getByText('Reports, apps, sources, ledger; Uploads and replays').waitFor()
  await page.context().close()
  await lea.context().close()
})

test('one’s own account: the password changed, a second factor set, used, taken away', async () => {
  const { page } = await signedIn('rea')
  await page.goto('/me')
  const next = `${password} and more`
  await page.locator('input[name=current]').fill('not the password at all')
  await page.locator('input[name=next]').fill(next)
  await page.locator('input[name=again]').fill('something else 12345')
  await page.getByText('not the same').waitFor()
  await page.locator('input[name=again]').fill(next)
  await page.getByRole('button', { name: 'Change the password' }).click()
  await page.getByRole('alert').waitFor()
  await page.locator('input[name=current]').fill(password)
  await page.getByRole('button', { name: 'Change the password' }).click()
  await page.getByText('Changed. Your other sessions have ended.').waitFor()
  await page.getByRole('button', { name: 'Set a second factor' }).click()
  await page.getByRole('img', { name: 'QR code of the secret' }).waitFor()
  const secret = (await page.locator('pre').innerText()).trim()
  const step = totpStep(Date.now())
  await page.getByLabel('Code', { exact: true }).fill(totpCode(secret, step))
  await page.getByRole('button', { name: 'Put it in force' }).click()
  await page.getByText('Keep these codes').waitFor()
  const recovery = await page.locator('pre').innerText()
  expect(recovery.trim().split('\n')).toHaveLength(10)
  expect(await seriousFaults(page)).toEqual([])
  await page.screenshot({ path: join(shots, 'console-me-factor.png') })
  await page.getByLabel('A code, to take it away').fill(recovery.split('\n')[0].trim())
  await page.getByRole('button', { name: 'Take it away' }).click()
  await page.getByRole('button', { name: 'Set a second factor' }).waitFor()
  await page.context().close()
})

test('nothing of it was an error to the browser', () => {
  // the browser itself tells of refused answers
  expect(noises.flat().filter((line) => !/status of 40[13]/.test(line))).toEqual([])
})
