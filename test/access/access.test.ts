/** Set-up, sign-in, sessions, tokens, names: over a store in memory, with a clock turned by hand. */
import { describe, expect, test } from 'vitest'
import { totpCode, totpStep } from '../../src/access/totp.ts'
import { viewerOf } from '../../src/access/rights.ts'
import { accessLimits } from '../../src/limits.ts'
import type { MemoryStore } from './memory-store.ts'
import type { AuditRow } from '../../src/access/audit.ts'
import { testAccess } from './test-access.ts'

const password = 'correct horse battery'
const minute = 60_000
const hour = 60 * minute

async function withAnn(config: object = {}) {
  const made = testAccess(config)
  await made.access.accounts.load()
  const ann = await made.access.accounts.create(
    { name: 'Ann', role: 'administrator', sources: null },
    password,
  )
  return { ...made, ann }
}

describe('set-up', () => {
  test('a code in the log, good until it is used; after too many wrong ones another', () => {
    const { access, codes } = testAccess()
    expect(access.setupNeeded).toBe(true)
    access.setup.renew()
    expect(codes[0]).toMatch(/^([0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5}$/)
    for (let i = 0; i < accessLimits.setupTries; i++)
      expect(access.setup.accept(`WRONG-${i}`)).toBe(false)
    expect(codes).toHaveLength(2)
    expect(access.setup.accept(codes[0])).toBe(false)
    expect(access.setup.accept(` ${codes[1].toLowerCase().replaceAll('-', ' ')}`)).toBe(true)
    access.setup.close()
    expect(access.setup.accept(codes[1])).toBe(false)
    expect(access.setup.accept('')).toBe(false)
  })

  test('open needs none', () => {
    const { access } = testAccess({ api: { access: 'open' } })
    expect(access.setupNeeded).toBe(false)
    expect(access.anyone('192.0.2.1')).toMatchObject({ role: 'administrator', sources: null })
  })
})

describe('accounts', () => {
  test('sign-in by name in any case, with the right password only', async () => {
    const { access, ann } = await withAnn()
    expect(access.anyone('192.0.2.1')).toBeNull()
    expect(await access.signIn('ann', password, null)).toMatchObject({ state: 'in' })
    expect(await access.signIn('ann', `${password}!`, null)).toEqual({ state: 'wrong' })
    expect(await access.signIn('ben', password, null)).toEqual({ state: 'wrong' })
    await access.accounts.create({ name: 'eve', role: 'administrator', sources: null }, password)
    await access.accounts.change(ann.id, { disabled: true })
    expect(await access.signIn('ann', password, null)).toEqual({ state: 'wrong' })
  })

  test('wrong tries lock, known name or not', async () => {
    const { access, clock } = await withAnn({ access: { lockAfter: 3 } })
    for (const name of ['ann', 'nobody']) {
      for (let i = 0; i < 3; i++) await access.signIn(name, 'wrong', null)
      expect(await access.signIn(name, password, null)).toEqual({ state: 'locked', seconds: 30 })
    }
    clock.nowMs += 31_000
    expect(await access.signIn('ann', password, null)).toMatchObject({ state: 'in' })
  })

  test('the last administrator stays', async () => {
    const { access, ann } = await withAnn()
    await expect(access.accounts.remove(ann.id)).rejects.toThrow(/last administrator/)
    await expect(access.accounts.change(ann.id, { role: 'reader' })).rejects.toThrow(
      /last administrator/,
    )
    await expect(access.accounts.change(ann.id, { disabled: true })).rejects.toThrow(
      /last administrator/,
    )
    await access.accounts.create({ name: 'eve', role: 'administrator', sources: null }, password)
    expect(await access.accounts.remove(ann.id)).toMatchObject({ name: 'Ann' })
  })

  test('a name is taken in any case; a bad password is told why', async () => {
    const { access } = await withAnn()
    const wish = { name: 'ANN', role: 'reader', sources: null } as const
    await expect(access.accounts.create(wish, password)).rejects.toThrow(/is taken/)
    await expect(access.accounts.create({ ...wish, name: 'ben' }, 'short')).rejects.toThrow(
      /at least 12/,
    )
  })

  test('they outlive the process, without their passwords being readable', async () => {
    const { store, ann } = await withAnn()
    const again = testAccess({}, { store })
    await again.access.accounts.load()
    expect(again.access.accounts.get(ann.id)).toMatchObject({ name: 'Ann' })
    expect(await again.access.signIn('ann', password, null)).toMatchObject({ state: 'in' })
    expect(JSON.stringify([...store.tables])).not.toContain(password)
  })

  test('a second factor: begun, proved, asked for, each code once, recovery codes too', async () => {
    const { access, ann, clock, store } = await withAnn()
    const { secret } = await access.accounts.beginTotp(ann.id)
    expect(JSON.stringify([...store.tables])).not.toContain(secret)
    expect(await access.signIn('ann', password, null)).toMatchObject({ state: 'in' })
    expect(await access.accounts.confirmTotp(ann.id, '000000')).toBeNull()
    const code = () => totpCode(secret, totpStep(clock.nowMs))
    const recovery = await access.accounts.confirmTotp(ann.id, code())
    expect(recovery).toHaveLength(10)
    expect(await access.signIn('ann', password, null)).toEqual({ state: 'code' })
    expect(await access.signIn('ann', password, code())).toEqual({ state: 'wrong' })
    clock.nowMs += 30_000
    expect(await access.signIn('ann', password, code())).toMatchObject({ state: 'in' })
    const [one] = recovery ?? []
    expect(await access.signIn('ann', password, one)).toMatchObject({ state: 'in' })
    expect(await access.signIn('ann', password, one)).toEqual({ state: 'wrong' })
    const misread = recovery?.[1]
      .toLowerCase()
      .replaceAll('0', 'o')
      .replaceAll('1', 'l')
      .replaceAll('-', ' ')
    expect(await access.signIn('ann', password, misread ?? '')).toMatchObject({ state: 'in' })
    await access.accounts.removeTotp(ann.id)
    expect(await access.signIn('ann', password, null)).toMatchObject({ state: 'in' })
  })
})

describe('sessions', () => {
  test.each([
    ['used in time', [29, 29, 29], true],
    ['idle', [31], false],
    ['used all day', Array.from({ length: 30 }, () => 25), false],
  ])('%s', async (_name, minutes, want) => {
    const { access, ann, clock } = await withAnn()
    const cookie = await access.sessions.open(ann.id, '192.0.2.1')
    let viewer = null
    for (const pause of minutes) {
      clock.nowMs += pause * minute
      viewer = await access.bySession(cookie)
    }
    expect(viewer !== null).toBe(want)
  })

  test('they end with sign-out, with the account, and are kept over a restart as hashes', async () => {
    const { access, ann, store } = await withAnn()
    const [one, other] = [
      await access.sessions.open(ann.id, ''),
      await access.sessions.open(ann.id, ''),
    ]
    expect(JSON.stringify([...store.tables])).not.toContain(one)
    const again = testAccess({}, { store })
    await again.access.accounts.load()
    await again.access.sessions.load()
    expect(await again.access.bySession(one)).toMatchObject({ name: 'Ann', kind: 'account' })
    await access.sessions.end(one)
    expect(await access.bySession(one)).toBeNull()
    expect(await access.bySession(other)).not.toBeNull()
    await access.sessions.endOf(ann.id)
    expect(await access.bySession(other)).toBeNull()
    expect(await access.bySession('')).toBeNull()
  })
})

describe('tokens', () => {
  test('some rights, fewer sources, an end; gone with their account', async () => {
    const { access, clock } = await withAnn()
    const wish = { name: 'ben', role: 'analyst', sources: ['one', 'two'] } as const
    const ben = await access.accounts.create({ ...wish, sources: [...wish.sources] }, password)
    const make = (more: object) =>
      access.tokens.create(ben, {
        name: 't',
        scope: ['reports.read'],
        sources: null,
        days: 2,
        ...more,
      })
    await expect(make({ scope: ['access.write'] })).rejects.toThrow(/your role has it not/)
    await expect(make({ sources: ['three'] })).rejects.toThrow(/may not see/)
    const { text, token } = await make({ sources: ['one'] })
    const viewer = access.byToken(text, false)
    expect(viewer).toMatchObject({ kind: 'token', sources: ['one'], name: 'token t of ben' })
    expect([...(viewer?.rights ?? [])]).toEqual(['reports.read'])
    expect(access.byToken(`${text.slice(0, -1)}~`, false)).toBeNull()
    expect(access.byToken(text.replace(token.id, '0'.repeat(16)), false)).toBeNull()
    clock.nowMs += 47 * hour
    expect(access.byToken(text, false)).not.toBeNull()
    await access.accounts.change(ben.id, { role: 'auditor' })
    expect([...(access.byToken(text, false)?.rights ?? [])]).toEqual(['reports.read'])
    await access.accounts.change(ben.id, { disabled: true })
    expect(access.byToken(text, false)).toBeNull()
    await access.accounts.change(ben.id, { disabled: false })
    clock.nowMs += hour
    expect(access.byToken(text, false)).toBeNull()
  })
})

describe('the audit trail', () => {
  test('rows that the store did not take wait, in order; too many stop what must be told', async () => {
    const { access, store } = testAccess()
    store.fault = new Error('disk full')
    await expect(access.audit.write({ actor: 'a', action: 'one', object: '' })).rejects.toThrow(
      /disk full/,
    )
    access.audit.note({ actor: 'a', action: 'two', object: '' })
    store.fault = null
    await access.audit.flush()
    expect(store.tables.get('audit')).toMatchObject([{ action: 'one' }, { action: 'two' }])
    store.fault = new Error('disk full')
    for (let i = 0; i < accessLimits.auditWaiting; i++)
      access.audit.note({ actor: 'a', action: 'x', object: '' })
    expect(() => access.audit.note({ actor: 'a', action: 'x', object: '' })).toThrow(
      /takes nothing/,
    )
    store.fault = null
    await access.audit.stop()
    expect(store.tables.get('audit')).toHaveLength(2 + accessLimits.auditWaiting)
  })

  test('the same look is told once in a while', async () => {
    const { access, store, clock } = testAccess()
    const look = () => access.audit.look({ actor: 'ann', action: 'listUsers', object: '/users' })
    look()
    look()
    clock.nowMs += accessLimits.lookAgainMs
    look()
    clock.nowMs -= 24 * 3_600_000
    look()
    await access.audit.flush()
    expect(store.tables.get('audit')).toHaveLength(3)
  })
})

describe('naming', () => {
  const pseudonym = 'user-0123456789abcdef'
  const viewer = (id: string) => viewerOf('account', { name: id, accountId: id, role: 'analyst' })

  test('a second person must agree, and nobody is his own', async () => {
    const { access, store, clock } = testAccess({ privacy: { secondPerson: true } })
    const query = store.query.bind(store)
    store.query = async <T extends object>(sql: string, params = {}) =>
      sql.includes('AS name FROM db.current_usage')
        ? ([{ name: 'ann' }] as T[])
        : query<T>(sql, params)
    const { request, names } = await access.naming.ask(
      viewer('ben'),
      pseudonym,
      'ticket 42: malware',
    )
    expect([request.state, names]).toEqual(['waiting', null])
    expect(await access.naming.names(viewer('ben'), request.id)).toMatchObject({ names: null })
    await expect(access.naming.decide(viewer('ben'), request.id, true)).rejects.toThrow(
      /second person/,
    )
    expect(await access.naming.decide(viewer('cara'), request.id, true)).toMatchObject({
      state: 'agreed',
      decider: 'cara',
    })
    await expect(access.naming.decide(viewer('dan'), request.id, false)).rejects.toThrow(/decided/)
    expect(await access.naming.names(viewer('cara'), request.id)).toBeNull()
    expect(await access.naming.names(viewer('ben'), request.id)).toMatchObject({ names: ['ann'] })
    clock.nowMs += accessLimits.namedMs
    expect(await access.naming.names(viewer('ben'), request.id)).toMatchObject({ names: null })
    const told = (store.tables.get('audit') as AuditRow[]).map(
      ({ action, actor, detail }) =>
        `${actor} ${action} ${(JSON.parse(detail) as { outcome: string }).outcome}`,
    )
    expect(told).toEqual(['ben askName waits', 'cara decideName agreed', 'ben getName shown'])
  })

  test.each(['ann', 'user-xyz', `user-0123456789abcdef' OR 1`])(
    '%s is no pseudonym',
    async (text) => {
      const { access } = testAccess()
      await expect(access.naming.ask(viewer('ben'), text, 'ticket 42: malware')).rejects.toThrow(
        /no pseudonym/,
      )
    },
  )
})

describe('two appliances over one store', () => {
  /** The other one, with what it read before; it is some seconds later there. */
  async function other(store: MemoryStore) {
    const { access } = testAccess({}, { store, nowMs: Date.UTC(2026, 8, 25, 14, 0, 5) })
    await access.accounts.load()
    await access.sessions.load()
    return access
  }

  test('a session that ended on one is not brought back by a request to the other', async () => {
    const { access, ann, store } = await withAnn()
    const cookie = await access.sessions.open(ann.id, '')
    const second = await other(store)
    await access.sessions.end(cookie)
    // within the time until it reads again the other one still knows it, and writes down that it was used
    await second.bySession(cookie)
    await second.sessions.load()
    await access.sessions.load()
    expect([await access.bySession(cookie), await second.bySession(cookie)]).toEqual([null, null])
  })

  test('an account that was disabled on one cannot sign in on the other, nor is it enabled by it', async () => {
    const { access, ann, store } = await withAnn()
    await access.accounts.create({ name: 'Ben', role: 'administrator', sources: null }, password)
    const second = await other(store)
    await access.accounts.change(ann.id, { disabled: true })
    expect(await second.signIn('Ann', password, null)).toEqual({ state: 'wrong' })
    await second.accounts.change(ann.id, { role: 'reader' })
    await access.accounts.load()
    expect(access.accounts.get(ann.id)).toMatchObject({ disabled: true, role: 'reader' })
  })

  test('a session that is opened while they are read again stays; one that is ended then goes', async () => {
    const { access, ann, store } = await withAnn()
    const ended = await access.sessions.open(ann.id, '')
    const query = store.query.bind(store)
    const go = Promise.withResolvers<void>()
    store.query = async (sql, params) => {
      const rows = await query(sql, params)
      await go.promise
      return rows as never
    }
    const reading = access.sessions.load()
    store.query = query
    const opened = await access.sessions.open(ann.id, '')
    await access.sessions.end(ended)
    go.resolve()
    await reading
    expect(await access.bySession(opened)).not.toBeNull()
    expect(await access.bySession(ended)).toBeNull()
  })
})
