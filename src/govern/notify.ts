/**
 * Tells people and programs of alerts: mail, a signed webhook (https://github.com/standard-webhooks/standard-webhooks), CEF over syslog.
 * Each way on its own: one that is down holds up none of the others. The alert itself keeps what became of each notice.
 */
import { createHmac } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Config } from '../config/schema.ts'
import { OperatingError, causeOf } from '../errors.ts'
import { governLimits } from '../limits.ts'
import { mailTransport } from '../publish/mail-transport.ts'
import { Transport } from '../publish/transport.ts'
import type { Alert } from './alerts.ts'
import { cefLine } from './notify-cef.ts'
import { mailText } from './notify-mail.ts'

export type NotifyConfig = Pick<Config, 'govern' | 'publish'>
export const ways = ['mail', 'webhook', 'syslog'] as const
export type Way = (typeof ways)[number]

/** Ways that are configured. */
export function configuredWays({ govern, publish }: NotifyConfig): Way[] {
  return ways.filter((way) => {
    if (way === 'mail') return govern.mailTo.length > 0 && publish.mail !== undefined
    return govern[way] !== undefined
  })
}

/** Headers of a signed webhook. The time is part of what is signed: an old request cannot be sent again later. */
export function signedHeaders(
  { id, body, secret }: { id: string; body: string; secret: string },
  nowMs: number,
): Record<string, string> {
  const seconds = String(Math.floor(nowMs / 1000))
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : secret
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64')
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': seconds,
    'webhook-signature': `v1,${signature}`,
  }
}

export interface NotifierOptions {
  config: () => NotifyConfig
  now: () => number
  sleep?: (ms: number) => Promise<void>
}

export class Notifier {
  readonly #options: NotifierOptions
  /** Mails of this day (UTC), by address. */
  #mails = { day: '', sent: new Map<string, number>() }

  constructor(options: NotifierOptions) {
    this.#options = options
  }

  /** Resolves when it is delivered, after some tries; throws GOVERN_FAILED with the last reason. */
  async tell(way: Way, alert: Alert): Promise<void> {
    const sleep = this.#options.sleep ?? (async (ms: number) => delay(ms))
    for (let tries = 1; ; tries++) {
      try {
        await this.#once(way, alert)
        return
      } catch (error) {
        if (tries >= governLimits.notifyTries)
          throw new OperatingError(
            'GOVERN_FAILED',
            `cannot tell of an alert by ${way}: ${causeOf(error)}; check govern.${way === 'mail' ? 'mailTo and publish.mail' : way}`,
            { cause: error },
          )
        await sleep(governLimits.notifyRetryMs * 2 ** (tries - 1))
      }
    }
  }

  async #once(way: Way, alert: Alert): Promise<void> {
    if (way === 'mail') return this.#mail(alert)
    return way === 'webhook' ? this.#webhook(alert) : this.#syslog(alert)
  }

  async #mail(alert: Alert): Promise<void> {
    const { govern, publish } = this.#options.config()
    const { mail } = publish
    if (mail === undefined) throw new Error('publish.mail is not configured')
    const day = new Date(this.#options.now()).toISOString().slice(0, 10)
    if (this.#mails.day !== day) this.#mails = { day, sent: new Map() }
    const { sent } = this.#mails
    const to = govern.mailTo.filter(
      (address) => (sent.get(address) ?? 0) < governLimits.mailsPerAddressDay,
    )
    if (to.length === 0)
      throw new Error(`every address had ${governLimits.mailsPerAddressDay} mails today`)
    const transport = await mailTransport(mail, governLimits.notifyMs)
    try {
      await transport.sendMail({
        from: mail.from,
        to,
        messageId: `<${alert.id}@gnomon.invalid>`,
        ...mailText(alert),
      })
      for (const address of to) sent.set(address, (sent.get(address) ?? 0) + 1)
    } finally {
      transport.close()
    }
  }

  async #webhook(alert: Alert): Promise<void> {
    const { webhook } = this.#options.config().govern
    if (webhook === undefined) throw new Error('govern.webhook is not configured')
    const { notices: _notices, ...told } = alert
    const body = JSON.stringify({ type: 'gnomon.alert', timestamp: alert.raised, data: told })
    const transport = new Transport({ proxy: webhook.proxy, caBundle: webhook.caBundle })
    try {
      const { status } = await transport.request(webhook.url, {
        method: 'POST',
        headers: signedHeaders({ id: alert.id, body, secret: webhook.secret }, this.#options.now()),
        body,
        timeoutMs: governLimits.notifyMs,
      })
      if (status < 200 || status > 299) throw new Error(`status ${status}`)
    } finally {
      await transport.close()
    }
  }

  async #syslog(alert: Alert): Promise<void> {
    const { syslog } = this.#options.config().govern
    if (syslog === undefined) throw new Error('govern.syslog is not configured')
    const message = Buffer.from(cefLine(alert))
    if (syslog.transport === 'udp') return sendUdp(message, syslog)
    return sendTcp(Buffer.concat([Buffer.from(`${message.length} `), message]), syslog)
  }
}

async function sendUdp(
  message: Buffer,
  { host, port }: { host: string; port: number },
): Promise<void> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.send(message, port, host, (error) => (error === null ? resolve() : reject(error)))
  }).finally(() => socket.close())
}

async function sendTcp(
  message: Buffer,
  { host, port }: { host: string; port: number },
): Promise<void> {
  const socket = connect({ host, port, timeout: governLimits.notifyMs })
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.once('timeout', () => reject(new Error('no answer in time')))
    socket.end(message, () => resolve())
  }).finally(() => socket.destroy())
}
