/** A browser on the console of the real appliance, with traffic in it; what tests of the console share. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import type { Browser, BrowserContext, BrowserContextOptions, Page, Request } from 'playwright-core'
import { panTraffic, panUrl } from '../../src/generate/log-lines.ts'
import { Traffic } from '../../src/generate/traffic.ts'
import { until } from './appliance.ts'
import type { Appliance } from './appliance.ts'

const root = join(import.meta.dirname, '../..')
export const shots = join(import.meta.dirname, 'shots')
export const built = join(root, 'dist/console')

/** axe-core's own script; it is handed over by the debugger, which the page's policy does not bind. */
const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** Builds the console when it was not, or when a source of it is newer. */
export function buildConsole(): void {
  const page = join(built, 'index.html')
  const builtMs = existsSync(page) ? statSync(page).mtimeMs : 0
  const sources = ['src/console', 'src/report', 'src/api'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((name) =>
      join(root, folder, String(name)),
    ),
  )
  const stale = [...sources, join(root, 'vite.config.ts')].some(
    (path) => statSync(path).mtimeMs > builtMs,
  )
  if (stale) execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' })
}

export async function openBrowser(): Promise<Browser> {
  mkdirSync(shots, { recursive: true })
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

export interface Opened {
  page: Page
  /** Errors and warnings of the page, dialogs, requests to elsewhere. */
  noise: string[]
}

export function openContext(
  browser: Browser,
  base: string,
  options: BrowserContextOptions = {},
): Promise<BrowserContext> {
  return browser.newContext({
    baseURL: base,
    viewport: { width: 1280, height: 900 },
    ...options,
  })
}

export async function openPage(
  browser: Browser,
  base: string,
  options: BrowserContextOptions = {},
): Promise<Opened> {
  return openPageOf(await openContext(browser, base, options), base)
}

/** Pages of one context share what the browser has fetched. */
export async function openPageOf(context: BrowserContext, base: string): Promise<Opened> {
  const page = await context.newPage()
  countAsked(page)
  const noise: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) noise.push(`console: ${message.text()}`)
  })
  page.on('pageerror', (error) => noise.push(`error: ${error.message}`))
  page.on('dialog', (dialog) => {
    noise.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('request', (request) => {
    if (!request.url().startsWith(base) && !request.url().startsWith('blob:'))
      noise.push(`request: ${request.url()}`)
  })
  return { page, noise }
}

/** What a page asked and has no answer to yet. The browser's own "network idle" is told once for a document, and half a second late. */
const asked = new WeakMap<Page, Set<Request>>()

function countAsked(page: Page): void {
  const open = new Set<Request>()
  asked.set(page, open)
  page.on('request', (request) => open.add(request))
  const answered = (request: Request): boolean => open.delete(request)
  page.on('requestfinished', answered)
  page.on('requestfailed', answered)
}

/** Between an answer and what is asked because of it. */
const quietMs = 150

/** Waits until nothing on the page loads any more. */
export async function settled(page: Page): Promise<void> {
  const turning = page.locator('.fui-Spinner')
  let quietSince = Infinity
  await until('nothing loads any more', async () => {
    const loads = (asked.get(page)?.size ?? 0) > 0 || (await turning.count()) > 0
    quietSince = loads ? Infinity : Math.min(quietSince, Date.now())
    return Date.now() - quietSince >= quietMs
  })
}

interface AxeResult {
  violations: { id: string; impact: string | null; nodes: { html: string }[] }[]
}

/**
 * Findings of axe-core that are serious or critical, as `rule: element`. Left out: Fluent's sentinels (Tabster), which pass the focus on at
 * once and are hidden from readers of the screen.
 */
export async function seriousFaults(page: Page): Promise<string[]> {
  // A dialog that still fades in has too little contrast.
  await page.evaluate(
    'Promise.allSettled(document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime !== Infinity).map((one) => one.finished))',
  )
  await page.evaluate(readFileSync(axePath, 'utf8'))
  const result = await page.evaluate<AxeResult>(
    'axe.run({ exclude: ["[data-tabster-dummy]"] }, { resultTypes: ["violations"] })',
  )
  return result.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`))
}

/** Names that try to be more than text: markup, a formula, a turned-round file name, a terminal's escape. */
export const hostileUsers = [
  '<img src=x onerror=alert(1)>',
  "=cmd|' /C calc'!A0",
  'ann\u202egpj.exe',
  'red\u001b[31m',
] as const

/** Sends a small company's days, with hostile names in them, and waits until they are merged: fewer hours are merged sooner. */
export async function sendTraffic(appliance: Appliance, count: number, days = 2): Promise<void> {
  const toMs = Date.now()
  const traffic = new Traffic({
    seed: 7,
    users: 40,
    unknownHosts: 12,
    fromMs: toMs - days * 86_400_000,
    toMs,
  })
  const sessions = Array.from({ length: count }, () => traffic.next())
  const lines = sessions.flatMap((session, index) => {
    const user = hostileUsers[index]
    const told = user === undefined ? session : { ...session, user }
    return [panUrl(told), panTraffic(told)]
  })
  const strange = `<13>gw odd line <script>alert(2)</script> \u202e`
  const socket = connect(appliance.syslogPort, '127.0.0.1')
  socket.end([...lines, strange].join('\n') + '\n')
  await new Promise((resolve) => socket.once('close', resolve).resume())
  let seen = 0
  await until(
    'the traffic is merged',
    async () => {
      const { totals } = await appliance.ask<{ totals: { transactions: number; users: number } }>(
        '/api/v1/summary',
      )
      seen = totals.transactions
      // a connection and its request are one transaction; so may some sessions be
      return seen >= sessions.length / 2 && totals.users >= hostileUsers.length
    },
    120_000,
  ).catch((error: unknown) => {
    throw new Error(`${seen} of ${sessions.length} sessions are merged`, { cause: error })
  })
}
