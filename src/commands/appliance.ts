/** `gnomon appliance`: the container on a Docker or Podman engine. */
import { resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type Docker from 'dockerode'
import { OperatingError } from '../errors.ts'
import { visible } from '../report/text.ts'
import { down, logs, stateOf, up, upgrade } from './appliance-engine.ts'
import type { ApplianceSpec } from './appliance-engine.ts'
import type { Command, CommandIo } from './command.ts'
import { write } from './command.ts'

const help = `gnomon appliance up|status|logs|upgrade|down [--name N] [--image I] [--volume V] [--config FILE] [--socket PATH] [--json]

Drives a Docker or Podman engine over its API: makes and starts the container (read-only, without capabilities, ports mapped, data in a
volume), tells of it, gives its log, changes its image, or removes it. The data stay in the volume.

  --name     the container (default gnomon)
  --image    the image (default gnomon); for upgrade, the new one
  --volume   a volume or folder for the data (default gnomon-data)
  --config   a gnomon.yaml of this machine
  --socket   the engine's socket (default DOCKER_HOST, then /var/run/docker.sock)
  --tail     lines of the log (default 100)

upgrade keeps the old container until the new one is healthy, and goes back to it when it is not.

  gnomon appliance up --config ./gnomon.yaml
  gnomon appliance upgrade --image registry.example.com/gnomon:1.2
`

async function run(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      name: { type: 'string', default: 'gnomon' },
      image: { type: 'string', default: 'gnomon' },
      volume: { type: 'string', default: 'gnomon-data' },
      config: { type: 'string' },
      socket: { type: 'string' },
      tail: { type: 'string', default: '100' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help === true) return (await write(io.stdout, help), 0)
  const [what = ''] = positionals
  const tail = Number(values.tail)
  if (positionals.length !== 1 || !Number.isInteger(tail) || tail < 0)
    return (await write(io.stderr, help), 2)
  const engine = await engineAt(values.socket, io.env)
  const { name, image, volume } = values
  const config = values.config === undefined ? null : resolve(values.config)
  const done = await carryOut(what, engine, { name, image, volume, config }, tail)
  if (done === null) return (await write(io.stderr, help), 2)
  const text = values.json ? JSON.stringify(done.data) : done.words
  await write(io.stdout, `${text.replace(/\n$/, '')}\n`)
  return done.good ? 0 : 1
}

interface Done {
  data: unknown
  words: string
  good: boolean
}

/** null = no such order. */
async function carryOut(
  what: string,
  engine: Docker,
  spec: ApplianceSpec,
  tail: number,
): Promise<Done | null> {
  const { name } = spec
  if (what === 'up') {
    const did = await up(engine, spec)
    const words = { made: 'made and started', started: 'started', running: 'runs already' }[did]
    return {
      data: { name, did },
      words: `${name}: ${words}; the set-up code is in gnomon appliance logs`,
      good: true,
    }
  }
  if (what === 'status') {
    const state = await stateOf(engine, name)
    const { health, image, startedAt, ports } = state
    const words = [
      `${name}: ${state.state}${health === null ? '' : `, ${health}`}`,
      ...(image === null ? [] : [`image: ${image}`]),
      ...(startedAt === null ? [] : [`since: ${startedAt}`]),
      ...ports.map((port) => `port: ${port}`),
    ]
    const good = state.state === 'running' && health !== 'unhealthy'
    return { data: state, words: words.join('\n'), good }
  }
  if (what === 'logs') {
    const text = await logs(engine, name, tail)
    const lines = text.split('\n').filter((line) => line !== '')
    return { data: { name, lines }, words: lines.map(visible).join('\n'), good: true }
  }
  if (what === 'upgrade') {
    const { from, to } = await upgrade(engine, spec, delay)
    return {
      data: { name, from, to },
      words: `${name}: upgraded from ${from} to ${to}`,
      good: true,
    }
  }
  if (what !== 'down') return null
  const was = await down(engine, name)
  const words = was ? 'stopped and removed; its data stay in the volume' : 'there is none'
  return { data: { name, removed: was }, words: `${name}: ${words}`, good: true }
}

async function engineAt(socket: string | undefined, env: NodeJS.ProcessEnv): Promise<Docker> {
  const { default: Engine } = await import('dockerode')
  const host = env['DOCKER_HOST'] || undefined
  if (socket === undefined && host !== undefined && !host.startsWith('unix://')) {
    const url = URL.parse(host)
    if (url === null || url.protocol !== 'tcp:')
      throw new OperatingError(
        'USAGE',
        `cannot use DOCKER_HOST ${host}: write unix:///path or tcp://host:port`,
      )
    return new Engine({ host: url.hostname, port: url.port || '2375' })
  }
  return new Engine({
    socketPath: socket ?? host?.slice('unix://'.length) ?? '/var/run/docker.sock',
  })
}

export const appliance: Command = {
  summary: 'the container on a Docker or Podman engine: up, status, logs, upgrade, down',
  help,
  run,
}
