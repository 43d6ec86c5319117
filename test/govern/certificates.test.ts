/** Certificates are looked after by the clock that is passed in; made by openssl. */
import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { configSchema } from '../../src/config/schema.ts'
import { certificateTroubles } from '../../src/govern/certificates.ts'

const dayMs = 86_400_000
let folder: string
let madeMs: number
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gnomon-certificates-'))
  madeMs = Date.now()
  for (const [name, days] of [
    ['short', 30],
    ['long', 300],
  ] as const) {
    const files = ['-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.pem`)]
    const subject = ['-subj', `/CN=${name}.example.com`, '-days', String(days)]
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    execFileSync('openssl', ['req', '-x509', ...kind, ...files, ...subject], { stdio: 'pipe' })
  }
  const text = async (name: string) => readFile(join(folder, name), 'utf8')
  await writeFile(
    join(folder, 'both.pem'),
    (await text('long.key')) + (await text('long.pem')) + (await text('short.pem')),
  )
  await writeFile(join(folder, 'none.pem'), 'no certificate')
})
afterAll(() => rm(folder, { recursive: true }))

// the table is made before the folder: names become paths in the test
const file = (name: string): string => `FOLDER/${name}`
const tls = (name: string, more = {}) => ({
  certificate: file(name),
  key: file('short.key'),
  ...more,
})
const auth = (name: string) => ({
  kind: 'certificate',
  tenantId: 't',
  clientId: 'c',
  certificate: file(name),
})
const tenant = (name: string) => ({
  publish: { tenants: [{ name: 'contoso', url: 'https://x.example.com', credential: auth(name) }] },
})

test.each<[string, object, number, string[]]>([
  ['nothing is served, nothing is told', {}, 400, []],
  ['not while it is good', { api: { tls: tls('short.pem') } }, 1, []],
  ['the console and API', { api: { tls: tls('short.pem') } }, 20, ['api.tls: 9 days']],
  ['it has ended', { api: { tls: tls('short.pem') } }, 40, ['api.tls: -11 days']],
  ['it is not there', { api: { tls: tls('gone.pem') } }, 0, ['api.tls: null days']],
  ['it is none', { ftp: { tls: tls('none.pem') } }, 0, ['ftp: null days']],
  ['the first of a chain that ends', { ftp: { tls: tls('both.pem') } }, 20, ['ftp: 9 days']],
  [
    'one of the authorities is good',
    { syslog: { tls: { tls: tls('long.pem', { clientCa: file('both.pem') }) } } },
    40,
    [],
  ],
  [
    'no authority is good',
    { syslog: { tls: { tls: tls('long.pem', { clientCa: file('short.pem') }) } } },
    20,
    ['syslog.tls.clientCa: 9 days'],
  ],
  ['it signs in at a tenant', tenant('short.pem'), 20, ['publish.tenants contoso: 9 days']],
  [
    'it signs in for indicators',
    { govern: { indicators: { credential: auth('short.pem') } } },
    20,
    ['govern.indicators: 9 days'],
  ],
  [
    'it signs in for a feed',
    { defender: { hunting: [{ name: 'main', credential: auth('short.pem') }] } },
    20,
    ['defender main: 9 days'],
  ],
])('%s', async (_, config, days, told) => {
  const troubles = await certificateTroubles(
    configSchema.parse(JSON.parse(JSON.stringify(config).replaceAll('FOLDER', folder))),
    madeMs + days * dayMs,
  )
  expect(
    troubles.map(({ key, measures }) => `${key.split('|')[1]}: ${String(measures?.['days'])} days`),
  ).toEqual(told)
})
