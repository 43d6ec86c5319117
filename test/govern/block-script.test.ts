/** Every script in every mode passes its vendor's grammar, or the vendor's own program. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { BlockList, BlockName } from '../../src/govern/block-list.ts'
import { scriptFileName, scriptWriter, scriptWriters } from '../../src/govern/block-script.ts'
import { writeScript } from '../../src/govern/scripts.ts'
import type { GivenScript } from '../../src/govern/scripts.ts'
import { grammars } from './script-grammars.ts'

const nowMs = Date.UTC(2026, 8, 25, 12)
const folder = mkdtempSync(join(tmpdir(), 'gnomon-script-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const name = (text: string, below = true, seen: string[] = []): BlockName => ({
  name: text,
  below,
  appId: text.split('.')[0],
  app: text,
  seen,
})
const long = `${'a'.repeat(60)}.${'b'.repeat(60)}.example.com`
const names = [
  name('files.example.com', true, ['up.files.example.com', 'www.files.example.com']),
  name('login.example.org', false),
  name(long),
  name('xn--bcher-kva.example'),
  name('9lives.example.net'),
]
const many = Array.from({ length: 1700 }, (_, i) => name(`app-${i}.example.com`))
const listOf = (...all: BlockName[]): BlockList => ({ names: all, leftOut: [], apps: [] })
const given = (...all: BlockName[]): GivenScript => ({
  format: 'x',
  atMs: nowMs - 86_400_000,
  actor: 'ann',
  hash: '',
  names: all,
})

/** Everything a writer can write: empty, some, many, taken away, changed. */
function texts(id: string): [what: string, text: string][] {
  const writer = scriptWriter(id)
  const write = (list: BlockList, last: GivenScript | null, mode: 'full' | 'remove' | 'diff') =>
    writeScript(writer, list, last, { mode, nowMs }).text
  return [
    ['full', write(listOf(...names), null, 'full')],
    ['full, empty', write(listOf(), null, 'full')],
    ['full, many', write(listOf(...many), null, 'full')],
    ['remove', write(listOf(...names), given(...names), 'remove')],
    ['diff', write(listOf(...names.slice(1)), given(...names.slice(0, 3)), 'diff')],
    ['diff to nothing', write(listOf(), given(...names), 'diff')],
  ]
}

test('the seven of the reference product have its numbers', () => {
  expect(
    Object.fromEntries(
      scriptWriters.filter(({ number }) => number !== null).map(({ number, id }) => [number, id]),
    ),
  ).toEqual({
    102: 'bluecoat',
    104: 'cisco-asa',
    108: 'fortigate',
    112: 'palo-alto',
    120: 'zscaler',
    129: 'juniper-srx',
    135: 'websense',
  })
})

test('every writer is looked at by a grammar, whatever programs are installed', () => {
  expect(scriptWriters.map(({ id }) => id).sort()).toEqual(Object.keys(grammars).sort())
})

describe.each(Object.keys(grammars))('%s', (id) => {
  test('all its scripts fit the grammar', () => {
    for (const [what, text] of texts(id)) expect(grammars[id](text), what).toBeNull()
  })

  test('the script names every name of the list', () => {
    const [[, text]] = texts(id)
    for (const one of names) expect(text).toContain(one.name)
  })
})

test.each([
  ['bluecoat', 'url.domain=a.example.com deny'],
  ['cisco-asa', 'object-group network x\n network-object object not-defined'],
  ['fortigate', 'config webfilter urlfilter\n edit 1\n end'],
  ['palo-alto', 'set profiles custom-url-category x list "example.com"'],
  ['juniper-srx', 'set security utm custom-objects url-pattern x value *.example.com'],
  ['websense', 'dest_host=a b.example.com action=deny'],
  ['zscaler', '*.example.com'],
  ['sophos-xg', '<Request><Set operation="add"></Request>'],
  ['checkpoint', 'mgmt_cli add application-site name "x; rm" -s "$SID"'],
])('the grammar of %s sees what is wrong', (id, text) => {
  expect(grammars[id](text)).not.toBeNull()
})

/** The output of a program; '' when it says nothing and is content. */
function judged(program: string, args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' })
  if (error !== undefined) throw error
  return status === 0 ? '' : `${stdout}${stderr}`
}
const has = (program: string): boolean =>
  spawnSync('sh', ['-c', `command -v ${program}`]).status === 0

describe.skipIf(!has('squid'))('squid', () => {
  test.each(texts('squid'))('squid -k parse takes: %s', (_what, text) => {
    const file = join(folder, 'squid.conf')
    writeFileSync(file, `http_port 127.0.0.1:3128\n${text}http_access deny all\n`)
    const { status, stderr } = spawnSync('squid', ['-k', 'parse', '-f', file], { encoding: 'utf8' })
    expect({
      status,
      faults: stderr.split('\n').filter((line) => /ERROR|WARNING|FATAL/.test(line)),
    }).toEqual({
      status: 0,
      faults: [],
    })
  })

  test('it sees what is wrong', () => {
    const file = join(folder, 'bad.conf')
    writeFileSync(file, 'http_access deny nothing\n')
    expect(judged('squid', ['-k', 'parse', '-f', file])).toContain('ACL not found')
  })
})

describe.skipIf(!has('unbound-checkconf'))('unbound', () => {
  test.each(texts('unbound'))('unbound-checkconf takes: %s', (_what, text) => {
    const file = join(folder, 'unbound.conf')
    writeFileSync(file, text)
    expect(judged('unbound-checkconf', [file])).toBe('')
  })

  test('it sees what is wrong', () => {
    const file = join(folder, 'bad.conf')
    writeFileSync(file, 'server:\n  local-zone: "a." no_such_type\n')
    expect(judged('unbound-checkconf', [file])).not.toBe('')
  })
})

describe.skipIf(!has('named-checkzone'))('rpz', () => {
  test.each(texts('rpz'))('named-checkzone takes: %s', (_what, text) => {
    const file = join(folder, 'rpz.zone')
    writeFileSync(file, text)
    expect(judged('named-checkzone', ['-i', 'none', 'gnomon.rpz', file])).toBe('')
  })

  test('it sees what is wrong', () => {
    const file = join(folder, 'bad.zone')
    writeFileSync(file, 'example.com CNAME\n')
    expect(judged('named-checkzone', ['gnomon.rpz', file])).not.toBe('')
  })
})

test.each(texts('checkpoint').filter(([, text]) => text !== ''))(
  'bash -n takes checkpoint: %s',
  (_what, text) => {
    const file = join(folder, 'checkpoint.sh')
    writeFileSync(file, text)
    expect(execFileSync('bash', ['-n', file], { encoding: 'utf8' })).toBe('')
  },
)

describe('what a script says', () => {
  const diff = (id: string) =>
    writeScript(scriptWriter(id), listOf(names[1]), given(names[0]), { mode: 'diff', nowMs })

  test('a change holds what came and what went', () => {
    const script = diff('palo-alto')
    expect(script).toMatchObject({ added: ['login.example.org'], removed: ['files.example.com'] })
    expect(script.text).toContain(
      'set profiles custom-url-category gnomon-unsanctioned list "login.example.org/"',
    )
    expect(script.text).toContain(
      'delete profiles custom-url-category gnomon-unsanctioned list "*.files.example.com/"',
    )
  })

  test('an ASA keeps what another name still needs', () => {
    const shared = name('up.files.example.com', false)
    const script = writeScript(scriptWriter('104'), listOf(shared), given(names[0]), {
      mode: 'diff',
      nowMs,
    })
    expect(script.text).not.toContain('no object network gnomon-up.files.example.com')
    expect(script.text).toContain('no object network gnomon-www.files.example.com')
  })

  test('a removal takes away what was given out, though it is no more in the list', () => {
    const script = writeScript(scriptWriter('umbrella'), listOf(), given(names[0]), {
      mode: 'remove',
      nowMs,
    })
    expect(script.text).toBe('files.example.com\n')
  })

  test('lines of the reference product are there', () => {
    const text = (id: string) =>
      writeScript(scriptWriter(id), listOf(names[0]), null, { mode: 'full', nowMs }).text
    expect(text('102')).toContain('\nurl.domain=files.example.com deny\n')
    expect(text('135')).toContain('\ndest_host=files.example.com action=deny\n')
  })
})

test('names of files tell what and when', () => {
  expect(scriptFileName(scriptWriter('108'), 'full', nowMs)).toBe(
    '2026-09-25_gnomon_fortigate_block_script.txt',
  )
})

test.each(['999', 'x'.repeat(500)])('no such format', (format) => {
  expect(() => scriptWriter(format)).toThrow(/no such format; use bluecoat/)
})
