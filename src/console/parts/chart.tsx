/** ECharts on a canvas, of which only the parts used are in the bundle. Its tooltips are drawn, not markup: names out of logs stay text. */
import { BarChart } from 'echarts/charts'
import { GridComponent, TooltipComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import type { EChartsCoreOption } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'
import { useEffect, useRef } from 'react'

use([BarChart, GridComponent, TooltipComponent, CanvasRenderer])

export function Chart({
  option,
  height,
  label,
  onPick,
}: {
  option: EChartsCoreOption
  height: number
  /** What it shows, for those who do not see it. */
  label: string
  onPick?: (series: string) => void
}) {
  const place = useRef<HTMLDivElement>(null)
  const chart = useRef<ReturnType<typeof init>>(null)
  const pick = useRef(onPick)
  pick.current = onPick

  useEffect(() => {
    const element = place.current
    if (element === null) return
    const made = init(element, null, { renderer: 'canvas' })
    chart.current = made
    made.on('click', ({ seriesName }) => {
      if (seriesName !== undefined) pick.current?.(seriesName)
    })
    const watch = new ResizeObserver(() => made.resize())
    watch.observe(element)
    return () => {
      watch.disconnect()
      made.dispose()
      chart.current = null
    }
  }, [])

  useEffect(() => {
    chart.current?.setOption(option, { notMerge: true })
  }, [option])

  return <div ref={place} role="img" aria-label={label} style={{ height, width: '100%' }} />
}
