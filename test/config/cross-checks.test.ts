import { expect, test } from 'vitest'
import { crossFaults, doorsOf } from '../../src/config/cross-checks.ts'
import { configSchema } from '../../src/config/schema.ts'
import { faultsOfFile, temporaryFolder } from './config-parts.ts'

const tls = { certificate: '/c', key: '/k' }
const accounts = [{ user: 'a', password: 'longenough', source: 's' }]

test.each<[name: string, config: object]>([
  ['defaults', {}],
  ['UDP and TCP on one port', { syslog: { udp: { port: 514 }, tcp: { port: 514 } } }],
  [
    'one port on two addresses',
    { syslog: { tcp: { host: '192.0.2.1', port: 8080 } }, api: { host: '192.0.2.2' } },
  ],
  ['any free port, twice', { syslog: { tcp: { port: 0 } }, api: { port: 0 } }],
  ['the port of a listener that is off', { syslog: { tcp: { enabled: false, port: 8080 } } }],
  ['the port of TLS without a certificate', { syslog: { tls: { port: 8080 } } }],
  ['FTP without accounts on the same port', { ftp: { port: 8080 } }],
  [
    'FTP as it is meant',
    { ftp: { tls, accounts, requireTls: true, masqueradeAddress: 'ftp.example.com' } },
  ],
  [
    'a source for two listeners',
    {
      sources: [
        { name: 'a', listener: 'upload' },
        { name: 'a', zone: 'Europe/Berlin' },
      ],
    },
  ],
  [
    'hosts by name and by address',
    { api: { host: 'localhost' }, syslog: { udp: { host: 'fe80::1%eth0' } } },
  ],
])('nothing is wrong with %s', (_name, config) => {
  expect(crossFaults(configSchema.parse(config))).toEqual([])
})

test.each<[name: string, config: object, path: string, text: string]>([
  ['one port for two', { api: { port: 5514 } }, 'api.port', 'syslog.tcp.port are both 5514'],
  [
    '… over a wildcard',
    { syslog: { tcp: { host: '127.0.0.1', port: 8080 } } },
    'api.port',
    'are both 8080',
  ],
  [
    'SFTP on the port of FTP',
    { ftp: { accounts, sftpPort: 2121 } },
    'ftp.sftpPort',
    'are both 2121',
  ],
  [
    'indicators whose sign-in lacks its secret',
    {
      govern: {
        indicators: { credential: { kind: 'secret', tenantId: 't', clientId: 'c' } },
      },
    },
    'govern.indicators.credential.clientSecret',
    'must be given for kind secret',
  ],
  [
    'a listener within the passive range',
    { api: { port: 50_001 }, ftp: { accounts } },
    'ftp.passivePorts',
    'holds api.port (50001)',
  ],
  [
    'a range that ends before it begins',
    { ftp: { passivePorts: [9, 8] } },
    'ftp.passivePorts',
    'write [8, 9]',
  ],
  [
    'TLS wanted, no certificate',
    { ftp: { requireTls: true } },
    'ftp.requireTls',
    'needs a certificate',
  ],
  ['FTP for nobody', { ftp: { enabled: 'yes' } }, 'ftp.enabled', 'add ftp.accounts'],
  [
    'one user twice',
    { ftp: { accounts: [...accounts, ...accounts] } },
    'ftp.accounts.1.user',
    'stands above already',
  ],
  [
    'an account for no source',
    { ftp: { accounts: [{ ...accounts[0], source: ' ' }] } },
    'ftp.accounts.0.source',
    'is empty',
  ],
  ['a host with a port', { api: { host: '192.0.2.1:80' } }, 'api.host', 'without a port'],
  [
    'a host that is none',
    { ftp: { masqueradeAddress: 'a b\nPort 1' } },
    'ftp.masqueradeAddress',
    'must be an address',
  ],
  ['an address cut short', { api: { host: '192.0.2' } }, 'api.host', 'must be an address'],
  ['a folder without a path', { folders: [{ path: '' }] }, 'folders.0.path', 'is empty'],
  [
    'a folder twice',
    { folders: [{ path: '/a' }, { path: '/a' }] },
    'folders.1.path',
    'stands above already',
  ],
  [
    'a zone that is none',
    { sources: [{ name: 'a', zone: 'Europe/Berlon' }] },
    'sources.0.zone',
    'no IANA zone',
  ],
  [
    'a folder of another listener',
    { sources: [{ name: 'a', folder: 'x', listener: 'upload' }] },
    'sources.0.folder',
    'never fits',
  ],
  ['a source for nobody', { sources: [{ name: 'a', from: [] }] }, 'sources.0.from', 'fits nobody'],
  [
    'a cluster without a server',
    { store: { cluster: 'main' } },
    'store.cluster',
    'needs store.url',
  ],
])('%s is a fault', (_name, config, path, text) => {
  const faults = crossFaults(configSchema.parse(config))
  expect(faults).toHaveLength(1)
  expect(faults[0].paths[0].join('.')).toBe(path)
  expect(faults[0].text).toContain(text)
})

const folder = temporaryFolder()

test('a fault points at what is written, not at a default', async () => {
  const path = await folder.file('clash.yaml', 'syslog:\n  tcp:\n    port: 8080\n')
  expect(await faultsOfFile(path)).toEqual([
    '3:11: syslog.tcp.port: api.port and syslog.tcp.port are both 8080; choose another for one of them',
  ])
})

test('doors are those that are opened', () => {
  const config = configSchema.parse({
    syslog: { udp: { enabled: false }, tls: { tls } },
    ftp: { accounts, sftpPort: 0 },
  })
  expect(doorsOf(config).map(({ key, port }) => `${key} ${port}`)).toEqual([
    'syslog.tcp 5514',
    'syslog.tls 6514',
    'ftp 2121',
    'api 8080',
  ])
})
