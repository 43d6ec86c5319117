/** `gnomon appliance` against a stand-in engine: what it makes, what it keeps, and the way back when an upgrade fails. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { appliance } from '../../src/commands/appliance.ts'
import { containerOptions, unframed } from '../../src/commands/appliance-engine.ts'
import { DockerStandIn, frames } from './docker-stand-in.ts'
import { runCommand } from './run-command.ts'

let engine: DockerStandIn
beforeEach(async () => {
  engine = new DockerStandIn()
  engine.images.set('gnomon', 'sha256:one')
  await engine.start()
})
afterEach(() => engine.stop())

const run = (...args: string[]) =>
  runCommand(appliance, args, { DOCKER_HOST: `unix://${engine.socket}` })

test('up makes a container without capabilities and with a read-only root, and starts it', async () => {
  expect(await run('up', '--config', '/etc/gnomon.yaml')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('made and started'),
  })
  expect(engine.named('gnomon')).toMatchObject({
    State: { Running: true },
    HostConfig: {
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      Binds: ['gnomon-data:/var/lib/gnomon', '/etc/gnomon.yaml:/etc/gnomon/gnomon.yaml:ro'],
    },
  })
  expect((await run('up')).stdout).toContain('runs already')

  engine.stopAll()
  expect((await run('up')).stdout).toContain(': started')
  expect(engine.containers.size).toBe(1)
})

test('one port may lead where another leads', () => {
  const { HostConfig } = containerOptions({ name: 'n', image: 'i', volume: 'v', config: null })
  const bindings = HostConfig?.PortBindings as Record<string, { HostPort: string }[]>
  expect(bindings['5514/tcp']).toEqual([{ HostPort: '514' }, { HostPort: '601' }])
  expect(Object.keys(bindings)).toHaveLength(6 + 101)
})

test('an image that is not here is pulled, one that is nowhere is an error with nothing left behind', async () => {
  engine.registry.set('registry.example.com/gnomon:latest', 'sha256:far')
  expect((await run('up', '--image', 'registry.example.com/gnomon')).code).toBe(0)
  expect(engine.named('gnomon')?.Image).toBe('sha256:far')
  await expect(run('up', '--name', 'other', '--image', 'no/such')).rejects.toMatchObject({
    code: 'APPLIANCE_FAILED',
    message: expect.stringMatching(/^cannot pull the image no\/such: .*; /),
  })
  expect(engine.named('other')).toBeUndefined()
})

test('what cannot start is removed', async () => {
  engine.broken.add('gnomon')
  await expect(run('up')).rejects.toThrow(/cannot start gnomon: .*already allocated/)
  expect(engine.containers.size).toBe(0)
})

test('status: good, unhealthy, absent', async () => {
  expect(await run('status')).toMatchObject({ code: 1, stdout: 'gnomon: absent\n' })
  await run('up')
  const { code, stdout } = await run('status', '--json')
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ state: 'running', health: 'healthy', image: 'gnomon' })
  expect((await run('status')).stdout).toContain('port: 8080 → 8080/tcp')
  await run('down')
  engine.health.set('gnomon', 'unhealthy')
  await run('up')
  expect(await run('status')).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('running, unhealthy'),
  })
})

test('logs without frames and without what controls a terminal', async () => {
  await run('up')
  const { stdout } = await run('logs')
  expect(stdout).toContain('one line\n')
  expect(stdout).toContain('red')
  expect(stdout).not.toContain('\u001b')
  expect(unframed(frames([1, 'a'], [2, 'bc']))).toBe('abc')
  expect(unframed(Buffer.from('of a terminal, no frames'))).toBe('of a terminal, no frames')
})

test('upgrade: the same mounts, another image; the old one goes when the new one is healthy', async () => {
  await run('up', '--volume', 'mine')
  engine.registry.set('gnomon:2', 'sha256:two')
  const { code, stdout } = await run('upgrade', '--image', 'gnomon:2')
  expect([code, stdout]).toEqual([0, 'gnomon: upgraded from sha256:one to sha256:two\n'])
  expect(engine.containers.size).toBe(1)
  expect(engine.named('gnomon')).toMatchObject({
    Image: 'sha256:two',
    HostConfig: { Binds: ['mine:/var/lib/gnomon'] },
  })
})

test.each([
  ['is unhealthy', () => engine.health.set('gnomon:2', 'unhealthy'), /health check fails/],
  ['does not start', () => engine.broken.add('gnomon:2'), /already allocated/],
])('an upgrade that %s goes back', async (_name, spoil, want) => {
  await run('up')
  engine.registry.set('gnomon:2', 'sha256:two')
  spoil()
  await expect(run('upgrade', '--image', 'gnomon:2')).rejects.toThrow(want)
  expect(engine.containers.size).toBe(1)
  expect(engine.named('gnomon')).toMatchObject({ Image: 'sha256:one', State: { Running: true } })
})

test('down keeps the volume; twice is no error', async () => {
  await run('up')
  expect((await run('down')).stdout).toContain('data stay in the volume')
  expect(engine.containers.size).toBe(0)
  expect(engine.asked.some((one) => one.includes('/volumes'))).toBe(false)
  expect(await run('down')).toMatchObject({ code: 0, stdout: 'gnomon: there is none\n' })
})

test('no engine, no order, no container', async () => {
  await expect(
    runCommand(appliance, ['status', '--socket', '/nowhere/docker.sock']),
  ).rejects.toThrow(/start the engine/)
  expect((await run('fly')).code).toBe(2)
  expect((await run()).code).toBe(2)
  await expect(run('upgrade')).rejects.toThrow(/no such container/)
})
