/** Which pages and changes are open to whom, and the words for those that are not. */
import { expect, test } from 'vitest'
import { rights, rightsOfRole } from '../../src/access/rights.ts'
import type { Role } from '../../src/access/rights.ts'
import { isRuled, ruleOf } from '../../src/api/route-rights.ts'
import { isLimited, pageRefusal, refusalOf } from '../../src/console/data/page-needs.ts'
import { testServer } from '../api/server.ts'

const who = (role: Role, sources: string[] | null = null) => ({
  role,
  sources,
  rights: [...rightsOfRole[role]],
})

test.each([
  [who('administrator'), '/settings', null],
  [who('administrator'), '/lists', null],
  [who('analyst'), '/unparsed', null],
  [who('analyst'), '/audit', /read the audit trail \(audit\.read\), which the role analyst does/],
  [who('reader'), '/apps', null],
  [who('reader'), '/blocks', null],
  [who('reader'), '/upload', /send in logs/],
  [who('auditor'), '/blocks', /shows names of people, which your account sees as pseudonyms/],
  [who('auditor'), '/audit', null],
  [who('analyst', ['gate']), '/freshness', /your account sees gate only/],
  [who('analyst', ['a', 'b', 'c']), '/lists', /a, b and c only/],
  [who('analyst', ['gate']), '/upload', null],
])('%o at %s', (viewer, path, want) => {
  const refusal = pageRefusal(viewer, path)
  if (want === null) expect(refusal).toBeNull()
  else expect(refusal).toMatch(want)
})

test('every right has its words', () => {
  for (const right of rights)
    expect(refusalOf({ role: 'reader', sources: null, rights: [] }, { right })).not.toContain(
      'undefined',
    )
})

/** The first question of each page, whose answer is the page. */
const questions: Record<string, string> = {
  '/unparsed': '/api/v1/unparsed',
  '/upload': '/api/v1/uploads',
  '/uploaded': '/api/v1/uploads/:id/result',
  '/names': '/api/v1/names',
  '/audit': '/api/v1/audit',
  '/settings': '/api/v1/config',
}

test('the pages ask what the routes ask', async () => {
  const { app } = await testServer()
  for (const [path, url] of Object.entries(questions)) {
    const route = app.knownRoutes.find((one) => one.url === url && one.method === 'GET')
    const config = route?.config ?? {}
    expect(isRuled('GET', url, config)).toBe(true)
    const rule = ruleOf('GET', url, config)
    for (const role of ['administrator', 'analyst', 'auditor', 'reader'] as const) {
      const viewer = who(role)
      const may =
        rule.need === 'any' ||
        rule.need === 'open' ||
        (viewer.rights as readonly string[]).includes(rule.need)
      expect([path, role, pageRefusal(viewer, path) === null]).toEqual([
        path,
        role,
        may && (rule.bounded || !isLimited(viewer)),
      ])
    }
  }
  await app.close()
})
