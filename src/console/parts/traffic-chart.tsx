/** Traffic over time by category. */
import { useMemo } from 'react'
import type { Timeline } from '../../api/schemas.ts'
import { formatBytes, formatShortCount, roundLabel } from '../../report/format.ts'
import { cut, visible } from '../../report/text.ts'
import { usePalette } from '../theme.ts'
import { Chart } from './chart.tsx'
import { Empty } from './states.tsx'
import { bandsOf } from './timeline.ts'

const dayText = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  timeZone: 'UTC',
})
const hourText = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  timeZone: 'UTC',
})

export function TrafficChart({
  timeline,
  height = 280,
  onPick,
}: {
  timeline: Timeline
  height?: number
  onPick?: (category: string) => void
}) {
  const palette = usePalette()
  const { times, bands, measure } = useMemo(() => bandsOf(timeline, 7), [timeline])
  const option = useMemo(() => {
    const text = (value: number): string =>
      measure === 'bytes' ? formatBytes(value) : formatShortCount(value)
    const { unit } = timeline
    return {
      animation: false,
      color: palette.bands,
      textStyle: { fontFamily: 'inherit', color: palette.ink },
      grid: { left: 8, right: 12, top: 12, bottom: 56, containLabel: true },
      legend: {
        bottom: 0,
        type: 'scroll',
        icon: 'roundRect',
        itemWidth: 12,
        itemHeight: 12,
        textStyle: { color: palette.ink },
        pageTextStyle: { color: palette.ink },
        pageIconColor: palette.ink,
        formatter: (name: string) => cut(visible(name), 40),
      },
      tooltip: {
        trigger: 'axis',
        renderMode: 'richText',
        backgroundColor: palette.surface,
        borderColor: palette.line,
        textStyle: { color: palette.ink, fontSize: 12 },
        axisPointer: { type: 'shadow' },
        confine: true,
        order: 'valueDesc',
        valueFormatter: (value: unknown) => (typeof value === 'number' ? text(value) : '–'),
      },
      xAxis: {
        type: 'category',
        data: times.map((ms) => (unit === 'hour' ? hourText : dayText).format(ms)),
        axisLabel: { color: palette.ink, hideOverlap: true },
        axisLine: { lineStyle: { color: palette.line } },
        axisTick: { show: false },
      },
      yAxis: {
        // transactions come whole
        minInterval: 1,
        type: 'value',
        axisLabel: { color: palette.ink, formatter: (value: number) => roundLabel(text(value)) },
        splitLine: { lineStyle: { color: palette.line } },
      },
      series: bands.map((band, index) => ({
        name: band.name,
        type: 'bar',
        stack: 'traffic',
        barCategoryGap: '18%',
        cursor: onPick === undefined || band.rest ? 'default' : 'pointer',
        itemStyle: {
          color: band.rest ? palette.rest : palette.bands[index % palette.bands.length],
        },
        data: band.values,
      })),
    }
  }, [times, bands, measure, palette, timeline, onPick])
  if (times.length === 0) return <Empty title="No traffic in this time" />
  const names = bands.map(({ name }) => visible(name)).join(', ')
  return (
    <Chart
      option={option}
      height={height}
      label={`${measure === 'bytes' ? 'Traffic' : 'Transactions'} by ${timeline.unit}, ${times.length} bars, by category: ${names}`}
      {...(onPick === undefined ? {} : { onPick })}
    />
  )
}
