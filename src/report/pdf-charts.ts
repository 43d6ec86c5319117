/** Charts of the PDF as small SVGs of rectangles and labels: vector graphics, no browser, no chart library at run time. */
import { roundLabel } from './format.ts'
import { escapeHtml } from './markup.ts'
import type { Measure } from './measure.ts'
import type { Timeline } from './timeline.ts'

/** Inks of the paper: the same as the HTML report's light ones (page.css). */
export const inks = {
  text: '#242424',
  soft: '#5c5c5c',
  line: '#e6e6e6',
  brand: '#0f548c',
  head: '#f5f5f5',
  up: '#c4572b',
  down: '#0f6cbd',
  high: '#c4314b',
  medium: '#c9731c',
  low: '#3f8f46',
  unrated: '#8a8a8a',
} as const
const bands = ['#0f6cbd', '#1a9ba1', '#8661c5', '#d0702a', '#4f8f0e', '#c43e8f', '#a8860b'] as const

export function bandInk(index: number, isRest: boolean): string {
  return isRest ? inks.unrated : bands[index % bands.length]
}

const label = (x: number, y: number, text: string, anchor: 'start' | 'middle' | 'end'): string =>
  `<text x="${round(x)}" y="${round(y)}" font-size="7.5" fill="${inks.soft}" text-anchor="${anchor}">${escapeHtml(text)}</text>`

/** Stacked columns over time; gaps stay gaps. */
export function timelineSvg(
  { labels, bands: rows }: Timeline,
  measure: Measure,
  size: { width: number; height: number },
): string {
  const left = 46
  const bottom = 16
  const { width, height } = size
  const high = height - bottom - 6
  const totals = labels.map((_, i) => rows.reduce((sum, { values }) => sum + (values[i] ?? 0), 0))
  const top = niceTop(Math.max(...totals, 1))
  const step = (width - left) / Math.max(labels.length, 1)
  const parts: string[] = []
  for (let i = 0; i <= 4; i++) {
    const y = 6 + high - (high * i) / 4
    parts.push(
      `<rect x="${left}" y="${round(y)}" width="${width - left}" height="0.5" fill="${inks.line}"/>`,
    )
    const value = (top * i) / 4
    const text =
      measure.word === 'traffic' ? roundLabel(measure.format(value)) : String(Math.round(value))
    parts.push(label(left - 5, y + 2.5, text, 'end'))
  }
  for (const [i] of labels.entries()) {
    let y = 6 + high
    for (const [band, { values }] of rows.entries()) {
      const part = ((values[i] ?? 0) / top) * high
      if (part <= 0) continue
      y -= part
      const ink = bandInk(band, band === rows.length - 1 && rows.length > bands.length)
      parts.push(
        `<rect x="${round(left + i * step + step * 0.12)}" y="${round(y)}" width="${round(step * 0.76)}" height="${round(part)}" fill="${ink}"/>`,
      )
    }
    if (labels[i] !== '') parts.push(axisLabel(left + (i + 0.5) * step, size, labels[i]))
  }
  return svg(size, parts)
}

/** In the middle below its column; at the right edge it ends there. */
function axisLabel(x: number, size: { width: number; height: number }, text: string): string {
  const atEdge = x > size.width - 12
  return label(atEdge ? size.width : x, size.height - 4, text, atEdge ? 'end' : 'middle')
}

/** One bar of parts, the whole width. */
export function shareSvg(
  parts: readonly { value: number; ink: string }[],
  size: { width: number; height: number },
): string {
  const whole = parts.reduce((sum, { value }) => sum + value, 0)
  let x = 0
  const rects = parts.map(({ value, ink }) => {
    const part = whole === 0 ? 0 : (value / whole) * size.width
    const rect = `<rect x="${round(x)}" y="0" width="${round(Math.max(0, part - 0.75))}" height="${size.height}" fill="${ink}"/>`
    x += part
    return rect
  })
  return svg(size, rects)
}

/** A bar within a table's cell, 0..1. */
export function barSvg(
  shares: readonly { share: number; ink: string }[],
  size: { width: number; height: number },
): string {
  let x = 0
  const rects = shares.map(({ share, ink }) => {
    const part = Math.max(0, Math.min(1, share)) * size.width
    const rect = `<rect x="${round(x)}" y="0" width="${round(part)}" height="${size.height}" fill="${ink}"/>`
    x += part
    return rect
  })
  return svg(size, rects)
}

function svg(
  { width, height }: { width: number; height: number },
  parts: readonly string[],
): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${parts.join('')}</svg>`
}

function round(number: number): number {
  return Math.round(number * 100) / 100
}

/** The next 1, 2, 4, 6 or 8 of its power of ten: quarters of it are short numbers. */
function niceTop(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most))
  return ([1, 2, 4, 6, 8, 10].find((step) => step * power >= most) ?? 10) * power
}
