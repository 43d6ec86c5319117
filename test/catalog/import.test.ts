import { generateKeyPairSync } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { installBundle, makeBundle, openBundle } from '../../src/catalog/bundle.ts'
import { loadCatalog } from '../../src/catalog/catalog.ts'
import { coverageOf, sumCoverage } from '../../src/catalog/coverage.ts'
import {
  importAws,
  importAzure,
  importCloudflare,
  importGoogleCloud,
  importMicrosoft365,
  importV2fly,
} from '../../src/catalog/import-lists.ts'
import { importTable } from '../../src/catalog/import-table.ts'
import { catalog } from '../../src/commands/catalog.ts'
import { runCommand } from '../commands/run-command.ts'
import { folderWith, small } from './catalog-parts.ts'

describe('lists', () => {
  test.each([
    [
      'aws',
      importAws(
        JSON.stringify({
          prefixes: [{ ip_prefix: '192.0.2.0/24' }, { ip_prefix: 'x' }],
          ipv6_prefixes: [{ ipv6_prefix: '2001:db8::/32' }],
        }),
        'f',
      ),
      ['192.0.2.0/24', '2001:db8::/32'],
      { 'not a network': 1 },
    ],
    [
      'azure',
      importAzure(
        JSON.stringify({
          values: [
            { name: 'Storage', properties: { addressPrefixes: ['198.51.100.0/24'] } },
            { name: 'AzureCloud', properties: { addressPrefixes: ['192.0.2.0/24'] } },
          ],
        }),
        'f',
      ),
      ['192.0.2.0/24'],
      {},
    ],
    [
      'google',
      importGoogleCloud(
        JSON.stringify({
          prefixes: [{ ipv4Prefix: '192.0.2.0/24' }, { ipv6Prefix: '2001:DB8::/32' }],
        }),
        'f',
      ),
      ['192.0.2.0/24', '2001:db8::/32'],
      {},
    ],
    [
      'cloudflare text',
      importCloudflare('192.0.2.0/24\n2001:db8::/32\n', 'f'),
      ['192.0.2.0/24', '2001:db8::/32'],
      {},
    ],
    [
      'cloudflare api',
      importCloudflare('{"result":{"ipv4_cidrs":["192.0.2.0/24"],"ipv6_cidrs":[]}}', 'f'),
      ['192.0.2.0/24'],
      {},
    ],
  ])('%s', (_name, { content, left }, ranges, wantLeft) => {
    expect(content.infrastructure?.[0].ranges).toEqual(ranges)
    expect(left).toEqual(wantLeft)
  })

  test('Microsoft 365 endpoints go to the products', () => {
    const text = JSON.stringify([
      { serviceArea: 'Common', urls: ['*.auth.example', 'outlook.example'], ips: ['192.0.2.0/24'] },
      {
        serviceArea: 'Exchange',
        urls: ['outlook.example', '*.mail.example', 'a-*.example'],
        ips: ['192.0.2.0/24'],
      },
      { serviceArea: 'Other', urls: ['x.example'] },
    ])
    const { content, left } = importMicrosoft365(text, 'f')
    expect(content.additions).toEqual([
      {
        app: 'microsoft-exchange-online',
        domains: ['mail.example'],
        hosts: ['outlook.example'],
        ranges: ['192.0.2.0/24'],
      },
      { app: 'microsoft-365', domains: ['auth.example'], hosts: [], ranges: [] },
    ])
    expect(left).toEqual({ 'a wildcard within a name': 1, 'another service area': 1 })
  })

  test('v2fly rules that are no names stay out', () => {
    const text =
      '# c\nalpha.example\nfull:x.alpha.example # c\nads.alpha.example @ads\nregexp:^x\ninclude:y\n'
    const { content, left } = importV2fly(text, '/lists/alpha', null)
    expect(content.additions).toEqual([
      { app: 'alpha', domains: ['alpha.example'], hosts: ['x.alpha.example'] },
    ])
    expect(left).toEqual({ '@ads': 1, regexp: 1, include: 1 })
  })

  test('tables: headings in any spelling, known names get the domains', async () => {
    const known = await loadCatalog([await folderWith({ 'apps/x.yaml': small })])
    const text =
      '\uFEFFApp Name;Domain List;Category;Risk Score\nAlpha;alpha-new.example;;\nGamma;"https://g.example/, g.example h.example";SAASDB_CATEGORY_CLOUD_STORAGE;7\n;x.example;;\nNone;;;\n=1+1;f.example;Nope;12\n'
    const { content, left } = importTable('csv', text, 'f.csv', known)
    expect(content.additions).toEqual([{ app: 'alpha', domains: ['alpha-new.example'] }])
    expect(content.apps).toEqual([
      { id: '1-1', name: '=1+1', category: 'Unclassified', domains: ['f.example'] },
      {
        id: 'gamma',
        name: 'Gamma',
        category: 'Cloud storage',
        score: 7,
        domains: ['g.example', 'h.example'],
      },
    ])
    expect(left).toEqual({
      'a domain twice': 1,
      'no name': 1,
      'no domain': 1,
      'a category we do not know': 1,
      'a score that is none': 1,
    })
  })

  test.each([
    ['no JSON', () => importAws('<html>', 'f'), /f: not JSON/],
    ['another list', () => importAzure('{"prefixes":[]}', 'f'), /f: values: .*right kind of list/],
    ['an empty list', () => importGoogleCloud('{"prefixes":[]}', 'f'), /nothing in this list/],
  ])('refuse %s', (_name, work, message) => expect(work).toThrow(message))
})

describe('gnomon catalog import', () => {
  test('puts a list into the data folder, and refuses what it cannot use', async () => {
    const data = await folderWith({
      'aws.json': '{"prefixes":[{"ip_prefix":"192.0.2.0/24"}]}',
      nobody: 'x.example\n',
    })
    const ran = await runCommand(catalog, [
      'import',
      'aws',
      join(data, 'aws.json'),
      '--data',
      data,
      '--json',
    ])
    expect(JSON.parse(ran.stdout)).toEqual({ path: 'apps/import-aws.yaml', taken: 1, left: {} })
    expect(await readFile(join(data, 'catalog/apps/import-aws.yaml'), 'utf8')).toContain(
      '192.0.2.0/24',
    )
    await expect(
      runCommand(catalog, ['import', 'v2fly', join(data, 'nobody'), '--data', data]),
    ).rejects.toThrow(/no app nobody/)
    await expect(
      runCommand(catalog, ['import', 'what', join(data, 'nobody'), '--data', data]),
    ).rejects.toThrow(/choose microsoft-365/)
  }, 60_000)
})

describe('bundles', () => {
  const pair = () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    return {
      secret: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      open: publicKey.export({ type: 'spki', format: 'pem' }),
    }
  }

  test('are taken with the right signature only, and not older than what is there', async () => {
    const [own, other] = [pair(), pair()]
    const folder = await folderWith({ 'apps/x.yaml': small })
    const bytes = await makeBundle(folder, own.secret, '2026-02-01T00:00:00.000Z')
    expect(Object.keys(openBundle(bytes, own.open).files)).toEqual(['apps/x.yaml'])
    expect(() => openBundle(bytes, other.open)).toThrow(/not signed with this key/)
    for (const at of [5, bytes.indexOf(10) + 20, bytes.length - 3]) {
      const broken = Buffer.from(bytes)
      broken[at] ^= 1
      expect(() => openBundle(broken, own.open)).toThrow(/not signed|no catalog bundle/)
    }
    const target = join(await folderWith({}), 'catalog-bundle')
    const agreed = { publicKey: own.open, folder: target, older: false }
    expect(await installBundle(bytes, agreed)).toEqual({
      created: '2026-02-01T00:00:00.000Z',
      apps: 2,
    })
    const older = await makeBundle(folder, own.secret, '2026-01-01T00:00:00.000Z')
    await expect(installBundle(older, agreed)).rejects.toThrow(/older than the installed/)
    expect((await installBundle(older, { ...agreed, older: true })).created).toBe(
      '2026-01-01T00:00:00.000Z',
    )
    expect((await loadCatalog([target])).apps.size).toBe(2)
  })

  test('hold files of a catalog only', async () => {
    const folder = await folderWith({ 'apps/x.yaml': small, 'apps/Sub.yaml': small })
    await expect(makeBundle(folder, pair().secret, '2026-02-01T00:00:00.000Z')).rejects.toThrow(
      /apps\/Sub\.yaml/,
    )
  })
})

test('coverage counts names and domains', async () => {
  const known = await loadCatalog([await folderWith({ 'apps/x.yaml': small })])
  const table =
    '{"name":"A","domains":["alpha.example","no.example"],"confidence":"high"}\n{"name":"B","domains":["b.example"]}\n'
  const rows = coverageOf(known, table, 't')
  expect(sumCoverage(rows)).toEqual([
    { confidence: 'high', rows: 1, known: 1, domains: 2, domainsKnown: 1 },
    { confidence: 'none', rows: 1, known: 0, domains: 1, domainsKnown: 0 },
    { confidence: 'all', rows: 2, known: 1, domains: 3, domainsKnown: 1 },
  ])
  expect(() => coverageOf(known, '{"name":1}', 't')).toThrow(/t:1/)
})
