import { writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { formats, listFormats } from '../../src/commands/formats.ts'
import { version } from '../../src/commands/version.ts'
import { version as packageVersion } from '../../src/lib/version.ts'
import { parseDefinition } from '../../src/parse/formats.ts'
import { temporaryFolder } from '../config/config-parts.ts'
import { runCommand } from './run-command.ts'

const folder = temporaryFolder()

const definition = (patch: string): string => `id: EXAMPLE_GATEWAY
aliases: [EXAMPLE]
vendor: Example
product: Gateway 4
documentation: https://www.example.com/manual
summary: Connections.
enable: |
  log all
  to gnomon
split: { type: kv }
map: { time: t, srcIp: src, dstHost: host }
${patch}`

test('layouts of one format are one row', () => {
  const one = parseDefinition(
    definition(
      'records: [{ name: a }, { name: b, kind: dns }, { name: c, kind: web, skip: none }]',
    ),
    'a',
  )
  const other = parseDefinition(
    definition('variant: old').replace('Gateway 4', 'Gateway 3').replace('[EXAMPLE]', '[OLD]'),
    'b',
  )
  expect(listFormats([other, one])).toEqual([
    {
      id: 'EXAMPLE_GATEWAY',
      aliases: ['OLD', 'EXAMPLE'],
      vendor: 'Example',
      products: ['Gateway 3', 'Gateway 4'],
      kinds: ['session', 'dns'],
      documentation: 'https://www.example.com/manual',
      summary: 'Connections.',
      enable: 'log all\nto gnomon\n',
      blind: null,
    },
  ])
})

test('lists the shipped formats by id', async () => {
  const { code, stdout } = await runCommand(formats, ['--json'])
  const { rows, total } = JSON.parse(stdout) as {
    rows: { id: string; documentation: string | null }[]
    total: number
  }
  expect(rows.filter(({ documentation }) => documentation === null)).toEqual([])
  const ids = rows.map(({ id }) => id)
  expect(code).toBe(0)
  expect(ids).toEqual(expect.arrayContaining(['PALO_ALTO', 'FORTIGATE', 'CISCO_ASA', 'SQUID']))
  expect(ids).toEqual(ids.toSorted())
  expect(total).toBe(ids.length)
  const table = await runCommand(formats, [])
  expect(table.stdout.split('\n').filter((line) => line.startsWith('FORTIGATE '))).toHaveLength(1)
})

test('tells what a device must be told, by any name and of own definitions', async () => {
  await writeFile(`${folder.path()}/mine.yaml`, definition('blind: "users\\e[2J"'))
  const { stdout } = await runCommand(formats, ['--definitions', folder.path(), 'example'])
  expect(stdout).toBe(`EXAMPLE_GATEWAY: Example Gateway 4
Connections.

Also named: EXAMPLE
Records: session
Manual: https://www.example.com/manual

What the device must be told:
  log all
  to gnomon

What stays blind: users␛[2J
`)
})

test.each([['NOPE'], ['auto'], ['SQUID', 'FORTIGATE']])('%s is a wrong use', async (...names) => {
  await expect(runCommand(formats, names)).rejects.toMatchObject({ code: 'USAGE' })
})

test('gnomon version', async () => {
  const { stdout } = await runCommand(version, ['--json'])
  expect(JSON.parse(stdout)).toEqual({
    gnomon: packageVersion,
    node: process.versions.node,
    chdb: expect.stringMatching(/^\d+\.\d+\.\d+/),
    platform: `${process.platform}-${process.arch}`,
  })
  expect((await runCommand(version, [])).stdout).toMatch(
    new RegExp(`^gnomon ${packageVersion} \\(node \\d+.*, chdb \\d+.*\\)\n$`),
  )
})
