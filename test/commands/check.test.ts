import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import { beforeAll, describe, expect, test } from 'vitest'
import { check } from '../../src/commands/check.ts'
import { checkConfig } from '../../src/commands/check-config.ts'
import type { Finding } from '../../src/commands/check-config.ts'
import { loadConfig } from '../../src/config/config.ts'
import { temporaryFolder } from '../config/config-parts.ts'
import { runCommand } from './run-command.ts'

const folder = temporaryFolder()
const nowMs = Date.parse('2026-09-25T12:00:00Z')
const dayMs = 86_400_000

/** No port of this machine matters. */
const closed = 'syslog: { udp: { port: 0 }, tcp: { port: 0 } }\napi: { port: 0 }\n'

async function findingsOf(yaml: string, subject: string): Promise<Finding[]> {
  const path = await folder.file('check.yaml', yaml)
  const findings = await checkConfig(await loadConfig({ path, env: {} }), nowMs)
  return findings
    .filter((finding) => finding.subject === subject)
    .map((finding) => ({ ...finding, text: finding.text.replaceAll(folder.path(), '') }))
}

/** Writes `<name>.crt` and `<name>.key`. */
async function certificate(name: string, fromMs: number, toMs: number): Promise<void> {
  const attributes = [{ name: 'commonName', value: 'gnomon.example.com' }]
  const pems = await generate(attributes, {
    keyType: 'ec',
    notBeforeDate: new Date(fromMs),
    notAfterDate: new Date(toMs),
  })
  await folder.file(`${name}.crt`, pems.cert)
  await folder.file(`${name}.key`, pems.private)
}

describe('certificates', () => {
  beforeAll(async () => {
    await certificate('good', nowMs - dayMs, nowMs + 90 * dayMs)
    await certificate('short', nowMs - dayMs, nowMs + 5 * dayMs)
    await certificate('past', nowMs - 9 * dayMs, nowMs - dayMs)
    await certificate('future', nowMs + dayMs, nowMs + 90 * dayMs)
    await folder.file('bad.crt', 'no certificate')
  })
  const withTls = (crt: string, key: string, more = ''): string =>
    `syslog:\n  tls:\n    port: 0\n    tls: { certificate: ${folder.path()}/${crt}, key: ${folder.path()}/${key}${more} }\n`

  test.each<[crt: string, key: string, level: string, text: string]>([
    ['good.crt', 'good.key', 'ok', '/good.crt (CN=gnomon.example.com) until 2026-12-24'],
    [
      'short.crt',
      'short.key',
      'warning',
      '/check.yaml:4:25: syslog.tls.tls.certificate: /short.crt ends on 2026-09-30; renew it',
    ],
    [
      'past.crt',
      'past.key',
      'fault',
      '/check.yaml:4:25: syslog.tls.tls.certificate: /past.crt ended on 2026-09-24; renew it',
    ],
    [
      'future.crt',
      'future.key',
      'warning',
      'is not valid before 2026-09-26T12:00:00.000Z; check the clock',
    ],
    ['good.crt', 'short.key', 'fault', '/check.yaml:4:10: syslog.tls.tls: cannot be used: '],
    ['bad.crt', 'good.key', 'fault', 'syslog.tls.tls: cannot be used: '],
    [
      'none.crt',
      'good.key',
      'fault',
      "syslog.tls.tls.certificate: cannot read /none.crt: ENOENT: no such file or directory, open '/none.crt'; check the path",
    ],
  ])('%s with %s', async (crt, key, level, text) => {
    const findings = await findingsOf(withTls(crt, key), 'certificate')
    expect(findings).toEqual([
      { level, subject: 'certificate', text: expect.stringContaining(text) },
    ])
  })

  test('each file that is missing is told', async () => {
    const findings = await findingsOf(
      withTls('none.crt', 'none.key', ', clientCa: /nope/ca'),
      'certificate',
    )
    expect(findings.map(({ text }) => text.split(': ')[1])).toEqual([
      'syslog.tls.tls.certificate',
      'syslog.tls.tls.key',
      'syslog.tls.tls.clientCa',
    ])
  })

  test('of a listener that is off nothing is looked at', async () => {
    expect(
      await findingsOf(
        withTls('none.crt', 'none.key').replace('port: 0', 'enabled: false'),
        'certificate',
      ),
    ).toEqual([])
  })
})

test('folders must be there, and be folders', async () => {
  await mkdir(join(folder.path(), 'drop'))
  await folder.file('plain', '')
  const paths = ['drop', 'plain', 'gone'].map((name) => `  - path: ${folder.path()}/${name}\n`)
  expect(await findingsOf(`folders:\n${paths.join('')}`, 'folder')).toEqual([
    { level: 'ok', subject: 'folder', text: '/drop' },
    {
      level: 'fault',
      subject: 'folder',
      text: '/check.yaml:3:11: folders[1].path: cannot watch /plain: not a folder; make it, readable and writable for gnomon',
    },
    {
      level: 'fault',
      subject: 'folder',
      text: expect.stringMatching(
        /^\/check.yaml:4:11: folders\[2\].path: cannot watch \/gone: ENOENT/,
      ),
    },
  ])
})

describe('definitions and formats', () => {
  test('of sources must exist', async () => {
    const yaml =
      'sources:\n  - { name: a, format: fortigate }\n  - { name: b, format: PALO_ALTOS, from: [] }\n  - { name: c, format: zzzzzz }\n'
    const findings = await findingsOf(yaml.replace(', from: []', ''), 'source')
    expect(findings.filter(({ level }) => level === 'fault')).toEqual([
      {
        level: 'fault',
        subject: 'source',
        text: '/check.yaml:3:24: sources[1].format: there is no format of this name; did you mean PALO_ALTO?',
      },
      {
        level: 'fault',
        subject: 'source',
        text: '/check.yaml:4:24: sources[2].format: there is no format of this name; see gnomon formats',
      },
    ])
  })

  test('a source that hides the others is a warning', async () => {
    const findings = await findingsOf(
      'sources:\n  - { name: a }\n  - { name: b, listener: upload }\n',
      'source',
    )
    expect(findings).toEqual([
      {
        level: 'warning',
        subject: 'source',
        text: '/check.yaml:2:5: sources[0]: fits every sender, so no source below is ever chosen; move it to the end',
      },
    ])
    expect(
      await findingsOf('sources:\n  - { name: b, listener: upload }\n  - { name: a }\n', 'sources'),
    ).toEqual([{ level: 'ok', subject: 'sources', text: '2 entries' }])
  })

  test('own definitions are read', async () => {
    const own = join(folder.path(), 'own')
    await mkdir(own)
    await writeFile(join(own, 'bad.yaml'), 'id: lower\n')
    const [finding] = await findingsOf(`parse: { definitions: [${own}] }`, 'parser definitions')
    expect(finding).toMatchObject({
      level: 'fault',
      text: expect.stringContaining('/own/bad.yaml:1:5: id: '),
    })
    await rm(join(own, 'bad.yaml'))
    const [good] = await findingsOf(`parse: { definitions: [${own}] }`, 'parser definitions')
    expect(good).toMatchObject({
      level: 'ok',
      text: expect.stringMatching(/^\d+ formats, with those of \/own$/),
    })
  })

  test('an own catalog is read', async () => {
    const [finding] = await findingsOf('catalog: { folders: [/nope] }', 'catalog')
    expect(finding).toMatchObject({ level: 'fault', text: expect.stringContaining('cannot ') })
  })
})

describe('ports', () => {
  test('in use are a warning, foreign addresses a fault', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const used = `api: { host: 127.0.0.1, port: ${port} }\nsyslog: { udp: { host: 192.0.2.1, port: 5514 }, tcp: { port: 0 } }\n`
    expect(await findingsOf(used, 'port')).toEqual([
      {
        level: 'fault',
        subject: 'port',
        text: '/check.yaml:2:24: syslog.udp.host: 192.0.2.1 is no address of this machine; use :: for all',
      },
      {
        level: 'warning',
        subject: 'port',
        text: `/check.yaml:1:31: api.port: ${port} is in use: by a running gnomon, or by another program that must be stopped`,
      },
    ])
    await new Promise((resolve) => server.close(resolve))
    expect(
      await findingsOf(used.replace('192.0.2.1, port: 5514', '127.0.0.1, port: 0'), 'ports'),
    ).toEqual([{ level: 'ok', subject: 'ports', text: `api ${port}` }])
  })
})

describe('gnomon check', () => {
  test('78 with every fault, also as JSON', async () => {
    const path = await folder.file('faults.yaml', 'syslog: { upd: {} }\napi: { port: x }\n')
    const { code, stdout } = await runCommand(check, [path])
    expect({ code, stdout }).toEqual({
      code: 78,
      stdout: `fault    ${path}:1:11: syslog.upd: unknown key; did you mean udp?
fault    ${path}:2:14: api.port: is text; write a whole number from 0 to 65535
The configuration cannot be used: 2 faults.
`,
    })
    const json = JSON.parse(
      (await runCommand(check, ['--json'], { GNOMON_CONFIG: path })).stdout,
    ) as object
    expect(json).toMatchObject({
      ok: false,
      path,
      findings: [{ level: 'fault', subject: 'configuration' }, {}],
    })
  })

  test('78 without the file that was named', async () => {
    const ran = await runCommand(check, [join(folder.path(), 'none.yaml')])
    expect(ran).toMatchObject({
      code: 78,
      stdout: expect.stringMatching(/^fault {4}cannot read the configuration .*ENOENT/),
    })
  })

  test('one line for each thing that was looked at', async () => {
    const path = await folder.file('good.yaml', closed)
    await chmod(path, 0o600)
    const { stdout } = await runCommand(check, [path])
    const lines = stdout.split('\n')
    expect(lines[0]).toBe(`ok       configuration: ${path}`)
    expect(lines[1]).toMatch(/^ok {7}parser definitions: \d+ formats$/)
  })

  test('two configurations at once are a wrong use', async () => {
    await expect(runCommand(check, ['a', 'b'])).rejects.toMatchObject({ code: 'USAGE' })
  })
})
