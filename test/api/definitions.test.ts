/** Definitions written out of named columns, tried, and refused with what they lack. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildServer } from '../../src/api/api.ts'
import { loadDefinitions, shippedParsers } from '../../src/parse/formats.ts'
import { OwnDefinitions } from '../../src/parse/own-definitions.ts'
import { Playground } from '../../src/parse/playground.ts'
import { nowMs } from './fake-backend.ts'
import { apiOptions } from './server.ts'

let folder: string
let app: Awaited<ReturnType<typeof buildServer>>['app']
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gnomon-definitions-'))
  const shipped = await loadDefinitions([shippedParsers])
  const definitions = {
    playground: new Playground(),
    definitions: new OwnDefinitions(folder),
    inForce: () => shipped,
    use: async () => undefined,
    now: () => nowMs,
  }
  ;({ app } = await buildServer({ ...apiOptions(), definitions }))
})
afterAll(async () => {
  await app.close()
  await rm(folder, { recursive: true, force: true })
})

async function ask(method: 'POST' | 'PUT', url: string, payload: object) {
  const answer = await app.inject({ method, url: `/api/v1${url}`, payload })
  return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() }
}

const mapping = {
  id: 'BRANCH',
  kind: 'csv',
  header: true,
  time: { from: 'Time', order: 'day-first' },
  fields: { srcIp: 'src', dstHost: 'dst' },
  action: { from: 'verdict', blocked: ['stopped'] },
}
const lines = 'DST,SRC,time,verdict\nfiles.example.com,192.0.2.7,05/09/2026 10:00:00,STOPPED\nodd'

describe('named columns', () => {
  test('become a definition that reads the pasted lines, line by line, and is kept', async () => {
    const { status, body } = await ask('POST', '/definitions', { mapping })
    expect(status).toBe(200)
    expect(body).toMatchObject({ id: 'BRANCH', notes: [] })
    const { text } = body
    const tried = await ask('POST', '/parse', { lines, definition: text })
    expect(tried.body).toMatchObject({
      transactions: 1,
      skipped: 1,
      unparsed: 1,
      rows: [
        { line: 1, outcome: 'skipped', reason: 'header' },
        {
          line: 2,
          transaction: { time: '2026-09-05T10:00:00.000Z', srcIp: '192.0.2.7', action: 'blocked' },
        },
        { line: 3, outcome: 'unparsed', reason: 'fewer columns than the header names' },
      ],
    })
    expect((await ask('PUT', '/definitions/BRANCH', { text })).status).toBe(200)
  })

  test.each([
    ['nowhere', { ...mapping, fields: { srcIp: 'src' } }, 422, /no column tells where/],
    ['an id in small letters', { ...mapping, id: 'branch' }, 400, /./],
    ['a field that is none', { ...mapping, fields: { colour: 'x' } }, 400, /./],
  ])('%s is refused', async (_, odd, status, detail) => {
    const answer = await ask('POST', '/definitions', { mapping: odd })
    expect(answer.status).toBe(status)
    expect(answer.body['detail']).toMatch(detail)
  })
})

describe('settings of a custom parser of Defender for Cloud Apps', () => {
  const settings =
    'Parser type: CSV\nParser name: Branch\nTimestamp: Time\nSource IP: src\nDestination URL: url\n'

  test('become a definition, with what is read another way', async () => {
    const { status, body } = await ask('POST', '/definitions', { settings })
    expect(status).toBe(200)
    expect(body['text']).toMatch(/^id: BRANCH\n/)
    expect(body['notes']).toContain(
      'Names of columns may stand in any order and case; other columns are ignored.',
    )
  })

  test('are refused with what is missing', async () => {
    const { status, body } = await ask('POST', '/definitions', { settings: 'Parser type: CSV' })
    expect(status).toBe(422)
    expect(body['detail']).toMatch(/Parser name is missing; Source IP is missing/)
  })
})
