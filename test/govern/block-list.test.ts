/** Which names are blocked, and which are left out and why. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Catalog } from '../../src/catalog/match.ts'
import { blockListOf } from '../../src/govern/block-list.ts'
import { smallCatalog } from './govern-parts.ts'

let folder: string
let catalog: Catalog
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gnomon-list-'))
  catalog = await smallCatalog(folder)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const listOf = (apps: string[], sanctioned: string[] = [], keep: string[] = []) =>
  blockListOf(catalog, { apps: new Set(apps), sanctioned: new Set(sanctioned), keep })
const namesOf = (list: ReturnType<typeof listOf>) =>
  list.names.map(({ name, below }) => (below ? `*${name}` : name))

test('domains with all below, single hosts, none below another', () => {
  expect(namesOf(listOf(['files', 'talk']))).toEqual([
    '*files.example.com',
    '*files.example.net',
    'login.example.org',
    '*talk.example.com',
  ])
})

test.each([
  [
    ['suite'],
    ['suite-docs'],
    [],
    'suite.example.com',
    'the sanctioned app Suite Docs needs it (docs.suite.example.com)',
  ],
  [['suite'], ['suite'], [], 'suite.example.com', 'the sanctioned app Suite needs it'],
  [
    ['control'],
    [],
    [],
    'portal.cloudappsecurity.com',
    'never blocked: Microsoft Defender for Cloud Apps',
  ],
  [
    ['drive'],
    [],
    ['a.drive.example.com'],
    'drive.example.com',
    'kept by the configuration (a.drive.example.com)',
  ],
  [['gone'], [], [], 'gone', 'this app is not in the catalog any more'],
])('%j beside sanctioned %j, kept %j: %s is left out', (apps, sanctioned, keep, name, reason) => {
  const list = listOf(apps, sanctioned, keep)
  expect(list.names).toEqual([])
  expect(list.leftOut).toMatchObject([{ name, reason }])
})

test('a block below a sanctioned domain is allowed: it takes nothing else with it', () => {
  expect(namesOf(listOf(['suite-docs'], ['suite']))).toEqual(['*docs.suite.example.com'])
})

test('shapes and networks cannot be blocked by name, and are told', () => {
  const list = listOf(['tenant-share'])
  expect(namesOf(list)).toEqual(['*share.example.org'])
  expect(list.leftOut.map(({ name }) => name)).toEqual([
    '[a-z]+-share.hosted.example.org',
    '203.0.113.0/24',
  ])
})

test('a domain under which a sanctioned app has shapes of names is left out', () => {
  expect(listOf(['files'], ['tenant-share']).leftOut).toEqual([])
  const wide = blockListOf(
    {
      ...catalog,
      version: catalog.version,
      apps: catalog.apps,
      lookup: (asked) => catalog.lookup(asked),
      places: new Map([
        ...catalog.places,
        ['files', { domains: ['files.example.com'], hosts: [], patterns: [], ranges: [] }],
        [
          'tenant-share',
          { domains: [], hosts: [], patterns: ['[a-z]+.x.files.example.com'], ranges: [] },
        ],
      ]),
    },
    { apps: new Set(['files']), sanctioned: new Set(['tenant-share']) },
  )
  expect(wide.names).toEqual([])
  expect(wide.leftOut).toMatchObject([{ shares: ['Tenant Share'] }])
})
