import { describe, expect, test } from 'vitest'
import { loadCatalog, shippedCatalog } from '../../src/catalog/catalog.ts'
import { lintCatalog } from '../../src/catalog/lint.ts'
import { folderWith, small } from './catalog-parts.ts'

const ask = (host: string | null, ip: string | null = null, hint: string | null = null) => ({
  host,
  ip,
  hint,
})

describe('matching', () => {
  test.each([
    ['alpha.example', 'alpha', 'suffix:alpha.example'],
    ['WWW.Alpha.Example.:443', 'alpha', 'suffix:alpha.example'],
    ['x.deep.alpha.example', 'beta', 'suffix:deep.alpha.example'],
    ['files.shared.example', 'alpha', 'host:files.shared.example'],
    ['x.files.shared.example', 'beta', 'domain:shared.example'],
    ['eu-beta.cloud.example', 'beta', 'pattern:[a-z]+-beta.cloud.example'],
    ['notalpha.example', null, null],
    ['eu-gamma.cloud.example', null, null],
  ])('%s is %s', async (host, appId, rule) => {
    const catalog = await loadCatalog([await folderWith({ 'apps/x.yaml': small })])
    expect(catalog.lookup(ask(host))).toMatchObject({ appId, rule })
  })

  test('addresses and hints count where the host does not tell', async () => {
    const catalog = await loadCatalog([await folderWith({ 'apps/x.yaml': small })])
    expect(catalog.lookup(ask(null, '198.51.100.7')).appId).toBe('beta')
    expect(catalog.lookup(ask('alpha.example', '198.51.100.7')).appId).toBe('alpha')
    expect(catalog.lookup(ask('x.cdn.example')).infrastructure).toBe(true)
    expect(catalog.lookup(ask('x.cdn.example', null, 'beta-base')).appId).toBe('beta')
    expect(catalog.lookup(ask('alpha.example', null, 'beta-base')).appId).toBe('alpha')
  })
})

describe('layers', () => {
  test('a later folder wins, and the version tells', async () => {
    const first = await folderWith({ 'apps/x.yaml': small })
    const second = await folderWith({
      'apps/own.yaml':
        'apps:\n  - id: own\n    name: Own\n    category: CRM\n    domains: [beta.example]\n',
    })
    const [one, two] = [await loadCatalog([first]), await loadCatalog([first, second])]
    expect(one.lookup(ask('beta.example')).appId).toBe('beta')
    expect(two.lookup(ask('beta.example')).appId).toBe('own')
    expect(two.version).not.toBe(one.version)
  })

  test('additions go to apps of earlier folders, and to nobody when the app is gone', async () => {
    const first = await folderWith({ 'apps/x.yaml': small })
    const more = await folderWith({
      'apps/more.yaml':
        'additions:\n  - app: alpha\n    domains: [alpha-two.example]\n  - app: gone\n    domains: [gone.example]\n',
    })
    const catalog = await loadCatalog([first, more])
    expect(catalog.lookup(ask('x.alpha-two.example')).app).toBe('Alpha')
    expect(catalog.lookup(ask('gone.example')).appId).toBeNull()
    expect(catalog.places.get('alpha')?.domains).toEqual(['alpha.example', 'alpha-two.example'])
  })

  test.each([
    [
      'twice one domain',
      'apps:\n  - id: a\n    name: A\n    category: CRM\n    domains: [x.example]\n  - id: b\n    name: B\n    category: CRM\n    domains: [x.example]\n',
      /x\.yaml:6: b: domain x\.example stands in a too/,
    ],
    [
      'a category that is none',
      'apps:\n  - id: a\n    name: A\n    category: Nope\n    domains: [x.example]\n',
      /x\.yaml:4: a\.category/,
    ],
    [
      'no category',
      'apps:\n  - id: a\n    name: A\n    domains: [x.example]\n',
      /x\.yaml:2: a: category: missing/,
    ],
  ])('refuses %s', async (_name, text, message) => {
    const folder = await folderWith({ 'apps/x.yaml': text })
    await expect(loadCatalog([folder])).rejects.toThrow(message)
  })
})

test('the shipped catalog has no faults', async () => {
  expect(await lintCatalog(shippedCatalog)).toEqual([])
}, 60_000)

test('the linter sees facts of no app and contradictions', async () => {
  const folder = await folderWith({
    'apps/x.yaml': small,
    'facts/f.yaml': `facts:
  - apps: [alpha, nobody]
    source: https://one.example/
    date: 2026-01-01
    has: [soc-2]
  - apps: [alpha]
    source: https://two.example/
    date: 2026-01-01
    lacks: [soc-2]
  - apps: [beta]
    source: https://three.example/
    date: 2026-01-01
`,
  })
  const faults = (await lintCatalog(folder)).map((line) => line.slice(folder.length))
  expect(faults).toEqual([
    '/facts/f.yaml:2: https://one.example/: no app nobody',
    `/facts/f.yaml:6: https://two.example/: soc-2 of alpha is another in ${folder}/facts/f.yaml:2`,
    '/facts/f.yaml:10: https://three.example/: says nothing',
  ])
})

test('a folder may speak of apps of others, when it is told of them', async () => {
  const folder = await folderWith({
    'apps/more.yaml': 'additions:\n  - app: alpha\n    domains: [alpha-two.example]\n',
  })
  expect(await lintCatalog(folder, ['alpha'])).toEqual([])
  expect(await lintCatalog(folder)).toEqual([`${folder}/apps/more.yaml:2: additions: no app alpha`])
})
