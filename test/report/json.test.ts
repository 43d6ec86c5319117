import { expect, test } from 'vitest'
import { renderJson } from '../../src/report/json.ts'
import type { UsageRow } from '../../src/report/report.ts'
import { usageLine } from '../../src/report/usage-ndjson.ts'
import { emptyReport, fixtureReport, hostile } from './fixture.ts'

test('the JSON file is the report', () => {
  expect(JSON.parse(renderJson(fixtureReport()))).toEqual(fixtureReport())
  expect(JSON.parse(renderJson(emptyReport()))).toEqual(emptyReport())
})

test('keys keep their order however the report was built', () => {
  const report = fixtureReport()
  const turned = { ...report }
  for (const key of ['title', 'apps', 'totals'] as const) {
    const value = report[key]
    delete (turned as Partial<typeof report>)[key]
    Object.assign(turned, { [key]: value })
  }
  expect(Object.keys(turned).at(-1)).toBe('totals')
  expect(renderJson(turned)).toBe(renderJson(report))
  expect(renderJson(report).slice(0, 12)).toBe('{\n  "title":')
})

const row: UsageRow = {
  seenBy: ['network'],
  bytesTotal: null,
  bytesDown: 2,
  bytesUp: null,
  transactions: 3,
  action: 'allowed',
  srcIp: '192.0.2.1',
  device: null,
  user: hostile.newline,
  host: 'files.example',
  app: null,
  source: 'fw',
  hour: '2026-09-21T14:00:00Z',
}

test('a usage line has its keys in the promised order, on one line', () => {
  expect(usageLine(row)).toBe(
    '{"hour":"2026-09-21T14:00:00Z","source":"fw","app":null,"host":"files.example",' +
      '"user":"two\\r\\nlines","device":null,"srcIp":"192.0.2.1","action":"allowed",' +
      '"transactions":3,"bytesUp":null,"bytesDown":2,"bytesTotal":null,"seenBy":["network"]}\n',
  )
})
