/**
 * An event hub at the protocol's edge: AMQP 1.0 as Microsoft's client speaks it. Tokens are put on `$cbs` and checked, `$management` tells
 * the partitions, receivers of a partition begin where their selector says and get no more than their credit.
 * https://learn.microsoft.com/en-us/azure/service-bus-messaging/service-bus-amqp-protocol-guide
 */
import { createHmac } from 'node:crypto'
import type { Server, Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import rhea from 'rhea'
import type { Connection, EventContext, Message, Receiver, Sender } from 'rhea'

export const hubName = 'defender'
export const keyName = 'listen'
export const key = 'a key of the test'

/** Tells a token that is no signature from one that is (`jwt`). */
export interface StandInOptions {
  tls?: { key: string; cert: string }
  tokenGood?: (token: string) => Promise<boolean>
}

interface HubEvent {
  body: Buffer
  enqueuedMs: number
}

interface Reader {
  sender: Sender
  partition: string
  next: number
}

export class EventHubStandIn {
  readonly partitions = new Map<string, HubEvent[]>([
    ['0', []],
    ['1', []],
  ])
  /** Selectors of receivers, as they came. */
  readonly selectors: string[] = []
  /** Audiences for which a token was put, with its type. */
  readonly tokens: { name: string; type: string }[] = []
  allowed = true
  key = key
  readonly #options: StandInOptions
  readonly #sockets = new Set<Socket>()
  #readers: Reader[] = []
  #server: Server | null = null

  constructor(options: StandInOptions = {}) {
    this.#options = options
  }

  async start(): Promise<void> {
    const container = rhea.create_container({ id: 'hub' })
    container.sasl_server_mechanisms.enable_anonymous()
    container.sasl_server_mechanisms.enable_plain(() => true)
    container.on('connection_open', ({ connection }: EventContext) => {
      tolerateLateAnswers(connection)
    })
    // a receiver of the client is a sender here
    container.on('sender_open', (context: EventContext) => this.#opened(context))
    container.on('sendable', () => this.#deliver())
    container.on('message', (context: EventContext) => {
      void this.#message(context)
    })
    // what a client that is gone leaves behind
    for (const end of ['connection_close', 'disconnected', 'sender_close', 'session_close'])
      container.on(end, () => this.#tidy())
    container.on('connection_error', () => undefined)
    container.on('protocol_error', () => undefined)
    container.on('error', () => undefined)
    const { tls } = this.#options
    const address = { host: '127.0.0.1', port: 0 }
    const server =
      tls === undefined
        ? container.listen({ ...address, transport: 'tcp' } as never)
        : container.listen({ ...address, transport: 'tls', ...tls } as never)
    this.#server = server as unknown as Server
    this.#server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    await new Promise<void>((resolve) => this.#server?.once('listening', resolve))
  }

  get port(): number {
    const address = this.#server?.address() as AddressInfo | null | undefined
    return address?.port ?? 0
  }

  connectionString(signedWith = this.key): string {
    return `Endpoint=sb://127.0.0.1:${this.port}/;SharedAccessKeyName=${keyName};SharedAccessKey=${signedWith};UseDevelopmentEmulator=true;EntityPath=${hubName}`
  }

  get connections(): number {
    return this.#sockets.size
  }

  /** All lines are cut, as by a restart of the service. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async stop(): Promise<void> {
    this.cut()
    await new Promise((resolve) => this.#server?.close(resolve))
  }

  clear(): void {
    for (const events of this.partitions.values()) events.length = 0
    this.selectors.length = 0
    this.tokens.length = 0
    this.allowed = true
    this.key = key
  }

  add(partition: string, body: unknown): void {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    this.partitions.get(partition)?.push({ body: Buffer.from(text), enqueuedMs: Date.now() })
    this.#deliver()
  }

  /** Takes the right away from who has it, and gives it back. */
  allow(allowed: boolean): void {
    this.allowed = allowed
    if (allowed) return
    for (const { sender } of this.#readers.splice(0)) sender.close(unauthorized)
  }

  #tidy(): void {
    this.#readers = this.#readers.filter(({ sender }) => sender.is_open())
  }

  #opened({ sender }: EventContext): void {
    if (sender === undefined) return
    const { address = '', filter } = remoteOf(sender).source ?? {}
    sender.set_source({ address })
    const match = /^(\w+)\/ConsumerGroups\/\$Default\/Partitions\/(\w+)$/i.exec(address)
    if (match === null) return
    const events = match[1] === hubName ? this.partitions.get(match[2]) : undefined
    if (events === undefined) return sender.close(notFound)
    if (!this.allowed) return sender.close(unauthorized)
    const selector = String(valueOf(filter?.['apache.org:selector-filter:string']))
    this.selectors.push(selector)
    const next = firstOf(selector, events)
    if (next === null)
      return sender.close({
        condition: 'amqp:invalid-field',
        description: `The filter ${selector} is not valid.`,
      })
    this.#readers.push({ sender, partition: match[2], next })
    this.#deliver()
  }

  #deliver(): void {
    for (const reader of this.#readers) {
      const events = this.partitions.get(reader.partition) ?? []
      while (reader.next < events.length && reader.sender.sendable()) {
        const { body, enqueuedMs } = events[reader.next]
        reader.sender.send({
          body: rhea.message.data_section(body),
          message_annotations: {
            'x-opt-sequence-number': rhea.types.wrap_long(reader.next),
            'x-opt-offset': String(reader.next * 100),
            'x-opt-enqueued-time': rhea.types.wrap_timestamp(enqueuedMs),
          },
        })
        reader.next++
      }
    }
  }

  async #message({ message, receiver, connection }: EventContext): Promise<void> {
    if (message === undefined || receiver === undefined) return
    const { address = '' } = remoteOf(receiver).target ?? {}
    const answer =
      address === '$cbs'
        ? await this.#token(message)
        : address.endsWith('$management')
          ? this.#management(message)
          : { status: 404, description: 'nothing is there', body: '' }
    const reply = senderTo(connection, address, String(message.reply_to))
    reply?.send({
      ...(message.reply_to !== undefined && { to: message.reply_to }),
      ...(message.message_id !== undefined && { correlation_id: message.message_id }),
      application_properties: {
        'status-code': answer.status,
        'status-description': answer.description,
      },
      body: answer.body,
    })
  }

  async #token({ application_properties: given = {}, body }: Message) {
    const { name, type } = given as { name: string; type: string }
    this.tokens.push({ name, type })
    const token = String(body)
    const good =
      type === 'servicebus.windows.net:sastoken'
        ? this.#signed(token, name)
        : ((await this.#options.tokenGood?.(token)) ?? false)
    return good && this.allowed
      ? { status: 202, description: 'Accepted', body: '' }
      : {
          status: 401,
          description: "Unauthorized access. 'Listen' claim(s) are required.",
          body: '',
        }
  }

  /** https://learn.microsoft.com/en-us/azure/event-hubs/authenticate-shared-access-signature */
  #signed(token: string, audience: string): boolean {
    const fields = new URLSearchParams(token.replace(/^SharedAccessSignature /, ''))
    const [resource, signature, expiry] = ['sr', 'sig', 'se'].map((name) => fields.get(name) ?? '')
    const text = `${encodeURIComponent(resource)}\n${expiry}`
    const want = createHmac('sha256', this.key).update(text).digest('base64')
    return (
      signature === want &&
      fields.get('skn') === keyName &&
      audience.startsWith(resource) &&
      Number(expiry) * 1000 > Date.now()
    )
  }

  #management({ application_properties: given = {} }: Message) {
    const { operation, type, name } = given as Record<string, string>
    if (!this.allowed) return { status: 401, description: 'Unauthorized', body: '' }
    if (operation !== 'READ' || type !== 'com.microsoft:eventhub' || name !== hubName)
      return { status: 404, description: 'not found', body: '' }
    const ids = [...this.partitions.keys()]
    const body = {
      name,
      type,
      created_at: new Date(0),
      partition_count: ids.length,
      partition_ids: ids,
    }
    return { status: 200, description: 'OK', body }
  }
}

const unauthorized = {
  condition: 'amqp:unauthorized-access',
  description: "Unauthorized access. 'Listen' claim(s) are required to perform this operation.",
}
const notFound = { condition: 'amqp:not-found', description: 'The messaging entity is not there.' }

/** The link by which a client hears answers: its name is where it wants them. */
function senderTo(connection: Connection, address: string, replyTo: string): Sender | undefined {
  return connection.find_sender((sender: Sender) => {
    const { source, target } = remoteOf(sender)
    return source?.address === address && (sender.name === replyTo || target?.address === replyTo)
  })
}

interface Terminus {
  address?: string
  filter?: Record<string, unknown>
}

/** What the other side asked for when it attached. */
function remoteOf(link: Sender | Receiver): { source?: Terminus; target?: Terminus } {
  return (link as unknown as { remote: { attach: { source?: Terminus; target?: Terminus } } })
    .remote.attach
}

/** A client may settle what crossed its `end` of the session: the service does not mind, rhea would cut the line. */
function tolerateLateAnswers(connection: Connection): void {
  const inner = connection as unknown as {
    remote_channel_map: Record<number, unknown>
    on_disposition: (frame: { channel: number }) => void
    on_flow: (frame: { channel: number }) => void
  }
  for (const name of ['on_disposition', 'on_flow'] as const) {
    const own = inner[name].bind(connection)
    inner[name] = (frame) => {
      if (inner.remote_channel_map[frame.channel] !== undefined) own(frame)
    }
  }
}

/** The value of a described type, however deep. */
function valueOf(filter: unknown): unknown {
  let value = filter
  while (typeof value === 'object' && value !== null && 'value' in value) value = value.value
  return value
}

/** The first event that a selector lets through; null = the service refuses such a selector. */
function firstOf(selector: string, events: readonly HubEvent[]): number | null {
  const match =
    /^amqp\.annotation\.x-opt-(offset|sequence-number|enqueued-time(?:-utc)?) (>=?) '([^']*)'$/.exec(
      selector,
    )
  if (match === null) return null
  const [, of, sign, text] = match
  if (of === 'offset' && text === '@latest') return events.length
  const value = Number(text)
  if (text === '' || !Number.isInteger(value)) return null
  const found = events.findIndex((event, i) => {
    const own = of === 'offset' ? i * 100 : of === 'sequence-number' ? i : event.enqueuedMs
    return sign === '>' ? own > value : own >= value
  })
  return found < 0 ? events.length : found
}
