/**
 * Gnomon's container on a Docker or Podman engine, over the engine's API (https://docs.docker.com/reference/api/engine/). The container is made
 * as docs/operations.md says: read-only, without capabilities, ports mapped, data in a volume.
 */
import type Docker from 'dockerode'
import { OperatingError, causeOf } from '../errors.ts'
import { applianceLimits } from '../limits.ts'

export interface ApplianceSpec {
  name: string
  image: string
  volume: string
  /** Absolute path of a gnomon.yaml; null = defaults. */
  config: string | null
}

export interface ApplianceState {
  name: string
  /** `absent`, or the engine's word: running, exited, … */
  state: string
  /** Of the health check; null = none, or not running. */
  health: string | null
  image: string | null
  startedAt: string | null
  /** `host port → container port/protocol`. */
  ports: string[]
}

/** Host port → the container's. */
const ports: [host: string, inside: string][] = [
  ['514', '5514/udp'],
  ['514', '5514/tcp'],
  ['601', '5514/tcp'],
  ['6514', '6514/tcp'],
  ['21', '2121/tcp'],
  ['2222', '2222/tcp'],
  ['8080', '8080/tcp'],
  // passive FTP
  ...Array.from({ length: 101 }, (_, i): [string, string] => [
    `${50_000 + i}`,
    `${50_000 + i}/tcp`,
  ]),
]

export function containerOptions(spec: ApplianceSpec): Docker.ContainerCreateOptions {
  const bindings: Record<string, { HostPort: string }[]> = {}
  for (const [host, inside] of ports) (bindings[inside] ??= []).push({ HostPort: host })
  return {
    name: spec.name,
    Image: spec.image,
    Labels: { 'gnomon.appliance': spec.name },
    ExposedPorts: Object.fromEntries(Object.keys(bindings).map((inside) => [inside, {}])),
    StopTimeout: applianceLimits.stopSeconds,
    HostConfig: {
      Binds: [
        `${spec.volume}:/var/lib/gnomon`,
        ...(spec.config === null ? [] : [`${spec.config}:/etc/gnomon/gnomon.yaml:ro`]),
      ],
      PortBindings: bindings,
      ReadonlyRootfs: true,
      Tmpfs: { '/tmp': 'size=64m' },
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      Memory: applianceLimits.memoryBytes,
      Init: true,
      RestartPolicy: { Name: 'unless-stopped' },
    },
  }
}

/** null = there is no such container. */
async function inspect(engine: Docker, name: string): Promise<Docker.ContainerInspectInfo | null> {
  try {
    return await engine.getContainer(name).inspect()
  } catch (error) {
    if (statusOf(error) === 404) return null
    throw engineError(`look at the container ${name}`, error)
  }
}

export async function stateOf(engine: Docker, name: string): Promise<ApplianceState> {
  const info = await inspect(engine, name)
  if (info === null)
    return { name, state: 'absent', health: null, image: null, startedAt: null, ports: [] }
  const bindings = (info.HostConfig.PortBindings ?? {}) as Record<
    string,
    { HostPort: string }[] | null
  >
  const bound = Object.entries(bindings)
  return {
    name,
    state: info.State.Status,
    health: info.State.Health?.Status ?? null,
    image: info.Config.Image,
    startedAt: info.State.Running ? info.State.StartedAt : null,
    ports: bound
      .flatMap(([inside, hosts]) => (hosts ?? []).map(({ HostPort }) => `${HostPort} → ${inside}`))
      .filter((text) => !/^5\d{4} /.test(text)),
  }
}

/** The image is here, pulled when it is not; `always` looks for a newer one. Throws APPLIANCE_FAILED. */
async function haveImage(engine: Docker, image: string, always: boolean): Promise<void> {
  const here = await engine
    .getImage(image)
    .inspect()
    .then(
      () => true,
      (error: unknown) => {
        if (statusOf(error) === 404) return false
        throw engineError(`look at the image ${image}`, error)
      },
    )
  if (here && !always) return
  try {
    // without a tag an engine would pull all there are
    const stream = await engine.pull(/:[^/]*$|@/.test(image) ? image : `${image}:latest`)
    await new Promise<void>((resolve, reject) => {
      engine.modem.followProgress(stream, (error) => (error === null ? resolve() : reject(error)))
    })
  } catch (error) {
    // an image that was built here is in no registry
    if (here && [404, 401, 403].includes(statusOf(error))) return
    throw engineError(`pull the image ${image}`, error)
  }
}

/** Makes and starts the container; one that stands is only started. */
export async function up(
  engine: Docker,
  spec: ApplianceSpec,
): Promise<'made' | 'started' | 'running'> {
  const info = await inspect(engine, spec.name)
  if (info?.State.Running === true) return 'running'
  if (info !== null) {
    await attempt(`start ${spec.name}`, () => engine.getContainer(spec.name).start())
    return 'started'
  }
  await haveImage(engine, spec.image, false)
  const container = await attempt(`make ${spec.name}`, () =>
    engine.createContainer(containerOptions(spec)),
  )
  try {
    await attempt(`start ${spec.name}`, () => container.start())
  } catch (error) {
    // a port that is taken: what cannot start is not left behind
    await container.remove({ force: true })
    throw error
  }
  return 'made'
}

/** Stops and removes the container; the volume with the data stays. False = there was none. */
export async function down(engine: Docker, name: string): Promise<boolean> {
  const info = await inspect(engine, name)
  if (info === null) return false
  const container = engine.getContainer(name)
  if (info.State.Running)
    await attempt(`stop ${name}`, () => container.stop({ t: applianceLimits.stopSeconds }))
  await attempt(`remove ${name}`, () => container.remove())
  return true
}

/**
 * The same container of a newer image. The old one stands aside until the new one is healthy, and comes back when it is not:
 * throws APPLIANCE_FAILED then.
 */
export async function upgrade(
  engine: Docker,
  spec: ApplianceSpec,
  wait: (ms: number) => Promise<unknown>,
): Promise<{ from: string; to: string }> {
  const info = await inspect(engine, spec.name)
  if (info === null)
    throw new OperatingError(
      'APPLIANCE_FAILED',
      `cannot upgrade ${spec.name}: there is no such container; gnomon appliance up makes it`,
    )
  await haveImage(engine, spec.image, true)
  const aside = `${spec.name}-before`
  const old = engine.getContainer(info.Id)
  if (info.State.Running)
    await attempt(`stop ${spec.name}`, () => old.stop({ t: applianceLimits.stopSeconds }))
  await attempt(`rename ${spec.name}`, () => old.rename({ name: aside }))
  try {
    // its own mounts, not the defaults: an upgrade changes the image and nothing else
    const options = containerOptions(spec)
    options.HostConfig = {
      ...options.HostConfig,
      Binds: info.HostConfig.Binds,
      PortBindings: info.HostConfig.PortBindings,
    }
    const container = await attempt(`make ${spec.name}`, () => engine.createContainer(options))
    await attempt(`start ${spec.name}`, () => container.start())
    await untilHealthy(engine, spec.name, wait)
    await attempt(`remove ${aside}`, () => old.remove())
    return { from: info.Image, to: (await container.inspect()).Image }
  } catch (error) {
    await down(engine, spec.name)
    await attempt(`rename ${aside}`, () => old.rename({ name: spec.name }))
    await attempt(`start ${spec.name}`, () => old.start())
    throw new OperatingError(
      'APPLIANCE_FAILED',
      `cannot upgrade ${spec.name}: ${causeOf(error)}; the old one runs again`,
      { cause: error },
    )
  }
}

async function untilHealthy(
  engine: Docker,
  name: string,
  wait: (ms: number) => Promise<unknown>,
): Promise<void> {
  for (let waitedMs = 0; waitedMs < applianceLimits.healthyMs; waitedMs += applianceLimits.askMs) {
    const { state, health } = await stateOf(engine, name)
    if (state !== 'running' && state !== 'created') throw new Error(`it is ${state}`)
    if (health === 'healthy') return
    if (health === 'unhealthy') throw new Error('its health check fails')
    await wait(applianceLimits.askMs)
  }
  throw new Error(`it is not healthy after ${applianceLimits.healthyMs / 1000} s`)
}

/** The last lines of both outputs, without the engine's frames. */
export async function logs(engine: Docker, name: string, tail: number): Promise<string> {
  const bytes = await attempt(`read the log of ${name}`, () =>
    engine.getContainer(name).logs({ stdout: true, stderr: true, tail, follow: false }),
  )
  return unframed(Buffer.from(bytes as unknown as Uint8Array))
}

/** Frames of 8 bytes head (stream, length) and their text (attach API); a terminal has none. */
export function unframed(bytes: Buffer): string {
  let text = ''
  let at = 0
  while (at + 8 <= bytes.length) {
    if (bytes[at] > 2 || bytes.readUInt32BE(at) % 0x1000000 !== 0) return bytes.toString('utf8')
    const length = bytes.readUInt32BE(at + 4)
    text += bytes.toString('utf8', at + 8, at + 8 + length)
    at += 8 + length
  }
  return text
}

async function attempt<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw engineError(what, error)
  }
}

function statusOf(error: unknown): number {
  const status = (error as { statusCode?: unknown } | null)?.statusCode
  return typeof status === 'number' ? status : 0
}

function engineError(what: string, cause: unknown): OperatingError {
  const code = (cause as { code?: unknown } | null)?.code
  const cure =
    code === 'ENOENT' || code === 'ECONNREFUSED'
      ? 'start the engine, or name its socket with --socket'
      : code === 'EACCES'
        ? "be in the engine's group, or run it with sudo"
        : "see the engine's own log"
  return new OperatingError(
    'APPLIANCE_FAILED',
    `cannot ${what}: ${causeOf(cause).trim()}; ${cure}`,
    { cause },
  )
}
