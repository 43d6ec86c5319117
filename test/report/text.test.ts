import { expect, test } from 'vitest'
import { columnsOf, fit } from '../../src/report/terminal-width.ts'
import { cut, visible } from '../../src/report/text.ts'

test.each([
  ['plain.example', 'plain.example'],
  ['', ''],
  ['\u001b[31mred', '␛[31mred'],
  ['a\r\nb\tc\u0000', 'a␍␊b␉c␀'],
  ['\u007f\u009b', '␡[U+009B]'],
  ['fdp\u202Eexe.\u2066x', 'fdp[U+202E]exe.[U+2066]x'],
  ['a\u200bb\ufeff', 'a[U+200B]b[U+FEFF]'],
  ['half\ud800pair', 'half[U+D800]pair'],
  ['\u{e0041}', '[U+E0041]'],
  // Honest names of the world stay as they are.
  ['Ünïcode 日本 שלום 😀', 'Ünïcode 日本 שלום 😀'],
])('visible(%j) is %j', (text, want) => {
  expect(visible(text)).toBe(want)
})

test.each([
  ['short', 10, 'short'],
  ['exactly-10', 10, 'exactly-10'],
  ['eleven-long', 10, 'eleven-lo…'],
  ['😀😀😀😀', 4, '😀😀😀😀'],
  ['😀😀😀😀😀', 4, '😀😀😀…'],
])('cut(%j, %i) is %j', (text, characters, want) => {
  expect(cut(text, characters)).toBe(want)
})

test.each([
  ['ab', 4, false, 'ab  '],
  ['ab', 4, true, '  ab'],
  ['abcde', 4, false, 'abc…'],
  ['日本', 5, false, '日本 '],
  ['日本日', 4, false, '日… '],
  ['e\u0301', 2, false, 'e\u0301 '],
])('fit(%j, %i, %j) is %j', (text, width, right, want) => {
  expect(fit(text, width, right)).toBe(want)
})

test('a name of megabytes takes its columns and no more', () => {
  expect(columnsOf(fit('x'.repeat(5_000_000), 40))).toBe(40)
  expect(columnsOf(fit('e' + '\u0301'.repeat(1_000_000), 40))).toBe(40)
})
