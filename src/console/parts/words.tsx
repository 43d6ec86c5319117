/** Texts and figures as every page writes them. What comes out of logs is shown as text, whatever it holds. */
import { makeStyles, tokens } from '@fluentui/react-components'
import type { PointerEvent } from 'react'
import { formatBytes, formatCount, formatTime, unknownText } from '../../report/format.ts'
import { cut, visible } from '../../report/text.ts'

const useStyles = makeStyles({
  name: { unicodeBidi: 'isolate', overflowWrap: 'anywhere' },
  muted: { color: tokens.colorNeutralForeground3 },
})

/** A name out of a log: control and bidi marks shown, not obeyed. Where it is cut, by its length or by its place, pointing tells the whole. */
export function Name({ text, max = 120 }: { text: string; max?: number }) {
  const shown = visible(text)
  const short = cut(shown, max)
  return (
    <bdi
      className={useStyles().name}
      title={short === shown ? undefined : cut(shown, 1000)}
      onPointerEnter={tellWhole}
    >
      {short}
    </bdi>
  )
}

/** The cell, row or line that cuts it stands a few elements above. */
const placesAbove = 4

/** Asked when the pointer comes, since the width of a place changes. */
function tellWhole({ currentTarget }: PointerEvent<HTMLElement>): void {
  if (currentTarget.hasAttribute('title')) return
  let place = currentTarget.parentElement
  for (let above = 0; above < placesAbove && place !== null; above++) {
    const cutOff = place.scrollWidth > place.clientWidth || place.scrollHeight > place.clientHeight
    if (cutOff && getComputedStyle(place).overflowX === 'hidden') {
      currentTarget.title = currentTarget.textContent
      return
    }
    place = place.parentElement
  }
}

/** A count of users, devices or addresses that lines name; nobody named is not nobody. */
export function Named({ count, of }: { count: number; of: string }) {
  return count === 0 ? (
    <span title={`no line names a ${of}`}>{unknownText}</span>
  ) : (
    <>{formatCount(count)}</>
  )
}

const stepWords = [
  [60, 'second'],
  [3600, 'minute'],
  [86_400, 'hour'],
  [Infinity, 'day'],
] as const

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

/** `3 minutes ago`. */
export function agoText(iso: string, nowMs: number): string {
  const seconds = (Date.parse(iso) - nowMs) / 1000
  if (Number.isNaN(seconds)) return iso
  if (Math.abs(seconds) < 5) return 'just now'
  let unit = 1
  for (const [below, word] of stepWords) {
    if (Math.abs(seconds) < below) return relative.format(Math.round(seconds / unit), word)
    unit = below
  }
  return iso
}

/** A time as `3 minutes ago`, whole on hover; null is "never" or the words given. */
export function Ago({ at, never = 'never' }: { at: string | null; never?: string }) {
  const { muted } = useStyles()
  if (at === null) return <span className={muted}>{never}</span>
  return (
    // Fluent's tooltip listens on each of its own: in a table's rows that costs as much as a column.
    <time dateTime={at} title={`${formatTime(at)} UTC`}>
      {agoText(at, Date.now())}
    </time>
  )
}

/** Bytes; a sum over transactions of which only some told theirs is marked as a lower bound. */
export function Bytes({
  of,
  volume,
}: {
  of: number | null
  volume?: { transactions: number; bytesKnown?: number }
}) {
  if (of === null) return <span title="no transaction told it">{unknownText}</span>
  const part = volume?.bytesKnown !== undefined && volume.bytesKnown < volume.transactions
  return part ? (
    <span title="at least: some transactions do not tell their bytes">≥ {formatBytes(of)}</span>
  ) : (
    <>{formatBytes(of)}</>
  )
}
