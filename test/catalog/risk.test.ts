import { describe, expect, test } from 'vitest'
import { answersTo, everyApp, findApps, suggestedQueries } from '../../src/catalog/app-queries.ts'
import { loadCatalog, shippedCatalog } from '../../src/catalog/catalog.ts'
import { parseFactFile, parseWeightsFile } from '../../src/catalog/load.ts'
import { riskFactors } from '../../src/catalog/risk-factors.ts'
import {
  combineWeights,
  explainRisk,
  factsByApp,
  pointsOf,
  reckon,
} from '../../src/catalog/risk.ts'
import type { Fact } from '../../src/catalog/risk.ts'
import { folderWith, small } from './catalog-parts.ts'

const fact = (factor: string, value: Fact['value']): [string, Fact] => [
  factor,
  { factor, value, source: 'https://a.example/', date: '2026-01-01', note: null },
]
const plainWeights = combineWeights([
  { neutral: { weight: 0, general: 5, security: 5, compliance: 5, legal: 5 }, factsMin: 1 },
])

describe('points', () => {
  const rules = { reckonedOn: '2026-07-01', irrelevantCounts: 'out' } as const
  const counting = (id: string) => riskFactors.find((factor) => factor.id === id)!.counting
  test.each([
    ['saml', true, 10],
    ['saml', false, 0],
    ['saml', null, null],
    ['fedramp', 'high', 10],
    ['fedramp', 'none', 0],
    ['founded', 2026, 0],
    ['founded', 2021, 5],
    ['founded', 1998, 10],
    ['latest-breach', '2022-07-01', 5],
    ['file-sharing', true, null],
    ['headquarters', 'US', null],
  ])('%s = %s gives %s', (id, value, want) => {
    const points = pointsOf(counting(id), value, rules)
    expect(points === null ? null : Math.round(points * 10) / 10).toBe(want)
  })

  test('what does not apply may count as no', () => {
    expect(pointsOf({ kind: 'yes-no' }, null, { ...rules, irrelevantCounts: 'as-no' })).toBe(0)
  })
})

describe('scores', () => {
  test('are means of means by weights', () => {
    // security: (10*2 + 0*2) / 4 = 5; the other groups stand at 5
    const facts = new Map([fact('saml', true), fact('penetration-testing', false)])
    expect(reckon(facts, plainWeights)).toBe(5)
    const heavier = combineWeights([
      { neutral: plainWeights.neutral, factsMin: 1 },
      {
        factors: { saml: 'very-high', 'penetration-testing': 'low' },
        groups: { general: 'ignored', compliance: 'ignored', legal: 'ignored' },
      },
    ])
    // (10*4 + 0*1) / 5
    expect(reckon(facts, heavier)).toBe(8)
  })

  test('need enough facts', () => {
    const weights = combineWeights([{ factsMin: 2 }])
    expect(reckon(new Map([fact('saml', true)]), weights)).toBeNull()
    expect(reckon(new Map([fact('saml', true), fact('headquarters', 'US')]), weights)).toBeNull()
    expect(reckon(new Map([fact('saml', true), fact('soc-2', true)]), weights)).not.toBeNull()
  })

  test('say what each fact does', () => {
    const facts = new Map([fact('saml', true), fact('soc-2', false), fact('gdpr-readiness', true)])
    const risk = explainRisk('a', facts, combineWeights([]))
    const by = Object.fromEntries(risk.facts.map(({ factor, difference }) => [factor, difference]))
    expect(by['saml']).toBeGreaterThan(0)
    expect(by['soc-2']).toBeLessThan(0)
    expect(risk.confidence).toBeGreaterThan(0)
    expect(risk.confidence).toBeLessThan(0.1)
    expect(risk.groups.security).toMatchObject({ known: 1 })
  })

  test('given by hand win, with what the facts say beside', () => {
    const overrides = [{ app: 'a', score: 1, note: 'no contract' }]
    const facts = new Map([fact('saml', true), fact('soc-2', true), fact('iso-27001', true)])
    const risk = explainRisk('a', facts, combineWeights([{ overrides }]))
    expect(risk).toMatchObject({ score: 1, override: { note: 'no contract' } })
    expect(risk.reckoned).toBeGreaterThan(5)
  })
})

test('of two facts the later folder and the newer page win', () => {
  const page = (date: string, has: string[], lacks: string[]) => ({
    apps: ['a'],
    source: `https://${date}.example/`,
    date,
    has,
    lacks,
    irrelevant: [],
    values: {},
  })
  const value = (layers: Parameters<typeof factsByApp>[0]) =>
    factsByApp(layers).get('a')?.get('saml')?.value
  expect(value([[page('2026-02-01', ['saml'], []), page('2026-01-01', [], ['saml'])]])).toBe(true)
  expect(value([[page('2026-02-01', ['saml'], [])], [page('2025-01-01', [], ['saml'])]])).toBe(
    false,
  )
})

describe('files', () => {
  test.each([
    ['a factor that is none', 'has: [nope]', /no risk factor nope/],
    ['a level as yes', 'has: [fedramp]', /fedramp is no yes-or-no factor/],
    ['a yes as value', 'values:\n      saml: maybe', /saml is yes or no/],
    ['a level that is none', 'values:\n      fedramp: top', /fedramp cannot be top; choose high/],
    ['a page without address', 'source: trust', /f\.yaml:4: facts\.0\.source/],
  ])('refuse %s', (_name, line, message) => {
    const source = line.startsWith('source') ? '' : '    source: https://a.example/\n'
    const text = `facts:\n  - apps: [a]\n${source}    date: 2026-01-01\n    ${line}\n`
    expect(() => parseFactFile(text, 'f.yaml')).toThrow(message)
  })

  test('weights refuse what they do not know', () => {
    expect(() => parseWeightsFile('factors:\n  nope: high\n', 'w.yaml')).toThrow(/w\.yaml/)
    expect(parseWeightsFile('groups:\n  legal: ignored\n', 'w.yaml')).toEqual({
      groups: { legal: 'ignored' },
    })
  })

  test('fill the scores of the catalog, and change its version', async () => {
    const facts =
      'facts:\n  - apps: [alpha]\n    source: https://a.example/\n    date: 2026-01-01\n    has: [saml, soc-2, iso-27001]\n'
    const one = await loadCatalog([
      await folderWith({ 'apps/x.yaml': small, 'facts/f.yaml': facts }),
    ])
    const two = await loadCatalog([
      await folderWith({
        'apps/x.yaml': small,
        'facts/f.yaml': facts,
        'risk-weights.yaml': 'groups:\n  compliance: ignored\n',
      }),
    ])
    const score = one.apps.get('alpha')?.score ?? 0
    expect(one.lookup({ host: 'alpha.example', ip: null, hint: null }).score).toBe(score)
    expect(score).toBeGreaterThan(5)
    expect(one.apps.get('beta')?.score).toBeNull()
    expect(two.apps.get('alpha')?.score).not.toBe(score)
    expect(two.version).not.toBe(one.version)
  })
})

describe('the shipped facts', () => {
  test('speak of more than 600 apps, each with page and day', async () => {
    const catalog = await loadCatalog([shippedCatalog])
    const known = [...catalog.apps.keys()].filter((id) => catalog.facts(id).size > 0)
    expect(known.length).toBeGreaterThan(600)
    for (const id of known)
      for (const { source, date } of catalog.facts(id).values()) {
        expect(source).toMatch(/^https?:\/\//)
        expect(date).toMatch(/^20\d\d-/)
      }
    const score = (id: string): number => catalog.apps.get(id)?.score ?? -1
    // an order that a reviewer expects
    expect(score('microsoft-365')).toBeGreaterThan(score('lastpass'))
    expect(score('box')).toBeGreaterThan(score('mega'))
    expect(score('dropbox')).toBeGreaterThan(score('wetransfer'))
    expect(score('slack')).toBeGreaterThan(score('discord'))
    expect(score('chatgpt')).toBeGreaterThan(score('deepseek'))
    expect(score('temp-mail')).toBeLessThan(4)
    const found = suggestedQueries.map(
      ({ query }) => findApps(catalog, { ...everyApp, ...query }).length,
    )
    expect(found).toHaveLength(8)
    expect(found.filter((count) => count > 0).length).toBeGreaterThanOrEqual(6)
  }, 60_000)

  test.each([
    [undefined, 'unknown', true],
    [undefined, 'no', false],
    [true, 'yes', true],
    [false, 'no', true],
    ['high', 'high', true],
    ['high', 'yes', true],
    ['none', 'no', true],
    [null, 'irrelevant', true],
    [null, 'no', false],
  ])('%s answers to %s: %s', (value, wanted, want) => {
    const known = value === undefined ? undefined : fact('fedramp', value)[1]
    expect(answersTo(known, wanted)).toBe(want)
  })
})
