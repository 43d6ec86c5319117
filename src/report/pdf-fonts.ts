/**
 * Letters on paper: Roboto has Latin, Greek and Cyrillic; DejaVu Sans, shipped with it, Hebrew, Arabic, Armenian, Georgian and many signs;
 * fonts of the configuration have whatever else (Chinese, Japanese, Korean, Thai, …). A letter that none has is written as its number,
 * `[U+5FAE]`: never as an empty box, which could be any letter.
 */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Content, TFontDictionary } from 'pdfmake/interfaces.js'
import { OperatingError, causeOf } from '../errors.ts'

export interface PdfFonts {
  dictionary: TFontDictionary
  /** Files that may be read. */
  files: string[]
  /** Text in runs of one font each; undefined = the usual one. */
  runs: (text: string) => { text: string; font?: string }[]
  /** Letters that no font had, so far. */
  missing: () => number
}

const packageFolder = (name: string): string =>
  dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))

/** `own`: TTF and OTF files, asked in this order after those that are shipped. Throws FILE_UNREADABLE. */
export async function loadFonts(own: readonly string[]): Promise<PdfFonts> {
  const { openSync } = await import('fontkit')
  const roboto = join(packageFolder('pdfmake'), 'fonts/Roboto')
  const dejavu = join(packageFolder('dejavu-fonts-ttf'), 'ttf')
  const usual = {
    normal: join(roboto, 'Roboto-Regular.ttf'),
    bold: join(roboto, 'Roboto-Medium.ttf'),
    italics: join(roboto, 'Roboto-Italic.ttf'),
    bolditalics: join(roboto, 'Roboto-MediumItalic.ttf'),
  }
  const others = [
    four(join(dejavu, 'DejaVuSans.ttf'), join(dejavu, 'DejaVuSans-Bold.ttf')),
    ...own.map((path) => four(path, path)),
  ]
  const open = (path: string) => {
    try {
      const font = openSync(path)
      // a collection (TTC) has fonts, and no letters itself
      if (typeof font.hasGlyphForCodePoint !== 'function') throw new Error('it is no single font')
      return font
    } catch (cause) {
      throw new OperatingError(
        'FILE_UNREADABLE',
        `cannot use the font ${path}: ${causeOf(cause)}; name TTF or OTF files in publish.fonts`,
        { cause },
      )
    }
  }
  const fonts = [usual, ...others].map(({ normal }, i) => ({
    name: i === 0 ? undefined : `Other${i}`,
    has: open(normal),
  }))
  const known = new Map<number, number>()
  /** Index of the font, -1 = none has it. */
  const fontOf = (codePoint: number): number => {
    const found = known.get(codePoint)
    if (found !== undefined) return found
    const index = fonts.findIndex(({ has }) => has.hasGlyphForCodePoint(codePoint))
    known.set(codePoint, index)
    return index
  }
  let missing = 0
  const runs: PdfFonts['runs'] = (text) => {
    const parts: { text: string; index: number }[] = []
    for (const letter of visualOrder(text)) {
      const last = parts.at(-1)
      // a blank at the end of a word that is read from the right would go to its left
      const index = letter === ' ' ? 0 : fontOf(letter.codePointAt(0) ?? 0)
      if (index < 0) missing++
      const shown = index < 0 ? numberOf(letter) : letter
      const used = Math.max(0, index)
      if (last?.index === used) last.text += shown
      else parts.push({ text: shown, index: used })
    }
    return parts.map(({ text: part, index }) => {
      const { name } = fonts[index]
      return name === undefined ? { text: part } : { text: part, font: name }
    })
  }
  return {
    dictionary: {
      Roboto: usual,
      ...Object.fromEntries(others.map((font, i) => [`Other${i + 1}`, font])),
    },
    files: [roboto, dejavu, ...own],
    runs,
    missing: () => missing,
  }
}

function four(normal: string, bold: string) {
  return { normal, bold, italics: normal, bolditalics: bold }
}

function numberOf(letter: string): string {
  const number = (letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  return `[U+${number}]`
}

const rightToLeft = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}]/u

/**
 * Words that are read from the right, in the order they stand on paper: the engine turns the letters of a word by itself, and sets words
 * from left to right. Enough for names; what is mixed within a word stays as it is.
 */
function visualOrder(text: string): string {
  if (!rightToLeft.test(text)) return text
  const words = text.split(' ')
  const out: string[] = []
  for (let i = 0; i < words.length;) {
    let end = i
    while (end < words.length && rightToLeft.test(words[end])) end++
    if (end > i) out.push(...words.slice(i, end).reverse())
    else out.push(words[end++])
    i = Math.max(end, i + 1)
  }
  return out.join(' ')
}

/** The content with each text in the fonts that have its letters. Changes it in place: it is ours, and made for one report. */
export function setFonts(content: Content, fonts: PdfFonts): Content {
  if (typeof content === 'string') return textOf(content, fonts)
  if (Array.isArray(content)) return content.map((one) => setFonts(one, fonts))
  if (typeof content !== 'object' || content === null) return content
  const node = content as unknown as Record<string, unknown>
  if (typeof node['text'] === 'string') node['text'] = textOf(node['text'], fonts)
  else if (Array.isArray(node['text']))
    node['text'] = (node['text'] as Content[]).map((one) => setFonts(one, fonts))
  for (const key of ['stack', 'columns', 'ul', 'ol'])
    if (Array.isArray(node[key]))
      node[key] = (node[key] as Content[]).map((one) => setFonts(one, fonts))
  const table = node['table'] as { body?: Content[][] } | undefined
  if (table?.body !== undefined)
    table.body = table.body.map((row) => row.map((cell) => setFonts(cell, fonts)))
  return content
}

/** A plain string where the usual font has it all: most of a report. */
function textOf(text: string, fonts: PdfFonts): string | { text: string; font?: string }[] {
  const runs = fonts.runs(text)
  if (runs.length === 0) return text
  return runs.length === 1 && runs[0].font === undefined ? runs[0].text : runs
}
