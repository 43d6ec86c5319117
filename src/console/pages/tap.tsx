/** The live tap: lines of a source some seconds after they came, as received and as understood. */
import {
  Button,
  Caption1,
  Input,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  Select,
  Switch,
  Text,
  makeStyles,
  mergeClasses,
  tokens,
} from '@fluentui/react-components'
import { DeleteRegular, PauseRegular, PlayRegular, SearchRegular } from '@fluentui/react-icons'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useMemo, useRef, useState } from 'react'
import { formatCount, formatNoun } from '../../report/format.ts'
import { cut, visible } from '../../report/text.ts'
import { ApiFault } from '../data/ask.ts'
import { openStream } from '../data/event-stream.ts'
import { sourcesQuery } from '../data/queries.ts'
import { useScope } from '../data/scope.ts'
import { emptyView, picked, released, withEvents } from '../data/tap.ts'
import type { NumberedLine, TapOutcome, TapView } from '../data/tap.ts'
import { Page } from '../parts/page.tsx'
import { ParsedRow } from '../parts/parsed-rows.tsx'
import { RouteLink } from '../parts/route-link.tsx'
import { Empty, Fault } from '../parts/states.tsx'
import { Name } from '../parts/words.tsx'

const useStyles = makeStyles({
  bar: { display: 'flex', flexWrap: 'wrap', gap: '8px', alignItems: 'center' },
  search: { width: '260px' },
  count: { color: tokens.colorNeutralForeground2 },
  scroll: {
    overflow: 'auto',
    flex: '1 1 auto',
    minHeight: '200px',
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  list: { margin: 0, padding: 0, listStyle: 'none' },
  line: {
    padding: '10px 16px',
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
    display: 'flex',
    flexDirection: 'column',
    gap: '4px',
  },
  from: { color: tokens.colorNeutralForeground3, fontVariantNumeric: 'tabular-nums' },
  text: {
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    overflowWrap: 'anywhere',
  },
  beginning: {
    display: '-webkit-box',
    WebkitLineClamp: 2,
    WebkitBoxOrient: 'vertical',
    overflow: 'hidden',
  },
  row: { display: 'grid', gridTemplateColumns: '104px minmax(0, 1fr)', gap: '10px' },
})

const outcomes: Record<TapOutcome, string> = {
  all: 'Every line',
  transaction: 'Understood',
  skipped: 'Skipped',
  unparsed: 'Unparsed',
}

/** Offered where none is chosen. */
const mostOffered = 8

export function Tap() {
  const styles = useStyles()
  const { source } = useScope()
  const sources = useQuery(sourcesQuery)
  const navigate = useNavigate()
  const rows = sources.data?.rows ?? []
  const names = rows.map(({ name }) => name)
  const receiving = rows
    .filter(({ linesPerSecond }) => linesPerSecond !== null && linesPerSecond > 0)
    .slice(0, mostOffered)
    .map(({ name }) => name)
  return (
    <Page
      title="Live tap"
      lead="Lines of a source some seconds after they came: as received, and what is understood of them. Nothing of it is kept."
      fill
      tools={
        <Select
          aria-label="Source to look at"
          value={source ?? ''}
          onChange={(_event, { value }) =>
            void navigate({
              to: '.',
              search: (now: object) =>
                ({ ...now, source: value === '' ? undefined : value }) as never,
            })
          }
        >
          <option value="">Choose a source</option>
          {names.map((name) => (
            <option key={name} value={name}>
              {cut(visible(name), 60)}
            </option>
          ))}
          {source !== null && !names.includes(source) && (
            <option value={source}>{cut(visible(source), 60)}</option>
          )}
        </Select>
      }
    >
      {source === null ? (
        <Empty title="No source chosen">
          <Text>Choose whose lines you want to see come in.</Text>
          <div className={styles.bar}>
            {receiving.map((name) => (
              <RouteLink key={name} to="/tap" search={{ source: name }}>
                {cut(visible(name), 60)}
              </RouteLink>
            ))}
          </div>
        </Empty>
      ) : (
        <Lines key={source} source={source} />
      )}
    </Page>
  )
}

interface Stream {
  view: TapView
  fault: Error | null
  paused: boolean
  pause: (on: boolean) => void
  clear: () => void
  again: () => void
}

/** Looks as long as the page is open; a new `turn` begins again. */
function useTap(source: string): Stream {
  const [view, setView] = useState(emptyView)
  const [fault, setFault] = useState<Error | null>(null)
  const [paused, setPaused] = useState(false)
  const [turn, setTurn] = useState(0)
  const isPaused = useRef(false)
  useEffect(() => {
    const leaving = new AbortController()
    const look = async (): Promise<void> => {
      const path = `/sources/${encodeURIComponent(source)}/tap`
      for await (const events of openStream(path, leaving.signal))
        setView((now) => withEvents(now, events, isPaused.current))
      setView((now) => ({ ...now, ended: now.ended ?? 'the appliance ended it' }))
    }
    look().catch((error: unknown) => {
      if (!leaving.signal.aborted)
        setFault(error instanceof Error ? error : new Error(String(error)))
    })
    return () => leaving.abort()
  }, [source, turn])
  return {
    view,
    fault,
    paused,
    pause: (on) => {
      isPaused.current = on
      setPaused(on)
      if (!on) setView(released)
    },
    clear: () => setView(({ ended }) => ({ ...emptyView, ended })),
    again: () => {
      setFault(null)
      setView((now) => ({ ...now, ended: null }))
      setTurn((now) => now + 1)
    },
  }
}

function Lines({ source }: { source: string }) {
  const styles = useStyles()
  const { view, fault, paused, pause, clear, again } = useTap(source)
  const [text, setText] = useState('')
  const [outcome, setOutcome] = useState<TapOutcome>('all')
  const [whole, setWhole] = useState(false)
  // it shows pseudonyms, or is none of one's own: trying again gives no other answer
  const refused = fault instanceof ApiFault && fault.status === 403
  const shown = useMemo(() => picked(view.lines, text, outcome), [view.lines, text, outcome])
  return (
    <>
      <div className={styles.bar} role="search" aria-label="Filter of lines">
        <Input
          className={styles.search}
          type="search"
          aria-label="Text in the line"
          placeholder="Text in the line"
          contentBefore={<SearchRegular />}
          value={text}
          onChange={(_event, { value }) => setText(value)}
        />
        <Select
          aria-label="What became of it"
          value={outcome}
          onChange={(_event, { value }) => setOutcome(value as TapOutcome)}
        >
          {Object.entries(outcomes).map(([id, title]) => (
            <option key={id} value={id}>
              {title}
            </option>
          ))}
        </Select>
        <Button icon={paused ? <PlayRegular /> : <PauseRegular />} onClick={() => pause(!paused)}>
          {paused ? 'Go on' : 'Pause'}
        </Button>
        <Button icon={<DeleteRegular />} disabled={view.lines.length === 0} onClick={clear}>
          Clear
        </Button>
        <Switch
          label="Whole lines"
          checked={whole}
          onChange={(_event, { checked }) => setWhole(checked)}
        />
        <Text className={styles.count} role="status">
          {stateText(view, paused, shown.length)}
        </Text>
      </div>
      {refused ? (
        <Empty title="The lines of this source are not shown">
          <Text>{visible(fault.message)}</Text>
        </Empty>
      ) : (
        fault !== null && <Fault fault={fault} retry={again} />
      )}
      {view.ended !== null && fault === null && (
        <MessageBar intent="info">
          <MessageBarBody>The tap ended: {visible(view.ended)}.</MessageBarBody>
          <MessageBarActions>
            <Button onClick={again}>Look again</Button>
          </MessageBarActions>
        </MessageBar>
      )}
      {shown.length === 0 ? (
        fault === null && (
          <Empty title={view.lines.length === 0 ? 'Waiting for lines' : 'No line fits the filter'}>
            {view.lines.length === 0 && (
              <Text>They come some seconds after the appliance received them.</Text>
            )}
          </Empty>
        )
      ) : (
        // The region itself takes the focus, so that arrow keys scroll it.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <div className={styles.scroll} role="region" aria-label="Lines" tabIndex={0}>
          <ol className={styles.list} reversed>
            {shown.map((line) => (
              <Line key={line.number} line={line} whole={whole} />
            ))}
          </ol>
        </div>
      )}
    </>
  )
}

function stateText(
  { seen, held, leftOut, lines }: TapView,
  paused: boolean,
  shown: number,
): string {
  if (seen === 0) return ''
  const parts = [
    shown === lines.length
      ? formatNoun(shown, 'line')
      : `${shown} of ${formatNoun(lines.length, 'line')}`,
    ...(seen > lines.length + held.length ? [`${formatCount(seen)} seen`] : []),
    ...(leftOut > 0 ? [`${formatCount(leftOut)} more came than are shown`] : []),
    ...(paused ? [`paused, ${formatCount(held.length)} waiting`] : []),
  ]
  return parts.join(' · ')
}

const clock = new Intl.DateTimeFormat('en-GB', {
  timeStyle: 'medium',
  timeZone: 'UTC',
})

function Line({ line, whole }: { line: NumberedLine; whole: boolean }) {
  const styles = useStyles()
  const { receivedAt, peer, listener, text, rows } = line
  return (
    <li className={styles.line}>
      <Caption1 className={styles.from}>
        {clock.format(Date.parse(receivedAt))} UTC from <Name text={peer} /> by {visible(listener)}
      </Caption1>
      <span className={mergeClasses(styles.text, !whole && styles.beginning)}>
        <Name text={text} max={whole ? 8192 : 1200} />
      </span>
      {rows.map((row, index) => (
        <div key={index} className={styles.row}>
          <ParsedRow row={row} />
        </div>
      ))}
    </li>
  )
}
