/** Notices of alerts: by mail, webhook and CEF, each on its own, over failures and restarts. */
import { createHmac } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { SMTPServer } from 'smtp-server'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { configSchema } from '../../src/config/schema.ts'
import { Govern } from '../../src/govern/govern.ts'
import { policySchema } from '../../src/govern/policy.ts'
import { addUsage, dayMs, openGround, startMs } from '../govern/govern-parts.ts'
import type { Ground, UseOf } from '../govern/govern-parts.ts'

let ground: Ground
let govern: Govern
let settings: object
const governNow = (): Govern =>
  new Govern({
    store: ground.store,
    catalog: () => ground.catalog,
    config: () => configSchema.parse(settings),
    log: pino({ level: 'silent' }),
    now: ground.now,
    dataDir: null,
    lastSeen: () => new Map(),
    quietly: async (work) => work(),
    sleep: async () => undefined,
  })
beforeEach(async () => {
  ground = await openGround()
  settings = {}
  govern = governNow()
})
afterEach(() => ground.close())

const people = (count: number, use: Partial<UseOf>): UseOf[] =>
  Array.from({ length: count }, (_, i) => ({
    atMs: startMs,
    user: `user.${i}`,
    srcIp: `10.0.0.${i}`,
    ...use,
  }))

describe('notices', () => {
  const closers: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const close of closers.splice(0)) await close()
  })

  test('mail, signed webhook and CEF tell the same alert; what became of them is kept', async () => {
    const mails: string[] = []
    const smtp = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onData(stream, _session, callback) {
        let text = ''
        stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
        stream.on('end', () => (mails.push(text), callback()))
      },
    })
    await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', () => resolve()))
    closers.push(() => new Promise((resolve) => smtp.close(() => resolve(null))))
    const hooks: { headers: Record<string, unknown>; body: string }[] = []
    const answers = [503, 200]
    const hook = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        hooks.push({ headers: request.headers, body })
        response.writeHead(answers.shift() ?? 200).end()
      })
    })
    await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve))
    closers.push(() => new Promise((resolve) => hook.close(resolve)))
    const siem = createSocket('udp4')
    const lines: string[] = []
    siem.on('message', (message) => lines.push(message.toString()))
    await new Promise<void>((resolve) => siem.bind(0, '127.0.0.1', resolve))
    closers.push(() => new Promise((resolve) => siem.close(() => resolve(null))))
    settings = {
      publish: {
        mail: {
          host: '127.0.0.1',
          port: (smtp.server.address() as AddressInfo).port,
          tls: 'none',
          from: 'gnomon@example.com',
        },
      },
      govern: {
        mailTo: ['soc@example.com'],
        webhook: {
          url: `http://127.0.0.1:${(hook.address() as AddressInfo).port}/`,
          secret: 'a long enough secret',
        },
        syslog: { host: '127.0.0.1', port: siem.address().port },
      },
    }
    await govern.policies.put(
      'p',
      policySchema.parse({ name: 'P\r\nBcc: x@example.com', severity: 'high' }),
    )
    await addUsage(ground.store, people(1, { user: 'a|b=c\nd' }))
    const [alert] = await govern.turns.turn()
    expect(
      (await govern.alerts.get(alert.id))?.notices.map(({ way, status }) => [way, status]),
    ).toEqual([
      ['mail', 'sent'],
      ['webhook', 'sent'],
      ['syslog', 'sent'],
    ])

    expect(mails).toHaveLength(1)
    expect(mails[0]).toMatch(/^Subject: =\?UTF-8\?Q\?=5BGnomon=2C_high=5D_P/m)
    expect(mails[0]).not.toMatch(/^Bcc:/m)
    // the first answer was 503: told again with the same id
    expect(hooks.map(({ headers }) => headers['webhook-id'])).toEqual([alert.id, alert.id])
    const { headers, body } = hooks[1]
    const signed = createHmac('sha256', 'a long enough secret')
      .update(`${alert.id}.${String(headers['webhook-timestamp'])}.${body}`)
      .digest('base64')
    expect(headers['webhook-signature']).toBe(`v1,${signed}`)
    expect(JSON.parse(body)).toMatchObject({
      type: 'gnomon.alert',
      data: { id: alert.id, appId: 'files' },
    })
    await expect.poll(() => lines.length).toBe(1)
    expect(lines[0]).toMatch(/^<131>1 .* CEF:0\|Gnomon\|Gnomon\|[\d.]+\|policy\|/)
    expect(lines[0]).toContain('suser=a|b\\=c d ')
    expect(lines[0]).not.toContain('\n')
  })

  test('a way that is down does not hold up the others, and is tried again', async () => {
    const siem = createSocket('udp4')
    const lines: string[] = []
    siem.on('message', (message) => lines.push(message.toString()))
    await new Promise<void>((resolve) => siem.bind(0, '127.0.0.1', resolve))
    closers.push(() => new Promise((resolve) => siem.close(() => resolve(null))))
    settings = {
      govern: {
        webhook: { url: 'http://127.0.0.1:9/', secret: 'a long enough secret' },
        syslog: { host: '127.0.0.1', port: siem.address().port },
      },
    }
    await govern.policies.put('p', policySchema.parse({ name: 'P' }))
    await addUsage(ground.store, people(1, {}))
    const [alert] = await govern.turns.turn()
    const { notices } = (await govern.alerts.get(alert.id)) ?? { notices: [] }
    expect(notices).toMatchObject([
      {
        way: 'webhook',
        status: 'pending',
        error: expect.stringMatching(/cannot tell of an alert by webhook/),
      },
      { way: 'syslog', status: 'sent' },
    ])
    await expect.poll(() => lines.length).toBe(1)
  })

  test('a notice that waits outlives the process: told by the next one, once', async () => {
    const hooks: string[] = []
    const hook = createServer((request, response) => {
      hooks.push(String(request.headers['webhook-id']))
      response.writeHead(200).end()
    })
    await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve))
    closers.push(() => new Promise((resolve) => hook.close(resolve)))
    const { port } = hook.address() as AddressInfo
    const webhook = (to: string) => ({
      govern: { webhook: { url: to, secret: 'a long enough secret' } },
    })
    settings = webhook('http://127.0.0.1:9/')
    await govern.policies.put('p', policySchema.parse({ name: 'P' }))
    await addUsage(ground.store, people(1, {}))
    const [alert] = await govern.turns.turn()
    expect(govern.status().notices).toEqual({ webhook: { sent: 0, retried: 1, failed: 0 } })

    settings = webhook(`http://127.0.0.1:${port}/`)
    ground.clock.ms += 60_000
    const next = governNow()
    await next.turns.turn()
    await next.turns.turn()
    expect(hooks).toEqual([alert.id])
    expect(next.status().notices).toEqual({ webhook: { sent: 1, retried: 0, failed: 0 } })
    expect((await next.alerts.get(alert.id))?.notices).toMatchObject([{ status: 'sent' }])
  })

  test('after a day it is given up, and counted', async () => {
    settings = {
      govern: { webhook: { url: 'http://127.0.0.1:9/', secret: 'a long enough secret' } },
    }
    await govern.policies.put('p', policySchema.parse({ name: 'P', repeatDays: 9 }))
    await addUsage(ground.store, people(1, {}))
    const [alert] = await govern.turns.turn()
    ground.clock.ms += dayMs
    await govern.turns.turn()
    await govern.turns.turn()
    expect((await govern.alerts.get(alert.id))?.notices).toMatchObject([{ status: 'failed' }])
    expect(govern.status().notices).toEqual({ webhook: { sent: 0, retried: 1, failed: 1 } })
  })
})
