/** Traffic over time by category. The drawing comes when the page stands; its legend is text, which the keyboard reaches. */
import { Button, Text, makeStyles, tokens } from '@fluentui/react-components'
import { Suspense, lazy, useMemo } from 'react'
import type { Timeline } from '../../api/schemas.ts'
import { formatBytes, formatShortCount, roundLabel } from '../../report/format.ts'
import { cut, visible } from '../../report/text.ts'
import { usePalette } from '../theme.ts'
import type { Palette } from '../theme.ts'
import { Empty } from './states.tsx'
import { bandsOf } from './timeline.ts'

const Chart = lazy(async () => ({ default: (await import('./chart.tsx')).Chart }))

const useStyles = makeStyles({
  legend: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: '2px 4px',
    margin: 0,
    padding: 0,
    listStyle: 'none',
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground2,
  },
  entry: {
    display: 'flex',
    alignItems: 'center',
    gap: '6px',
    padding: '2px 8px',
    minHeight: '24px',
  },
  lead: {
    minWidth: 0,
    padding: '2px 8px',
    fontWeight: tokens.fontWeightRegular,
    color: tokens.colorNeutralForeground2,
    gap: '6px',
  },
  note: { color: tokens.colorNeutralForeground3, padding: '2px 8px' },
  mark: { width: '12px', height: '12px', borderRadius: '3px', flexShrink: 0 },
})

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
  const styles = useStyles()
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
      grid: { left: 8, right: 12, top: 12, bottom: 8, containLabel: true },
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
        itemStyle: { color: colorOf(palette, band, index) },
        data: band.values,
      })),
    }
  }, [times, bands, measure, palette, timeline, onPick])
  if (times.length === 0) return <Empty title="No traffic in this time" />
  const names = bands.map(({ name }) => visible(name)).join(', ')
  return (
    <div>
      <Suspense fallback={<div style={{ height }} />}>
        <Chart
          option={option}
          height={height}
          label={`${measure === 'bytes' ? 'Traffic' : 'Transactions'} by ${timeline.unit}, ${times.length} bars, by category: ${names}`}
          {...(onPick === undefined ? {} : { onPick })}
        />
      </Suspense>
      {measure === 'transactions' && (
        <Text size={200} className={styles.note}>
          In transactions: no line of this time tells the bytes of both ways.
        </Text>
      )}
      {bands.length > 1 && (
        <ul className={styles.legend} aria-label="Categories">
          {bands.map((band, index) => {
            const mark = (
              <span
                className={styles.mark}
                style={{ backgroundColor: colorOf(palette, band, index) }}
              />
            )
            const text = cut(visible(band.name), 40)
            return (
              <li key={band.name}>
                {onPick === undefined || band.rest ? (
                  <span className={styles.entry}>
                    {mark}
                    {text}
                  </span>
                ) : (
                  <Button
                    appearance="subtle"
                    size="small"
                    className={styles.lead}
                    onClick={() => onPick(band.name)}
                  >
                    {mark}
                    {text}
                  </Button>
                )}
              </li>
            )
          })}
        </ul>
      )}
    </div>
  )
}

const colorOf = (
  palette: Palette,
  { rest }: { rest: boolean },
  index: number,
): string | undefined => (rest ? palette.rest : palette.bands[index % palette.bands.length])
