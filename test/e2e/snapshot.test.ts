/** `gnomon snapshot` as a user runs it: good files, odd files, hostile files. */
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ZipFile } from 'yazl'
import type { Report } from '../../src/report/report.ts'
import { runGnomon } from './run-gnomon.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gnomon-snapshot-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const at = Date.UTC(2026, 8, 21, 14) / 1000

function squid(host: string, user = 'ann', more = ''): string {
  return `${at}.000 90 192.0.2.10 TCP_MISS/200 512 GET http://${host}/ ${user} HIER_DIRECT/203.0.113.9 text/html${more}`
}

function log(...lines: (string | Buffer)[]): Buffer {
  return Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')]))
}

async function zip(members: Record<string, Buffer>): Promise<Buffer> {
  const file = new ZipFile()
  for (const [name, content] of Object.entries(members)) file.addBuffer(content, name)
  file.end()
  const chunks: Buffer[] = []
  for await (const chunk of file.outputStream) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

async function put(name: string, content: Buffer): Promise<string> {
  await writeFile(join(folder, name), content)
  return name
}

async function snapshot(
  ...args: string[]
): Promise<{ code: number | null; stderr: string; report: Report | null }> {
  const { code, stdout, stderr } = await runGnomon(['snapshot', '--json', ...args], { cwd: folder })
  return { code, stderr, report: stdout === '' ? null : (JSON.parse(stdout) as Report) }
}

test('a report in every format, over several files and archives', async () => {
  const files = [
    await put('plain.log', log(squid('files.slack.com'), squid('www.dropbox.com', 'ben'))),
    await put('one.log.gz', gzipSync(log(squid('files.slack.com', 'cara')))),
    await put('two.log.zst', zstdCompressSync(log(squid('intranet.example.org')))),
    await put(
      'many.zip',
      await zip({ 'a.log': log(squid('www.dropbox.com')), 'b/c.log': log(squid('chatgpt.com')) }),
    ),
  ]
  const reports = ['html', 'json', 'csv', 'ndjson'].flatMap((format) => ['--report', format])
  const { code, stdout, stderr } = await runGnomon(
    ['snapshot', '--name', 'All of them', '--out', 'out', ...reports, ...files],
    { cwd: folder },
  )
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain('All of them')
  expect(stdout.replaceAll(/\s+/g, ' ')).toContain('The ledger balances.')
  const report = JSON.parse(await readFile(join(folder, 'out/report.json'), 'utf8')) as Report
  expect(report.totals).toMatchObject({ transactions: 6, users: 3, addresses: 1 })
  const apps = report.apps
    .map(({ name, transactions }) => ({ name, transactions }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  expect(apps).toEqual([
    { name: 'ChatGPT', transactions: 1 },
    { name: 'Dropbox', transactions: 2 },
    { name: 'Slack', transactions: 2 },
  ])
  expect(report.unknown).toMatchObject([{ domain: 'example.org', transactions: 1 }])
  const html = await readFile(join(folder, 'out/report.html'), 'utf8')
  expect(html).not.toMatch(/(?:src|href)="https?:/)
  const usage = (await readFile(join(folder, 'out/usage.ndjson'), 'utf8')).trim().split('\n')
  expect(usage.map((row) => JSON.parse(row) as object)).toContainEqual({
    hour: '2026-09-21T14:00:00Z',
    source: 'one.log.gz',
    app: 'Slack',
    host: 'files.slack.com',
    user: 'cara',
    device: null,
    srcIp: '192.0.2.10',
    action: 'allowed',
    transactions: 1,
    bytesUp: null,
    bytesDown: 512,
    bytesTotal: null,
    seenBy: ['network'],
  })
  expect(await readdir(join(folder, 'out'))).toContain('apps.csv')
})

describe('bad input ends in a clear word, and nothing else is lost', () => {
  const good = squid('files.slack.com')
  const tooLong = squid(`${'a'.repeat(1_000_000)}.example`)
  const cases: [name: string, content: Buffer, unparsed: number][] = [
    ['cut.log', Buffer.from(`${good}\n${good.slice(0, 40)}`), 1],
    ['long.log', log(good, tooLong), 1],
    ['nul.log', log(good, Buffer.from([0, 0, 0, 65, 0]), Buffer.from([0xff, 0xfe, 0x80])), 2],
    ['years.log', log(good, good.replace(String(at), String(at + 10 * 31_536_000))), 1],
    ['header.log', log(good, '#Fields: date time c-ip cs-host', good), 0],
    ['windows.log', Buffer.from(`${good}\r\n${good}\r\n`), 0],
  ]
  test.concurrent.each(cases)('%s', async (name, content, unparsed) => {
    const { code, report, stderr } = await snapshot(
      '--out',
      `out-${name}`,
      await put(name, content),
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const [source] = report?.sources ?? []
    expect(source).toMatchObject({ missing: 0, unparsed })
    expect(source.transactions).toBeGreaterThan(0)
  })

  test('a binary file, an empty file', async () => {
    const noise = Buffer.from(Array.from({ length: 65_536 }, (_, i) => (i * 7919) % 251))
    const { code, stderr, report } = await snapshot(await put('noise.bin', noise))
    expect(code).toBe(1)
    expect(stderr).toContain('no transaction was read')
    expect(report?.sources[0].missing).toBe(0)
    const empty = await snapshot(await put('empty.log', Buffer.alloc(0)))
    expect(empty.code).toBe(1)
  })

  test('a zip bomb is refused, a name that climbs is but a label, files beside them are read', async () => {
    const bomb = await zip({ 'bomb.log': Buffer.alloc(200 * 1024 * 1024, 65) })
    const climbing = Buffer.from(
      (await zip({ 'xx-xx-etc-passwd': log(good) }))
        .toString('latin1')
        .replaceAll('xx-xx-etc', '../../etc'),
      'latin1',
    )
    const files = [
      await put('bomb.zip', bomb),
      await put('climbing.zip', climbing),
      await put('good.log', log(good)),
    ]
    const { code, stderr, report } = await snapshot(...files)
    expect(code).toBe(1)
    expect(stderr).toMatch(/bomb\.zip.*(?:expand|bomb|larger)/)
    expect(report?.totals.transactions).toBe(2)
    expect(await readdir(folder)).not.toContain('etc')
  })

  test('names that are none', async () => {
    const missing = await snapshot('not-there.log')
    expect(missing).toMatchObject({ code: 1, report: null })
    expect(missing.stderr).toMatch(/cannot read not-there\.log: .*; check the path/)
    expect((await snapshot('--report', 'docx', 'plain.log')).code).toBe(2)
    expect((await snapshot('--format', 'NO_SUCH', 'plain.log')).stderr).toMatch(/NO_SUCH/)
    expect((await runGnomon(['snapshot'])).code).toBe(2)
  })
})

test('agents and a directory: devices and people are found, and what neither view knows is told', async () => {
  const rows = ['sam', 'ben'].flatMap((name, i) =>
    [0, 600].map((seconds) => ({
      Timestamp: new Date((at + seconds) * 1000).toISOString(),
      DeviceId: `d${i}`,
      DeviceName: `pc-${i}.example.com`,
      ActionType: 'ConnectionSuccess',
      RemoteIP: '203.0.113.9',
      RemotePort: 80,
      RemoteUrl: i === 0 ? 'files.slack.com' : 'www.dropbox.com',
      LocalIP: i === 0 ? '192.0.2.10' : '192.168.1.5',
      LocalPort: 50_000 + i,
      Protocol: 'Tcp',
      InitiatingProcessAccountUpn: `${name}@example.com`,
      InitiatingProcessAccountName: name,
      InitiatingProcessAccountDomain: 'EXAMPLE',
      ReportId: i * 10 + seconds,
    })),
  )
  const files = [
    await put('edge.log', log(squid('files.slack.com', '-'))),
    await put(
      'phone.log',
      log(squid('www.dropbox.com', 'samuel.lee@example.com').replace('192.0.2.10', '192.0.2.77')),
    ),
  ]
  const agents = await put('agents.ndjson', log(...rows.map((row) => JSON.stringify(row))))
  const people = await put(
    'people.csv',
    log('userPrincipalName,mail', 'sam@example.com,samuel.lee@example.com'),
  )
  const { code, report, stderr } = await snapshot(
    ...[...files, '--defender', agents, '--directory', people],
  )
  expect([code, stderr]).toEqual([0, ''])
  // the log knows him by his mail, the agent by his account: one person by the directory
  expect(report?.users.map(({ name }) => name).sort()).toEqual([
    'ben@example.com',
    'sam@example.com',
  ])
  expect(report?.overlap).toMatchObject({
    sources: [
      { source: 'edge.log', ownUser: 0, withUser: 1, withDevice: 1 },
      { source: 'phone.log', ownUser: 1, withUser: 1, withDevice: 0 },
    ],
    unknownAddresses: [{ address: '192.0.2.77' }],
    unseenDevices: [{ device: 'pc-1.example.com' }],
  })
  expect(report?.freshness).toMatchObject({ complete: 1, incomplete: 0 })
  const wrong = await snapshot(...files, '--directory', 'nobody.csv')
  expect(wrong.code).toBe(1)
  expect(wrong.stderr).toMatch(/cannot read nobody\.csv/)
}, 60_000)

test('hostile names stay text in the report', async () => {
  const hostile = `<script>alert(1)</script>`
  const line = squid('files.slack.com', encodeURIComponent(hostile))
  const formula = squid('files.slack.com', encodeURIComponent('=cmd|calc'))
  await put('hostile.log', log(line, formula))
  await runGnomon(['snapshot', '--out', 'hostile', '--report', 'html,csv', 'hostile.log'], {
    cwd: folder,
  })
  const html = await readFile(join(folder, 'hostile/report.html'), 'utf8')
  expect(html).not.toContain(hostile)
  expect(html).toContain('&lt;script&gt;alert(1)')
  const csv = await readFile(join(folder, 'hostile/users.csv'), 'utf8')
  expect(csv).not.toMatch(/(?:^|[\n,"])=cmd/)
})
