import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { reportLimits } from '../../src/limits.ts'
import { renderHtml, reportContentPolicy } from '../../src/report/html.ts'
import { html } from '../../src/report/markup.ts'
import { emptyReport, fixtureReport, hostile } from './fixture.ts'

const page = renderHtml(fixtureReport())

function between(text: string, open: string, close: string): string[] {
  return text
    .split(open)
    .slice(1)
    .map((part) => part.slice(0, part.indexOf(close)))
}

const withoutScript = (text: string): string => text.slice(0, text.indexOf('<script>'))

const sha256 = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`

test('the tag escapes what is not markup', () => {
  expect(html`<p title="${`"'<&>`}">${html`<b>${'<'}</b>`}${[html`1`, html`2`]}${3}</p>`.text).toBe(
    '<p title="&quot;&#39;&lt;&amp;&gt;"><b>&lt;</b>123</p>',
  )
})

test('one script and one style sheet, both by their hash, and nothing else is let in', () => {
  const scripts = between(page, '<script>', '</script>')
  const styles = between(page, '<style>', '</style>')
  expect([scripts.length, styles.length]).toEqual([1, 1])
  expect(reportContentPolicy).toContain(`script-src ${sha256(scripts[0] ?? '')}`)
  expect(reportContentPolicy).toContain(`style-src ${sha256(styles[0] ?? '')}`)
  expect(reportContentPolicy).toMatch(/^default-src 'none'; /)
  expect(reportContentPolicy).not.toContain('unsafe')
  expect(page).toContain(`content="${reportContentPolicy}"`)
  expect(page.match(/<script/g)).toHaveLength(1)
})

test('nothing is fetched and no style or handler stands in an attribute', () => {
  const tags = page.match(/<[a-z][^>]*>/g) ?? []
  expect(tags.length).toBeGreaterThan(1000)
  const bad = tags.filter((tag) =>
    /<(?:img|link|iframe|object|embed|image|use|base|form)\b|\s(?:src|srcset|style|action|on[a-z]+)=|href="(?!#)|url\(/i.test(
      tag,
    ),
  )
  expect(bad).toEqual([])
  const [style] = between(page, '<style>', '</style>')
  expect(style).not.toMatch(/url\(|@import/)
})

test.each(Object.entries(hostile))('hostile name: %s', (_, name) => {
  const report = fixtureReport()
  const first = report.apps[0]
  if (first === undefined) throw new Error('fixture without apps')
  Object.assign(first, { name, category: name })
  Object.assign(report, { title: name, source: name, catalogVersion: name })
  report.categories = report.categories.map((entry, index) =>
    index === 0 ? { ...entry, category: name } : entry,
  )
  const text = renderHtml(report)
  expect(text.match(/<script/g)).toHaveLength(1)
  expect(text).not.toContain('<img')
  // oxlint-disable-next-line no-control-regex -- these are what must not be there
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
  expect(text).not.toMatch(/\p{Surrogate}/u)
  expect(text.match(/<h1>/g)).toHaveLength(1)
  expect(text).toContain('</html>')
})

test('long names are cut, with more of them in the title', () => {
  const cells = between(page, '<bdi title="', '</bdi>').filter((cell) => cell.startsWith('aaaa'))
  expect(cells.length).toBeGreaterThan(0)
  for (const cell of cells) {
    const [title = '', shown = ''] = cell.split('">')
    expect(title.length).toBe(reportLimits.titleCharacters)
    expect(shown.length).toBe(reportLimits.shownCharacters)
  }
  expect(page).not.toContain('b'.repeat(reportLimits.titleCharacters))
})

test('numbers, bounds and the unknown are there', () => {
  const report = fixtureReport()
  for (const app of report.apps.slice(0, 12)) expect(page).toContain(`data-v="${app.bytesTotal}"`)
  expect(page).toContain(report.totals.transactions.toLocaleString('en-US'))
  expect(page).toContain('≥ 85.3 GB')
  expect(page).toContain('title="unknown">–</td>')
  expect(page).toContain('The ledger balances.')
  expect(page).toContain('8 lines cannot be accounted for')
  expect(page).toContain('devices are joined when Defender for Endpoint data is given')
  expect(page.match(/role="img" aria-label="/g)).toHaveLength(4)
})

test('every table has a caption, every row a heading, every id is there once', () => {
  const tables = page.match(/<table/g)?.length ?? 0
  expect(page.match(/<caption/g)).toHaveLength(tables)
  const ids = Array.from(page.matchAll(/\sid="([^"]+)"/g), (match) => match[1])
  expect(new Set(ids).size).toBe(ids.length)
  for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target)
})

test('a log without bytes is drawn by transactions and shows no zero bytes', () => {
  const text = renderHtml(fixtureReport({ bytes: 'none' }))
  expect(text).toContain('Transactions over time')
  expect(text).toContain('the logs tell no bytes')
  expect(text).not.toMatch(/\b0 bytes/)
})

test('an empty report says what is missing and draws nothing', () => {
  const text = renderHtml(emptyReport())
  expect(text).toContain('No transactions yet')
  expect(text).toContain('No data source has sent anything yet.')
  expect(text).not.toContain('class="chart"')
  expect(withoutScript(text)).not.toMatch(/NaN|undefined|Infinity/)
})

test('the same report gives the same bytes', () => {
  expect(renderHtml(fixtureReport())).toBe(page)
  expect(withoutScript(page)).not.toMatch(/NaN|undefined|\[object/)
})

test('the style sheet prints as many rows as the limit says', () => {
  expect(page).toContain(`tr:nth-child(n + ${reportLimits.printRows + 1})`)
})

test('tables are capped, say so, and stay under 5 MB', () => {
  const text = renderHtml(fixtureReport({ apps: 5000, users: 20_000, unknown: 8000 }))
  const [apps = ''] = between(text, '<section id="apps"', '</section>')
  expect(apps.match(/<tr>/g)).toHaveLength(reportLimits.htmlAppRows + 1)
  expect(apps.replaceAll(/\s+/g, ' ')).toContain(
    'Shown: the 2,000 apps with the most traffic, of 5,000.',
  )
  expect(apps).toContain('apps.csv')
  expect(text).toContain('of 20,000.')
  expect(Buffer.byteLength(text)).toBeLessThan(5_000_000)
})

test('network and agents, and how fresh each hour is; neither where no agent told anything', () => {
  const joined = renderHtml(fixtureReport())
  expect(joined).toContain('<a href="#overlap"')
  expect(joined).toContain('2 addresses had traffic of no agent’s device')
  expect(joined).toContain('<td class="incomplete" title="incomplete: last rows 2026-09-22 ')
  expect(joined).toContain('Devices that do not meet the prerequisites (1)')
  const alone = renderHtml({ ...fixtureReport(), overlap: null })
  expect(alone).not.toContain('id="overlap"')
  expect(renderHtml(emptyReport())).not.toContain('How fresh each hour is')
})
