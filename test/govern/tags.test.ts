/** Tags: one verdict for an app, history that stays, expiry, undoing. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { versions } from '../../src/govern/governed.ts'
import { Tags } from '../../src/govern/tags.ts'
import type { TagChange } from '../../src/govern/tags.ts'
import { dayMs, openGround, startMs } from './govern-parts.ts'
import type { Ground } from './govern-parts.ts'

let ground: Ground
let tags: Tags
beforeEach(async () => {
  ground = await openGround()
  tags = new Tags(ground.store, ground.now, versions(ground.now))
})
afterEach(() => ground.close())

const change = (more: Partial<TagChange>): TagChange => ({
  appIds: ['files'],
  tag: 'unsanctioned',
  active: true,
  actor: 'ann',
  reason: 'not allowed',
  expiresMs: null,
  ...more,
})
const told = async () => (await tags.current()).map(({ appId, tag }) => `${appId} ${tag}`)

test('a verdict replaces another, tags of one’s own stand beside it', async () => {
  await tags.set(change({ appIds: ['files', 'talk'], tag: 'sanctioned' }))
  await tags.set(change({ tag: 'legal hold' }))
  await tags.set(change({}))
  expect(await told()).toEqual(['files legal hold', 'files unsanctioned', 'talk sanctioned'])
  expect([...(await tags.appsWith('unsanctioned'))]).toEqual(['files'])
})

test('a tag is taken away, and the history keeps all of it', async () => {
  await tags.set(change({}))
  await tags.set(change({ active: false, actor: 'ben', reason: 'a mistake' }))
  expect(await told()).toEqual([])
  const history = await tags.history('files', 10)
  expect(history.map(({ active, actor, reason }) => [active, actor, reason])).toEqual([
    [false, 'ben', 'a mistake'],
    [true, 'ann', 'not allowed'],
  ])
})

test('a tag ends by itself; one that is over cannot be set', async () => {
  await tags.set(change({ expiresMs: startMs + dayMs }))
  expect(await told()).toEqual(['files unsanctioned'])
  ground.clock.ms += dayMs
  expect(await told()).toEqual([])
  await expect(tags.set(change({ expiresMs: startMs }))).rejects.toThrow(/that is over/)
})

test('a change is undone: what was in force before it is in force again', async () => {
  await tags.set(change({ tag: 'sanctioned', expiresMs: startMs + 9 * dayMs }))
  const mistake = await tags.set(change({ appIds: ['files', 'talk'] }))
  await tags.undo(mistake, 'ben')
  expect(await told()).toEqual(['files sanctioned'])
  expect((await tags.current())[0].expiresMs).toBe(startMs + 9 * dayMs)
  await expect(tags.undo('none', 'ben')).rejects.toThrow(/cannot undo change none/)
})

test('changes at the same time and with a clock that steps back keep their order', async () => {
  await tags.set(change({}))
  ground.clock.ms -= dayMs
  await Promise.all([
    tags.set(change({ tag: 'sanctioned' })),
    tags.set(change({ tag: 'monitored' })),
  ])
  expect(await told()).toEqual(['files monitored'])
})

test('they are there after a restart', async () => {
  await tags.set(change({}))
  const again = new Tags(ground.store, ground.now, versions(ground.now))
  expect(await again.byApp()).toEqual(new Map([['files', ['unsanctioned']]]))
})
