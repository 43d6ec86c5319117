import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { renderTerminal } from '../../src/report/terminal.ts'
import { columnsOf } from '../../src/report/terminal-width.ts'
import { emptyReport, fixtureReport } from './fixture.ts'

// oxlint-disable-next-line no-control-regex -- these are what must not be there
const controls = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/

test.each([60, 80, 100, 132])('fits %i columns and holds no control character', (width) => {
  const text = renderTerminal(fixtureReport(), { width, colour: false })
  expect(text).not.toMatch(controls)
  for (const line of text.split('\n')) expect(columnsOf(line)).toBeLessThanOrEqual(width)
})

test('colour adds styles and nothing else', () => {
  const plain = renderTerminal(fixtureReport(), { width: 100, colour: false })
  const coloured = renderTerminal(fixtureReport(), { width: 100, colour: true })
  expect(coloured).toContain('\u001b[1m')
  const bare = stripVTControlCharacters(coloured).replaceAll(/ +$/gm, '')
  expect(bare).toBe(plain)
})

test('names the totals, the largest apps, the ledger and the blind spots', () => {
  const text = renderTerminal(fixtureReport(), { width: 160, colour: false })
  expect(text).toContain('2026-09-21 14:00 to 2026-09-25 13:59 UTC')
  expect(text).toMatch(/Apps +40, and 60 unknown services/)
  expect(text).toMatch(/Top apps 10 of 40/)
  expect(text).toMatch(/^Microsoft 365 +10 .*█{16}$/m)
  expect(text).toMatch(/✓ hq-firewall: .* lines received = /)
  expect(text).toContain('8 lines cannot be accounted for')
  expect(text).toContain('No transactions name a user')
})

test('tells how network and agents overlap, and how fresh the hours are', () => {
  const text = renderTerminal(fixtureReport(), { width: 160, colour: false })
  expect(text).toMatch(
    /· hq-firewall: .* 74% seen by an agent too; device 0% → 91%, user 82% → 96%\./,
  )
  expect(text).toContain(
    '! 2 addresses had traffic of no agent’s device: 1 phone or tablet, 1 an agent’s device at other times.',
  )
  expect(text).toContain('! 1 device of agents was never seen on the network.')
  expect(text).toMatch(/! Prerequisites for discovery: 40 devices meet them, 1 does not/)
  expect(text).toContain(
    '! 92 of 96 hours are complete, 1 may still change, 3 lack rows of agents.',
  )
  expect(text).toMatch(/it tells nothing of 2026-09-22 20:02 to 2026-09-22 22:55 UTC\./)
  const alone = renderTerminal({ ...fixtureReport(), overlap: null }, { width: 160, colour: false })
  expect(alone).not.toContain('Network and agents')
})

test('unknown bytes are said to be unknown', () => {
  const text = renderTerminal(fixtureReport({ bytes: 'none' }), { width: 100, colour: false })
  expect(text).toContain('Traffic       unknown: the logs tell no bytes')
  expect(text).toMatch(/^Microsoft 365 +10 +– /m)
  expect(text).not.toContain('0 bytes')
})

test('an empty report is short and says why', () => {
  const text = renderTerminal(emptyReport(), { width: 80, colour: false })
  expect(text).toContain('No transactions yet.')
  expect(text).toContain('No data source has sent anything yet.')
})
