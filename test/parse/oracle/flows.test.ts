/**
 * What a parse thread makes of a segment, against the same lines read one by one and added up in a Map: native splitters, dictionaries
 * and the table of flows change nothing.
 */
import { isDeepStrictEqual } from 'node:util'
import { expect, test } from 'vitest'
import { formatOfLine } from '../../../src/parse/format-search.ts'
import { dataStart, LineContext } from '../../../src/parse/line-context.ts'
import { decode } from '../../../src/parse/normalise.ts'
import { readLine, readNext } from '../../../src/parse/recognise.ts'
import { newReader } from '../../../src/parse/stream-reader.ts'
import { normalisers } from '../../../src/parse/record.ts'
import type { FlowColumns } from '../../../src/parse/batch.ts'
import {
  dayMs,
  fullFormats,
  imbalance,
  linesBlock,
  parse,
  parserOf,
  segmentOf,
  streamOf,
} from '../parse-parts.ts'
import { judgementOf } from './compare.ts'
import { Damage } from './damage.ts'
import { sampleLines } from './lines.ts'
import type { Judgement } from './record.ts'
import { seed } from './seed.ts'

const receivedAtMs = Date.UTC(2026, 10, 1)
const days = 400
const texts = sampleLines(fullFormats, receivedAtMs)
  // agents' events become rows of their own
  .filter(({ format }) => !format.id.startsWith('WINDOWS_'))
  .map(({ text }) => text)

const keyFields = [
  'srcIp',
  'srcHost',
  'user',
  'device',
  'dstHost',
  'dstIp',
  'protocol',
  'appProtocol',
  'appHint',
] as const
const sums = [
  'transactions',
  'bytesUp',
  'bytesUpKnown',
  'bytesDown',
  'bytesDownKnown',
  'bytesTotal',
  'bytesTotalKnown',
] as const

type Flow = Record<(typeof sums)[number], number> & { srcPort: number }
type Flows = Map<string, Flow>

const actions = ['', 'allowed', 'blocked']

function addTransaction(flows: Flows, values: Judgement['values'], format: string): void {
  const text = (field: (typeof keyFields)[number]): string => {
    const value = values[field]
    return value === null
      ? ''
      : (normalisers[field](decode(Buffer.from(String(value), 'latin1'))) ?? '')
  }
  const number = (field: string): number => Math.max(0, Number(values[field]))
  const key = JSON.stringify([
    Math.floor(Number(values.time) / 60_000),
    format,
    values.record,
    number('dstPort'),
    actions[Number(values.action)],
    ...keyFields.map(text),
  ])
  const flow = flows.get(key)
  const own: Flow = { srcPort: number('srcPort'), transactions: 1, bytesUp: 0, bytesUpKnown: 0, bytesDown: 0, bytesDownKnown: 0, bytesTotal: 0, bytesTotalKnown: 0 } // prettier-ignore
  for (const field of ['bytesUp', 'bytesDown', 'bytesTotal'] as const)
    if (Number(values[field]) >= 0) {
      own[field] = Number(values[field])
      own[`${field}Known`] = 1
    }
  if (flow === undefined) return void flows.set(key, own)
  if (flow.srcPort !== own.srcPort) flow.srcPort = 0
  for (const sum of sums) flow[sum] += own[sum]
}

/** The lines one by one, as a stream of their own. */
function addedUp(lines: readonly string[]): Flows {
  const flows: Flows = new Map()
  const reader = newReader(null)
  const c = new LineContext(1 << 17)
  c.receivedAtMs = receivedAtMs
  for (const line of lines) {
    const end = dataStart + c.bytes.write(line, dataStart, 'latin1')
    let outcome = readLine(c, dataStart, end, fullFormats, reader)
    while (outcome >= 0) {
      const { values } = judgementOf(c, outcome)
      const off = Number(values.time) - receivedAtMs
      const kept = off <= 2 * dayMs && -off <= days * dayMs
      if (outcome === 1 && kept) addTransaction(flows, values, formatOfLine()?.id ?? '')
      outcome = readNext(c, fullFormats, reader)
    }
  }
  return flows
}

function ofColumns(columns: FlowColumns): Flows {
  const flows: Flows = new Map()
  const text = (
    column: { dictionary: readonly Uint8Array[]; index: Uint32Array },
    row: number,
  ): string => Buffer.from(column.dictionary[column.index[row]] ?? []).toString()
  for (let row = 0; row < columns.rows; row++) {
    const key = JSON.stringify([
      columns.minute[row],
      text(columns.format, row),
      text(columns.record, row),
      columns.dstPort[row],
      text(columns.action, row),
      ...keyFields.map((field) => text(columns[field], row)),
    ])
    // a row for each key, or it would not have been added up
    expect(flows.has(key), key).toBe(false)
    const flow = Object.fromEntries(sums.map((sum) => [sum, columns[sum][row]])) as Flow
    flows.set(key, { ...flow, srcPort: columns.srcPort[row] })
  }
  return flows
}

/** The first keys whose rows differ, with both. */
function differing(own: Flows, plain: Flows): unknown[] {
  return [...new Set([...own.keys(), ...plain.keys()])]
    .filter((key) => !isDeepStrictEqual(own.get(key), plain.get(key)))
    .slice(0, 3)
    .map((key) => ({ key, thread: own.get(key) ?? null, plain: plain.get(key) ?? null }))
}

test('segments of one thread, one after the other', () => {
  const damage = new Damage(seed)
  const parser = parserOf(days)
  const endMs = performance.now() + 6000
  let rows = 0
  for (let round = 0; round < 60 && (round < 3 || performance.now() < endMs); round++) {
    const lines = Array.from({ length: 300 }, () => {
      const line = damage.one(texts)
      // the same line again: flows add up
      return damage.number(3) === 0 ? damage.damaged(line, texts).slice(0, 8192) : line
    }).filter((line) => !/^#|<Event/.test(line))
    const bytes = lines.map((line) => Buffer.from(line, 'latin1'))
    const segment = segmentOf([linesBlock(bytes, 1, receivedAtMs)], streamOf(`peer ${round}`))
    const { batch } = parse(parser, segment)
    expect(imbalance(batch.ledger)).toEqual({ lines: 0, bytes: 0 })
    rows += batch.flows.rows
    expect({ seed, round, differing: differing(ofColumns(batch.flows), addedUp(lines)) }).toEqual({
      seed,
      round,
      differing: [],
    })
  }
  expect(rows).toBeGreaterThan(300)
}, 60_000)
