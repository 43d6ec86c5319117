import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { OwnCatalog } from '../../src/catalog/own-catalog.ts'
import { folderWith } from './catalog-parts.ts'

const acme = { id: 'own-acme', name: 'Acme', category: 'CRM', domains: ['acme.example'] } as const
const ask = (host: string) => ({ host, ip: null, hint: null })

describe('own apps', () => {
  test('are named, replaced and removed, and stay over a restart', async () => {
    const data = await folderWith({})
    const own = new OwnCatalog(data, [])
    const before = await own.load()
    expect(before.lookup(ask('x.acme.example')).app).toBeNull()
    const after = await own.putApp({ ...acme, domains: [...acme.domains] })
    expect(after.lookup(ask('x.acme.example')).app).toBe('Acme')
    expect(after.version).not.toBe(before.version)
    const again = await new OwnCatalog(data, []).load()
    expect(again.version).toBe(after.version)
    const removed = await own.removeApp('own-acme')
    expect(removed?.version).toBe(before.version)
    expect(await own.removeApp('own-acme')).toBeNull()
  }, 60_000)

  test('that contradict each other change nothing', async () => {
    const data = await folderWith({})
    const own = new OwnCatalog(data, [])
    await own.putApp({ ...acme, domains: [...acme.domains] })
    const text = await readFile(join(data, 'catalog/apps/own.yaml'), 'utf8')
    const second = own.putApp({ ...acme, id: 'own-two', domains: [...acme.domains] })
    await expect(second).rejects.toThrow(/domain acme\.example stands in/)
    expect(await readFile(join(data, 'catalog/apps/own.yaml'), 'utf8')).toBe(text)
    expect((await own.load()).lookup(ask('acme.example')).appId).toBe('own-acme')
  }, 60_000)

  test('changed at the same time are all kept', async () => {
    const own = new OwnCatalog(await folderWith({}), [])
    await Promise.all(
      ['one', 'two', 'three'].map((name) =>
        own.putApp({ id: `own-${name}`, name, category: 'CRM', domains: [`${name}.example`] }),
      ),
    )
    expect((await own.apps()).map(({ id }) => id)).toEqual(['own-one', 'own-three', 'own-two'])
  }, 60_000)
})

test('weights and scores by hand keep each other', async () => {
  const own = new OwnCatalog(await folderWith({}), [])
  const first = await own.load()
  const scored = await own.setScore('box', { app: 'box', score: 1, note: 'left' })
  expect(scored.apps.get('box')?.score).toBe(1)
  const weighed = await own.setWeights({ groups: { compliance: 'ignored' } })
  expect(weighed.apps.get('box')?.score).toBe(1)
  expect(weighed.apps.get('slack')?.score).not.toBe(first.apps.get('slack')?.score)
  const back = await own.setScore('box', null)
  expect(back.apps.get('box')?.score).toBe(back.detail('box')?.risk.reckoned)
  expect((await own.setWeights({})).version).toBe(first.version)
}, 60_000)
