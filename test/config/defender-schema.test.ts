import { expect, test } from 'vitest'
import { defenderFaults, defenderSchema } from '../../src/config/defender-schema.ts'

const secret = { kind: 'secret', tenantId: 't', clientId: 'c', clientSecret: 's' }
const url = 'https://account.blob.core.windows.net'

function faultsOf(config: object): string[] {
  return defenderFaults(defenderSchema.parse(config)).map(
    ({ path, text }) => `${path.slice(1).join('.')}: ${text}`,
  )
}

test.each<[name: string, config: object]>([
  ['nothing', {}],
  ['a connection string', { storage: [{ name: 'a', connectionString: 'x' }] }],
  ['a signature', { storage: [{ name: 'a', url, sas: 'x' }] }],
  [
    'the identity of the machine',
    { storage: [{ name: 'a', url, credential: { kind: 'managed-identity' } }] },
  ],
  ['hunting', { hunting: [{ name: 'a', credential: secret }] }],
  ['a hub', { eventHubs: [{ name: 'a', hub: 'h', connectionString: 'x' }] }],
])('good: %s', (_, config) => {
  expect(faultsOf(config)).toEqual([])
})

test.each<[config: object, want: string]>([
  [{ storage: [{ name: 'a' }] }, 'storage.0.url: give url or connectionString, one of them'],
  [
    { storage: [{ name: 'a', url, connectionString: 'x' }] },
    'storage.0.url: give url or connectionString, one of them',
  ],
  [{ storage: [{ name: 'a', url }] }, 'storage.0.url: needs sas or credential, one of them'],
  [
    { storage: [{ name: 'a', url, sas: 'x', credential: secret }] },
    'storage.0.url: needs sas or credential, one of them',
  ],
  [
    { hunting: [{ name: 'a', credential: { ...secret, clientSecret: '' } }] },
    'hunting.0.credential.clientSecret: must be given for kind secret',
  ],
  [
    { hunting: [{ name: 'a', credential: { ...secret, kind: 'certificate' } }] },
    'hunting.0.credential.certificate: must be given for kind certificate',
  ],
  [
    { eventHubs: [{ name: 'a', hub: 'h' }] },
    'eventHubs.0.namespace: give namespace or connectionString, one of them',
  ],
  [
    { eventHubs: [{ name: 'a', hub: 'h', namespace: 'n' }] },
    'eventHubs.0.namespace: needs credential',
  ],
  [
    {
      storage: [{ name: 'a', connectionString: 'x' }],
      hunting: [{ name: 'a', credential: secret }],
    },
    'hunting.0.name: this feed stands above already; give each its own name',
  ],
])('refused: %o', (config, want) => {
  expect(faultsOf(config)).toEqual([want])
})
