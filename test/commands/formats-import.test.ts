import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { formats } from '../../src/commands/formats.ts'
import { runCommand } from './run-command.ts'
import { standIn } from './stand-in.ts'

const settings = `Parser type: CSV
Parser name: Branch gateway
Timestamp: { column: Timestamp, format: d/M/yyyy HH:mm:ss a }
Source IP: src
Destination IP: dst
Action: Action
Deny action term: Blocked
`
const log = `Timestamp,src,dst,Action
22/03/2026 11:42:03 AM,192.0.2.7,files.example.com,Accept
yesterday,192.0.2.7,files.example.com,Accept
22/03/2026 11:42:04 AM,192.0.2.7,,Blocked
`

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gnomon-import-'))
  await writeFile(join(folder, 'mda.yaml'), settings)
  await writeFile(join(folder, 'odd.yaml'), 'Parser type: CSV\n')
  await writeFile(join(folder, 'a.log'), log)
})
afterAll(() => rm(folder, { recursive: true, force: true }))
const appliance = standIn()

const run = (...args: string[]) => runCommand(formats, ['import', ...args])

test('writes the definition, and tells what is read another way', async () => {
  const { code, stdout, stderr } = await run(join(folder, 'mda.yaml'))
  expect(code).toBe(0)
  expect(stdout).toMatch(/^id: BRANCH_GATEWAY\n/)
  expect(stderr).toContain('Host names in the destination IP column are read as hosts.')
})

test('tells of each line of a sample why it is not understood', async () => {
  const { code, stderr } = await run(join(folder, 'mda.yaml'), '--sample', join(folder, 'a.log'))
  expect(code).toBe(1)
  expect(stderr).toContain('a.log: 1 of 4 lines are transactions, 2 are not understood.\n')
  expect(stderr).toContain('  line 3: ')
  expect(stderr).toContain('  line 4: no destination\n')
})

test('puts it in force', async () => {
  appliance.answer(() => ({ body: { id: 'BRANCH_GATEWAY', text: '…' } }))
  const { code, stderr } = await run(join(folder, 'mda.yaml'), '--keep', '--url', appliance.url())
  expect(code).toBe(0)
  expect(stderr).toMatch(/BRANCH_GATEWAY is in force\.\n$/)
  expect(appliance.asked.at(-1)).toMatchObject({
    method: 'PUT',
    path: '/api/v1/definitions/BRANCH_GATEWAY',
  })
})

test.each([
  ['no file', [], /name one file/],
  ['a file that is not there', ['/none/such.yaml'], /cannot read \/none\/such\.yaml/],
  ['settings that say too little', ['odd.yaml'], /Source IP is missing/],
])('%s is refused', async (_, args, message) => {
  const paths = args.map((path) => (path.startsWith('/') ? path : join(folder, path)))
  await expect(run(...paths)).rejects.toThrow(message)
})
