import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { blockScript } from '../../src/commands/block-script.ts'
import { scriptWriters } from '../../src/govern/block-script.ts'
import { runCommand } from './run-command.ts'
import { standIn } from './stand-in.ts'

const appliance = standIn()
const run = (...args: string[]) => runCommand(blockScript, [...args, '--url', appliance.url()])
const script = {
  format: 'squid',
  mode: 'full',
  fileName: 'x.conf',
  text: 'acl gnomon_unsanctioned dstdomain .files.example.com\n',
  names: 1,
  apps: 1,
  added: ['files.example.com'],
  removed: [],
  leftOut: [
    {
      appId: 'suite',
      app: 'Suite',
      name: 'suite.example.com\u001b[31m',
      reason: 'the sanctioned app Docs needs it',
      shares: ['Docs'],
    },
  ],
  lastAt: '2026-09-25T14:05:00.000Z',
  lastActor: 'ann',
}

test('the script alone goes to standard output, what a person must know beside it', async () => {
  appliance.answer(() => ({ body: script }))
  const { code, stdout, stderr } = await run('squid', '--mode', 'diff')
  expect({ code, stdout }).toEqual({ code: 0, stdout: script.text })
  expect(stderr).toContain(
    '1 name of 1 unsanctioned app. Since 2026-09-25 14:05: 1 added, 0 taken away.',
  )
  expect(stderr).toContain('left out: suite.example.com')
  expect(stderr).not.toContain('\u001b')
  expect(appliance.asked).toMatchObject([
    { method: 'POST', path: '/api/v1/block-scripts/squid', query: { mode: 'diff' } },
  ])
})

test('a preview is asked by GET, and goes to a file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gnomon-out-'))
  appliance.answer(() => ({ body: script }))
  const out = join(folder, 'squid.conf')
  expect((await run('squid', '--preview', '--out', out)).stdout).toBe('')
  expect(await readFile(out, 'utf8')).toBe(script.text)
  expect(appliance.asked[0].method).toBe('GET')
  await expect(run('squid', '--out', join(folder, 'no/such/file'))).rejects.toThrow(
    /cannot write .*; choose another --out/,
  )
  await rm(folder, { recursive: true })
})

test('the list names devices and what to do', async () => {
  const rows = scriptWriters.map((writer) => ({ ...writer, change: writer.change !== null }))
  appliance.answer(() => ({ body: { rows, total: rows.length } }))
  const { stdout } = await run('--list')
  for (const { id } of scriptWriters) expect(stdout).toContain(`\n${id} `)
})

test.each([[[]], [['a', 'b']], [['squid', '--mode', 'half']], [['squid', '--list']]])(
  '%j is a usage error',
  async (args) => {
    await expect(run(...args)).rejects.toMatchObject({ code: 'USAGE' })
  },
)
