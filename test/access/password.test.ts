import { expect, test } from 'vitest'
import { Lockout } from '../../src/access/lockout.ts'
import { hashPassword, passwordFault, verifyPassword } from '../../src/access/password.ts'
import { acceptTotp, fromBase32, toBase32, totpCode, totpStep } from '../../src/access/totp.ts'
import { accessLimits } from '../../src/limits.ts'

test.each([
  ['correct horse battery', null],
  ['Ünïcödé wörds cöunt', null],
  ['password of a very long sentence', null],
  ['short', /at least 12/],
  ['aaaaaaaaaaaaaaaa', /different characters/],
  ['password1234', /well-known/],
  ['Gnomon123456', /well-known/],
  ['ann.smith-2026!', /the name/],
  ['x'.repeat(300), /at most 256/],
])('password %s', (password, want) => {
  const fault = passwordFault(password, 'ann.smith', 12)
  if (want === null) expect(fault).toBeNull()
  else expect(fault).toMatch(want)
})

test('a hash is of Argon2id, salted, and fits its password in any composition of its letters', async () => {
  const [one, other] = await Promise.all([
    hashPassword('p\u00e4ssphrase'),
    hashPassword('p\u00e4ssphrase'),
  ])
  expect(one).toMatch(/^argon2id\$19456\$2\$/)
  expect(one).not.toBe(other)
  expect(await verifyPassword('pa\u0308ssphrase', one)).toBe(true)
  expect(await verifyPassword('passphrase', one)).toBe(false)
  expect(await verifyPassword('', one)).toBe(false)
})

test('no account takes as long as a wrong password', async () => {
  const kept = await hashPassword('correct horse battery')
  const timed = async (hash: string | null): Promise<number> => {
    const startedMs = performance.now()
    for (let i = 0; i < 3; i++) expect(await verifyPassword('wrong', hash)).toBe(false)
    return performance.now() - startedMs
  }
  const [known, unknown] = [await timed(kept), await timed(null)]
  expect(unknown / known).toBeGreaterThan(0.3)
  expect(unknown / known).toBeLessThan(3)
})

test('more sign-ins than can wait are refused, the others answered', async () => {
  const kept = await hashPassword('correct horse battery')
  const all = Array.from(
    { length: accessLimits.hashesAtOnce + accessLimits.hashesWaiting + 3 },
    () => verifyPassword('correct horse battery', kept),
  )
  const results = await Promise.allSettled(all)
  expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(3)
  expect(results.filter((one) => one.status === 'fulfilled' && one.value)).toHaveLength(
    accessLimits.hashesAtOnce + accessLimits.hashesWaiting,
  )
})

// RFC 6238, appendix B (SHA-1; the last six of its eight digits)
const secret = toBase32(Buffer.from('12345678901234567890'))
test.each([
  [59, '287082'],
  [1111111109, '081804'],
  [1111111111, '050471'],
  [1234567890, '005924'],
  [2000000000, '279037'],
  [20000000000, '353130'],
])('TOTP at %d s is %s', (seconds, want) => {
  expect(totpCode(secret, totpStep(seconds * 1000))).toBe(want)
})

test('a code counts once, and its neighbours in time count', () => {
  const nowMs = 1_111_111_111_000
  const step = totpStep(nowMs)
  expect(acceptTotp(secret, '050 471', { nowMs, usedStep: 0 })).toBe(step)
  expect(acceptTotp(secret, '050471', { nowMs: nowMs + 30_000, usedStep: 0 })).toBe(step)
  expect(acceptTotp(secret, '050471', { nowMs: nowMs + 90_000, usedStep: 0 })).toBeNull()
  expect(acceptTotp(secret, '050471', { nowMs, usedStep: step })).toBeNull()
  expect(acceptTotp(secret, '', { nowMs, usedStep: 0 })).toBeNull()
})

test('base32 there and back', () => {
  for (let length = 0; length < 12; length++) {
    const bytes = Buffer.from(Array.from({ length }, (_, i) => (i * 73 + length) & 255))
    expect(fromBase32(toBase32(bytes))).toEqual(bytes)
  }
  expect(toBase32(Buffer.from('foobar'))).toBe('MZXW6YTBOI')
})

test('a name is closed after some failures, longer each time, and opens again', () => {
  let atMs = 0
  const lockout = new Lockout(3, () => atMs)
  const waits = Array.from({ length: 5 }, () => {
    lockout.fail('Ann')
    return lockout.wait('ann')
  })
  expect(waits).toEqual([0, 0, 30, 60, 120])
  expect(lockout.wait('ben')).toBe(0)
  atMs += 120_000
  expect(lockout.wait('ann')).toBe(0)
  for (let i = 0; i < 20; i++) lockout.fail('ann')
  expect(lockout.wait('ann')).toBe(accessLimits.lockMsMax / 1000)
  lockout.clear('ANN')
  expect(lockout.wait('ann')).toBe(0)
})
