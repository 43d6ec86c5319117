import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findProgram } from '../../src/lib/programs.ts'
import { sourceOverlapText } from '../../src/report/merged-words.ts'
import type { Overlap } from '../../src/report/overlap.ts'
import { renderPdf } from '../../src/report/pdf.ts'
import type { Report } from '../../src/report/report.ts'
import { emptyReport, fixtureReport } from './fixture.ts'

const reader = await findProgram('pdftotext')

/** Words of each page with their places, as poppler reads them. */
async function pagesOf(
  report: Report,
): Promise<{ width: number; words: { text: string; right: number }[] }[]> {
  const folder = await mkdtemp(join(tmpdir(), 'gnomon-pdf-'))
  const path = join(folder, 'report.pdf')
  await writeFile(path, await renderPdf(report))
  const html = execFileSync(reader ?? '', ['-bbox', path, '-'], { encoding: 'utf8' })
  await rm(folder, { recursive: true })
  return html
    .split('<page ')
    .slice(1)
    .map((page) => ({
      width: Number(/width="([\d.]+)"/.exec(page)?.[1]),
      words: Array.from(page.matchAll(/xMax="([\d.]+)"[^>]*>([^<]*)</g), ([, right, text]) => ({
        text,
        right: Number(right),
      })),
    }))
}

test('a report is a PDF with all of its parts', async () => {
  const bytes = await renderPdf(fixtureReport())
  expect(Buffer.from(bytes).subarray(0, 5).toString()).toBe('%PDF-')
  // no script, no link, no file within
  expect(Buffer.from(bytes).toString('latin1')).not.toMatch(
    /\/(?:JavaScript|JS|URI|EmbeddedFile|Launch)\b/,
  )
})

test.skipIf(reader === null)('no word leaves the page, hostile names included', async () => {
  const pages = await pagesOf(fixtureReport())
  expect(pages.length).toBeGreaterThan(3)
  expect(pages.length).toBeLessThan(9)
  const outside = pages.flatMap(({ width, words }) =>
    words.filter(({ right }) => right > width - 38).map(({ text }) => text),
  )
  expect(outside).toEqual([])
})

test.skipIf(reader === null)(
  'the first page tells what stands out, with the report’s own numbers',
  async () => {
    const report = fixtureReport()
    const [first] = await pagesOf(report)
    const text = first.words.map((word) => word.text).join(' ')
    expect(text).toContain('What stands out')
    expect(text).toContain(`${report.totals.apps} `)
    expect(text).toContain('Traffic by hour (UTC)')
  },
)

test.skipIf(reader === null)('how the two views overlap and how fresh the hours are', async () => {
  const report = fixtureReport()
  const words = (await pagesOf(report))
    .flatMap((page) => page.words.map(({ text }) => text))
    .join(' ')
  expect(report.overlap).not.toBeNull()
  expect(words).toContain('Network and agents')
  const told = sourceOverlapText((report.overlap as Overlap).sources[0])
  expect(words.replaceAll(/\s/g, '')).toContain(told.replaceAll(/\s/g, ''))
  expect(words).toContain('How fresh each hour is')
  const alone = (await pagesOf({ ...report, overlap: null })).flatMap((page) => page.words)
  expect(alone.map(({ text }) => text).join(' ')).not.toContain('Network and agents')
})

test.skipIf(reader === null)('without data it says so', async () => {
  const pages = await pagesOf(emptyReport())
  expect(pages[0].words.map(({ text }) => text).join(' ')).toContain('No transaction was read.')
})
