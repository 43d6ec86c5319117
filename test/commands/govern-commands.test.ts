/** `gnomon tag`, `tags`, `policies`, `alerts`, `export` against the API over a real store. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { alerts } from '../../src/commands/alerts.ts'
import type { Command } from '../../src/commands/command.ts'
import { exportCommand } from '../../src/commands/export.ts'
import { policies } from '../../src/commands/policies.ts'
import { tag, tags } from '../../src/commands/tag.ts'
import { addUsage, startMs } from '../govern/govern-parts.ts'
import { governServer } from '../govern/govern-server.ts'
import { runCommand } from './run-command.ts'

let server: Awaited<ReturnType<typeof governServer>>
let url: string
let folder: string
beforeAll(async () => {
  server = await governServer()
  url = await server.app.listen({ host: '127.0.0.1', port: 0 })
  folder = await mkdtemp(join(tmpdir(), 'gnomon-commands-'))
  await addUsage(server.ground.store, [
    { atMs: startMs, user: 'ann\u001b[31m', up: 5_000_000, appId: 'files', app: 'Files' },
  ])
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

const out = async (command: Command, ...args: string[]): Promise<string> => {
  const { code, stdout } = await runCommand(command, [...args, '--url', url])
  expect(code).toBe(0)
  return stdout
}
const json = async <T>(command: Command, ...args: string[]): Promise<T> =>
  JSON.parse(await out(command, ...args, '--json')) as T

test('tags are set, listed, told with their history, undone', async () => {
  const set = await out(tag, 'unsanctioned', 'files', 'drive', '--reason', 'no contract')
  expect(set).toMatch(/^2 apps: unsanctioned set\. Undo with gnomon tag --undo [0-9a-f-]{36}\n$/)
  expect(await out(tags, '--app', 'files')).toMatch(/Files +files +unsanctioned .* no contract\n/)
  await out(tag, 'unsanctioned', 'drive', '--remove')
  expect((await json<{ rows: object[] }>(tags)).rows).toHaveLength(1)
  const { rows } = await json<{ rows: { change: string; active: boolean; appId: string }[] }>(
    tags,
    '--history',
  )
  expect(rows.map(({ appId, active }) => [appId, active])).toEqual([
    ['drive', false],
    ['drive', true],
    ['files', true],
  ])
  await out(tag, '--undo', rows[0].change)
  expect((await json<{ rows: object[] }>(tags, '--tag', 'unsanctioned')).rows).toHaveLength(2)
  expect(await out(tags, '--tag', 'sanctioned')).toBe('No tags. See gnomon tag --help.\n')
})

test('policies are made of templates or words, switched off, removed', async () => {
  expect(await out(policies)).toMatch(/^No policies/)
  expect((await out(policies, 'templates')).split('\n')).toHaveLength(19)
  await out(policies, 'add', '--template', 'new-risky-app', '--set', '{"severity":"low"}')
  await out(policies, 'add', '--set', '{"name":"Much","threshold":{"bytesUp":1000}}')
  const { rows } = await json<{ rows: { id: string; name: string; enabled: boolean }[] }>(policies)
  expect(rows.map(({ name }) => name).sort()).toEqual(['Much', 'New risky app'])
  const risky = rows.find(({ name }) => name === 'New risky app')?.id ?? ''
  await out(policies, 'disable', risky)
  expect(await out(policies)).toMatch(/New risky app +no +low +new; score < 6 +users 50/)
  await out(policies, 'remove', risky)
  expect((await json<{ rows: object[] }>(policies)).rows).toHaveLength(1)
})

test('alerts are listed, shown with evidence, dismissed, muted', async () => {
  await server.govern.turns.turn()
  const { rows } = await json<{ rows: { id: string }[] }>(alerts, '--status', 'open')
  expect(rows).toHaveLength(1)
  expect(await out(alerts)).toMatch(/medium +open +Much: Files\n$/)
  const shown = await out(alerts, 'show', rows[0].id)
  expect(shown).toMatch(/- .* edge: ann.*\[31m to files\.example\.com, 1 transaction, 5\.00 MB up/)
  // a name of a log does not paint the terminal
  expect(shown).not.toContain('\u001b')
  expect(await out(alerts, 'dismiss', rows[0].id, '--comment', 'known')).toBe(
    'dismissed: Much: Files\n',
  )
  expect(await out(alerts, '--status', 'open')).toBe('No alerts.\n')
  const { id } = await json<{ id: string }>(
    alerts,
    ...['mute', '--app', 'files', '--until', '2030-01-01T00:00:00Z', '--reason', 'pilot'],
  )
  expect(await out(alerts, 'mutings')).toMatch(/files +pilot/)
  await out(alerts, 'unmute', id)
  expect(await out(alerts, 'mutings')).toBe('Nothing is muted.\n')
})

test('an export is a whole file under its name', async () => {
  const file = join(folder, 'usage.parquet')
  const told = await out(exportCommand, 'usage', '--out', file)
  expect(told).toMatch(/usage\.parquet: 1 row, /)
  expect((await readFile(file)).subarray(0, 4).toString()).toBe('PAR1')
  expect(await out(exportCommand, 'apps', '--format', 'csv', '--out', '-')).toMatch(
    /^"appId",.*\n"files","Files"/,
  )
})

test.each<[string, Command, string[], RegExp]>([
  ['a tag without apps', tag, ['unsanctioned'], /name a tag, then ids of apps/],
  ['an undo with apps', tag, ['unsanctioned', 'files', '--undo', 'x'], /cannot tell what to tag/],
  ['an unknown app', tag, ['unsanctioned', 'nothing'], /no app of the catalog has this id/],
  ['a policy of no template', policies, ['add', '--template', 'none'], /template none/],
  ['a policy of nothing', policies, ['add'], /--template ID .* or --set/],
  ['a muting without end', alerts, ['mute', '--app', 'files'], /--until TIME and --reason TEXT/],
  ['keys that are no JSON', policies, ['add', '--set', '{'], /cannot read --set/],
  ['an unknown key', policies, ['add', '--set', '{"nam":"x"}'], /nam/],
  ['a policy without its id', policies, ['remove'], /name one policy by its id/],
  ['a word that is none', policies, ['polish'], /cannot polish/],
  ['an alert that is not there', alerts, ['show', 'none'], /alert none/],
  [
    'a muting of all',
    alerts,
    ['mute', '--until', '2030-01-01T00:00:00Z', '--reason', 'x'],
    /one of policy/,
  ],
  ['a table that is none', exportCommand, ['accounts'], /name one of usage, apps/],
  ['a format that is none', exportCommand, ['usage', '--format', 'xls'], /use parquet/],
  ['a time that is none', exportCommand, ['usage', '--from', 'may'], /--from may: not a time/],
])('%s is refused', async (_, command, args, says) => {
  await expect(runCommand(command, [...args, '--url', url])).rejects.toThrow(says)
})
