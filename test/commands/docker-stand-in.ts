/** A Docker engine of pure memory on a Unix socket: the part of its API (v1.41) that `gnomon appliance` uses, with its status codes. */
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Container {
  Id: string
  Name: string
  Image: string
  Config: { Image: string }
  HostConfig: Record<string, unknown>
  State: { Status: string; Running: boolean; StartedAt: string; Health: { Status: string } }
}

export class DockerStandIn {
  readonly containers = new Map<string, Container>()
  /** Image name → its id; what is in `registry` can be pulled. */
  readonly images = new Map<string, string>()
  readonly registry = new Map<string, string>()
  /** Health that a started container of an image has. */
  readonly health = new Map<string, string>()
  readonly asked: string[] = []
  /** Containers that cannot be started, by image. */
  readonly broken = new Set<string>()
  #folder = ''
  #ids = 0
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch((error: unknown) => response.destroy(error as Error))
  })

  get socket(): string {
    return join(this.#folder, 'docker.sock')
  }

  async start(): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), 'gnomon-docker-'))
    await new Promise<void>((resolve) => this.#server.listen(this.socket, resolve))
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
    await rm(this.#folder, { recursive: true, force: true })
  }

  named(name: string): Container | undefined {
    return [...this.containers.values()].find((one) => one.Name === `/${name}` || one.Id === name)
  }

  /** As after a restart of the machine. */
  stopAll(): void {
    for (const one of this.containers.values())
      one.State = { ...one.State, Status: 'exited', Running: false }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = ''
    for await (const chunk of request) text += String(chunk)
    const url = new URL(request.url ?? '/', 'http://docker')
    const path = url.pathname.replace(/^\/v[\d.]+/, '')
    this.asked.push(`${request.method} ${path}`)
    const send = (status: number, body: unknown = ''): void => {
      const bytes = Buffer.isBuffer(body) ? body : JSON.stringify(body)
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(status === 204 ? '' : bytes)
    }
    const image = /^\/images\/(.+)\/json$/.exec(path)?.[1]
    if (image !== undefined) {
      const id = this.images.get(decodeURIComponent(image))
      return id === undefined
        ? send(404, { message: `No such image: ${image}` })
        : send(200, { Id: id })
    }
    if (path === '/images/create') return this.#pull(url, send)
    if (path === '/containers/create') return this.#create(url, JSON.parse(text) as never, send)
    const [, name = '', verb = ''] = /^\/containers\/([^/]+)\/?(\w*)$/.exec(path) ?? []
    const container = this.named(name)
    if (container === undefined) return send(404, { message: `No such container: ${name}` })
    if (request.method === 'DELETE') {
      this.containers.delete(container.Id)
      return send(204)
    }
    if (verb === 'json') return send(200, container)
    if (verb === 'logs') return send(200, frames([1, 'one line\n'], [2, '\u001b[31mred\n']))
    if (verb === 'rename') {
      if (this.named(url.searchParams.get('name') ?? '') !== undefined)
        return send(409, { message: 'in use' })
      container.Name = `/${url.searchParams.get('name')}`
      return send(204)
    }
    if (verb === 'stop') container.State = { ...container.State, Status: 'exited', Running: false }
    if (verb === 'start') {
      if (this.broken.has(container.Config.Image))
        return send(500, { message: 'port is already allocated' })
      const Status = this.health.get(container.Config.Image) ?? 'healthy'
      container.State = {
        Status: 'running',
        Running: true,
        StartedAt: '2026-09-25T14:00:00Z',
        Health: { Status },
      }
    }
    return send(204)
  }

  #pull(url: URL, send: (status: number, body?: unknown) => void): void {
    const [name, tag] = [url.searchParams.get('fromImage') ?? '', url.searchParams.get('tag')]
    const id = this.registry.get(`${name}:${tag}`)
    if (id === undefined) return send(404, { message: `pull access denied for ${name}` })
    this.images.set(tag === 'latest' ? name : `${name}:${tag}`, id)
    return send(200, { status: 'Pull complete' })
  }

  #create(
    url: URL,
    body: { Image: string; HostConfig: Record<string, unknown> },
    send: (status: number, body?: unknown) => void,
  ): void {
    const name = url.searchParams.get('name') ?? ''
    const image = this.images.get(body.Image)
    if (image === undefined) return send(404, { message: `No such image: ${body.Image}` })
    if (this.named(name) !== undefined) return send(409, { message: `${name} is in use` })
    const Id = `c${++this.#ids}`.padEnd(64, '0')
    const State = {
      Status: 'created',
      Running: false,
      StartedAt: '',
      Health: { Status: 'starting' },
    }
    this.containers.set(Id, {
      Id,
      Name: `/${name}`,
      Image: image,
      Config: { Image: body.Image },
      HostConfig: body.HostConfig,
      State,
    })
    return send(201, { Id, Warnings: [] })
  }
}

/** As the attach API sends them. */
export function frames(...parts: [stream: number, text: string][]): Buffer {
  return Buffer.concat(
    parts.map(([stream, text]) => {
      const head = Buffer.alloc(8)
      head[0] = stream
      head.writeUInt32BE(Buffer.byteLength(text), 4)
      return Buffer.concat([head, Buffer.from(text)])
    }),
  )
}
