/**
 * Charts as SVG text, drawn by ECharts without a browser (https://echarts.apache.org/handbook/en/how-to/cross-platform/server/).
 * Colours are CSS variables of the page, so that one SVG serves light, dark and paper. Text is escaped by the renderer.
 */

import { BarChart, PieChart } from 'echarts/charts'
import { GridComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import type { EChartsCoreOption } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { formatBytes, formatShortCount, roundLabel } from './format.ts'
import { escapeHtml, trusted } from './markup.ts'
import type { Markup } from './markup.ts'
import type { Measure } from './measure.ts'
import { riskBands, riskWords } from './risk.ts'
import { cut, visible } from './text.ts'

use([BarChart, PieChart, GridComponent, SVGRenderer])

interface Frame {
  /** Prefix of ids inside the SVG, one for each chart on a page. */
  id: string
  width: number
  height: number
  /** What a reader who does not see the chart is told. */
  label: string
}

/** Names and colours of stacked parts, in order; `colour` is a CSS variable's name. */
export interface Part {
  name: string
  colour: string
  values: (number | null)[]
}

const fontSize = 12
const text = { color: 'var(--ink-2)', fontSize }
const still = { silent: true, emphasis: { disabled: true } } as const
const edge = { borderColor: 'var(--surface)', borderWidth: 1 } as const

/** Stacked columns over time. `labels` are the axis texts, '' = no label at that point. */
export function timelineChart(
  labels: string[],
  parts: Part[],
  measure: Measure,
  label: string,
): Markup {
  return draw(
    { id: 'timeline', width: 1180, height: 280, label },
    {
      grid: { left: 8, right: 8, top: 12, bottom: 4, outerBoundsMode: 'same' },
      xAxis: {
        type: 'category',
        data: labels,
        axisLabel: { ...text, interval: (_: number, value: string) => value !== '' },
        axisTick: { show: false },
        axisLine: { lineStyle: { color: 'var(--line-2)' } },
      },
      yAxis: valueAxis(measure),
      series: parts.map((part) => ({
        ...still,
        type: 'bar',
        stack: 'all',
        barCategoryGap: '22%',
        itemStyle: { color: `var(--${part.colour})` },
        data: part.values,
      })),
    },
  )
}

/** A ring of shares with the total in its middle. */
export function donutChart(
  parts: { name: string; colour: string; value: number }[],
  middle: { value: string; word: string },
  label: string,
): Markup {
  const ring = draw(
    { id: 'donut', width: 220, height: 220, label },
    {
      series: [
        {
          ...still,
          type: 'pie',
          radius: [70, 104],
          label: { show: false },
          data: parts.map((part) => ({
            name: visible(part.name),
            value: part.value,
            itemStyle: {
              color: `var(--${part.colour})`,
              borderColor: 'var(--surface)',
              borderWidth: 2,
            },
          })),
        },
      ],
    },
  )
  const words =
    `<text class="ring-value" x="110" y="108" text-anchor="middle">${escapeHtml(middle.value)}</text>` +
    `<text class="ring-word" x="110" y="130" text-anchor="middle">${escapeHtml(middle.word)}</text>`
  return trusted(ring.text.replace(/<\/svg>\s*$/, () => `${words}</svg>`))
}

/** Shares of the risk bands (values in the order of `riskBands`), one bar for each row. Rows whose values are all null or 0 are left empty. */
export function riskChart(
  rows: { name: string; values: (number | null)[] }[],
  label: string,
): Markup {
  const sums = rows.map((row) => row.values.reduce<number>((sum, value) => sum + (value ?? 0), 0))
  const share = (row: number, band: number): number =>
    sums[row] ? ((rows[row]?.values[band] ?? 0) / sums[row]) * 100 : 0
  return draw(
    { id: 'risk', width: 560, height: 44 * rows.length + 8, label },
    {
      grid: { left: 8, right: 8, top: 4, bottom: 4, outerBoundsMode: 'same' },
      xAxis: { type: 'value', max: 100, show: false },
      yAxis: nameAxis(rows.map((row) => row.name)),
      series: riskBands.map((band, position) => ({
        ...still,
        type: 'bar',
        stack: 'all',
        barWidth: 22,
        name: riskWords[band].name,
        itemStyle: { ...edge, color: `var(--${band})` },
        data: rows.map((_, index) => share(index, position)),
      })),
    },
  )
}

/** Horizontal stacked bars with the row's total behind each. */
export function topChart(names: string[], parts: Part[], totals: string[], label: string): Markup {
  return draw(
    { id: 'top', width: 1180, height: 28 * names.length + 8, label },
    {
      // room for wide fonts: text is measured here without the reader's
      grid: { left: 44, right: 90, top: 4, bottom: 4, outerBoundsMode: 'same' },
      xAxis: { type: 'value', show: false, max: 'dataMax' },
      yAxis: nameAxis(names),
      series: [
        ...parts.map((part) => ({
          ...still,
          type: 'bar',
          stack: 'all',
          barWidth: 16,
          itemStyle: { color: `var(--${part.colour})` },
          data: part.values,
        })),
        {
          ...still,
          type: 'bar',
          stack: 'all',
          label: {
            show: true,
            position: 'right',
            color: 'var(--ink)',
            fontSize,
            formatter: (bar: { dataIndex: number }) => totals[bar.dataIndex] ?? '',
          },
          data: names.map(() => 0),
        },
      ],
    },
  )
}

function valueAxis(measure: Measure): object {
  const format = measure.word === 'traffic' ? formatBytes : formatShortCount
  return {
    type: 'value',
    splitNumber: 4,
    axisLabel: {
      ...text,
      formatter: (value: number) => (value === 0 ? '0' : roundLabel(format(value))),
    },
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: 'var(--line)' } },
  }
}

function nameAxis(names: string[]): object {
  return {
    type: 'category',
    inverse: true,
    data: names.map((name) => cut(visible(name), 28)),
    axisLabel: { color: 'var(--ink)', fontSize, margin: 12, interval: 0 },
    axisLine: { show: false },
    axisTick: { show: false },
  }
}

function draw(frame: Frame, option: EChartsCoreOption): Markup {
  const { width, height } = frame
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
  try {
    chart.setOption({ animation: false, ...option })
    return trusted(inlineSvg(chart.renderToSVGString(), frame))
  } finally {
    chart.dispose()
  }
}

/**
 * Makes the renderer's file a part of the page: an accessible name, no style sheet, no style attribute (the page's policy refuses
 * them), no ids that differ from run to run. Text cannot be hit by it: quotes and angle brackets are escaped there.
 */
function inlineSvg(svg: string, frame: Frame): string {
  return svg
    .replace(/<style ?>[\s\S]*?<\/style>/g, '')
    .replace(/ (?:ecmeta_[a-z_]+|class|pointer-events|xml:space)="[^"]*"/g, '')
    .replace(/ style="([^"]*)"/g, (_, style: string) => {
      const size = /font-size:(\d+)px/.exec(style)?.[1]
      const weight = /font-weight:(\w+)/.exec(style)?.[1]
      return `${size ? ` font-size="${size}"` : ''}${weight ? ` font-weight="${weight}"` : ''}`
    })
    .replace(/\bzr\d+-/g, `${frame.id}-`)
    .replace(/^<svg [^>]*>/, () => openTag(frame))
    .replace(/<rect [^>]*fill="none"><\/rect>\n/, '')
    .trim()
}

function openTag({ width, height, label }: Frame): string {
  return `<svg class="chart" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeHtml(label)}">`
}
