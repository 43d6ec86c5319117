/** Risk facts in Graph's words. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { graphAppInfo } from '../../src/api/graph-app-info.ts'
import { factorById } from '../../src/catalog/risk-factors.ts'
import type { Fact } from '../../src/catalog/risk.ts'

const facts = (values: Record<string, Fact['value']>): ReadonlyMap<string, Fact> =>
  new Map(
    Object.entries(values).map(([factor, value]) => [
      factor,
      { factor, value, source: 'https://example.com/', date: '2026-01-01', note: null },
    ]),
  )

test('what is known is told, what is not is unknown or null, never left out', () => {
  const info = graphAppInfo(
    'slack',
    null,
    facts({
      saml: true,
      'soc-2': false,
      hipaa: null,
      holding: 'public',
      fedramp: 'li-saas',
      'encryption-at-rest': 'a word of tomorrow',
      founded: 2009,
      'latest-breach': '2022-12-31',
      'hosting-company': 'Example Hosting',
    }),
  )
  expect(info).toMatchObject({
    '@odata.type': '#microsoft.graph.security.discoveredCloudAppInfo',
    id: 'slack',
    isSupportsSaml: 'true',
    isSoc2Compliant: 'false',
    isHipaaCompliant: 'unknown',
    isDmca: 'unknown',
    holding: 'public',
    fedRampLevel: 'liSaaS',
    dataAtRestEncryptionMethod: 'unknown',
    founded: 2009,
    latestBreachDateTime: '2022-12-31T00:00:00.000Z',
    hostingCompany: 'Example Hosting',
    vendor: null,
  })
  expect(Object.keys(info).length).toBe(Object.keys(graphAppInfo('x', null, facts({}))).length)
})

test('every factor it asks for is one of the catalog', () => {
  const source = readFileSync(join(import.meta.dirname, '../../src/api/graph-app-info.ts'), 'utf8')
  const asked = [
    ...Array.from(source.matchAll(/^  \w+: '([a-z0-9-]+)',$/gm), (match) => match[1]),
    ...Array.from(source.matchAll(/factor: '([a-z0-9-]+)'/g), (match) => match[1]),
  ]
  expect(asked.length).toBeGreaterThan(70)
  expect(asked.filter((factor) => !factorById.has(factor))).toEqual([])
})
