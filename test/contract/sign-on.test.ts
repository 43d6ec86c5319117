/** Sign-on against a real OpenID provider (oidc-provider), the browser played by hand: redirects, forms, cookies of two sites. */
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApi } from '../../src/api/api.ts'
import { freePort } from '../e2e/appliance.ts'
import { fakeBackend } from '../api/fake-backend.ts'
import { apiOptions } from '../api/server.ts'
import { testAccess } from '../access/test-access.ts'
import type { TestAccess } from '../access/test-access.ts'

const groups: Record<string, string[]> = {
  ann: ['cloud-admins', 'all'],
  ben: ['branch-readers'],
  eve: ['strangers'],
}
let provider: Server
let issuer = ''
let base = ''
let made: TestAccess
let api: ReturnType<typeof createApi>

beforeAll(async () => {
  provider = createServer()
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve))
  issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`
  const port = await freePort()
  base = `http://127.0.0.1:${port}`
  const oidc = new Provider(issuer, {
    clients: [
      {
        client_id: 'gnomon',
        client_secret: 'a secret of the test',
        redirect_uris: [`${base}/api/v1/session/oidc/callback`],
      },
    ],
    claims: { openid: ['sub', 'groups', 'preferred_username'] },
    conformIdTokenClaims: false,
    cookies: { keys: ['test'] },
    findAccount: (_context: unknown, id: string) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        preferred_username: `${id}@example.com`,
        groups: groups[id] ?? [],
      }),
    }),
  })
  const answer = oidc.callback()
  provider.on('request', (request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error))
  })
  made = testAccess(
    {
      access: {
        oidc: {
          issuer,
          clientId: 'gnomon',
          clientSecret: 'a secret of the test',
          publicUrl: base,
          roles: [
            { value: 'cloud-admins', role: 'administrator' },
            { value: 'branch-readers', role: 'reader', sources: ['branch'] },
          ],
        },
      },
    },
    { nowMs: Date.now() },
  )
  api = createApi({ ...apiOptions(fakeBackend(), made.access), port })
  await made.access.accounts.create(
    { name: 'local', role: 'administrator', sources: null },
    'correct horse battery',
  )
  await api.start()
})
afterAll(async () => {
  await api.stop()
  provider.closeAllConnections()
  await new Promise((resolve) => provider.close(resolve))
})

/** As much of a browser as the flow needs: a cookie jar for each host and port, redirects one by one. */
class Browser {
  readonly #jar = new Map<string, Map<string, string>>()

  async send(url: string, init: RequestInit = {}): Promise<Response> {
    const { origin } = new URL(url)
    const jar = this.#jar.get(origin) ?? new Map<string, string>()
    this.#jar.set(origin, jar)
    const cookie = Array.from(jar, ([name, value]) => `${name}=${value}`).join('; ')
    const headers = { ...(init.headers as Record<string, string> | undefined), cookie }
    const response = await fetch(url, { ...init, headers, redirect: 'manual' })
    for (const text of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(text) ?? []
      if (value === '' || /expires=Thu, 01 Jan 1970/i.test(text)) jar.delete(name)
      else jar.set(name, value)
    }
    return response
  }

  cookie(origin: string, name: string): string | undefined {
    return this.#jar.get(origin)?.get(name)
  }

  /** Goes where it is sent, fills the provider's forms in, and ends where the callback's address is asked for. */
  async toCallback(name: string): Promise<string> {
    let url = `${base}/api/v1/session/oidc`
    for (let step = 0; step < 20; step++) {
      const response = await this.send(url)
      const location = response.headers.get('location')
      if (location !== null) {
        url = new URL(location, url).href
        if (url.startsWith(`${base}/api/v1/session/oidc/callback`)) return url
        continue
      }
      const page = await response.text()
      const action = /action="([^"]+)"/.exec(page)?.[1]
      const prompt = /name="prompt" value="([^"]+)"/.exec(page)?.[1]
      if (action === undefined || prompt === undefined)
        throw new Error(`no form: ${response.status} ${page}`)
      const body = new URLSearchParams({ prompt, login: name, password: 'any' })
      const posted = await this.send(new URL(action, url).href, { method: 'POST', body })
      url = new URL(posted.headers.get('location') ?? '', url).href
    }
    throw new Error('it goes round in circles')
  }
}

async function session(browser: Browser): Promise<Record<string, unknown>> {
  return (await (await browser.send(`${base}/api/v1/session`)).json()) as Record<string, unknown>
}

test('an administrator by his group: an account is made, and the session is his', async () => {
  const browser = new Browser()
  const url = await browser.toCallback('ann')
  const done = await browser.send(url)
  expect(done.status).toBe(200)
  expect(await done.text()).toContain('url=/"')
  expect(await session(browser)).toMatchObject({
    signedIn: true,
    name: `ann@example.com (${new URL(issuer).host})`,
    role: 'administrator',
    local: false,
  })
  expect(made.access.accounts.all().map(({ name }) => name)).toEqual(['ann@example.com', 'local'])
  await made.access.audit.flush()
  expect(made.store.tables.get('audit')).toContainEqual(
    expect.objectContaining({ action: 'signOn', object: 'ann@example.com' }),
  )
})

test('a reader gets the sources of his group, and the next time what it is then', async () => {
  const browser = new Browser()
  await browser.send(await browser.toCallback('ben'))
  expect(await session(browser)).toMatchObject({ role: 'reader', sources: ['branch'] })
  groups['ben'] = ['cloud-admins']
  const again = new Browser()
  await again.send(await again.toCallback('ben'))
  expect(await session(again)).toMatchObject({ role: 'administrator', sources: null })
  expect(made.access.accounts.all()).toHaveLength(3)
})

test('who is in no group stays out', async () => {
  const browser = new Browser()
  const refused = await browser.send(await browser.toCallback('eve'))
  expect(refused.status).toBe(403)
  expect(await refused.json()).toMatchObject({
    code: 'ACCESS_DENIED',
    detail: expect.stringContaining('access.oidc.roles'),
  })
  expect(await session(browser)).toMatchObject({ signedIn: false })
})

test('a disabled account stays out', async () => {
  const ann = made.access.accounts.all().find(({ name }) => name.startsWith('ann'))
  await made.access.accounts.change(ann?.id ?? '', { disabled: true })
  const browser = new Browser()
  expect((await browser.send(await browser.toCallback('ann'))).status).toBe(403)
  await made.access.accounts.change(ann?.id ?? '', { disabled: false })
})

test.each([
  ['of another browser', async (url: string) => new Browser().send(url)],
  [
    'used twice',
    async (url: string, browser: Browser) => (await browser.send(url), browser.send(url)),
  ],
  [
    'with another state',
    async (url: string, browser: Browser) => browser.send(url.replace(/state=[^&]+/, 'state=x')),
  ],
  [
    'with another code',
    async (url: string, browser: Browser) => browser.send(url.replace(/code=[^&]+/, 'code=x')),
  ],
  [
    'from another issuer',
    async (url: string, browser: Browser) =>
      browser.send(url.replace(/iss=[^&]+/, 'iss=http%3A%2F%2Fevil.example')),
  ],
  [
    'too late',
    async (url: string, browser: Browser) => {
      made.clock.nowMs += 3_600_000
      return browser.send(url)
    },
  ],
])('a way back %s is refused', async (_name, go) => {
  const browser = new Browser()
  const response = await go(await browser.toCallback('ann'), browser)
  expect(response.status).toBe(403)
  expect(await response.json()).toMatchObject({ code: 'ACCESS_DENIED' })
})
