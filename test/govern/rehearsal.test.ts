/** Rehearsals tell whom a block would hit; deletions leave nothing of what was ordered, and all of the rest. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { deleteData } from '../../src/govern/deletion.ts'
import type { DeletionOrder } from '../../src/govern/deletion.ts'
import { blockListOf } from '../../src/govern/block-list.ts'
import { Governed, versions } from '../../src/govern/governed.ts'
import type { GovernedKind } from '../../src/govern/governed.ts'
import { People } from '../../src/govern/people.ts'
import { rehearse } from '../../src/govern/rehearsal.ts'
import { addUsage, dayMs, openGround, startMs } from './govern-parts.ts'
import type { Ground } from './govern-parts.ts'

let ground: Ground
beforeEach(async () => {
  ground = await openGround()
})
afterEach(() => ground.close())

const atMs = startMs - dayMs

describe('rehearsal', () => {
  const listOf = (apps: string[]) =>
    blockListOf(ground.catalog, { apps: new Set(apps), sanctioned: new Set() })

  test('who, how many, how much, and what would pass', async () => {
    await addUsage(ground.store, [
      {
        atMs,
        user: 'Ann',
        device: 'pc-1',
        srcIp: '192.0.2.1',
        transactions: 8,
        up: 500,
        down: 1000,
      },
      { atMs, user: 'ann', host: 'deep.er.files.example.net', transactions: 1, up: 1 },
      { atMs, user: 'ben', host: 'login.example.org', transactions: 1 },
      // not below a single host, not blocked by name, blocked already, too long ago, another app
      { atMs, user: 'eve', host: 'x.login.example.org', transactions: 3 },
      { atMs, user: 'eve', host: 'notfiles.example.com', transactions: 2 },
      { atMs, user: 'eve', action: 'blocked', transactions: 5 },
      { atMs: startMs - 40 * dayMs, user: 'eve', transactions: 7 },
      { atMs, user: 'eve', appId: 'drive', host: 'drive.example.com', transactions: 80 },
    ])
    const groups = new Map([
      ['ann', ['Sales']],
      ['kim', ['Sales', 'Works council']],
      ['ben', ['Sales']],
    ])
    const rehearsal = await rehearse(ground.store, listOf(['files']), groups, startMs)
    expect(rehearsal.totals).toMatchObject({
      users: 3,
      devices: 1,
      addresses: 1,
      transactions: 10,
      bytesUp: 501,
      passing: 5,
      share: 0.1,
    })
    expect(rehearsal.users.map(({ name, groups: of }) => [name, of])).toEqual([
      ['Ann', ['Sales']],
      ['ann', ['Sales']],
      ['ben', ['Sales']],
    ])
    expect(rehearsal.groups).toEqual([{ name: 'Sales', users: 3, of: 3 }])
    expect(rehearsal.passingHosts.map(({ host }) => host)).toEqual([
      'x.login.example.org',
      'notfiles.example.com',
    ])
    expect(rehearsal.apps).toMatchObject([{ appId: 'files', transactions: 10 }])
  })

  test('a block that would hit nobody says so', async () => {
    const rehearsal = await rehearse(ground.store, listOf(['talk']), new Map(), startMs)
    expect(rehearsal).toMatchObject({
      apps: [],
      users: [],
      totals: { users: 0, transactions: 0, share: null, passing: 0 },
    })
  })
})

describe('deletion', () => {
  beforeEach(async () => {
    await addUsage(ground.store, [
      { atMs, user: 'ann', source: 'edge' },
      { atMs, user: 'Ann', source: 'branch' },
      { atMs, user: 'ben', source: 'branch' },
    ])
    const flow = {
      report: 'continuous',
      minute: Math.floor(atMs / 1000),
      stream: 's',
      dst_port: 443,
      transactions: 1,
    }
    await ground.store.insert('flows', [
      { ...flow, source: 'edge', user: 'ann' },
      { ...flow, source: 'branch', user: 'ben' },
    ])
    const line = {
      segment: 'x',
      report: 'continuous',
      received: '2026-10-14 10:00:00.000',
      stream: 's',
      reason: 'no format matches',
      bytes: 9,
    }
    await ground.store.insert('unparsed', [
      { ...line, source: 'edge', text: 'odd line of ANN' },
      { ...line, source: 'branch', text: 'odd line' },
    ])
    const alert = {
      version: 1,
      raised: '2026-10-14 10:00:00.000',
      kind: 'policy',
      severity: 'low',
      status: 'open',
      policy: 'p',
      app_id: 'files',
    }
    await ground.store.insert('alerts', [
      {
        ...alert,
        id: 'a',
        state: JSON.stringify({ user: null, evidence: [{ user: 'Ann', source: 'edge' }] }),
      },
      {
        ...alert,
        id: 'b',
        state: JSON.stringify({ user: 'ben', evidence: [{ user: 'ben', source: 'branch' }] }),
      },
    ])
    await ground.store.insert('tags', [
      {
        app_id: 'files',
        tag: 'unsanctioned',
        active: 1,
        change: 'c',
        actor: 'ann',
        reason: '',
        expires: 0,
        version: 1,
        at: '2026-10-14 10:00:00.000',
      },
    ])
  })

  const run = (order: DeletionOrder) => {
    const nextVersion = versions(ground.now)
    const governed = <T extends object>(kind: GovernedKind) =>
      new Governed<T>(ground.store, kind, nextVersion)
    return deleteData(ground.store, order, {
      files: null,
      words: {
        people: new People(ground.store, nextVersion, {
          exclusions: governed('exclusion'),
          groups: governed('group'),
          ranges: governed('range'),
        }),
        mutings: governed('muting'),
      },
      nowMs: startMs,
    }).then((proof) => {
      expect(proof.tables.every(({ left }) => left === 0)).toBe(true)
      return Object.fromEntries(
        proof.tables
          .filter(({ deleted }) => deleted > 0)
          .map(({ table, deleted }) => [table, deleted]),
      )
    })
  }
  const left = async (table: string, column: string) =>
    (
      await ground.store.query<{ value: string }>(
        `SELECT toString(${column}) AS value FROM db.${table} ORDER BY value`,
      )
    ).map(({ value }) => value)

  test('of a person: every form that is given, unread lines too, and nobody else', async () => {
    expect(await run({ kind: 'person', names: ['ANN'] })).toEqual({
      flows: 1,
      usage: 2,
      unparsed: 1,
      alerts: 1,
    })
    expect(await left('alerts', 'id')).toEqual(['b'])
    expect(await left('usage', 'user')).toEqual(['ben'])
    expect(await left('flows', 'user')).toEqual(['ben'])
    expect(await left('unparsed', 'text')).toEqual(['odd line'])
  })

  test('of a source', async () => {
    expect(await run({ kind: 'source', source: 'branch' })).toEqual({
      flows: 1,
      usage: 2,
      unparsed: 1,
      alerts: 1,
    })
    expect(await left('usage', 'source')).toEqual(['edge'])
  })

  test('of all: what an administrator made stays', async () => {
    expect(await run({ kind: 'all' })).toEqual({
      flows: 2,
      usage: 3,
      usage_hours: 1,
      unparsed: 2,
      alerts: 2,
    })
    expect(await left('usage', 'source')).toEqual([])
    expect(await left('tags', 'tag')).toEqual(['unsanctioned'])
  })
})
