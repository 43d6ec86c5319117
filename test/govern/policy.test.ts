/** Which app a policy is about, and when its bounds are exceeded: pure tables. */
import { expect, test } from 'vitest'
import { concerns, exceeds, policyOf, policySchema } from '../../src/govern/policy.ts'
import type { AppDay, AppKnowledge } from '../../src/govern/policy.ts'
import { cefLine } from '../../src/govern/notify-cef.ts'
import { signedHeaders } from '../../src/govern/notify.ts'
import type { Alert } from '../../src/govern/alerts.ts'

const app: AppDay = {
  appId: 'files',
  category: 'Cloud storage',
  score: 5,
  users: 51,
  addresses: 4,
  devices: 0,
  transactions: 900,
  bytesTotal: 60_000_000,
  bytesUp: null,
  bytesDown: 9,
}
const known = (more: Partial<AppKnowledge> = {}): AppKnowledge => ({
  tags: [],
  factor: () => null,
  ...more,
})

test.each<[string, object, Partial<AppKnowledge>, boolean]>([
  ['all apps', {}, {}, true],
  ['this app', { apps: ['files'] }, {}, true],
  ['another app', { apps: ['drive'] }, {}, false],
  ['its category', { categories: ['Cloud storage', 'CRM'] }, {}, true],
  ['another category', { categories: ['CRM'] }, {}, false],
  ['a score below', { scoreBelow: 5 }, {}, false],
  ['a score below, higher', { scoreBelow: 5.1 }, {}, true],
  ['a tag it has', { tags: ['monitored'] }, { tags: ['monitored'] }, true],
  ['a tag it lacks', { tags: ['monitored'] }, {}, false],
  ['a tag it must not have', { withoutTags: ['sanctioned'] }, { tags: ['sanctioned'] }, false],
  ['a factor nobody knows of', { lacking: ['soc-2'] }, {}, true],
  ['a factor that is known not to be', { lacking: ['soc-2'] }, { factor: () => false }, true],
  [
    'a factor that is fulfilled',
    { lacking: ['iso-27001', 'soc-2'] },
    { factor: (id) => id === 'soc-2' },
    false,
  ],
])('a policy about %s', (_what, more, knowledge, want) => {
  expect(concerns(policySchema.parse({ name: 'x', ...more }), app, known(knowledge))).toBe(want)
})

test('an app without score is in no band', () => {
  const unrated = { ...app, score: null }
  expect(concerns(policySchema.parse({ name: 'x', scoreBelow: 11 }), unrated, known())).toBe(false)
  expect(concerns(policySchema.parse({ name: 'x', scoreMin: 0 }), unrated, known())).toBe(false)
})

test.each<[object, boolean]>([
  [{}, true],
  [{ users: 50 }, true],
  [{ users: 51 }, false],
  [{ users: 50, bytesTotal: 50_000_000 }, true],
  [{ users: 50, transactions: 1000 }, false],
  [{ bytesUp: 0 }, false],
])('%j is exceeded: %s', (threshold, want) => {
  expect(exceeds(policySchema.parse({ name: 'x', threshold }), app)).toBe(want)
})

test('the compliance template is about apps without any of its certificates', () => {
  const policy = policyOf('cloud-storage-compliance') ?? policySchema.parse({ name: 'none' })
  expect(exceeds(policy, app) && concerns(policy, app, known())).toBe(true)
  expect(concerns(policy, app, known({ factor: (id) => id === 'pci-dss' }))).toBe(false)
})

test('the signature is that of the Standard Webhooks specification', () => {
  // the specification's own example
  const headers = signedHeaders(
    {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      body: '{"test": 2432232314}',
      secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    },
    1_614_265_330_000,
  )
  expect(headers).toMatchObject({
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  })
})

test('CEF keeps its fields apart, whatever names hold', () => {
  const alert = {
    id: 'a',
    kind: 'policy',
    severity: 'low',
    title: 'a|b\\c\nd',
    detail: 'x=y\\z',
    policy: 'p',
    app: 'A=B',
    appId: 'a',
    user: 'e\r\nCEF:0|forged',
    raised: '2026-09-25T14:05:00.000Z',
    evidence: [],
  } as unknown as Alert
  const line = cefLine(alert)
  expect(line.split('\n')).toHaveLength(1)
  expect(line).toMatch(/^<133>1 2026-09-25T14:05:00\.000Z gnomon gnomon - policy - CEF:0\|/)
  expect(line).toContain('|a\\|b\\\\c d|3|')
  expect(line).toContain('msg=x\\=y\\\\z ')
  expect(line).toContain('cs1=A\\=B ')
})
