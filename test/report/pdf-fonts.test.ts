/** Which letters the PDF has: those that a font has, and numbers for the rest. */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { loadFonts, setFonts } from '../../src/report/pdf-fonts.ts'

const dejavu = join(
  dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')),
  'ttf',
)
const fonts = await loadFonts([])
const f = (text: string): string =>
  fonts
    .runs(text)
    .map(({ text: part, font }) => (font === undefined ? part : `${font}(${part})`))
    .join('')

test.each([
  ['Slack', 'Slack'],
  ['Žižek Ünïcode, Ελλάδα, Яндекс', 'Žižek Ünïcode, Ελλάδα, Яндекс'],
  ['Հայ', 'Other1(Հայ)'],
  ['ქარ x', 'Other1(ქარ) x'],
  // words that are read from the right stand in their order on paper; the engine turns the letters of each
  ['שלום עולם', 'Other1(עולם) Other1(שלום)'],
  ['Files של החברה Ltd', 'Files Other1(החברה) Other1(של) Ltd'],
  ['برنامج', 'Other1(برنامج)'],
  ['微信 WeChat', '[U+5FAE][U+4FE1] WeChat'],
  ['ไท', '[U+0E44][U+0E17]'],
  ['\u{20000}', '[U+20000]'],
])('%s', (text, want) => {
  expect(f(text)).toBe(want)
})

test('letters without a font are counted; each place of a document is looked at', async () => {
  const own = await loadFonts([join(dejavu, 'DejaVuSerif.ttf')])
  const content = setFonts(
    [
      { text: 'plain' },
      { columns: [{ stack: ['微', { text: ['a', '信'] }] }] },
      { table: { body: [[{ text: 'Հ' }, 'x']] } },
    ],
    own,
  )
  expect(own.missing()).toBe(2)
  expect(JSON.stringify(content)).toBe(
    JSON.stringify([
      { text: 'plain' },
      { columns: [{ stack: ['[U+5FAE]', { text: ['a', '[U+4FE1]'] }] }] },
      { table: { body: [[{ text: [{ text: 'Հ', font: 'Other1' }] }, 'x']] } },
    ]),
  )
})

test.each([
  ['/nowhere/font.ttf', /cannot use the font \/nowhere\/font\.ttf: .*publish\.fonts/],
  [import.meta.filename, /cannot use the font/],
])('%s is refused', async (path, says) => {
  await expect(loadFonts([path])).rejects.toThrow(says)
})
