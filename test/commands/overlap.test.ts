/** How far network and agents meet, on a terminal. */
import { expect, test } from 'vitest'
import { overlap, overlapLines } from '../../src/commands/overlap.ts'
import { emptyReport, fixtureReport } from '../report/fixture.ts'
import { runCommand } from './run-command.ts'
import { standIn } from './stand-in.ts'

const report = fixtureReport()
const appliance = standIn()
const serve = () =>
  appliance.answer(({ path }) => ({
    body: path.endsWith('/overlap') ? report.overlap : report.freshness,
  }))

test('sources before and after, what only one side knows, gaps of feeds', async () => {
  serve()
  const { code, stdout } = await runCommand(overlap, ['--url', appliance.url(), '--from', '7d'])
  expect(code).toBe(0)
  expect(appliance.asked.map(({ path }) => path)).toEqual(['/api/v1/overlap', '/api/v1/freshness'])
  expect(stdout).toMatch(/^hq-firewall +[\d,]+ +74% +0% → 91% +82% → 96%$/m)
  expect(stdout).toMatch(/^! 2 addresses had traffic of no agent’s device: /m)
  expect(stdout).toMatch(/^10\.0\.0\.8 +phone or tablet +4\.20 GB +812 +0 +2026-09-25 13:40$/m)
  expect(stdout).toMatch(/^! 92 of 96 hours are complete/m)
  expect(stdout).not.toMatch(/[\u202a-\u202e]/)
})

test('--json has both answers', async () => {
  serve()
  const { stdout } = await runCommand(overlap, ['--url', appliance.url(), '--json'])
  expect(JSON.parse(stdout)).toEqual(
    JSON.parse(JSON.stringify({ overlap: report.overlap, freshness: report.freshness })),
  )
})

test('of nothing it says so', () => {
  const nothing = { ...report.overlap!, sources: [] } // oxlint-disable-line typescript/no-non-null-assertion
  expect(overlapLines(nothing, emptyReport().freshness)).toEqual([
    'Neither the network nor an agent told anything of these hours.',
  ])
})
