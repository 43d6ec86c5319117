import { mkfifoSync } from './fifo.ts'
import { describe, expect, test } from 'vitest'
import { describeConfig, loadApiAddress, loadConfig } from '../../src/config/config.ts'
import { configSchema } from '../../src/config/schema.ts'
import { faultsOfFile, temporaryFolder } from './config-parts.ts'

const folder = temporaryFolder()
const defaults = configSchema.parse({})

describe('what is read', () => {
  test.each([
    ['an empty file', ''],
    ['comments only', '# nothing\n'],
    ['a byte order mark', '\ufeff'],
    ['empty sections', 'syslog:\n  udp:\n  tcp: # none\nstore:\nsources:\n'],
    ['a document mark', '---\n'],
  ])('%s means defaults', async (_name, text) => {
    const path = await folder.file('defaults.yaml', text)
    const loaded = await loadConfig({ path, env: {} })
    expect(loaded.config).toEqual(defaults)
    expect(loaded.path).toBe(path)
  })

  test.each([
    ['a number out of a variable', 'api: { port: "${PORT}" }', { api: { port: 9000 } }],
    [
      'true out of a variable',
      'syslog:\n  udp:\n    enabled: ${OFF}',
      { syslog: { udp: { enabled: false } } },
    ],
    [
      'digits stay text where text is wanted',
      'store: { password: "${PORT}" }',
      { store: { password: '9000' } },
    ],
    [
      'several in one value',
      'store: { username: "a-${NAME}-${PORT}" }',
      { store: { username: 'a-it${PORT}-9000' } },
    ],
    [
      'the characters themselves',
      'store: { username: "$${NAME}" }',
      { store: { username: '${NAME}' } },
    ],
    [
      'a file beside the configuration',
      'store: { password: "${file:secret}" }',
      { store: { password: 'line one' } },
    ],
    [
      'an anchor used twice',
      'syslog:\n  udp: { allow: &a [192.0.2.0/24] }\n  tcp: { allow: *a }',
      { syslog: { tcp: { allow: ['192.0.2.0/24'] } } },
    ],
    ['Windows line ends', 'api:\r\n  port: 1\r\n', { api: { port: 1 } }],
  ])('%s', async (_name, text, want) => {
    await folder.file('secret', 'line one\n')
    const path = await folder.file('good.yaml', text)
    const { config } = await loadConfig({
      path,
      env: { PORT: '9000', OFF: 'false', NAME: 'it${PORT}' },
    })
    expect(config).toMatchObject(want)
  })

  test('GNOMON_CONFIG names the file, a given path wins', async () => {
    const one = await folder.file('one.yaml', 'api: { port: 1 }')
    const two = await folder.file('two.yaml', 'api: { port: 2 }')
    const env = { GNOMON_CONFIG: one }
    expect((await loadConfig({ env })).config.api.port).toBe(1)
    expect((await loadConfig({ path: two, env })).config.api.port).toBe(2)
  })

  test('a value is found again by its place', async () => {
    const path = await folder.file(
      'place.yaml',
      'api:\n  port: 1\nsources:\n  - name: a\n    format: X\n',
    )
    const loaded = await loadConfig({ path, env: {} })
    expect(loaded.placeOf(['sources', 0, 'format'])).toBe(`${path}:5:13`)
    expect(loaded.placeOf(['api', 'host'])).toBe(`${path}:2:3`)
  })
})

describe('what is refused, with its place', () => {
  test.each<[name: string, text: string, want: string[]]>([
    ['a misspelt key', 'syslog:\n  upd: {}\n', ['2:3: syslog.upd: unknown key; did you mean udp?']],
    [
      'another way of writing it',
      'spool: { max_bytes: 5 }',
      ['1:10: spool.max_bytes: unknown key; did you mean maxBytes?'],
    ],
    [
      'a key of another section',
      'retentionDays: 5',
      ['1:1: retentionDays: unknown key; did you mean store.retentionDays?'],
    ],
    [
      'a key that is like none',
      'log: { zzz: 1 }',
      ['1:8: log.zzz: unknown key; known here: level'],
    ],
    [
      'a hostile key',
      '__proto__: { polluted: 1 }',
      [
        '1:1: __proto__: unknown key; known here: syslog, folders, ftp, api, access, privacy, sources, defender, spool, parse, store, catalog, merge, publish, govern, log',
      ],
    ],
    [
      'text for a number',
      'api: { port: http }',
      ['1:14: api.port: is text; write a whole number from 0 to 65535'],
    ],
    [
      'a number too large',
      'api:\n  port: 65536',
      ['2:9: api.port: must be a whole number from 0 to 65535'],
    ],
    [
      'half a port',
      'api: { port: 80.5 }',
      ['1:14: api.port: must be a whole number from 0 to 65535'],
    ],
    [
      'YAML 1.1 words',
      'syslog: { udp: { enabled: yes } }',
      ['1:27: syslog.udp.enabled: is text; write true or false'],
    ],
    [
      'a number for a section',
      'api: 8080',
      ['1:6: api: is a number; write a section with host, port'],
    ],
    ['a section for a list', 'sources: { name: a }', ['1:10: sources: is a section; write a list']],
    [
      'a list for the whole',
      '- api',
      [
        '1:1: is a list; write a section with syslog, folders, ftp, api, access, privacy, sources, defender, spool, parse, store, catalog, merge, publish, govern, log',
      ],
    ],
    ['a required key', 'sources:\n  - format: SQUID', ['2:5: sources[0].name: is missing; add it']],
    ['an empty name', "sources: [{ name: '' }]", ['1:19: sources[0].name: is empty; write text']],
    [
      'a word that is none',
      'log: { level: inof }',
      ['1:15: log.level: must be one of debug, info, warn, error; did you mean info?'],
    ],
    [
      'a network that is none',
      'syslog: { udp: { allow: [192.0.2.0/33] } }',
      [
        '1:26: syslog.udp.allow[0]: must be a network in CIDR notation or an address, e.g. 192.0.2.0/24',
      ],
    ],
    [
      'a range of one',
      'ftp: { passivePorts: [1] }',
      ['1:22: ftp.passivePorts: must be a list of 2, e.g. [50000, 50100]'],
    ],
    [
      'an address without scheme',
      'store: { url: clickhouse }',
      ['1:15: store.url: must be an address with its scheme, e.g. http://clickhouse:8123'],
    ],
    [
      'a variable that is not set',
      'api: { port: "${NO}" }',
      ['1:14: api.port: ${NO} is not set; set the environment variable NO'],
    ],
    [
      'no end of a reference',
      'store: { username: "${NO" }',
      ['1:20: store.username: ${ has no } behind it; write $${ for the characters ${'],
    ],
    [
      'a command for a variable',
      'store: { username: "${`id`}" }',
      [
        '1:20: store.username: ${`id`} is no reference; write ${NAME}, ${file:/path}, or $${ for the characters',
      ],
    ],
    [
      'a reference within brackets',
      'catalog: { folders: [${A}] }',
      ['; put ${…} into quotes within [ ] and { }'],
    ],
    [
      'a key twice',
      'api: { port: 1 }\nlog: { level: x }\napi: { port: 2 }\n',
      [
        '2:15: log.level: must be one of',
        '3:1: api: the same key twice in one section; keep one of them',
      ],
    ],
    ['a tab', 'api:\n\tport: 1\n', ['2:1: a tab; indent with spaces']],
    [
      'a second document',
      'log:\n---\napi:\n',
      ['2:1: a second document begins; keep one, without --- in between'],
    ],
    [
      'a tag',
      'api: !env PORT\n',
      ['1:6: Unresolved tag: !env; leave the tag out, or quote the value'],
    ],
    ['an alias of itself', 'api: &a\n  host: *a\n', ['2:9: *a stands within itself; write it out']],
    ['an alias of nothing', 'api: *a\n', ['1:6: *a has no &a before it; write the anchor']],
    [
      'a list for a key',
      '? [a, b]\n: 1\n',
      ['1:3: a key that is no name; quote it, or check for { and ['],
    ],
  ])('%s', async (_name, text, want) => {
    const faults = await faultsOfFile(await folder.file('bad.yaml', text))
    expect(faults.length).toBeGreaterThanOrEqual(want.length)
    for (const [i, fault] of want.entries()) expect(faults[i]).toContain(fault)
  })

  test('all faults at once, in the order of the file', async () => {
    const text =
      'zzz: 1\napi: { port: x, hots: y }\nlog: { level: "${NO}" }\nftp:\n  accounts: [{ user: UP }]\n'
    const faults = await faultsOfFile(await folder.file('many.yaml', text))
    expect(faults.map((fault) => fault.split(': ')[1])).toEqual([
      'zzz',
      'api.port',
      'api.hots',
      'log.level',
      'ftp.accounts[0].password',
      'ftp.accounts[0].source',
      'ftp.accounts[0].user',
    ])
  })

  test('thousands of faults are a number', async () => {
    const text = Array.from({ length: 2000 }, (_, i) => `key${i}: 1\n`).join('')
    const faults = await faultsOfFile(await folder.file('thousands.yaml', text))
    expect(faults).toHaveLength(51)
    expect(faults.at(-1)).toBe('and 1950 more')
  })
})

describe('hostile files', () => {
  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    'b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]',
    'c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]',
    'd: [*c,*c,*c,*c]',
  ]
  test.each([
    ['anchors that multiply', bomb.join('\n'), 'anchors are used more than 100 times'],
    ['brackets without end', '['.repeat(100_000), 'sections within sections without end'],
    [
      'sections without end',
      Array.from({ length: 3000 }, (_, i) => `${' '.repeat(i % 300)}a:`).join('\n'),
      '',
    ],
  ])('%s', async (_name, text, want) => {
    const faults = await faultsOfFile(await folder.file('hostile.yaml', text))
    expect(faults[0]).toContain(want)
    expect(faults.length).toBeLessThan(60)
  })

  test.each([
    ['no such file', async () => `${folder.path()}/missing.yaml`, 'ENOENT'],
    ['a folder', async () => folder.path(), 'not a regular file'],
    ['a device', async () => '/dev/zero', 'not a regular file'],
    [
      'a pipe nobody writes to',
      async () => mkfifoSync(`${folder.path()}/pipe`),
      'not a regular file',
    ],
    [
      'too large',
      async () => folder.file('large.yaml', `#${' '.repeat(1024 * 1024)}`),
      'larger than 1048576 bytes',
    ],
  ])('%s cannot be read', async (_name, make, want) => {
    const path = await make()
    await expect(loadConfig({ path, env: {} })).rejects.toMatchObject({
      code: 'CONFIG_UNREADABLE',
      message: expect.stringMatching(
        new RegExp(`^cannot read the configuration ${path}: .*${want}.*; check the path`),
      ),
    })
  })

  test('text that is no UTF-8 cannot be read', async () => {
    const path = await folder.file('latin.yaml', '')
    const { writeFile } = await import('node:fs/promises')
    await writeFile(path, Buffer.from([0x23, 0xe4, 0x0a]))
    await expect(loadConfig({ path, env: {} })).rejects.toThrow('not UTF-8 text')
  })
})

describe('secrets', () => {
  const text = `store:
  url: http://admin:urlsecret@ch.example.com:8123
  password: \${SECRET}
ftp:
  accounts: [{ user: a, password: 'plainsecret', source: s }]
`

  test('are hidden when the configuration is shown', async () => {
    const path = await folder.file('secrets.yaml', text)
    const { config } = await loadConfig({ path, env: { SECRET: 'envsecret' } })
    expect(config.store.password).toBe('envsecret')
    const shown = describeConfig(config)
    expect(JSON.stringify(shown)).not.toMatch(/secret/)
    expect(shown).toMatchObject({
      store: { url: 'http://admin:***@ch.example.com:8123', password: '***', username: 'default' },
      ftp: { accounts: [{ user: 'a', password: '***', source: 's' }], port: 2121 },
      sources: [],
    })
  })

  test('an empty password is shown as none', () => {
    expect(describeConfig(defaults)).toEqual(JSON.parse(JSON.stringify(defaults)))
  })

  test.each([
    ['out of a variable', 'log: { level: "${SECRET}" }'],
    ['of the wrong type', 'api: { port: "${SECRET}" }'],
    [
      'in a password that is too short',
      'ftp: { accounts: [{ user: a, source: s, password: hush }] }',
    ],
    ['in an address that is none', 'store: { url: "${SECRET}" }'],
  ])('are in no message: %s', async (_name, bad) => {
    const faults = await faultsOfFile(await folder.file('hush.yaml', bad), { SECRET: 'hush' })
    expect(faults).toHaveLength(1)
    expect(faults[0]).not.toContain('hush')
  })
})

describe('the API of a running appliance is found', () => {
  test.each([
    ['', { host: '::', port: 8080, access: 'accounts', metrics: 'open' }],
    [
      'api: { port: 9000 }\nzzz: 1\nstore: { password: "${NO}" }\n',
      { host: '::', port: 9000, access: 'accounts', metrics: 'open' },
    ],
  ])('in %j', async (text, want) => {
    const path = await folder.file('api.yaml', text)
    expect(await loadApiAddress({ path, env: {} })).toEqual(want)
  })

  test.each(['api: { port: x }', 'api: { port: "${NO}" }', 'api: [', 'api: 5'])(
    'but not in %j',
    async (text) => {
      const path = await folder.file('api.yaml', text)
      await expect(loadApiAddress({ path, env: {} })).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
      })
    },
  )
})
