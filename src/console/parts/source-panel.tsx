/** One source: how it sends, how it is read, what its lines leave out and what mends it. Folded it is one line. */
import {
  Accordion,
  AccordionHeader,
  AccordionItem,
  AccordionPanel,
  Badge,
  Button,
  Caption1,
  MessageBar,
  MessageBarBody,
  ProgressBar,
  Text,
  makeStyles,
  tokens,
} from '@fluentui/react-components'
import { ChevronDownRegular, ChevronRightRegular, EditRegular } from '@fluentui/react-icons'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ReactNode } from 'react'
import type { ReloadResult } from '../../api/schemas.ts'
import type { Config } from '../../config/schema.ts'
import { formatCount, formatNoun, formatShare, formatTime } from '../../report/format.ts'
import { visible } from '../../report/text.ts'
import { fill, useBox } from '../data/device-commands.ts'
import { configQuery, formatsQuery } from '../data/queries.ts'
import type { Source } from '../data/queries.ts'
import { useMay } from '../data/session.ts'
import { BlindSpots, spotsOf } from './blind-spots.tsx'
import { Code } from './code.tsx'
import { Panel } from './page.tsx'
import { RouteLink } from './route-link.tsx'
import { SourceDialog } from './source-dialog.tsx'
import { SourceFeeds } from './source-feeds.tsx'
import { Answer } from './states.tsx'
import { VendorPage } from './vendor-page.tsx'
import { Ago, Name } from './words.tsx'

const useStyles = makeStyles({
  facts: {
    display: 'grid',
    gridTemplateColumns: 'repeat(4, minmax(0, 1fr))',
    '@media (max-width: 600px)': { gridTemplateColumns: 'repeat(2, minmax(0, 1fr))' },
    gap: '12px 20px',
    margin: 0,
  },
  term: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
  value: { margin: 0, fontVariantNumeric: 'tabular-nums', overflowWrap: 'anywhere' },
  meter: { display: 'flex', flexDirection: 'column', gap: '4px' },
  words: { display: 'flex', flexDirection: 'column', gap: '6px' },
  scroll: { overflowX: 'auto' },
  table: {
    width: '100%',
    borderCollapse: 'collapse',
    '& th, & td': { textAlign: 'left', padding: '6px 12px 6px 0', verticalAlign: 'top' },
  },
  muted: { color: tokens.colorNeutralForeground3 },
  // stays together, at the right, where a long name takes the line
  short: { display: 'flex', gap: '8px', alignItems: 'center', marginLeft: 'auto' },
  fold: { justifyContent: 'start', paddingLeft: 0, textAlign: 'left', overflowWrap: 'anywhere' },
})

type Stream = Source['streams'][number]

export const sourceStates = {
  receiving: { word: 'Receiving', color: 'success' },
  quiet: { word: 'Quiet', color: 'warning' },
  silent: { word: 'Silent', color: 'danger' },
  waiting: { word: 'Waiting for its first line', color: 'informative' },
} as const

export function SourcePanel({
  source,
  folded,
  onChanged,
}: {
  source: Source
  /** Among many it begins as one line. */
  folded: boolean
  onChanged: (result: ReloadResult) => void
}) {
  const styles = useStyles()
  const { word, color } = sourceStates[source.state]
  const [turned, setTurned] = useState(false)
  const open = folded === turned
  return (
    <Panel
      title={
        folded ? (
          <Button
            appearance="transparent"
            size="large"
            className={styles.fold}
            icon={open ? <ChevronDownRegular /> : <ChevronRightRegular />}
            aria-expanded={open}
            onClick={() => setTurned(!turned)}
          >
            <Name text={source.name} />
          </Button>
        ) : (
          <Name text={source.name} />
        )
      }
      more={
        <div className={styles.short}>
          {!open && <InShort source={source} />}
          <Badge appearance="tint" color={color} shape="rounded">
            {word}
          </Badge>
          {open && <ChangeSource source={source} onChanged={onChanged} />}
        </div>
      }
    >
      {open && <Details source={source} />}
    </Panel>
  )
}

/** What a folded one tells: its format, its last line, and whether there is something to mend. */
function InShort({ source }: { source: Source }) {
  const styles = useStyles()
  const wrongs = source.notices.length + spotsOf(source).length
  return (
    <Caption1 className={styles.muted}>
      {source.format === null ? 'not recognised yet' : <code>{source.format}</code>}
      {' · '}
      {source.transactions === null ? '–' : formatNoun(source.transactions, 'transaction')}
      {' · '}
      <Ago at={source.lastSeen} />
      {wrongs > 0 && ` · ${formatNoun(wrongs, 'thing')} to mend`}
    </Caption1>
  )
}

function Details({ source }: { source: Source }) {
  const styles = useStyles()
  const mayTap = useMay('raw.read')
  return (
    <>
      <dl className={styles.facts}>
        <Fact term="Last line">
          <Ago at={source.lastSeen} />
        </Fact>
        <Fact term="Lines a second">
          {source.linesPerSecond === null
            ? '–'
            : source.linesPerSecond.toLocaleString('en', { maximumFractionDigits: 1 })}
        </Fact>
        <Fact term="Format">
          {source.format === null ? 'not recognised yet' : <code>{source.format}</code>}
          {source.confidence !== null && source.format !== null && (
            <Caption1 className={styles.muted}> {formatShare(source.confidence)} sure</Caption1>
          )}
        </Fact>
        <Fact term="Transactions">{formatCount(source.transactions)}</Fact>
        <Meter term="Lines with a user" share={source.withUser} />
        <Meter term="with a host name" share={source.withHost} />
        <Meter term="with bytes" share={source.withBytes} />
        <Meter term="with an action" share={source.withAction} />
      </dl>
      <Notices source={source} />
      <BlindSpots source={source} />
      <SourceFeeds source={source} />
      <Accordion collapsible multiple>
        {source.format !== null && source.commands.length === 0 && (
          <AccordionItem value="enable">
            <AccordionHeader>What to switch on at the device</AccordionHeader>
            <AccordionPanel>
              <Enable format={source.format} />
            </AccordionPanel>
          </AccordionItem>
        )}
        <AccordionItem value="streams">
          <AccordionHeader>{formatNoun(source.streams.length, 'sender')}</AccordionHeader>
          <AccordionPanel>
            <Streams source={source} />
          </AccordionPanel>
        </AccordionItem>
      </Accordion>
      <Text size={200}>
        <RouteLink to="/ledger" search={{ source: source.name }}>
          Ledger
        </RouteLink>
        {' · '}
        <RouteLink to="/unparsed" search={{ source: source.name }}>
          Unparsed lines
        </RouteLink>
        {' · '}
        <RouteLink to="/" search={{ source: source.name }}>
          Its report
        </RouteLink>
        {mayTap && (
          <>
            {' · '}
            <RouteLink to="/tap" search={{ source: source.name }}>
              Live tap
            </RouteLink>
          </>
        )}
      </Text>
    </>
  )
}

/** What is in the configuration of it; one that nobody named begins with the addresses of its senders. */
function ChangeSource({
  source,
  onChanged,
}: {
  source: Source
  onChanged: (result: ReloadResult) => void
}) {
  const may = useMay('settings.write')
  const config = useQuery({ ...configQuery, enabled: may })
  if (!may || config.data === undefined) return null
  const known = (config.data as Partial<Config>).sources?.find(({ name }) => name === source.name)
  const senders = source.streams.filter(({ listener }) => listener.startsWith('syslog-'))
  const from = [...new Set(senders.map(({ peer }) => peer))].slice(0, 20)
  const title = known === undefined ? 'Configure' : 'Change'
  return (
    <SourceDialog
      first={known ?? { name: source.name, ...(from.length === 0 ? {} : { from }) }}
      title={`${title} ${visible(source.name)}`}
      onDone={onChanged}
    >
      <Button size="small" icon={<EditRegular />} aria-label={`${title} ${visible(source.name)}`}>
        {title}
      </Button>
    </SourceDialog>
  )
}

/** Wrong clocks, changed lines. */
function Notices({ source }: { source: Source }) {
  const styles = useStyles()
  if (source.notices.length === 0) return null
  return (
    <div className={styles.words}>
      {source.notices.map((text) => (
        <MessageBar key={text} intent="warning" layout="multiline">
          <MessageBarBody>{visible(text)}</MessageBarBody>
        </MessageBar>
      ))}
    </div>
  )
}

function Fact({ term, children }: { term: string; children: ReactNode }) {
  const styles = useStyles()
  return (
    <div>
      <dt className={styles.term}>{term}</dt>
      <dd className={styles.value}>{children}</dd>
    </div>
  )
}

function Meter({ term, share }: { term: string; share: number | null }) {
  const styles = useStyles()
  return (
    <div className={styles.meter}>
      <dt className={styles.term}>{term}</dt>
      <dd className={styles.value}>
        {formatShare(share)}
        <ProgressBar
          value={share ?? 0}
          thickness="large"
          color={share !== null && share < 0.5 ? 'warning' : 'brand'}
          aria-label={`${term}: ${formatShare(share)}`}
        />
      </dd>
    </div>
  )
}

function Enable({ format }: { format: string }) {
  const formats = useQuery(formatsQuery)
  const box = useBox()
  return (
    <Answer of={formats}>
      {({ rows }) => {
        const found = rows.find(({ id, aliases }) => id === format || aliases.includes(format))
        if (found === undefined) return <Text>The format {format} has no words about it.</Text>
        return (
          <>
            <Text block>
              {found.vendor} {found.product}: {found.summary}
            </Text>
            <Code text={fill(found.enable, box)} label={`What to switch on for ${format}`} />
            {found.blind !== null && <Text block>Blind without it: {found.blind}</Text>}
            <VendorPage address={found.documentation} />
          </>
        )
      }}
    </Answer>
  )
}

function Streams({ source }: { source: Source }) {
  const styles = useStyles()
  if (source.streams.length === 0) return <Text>Nobody has sent for it yet.</Text>
  return (
    <div className={styles.scroll}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Sender</th>
            <th scope="col">By</th>
            <th scope="col">Read as</th>
            <th scope="col">Why</th>
            <th scope="col">Clock</th>
            <th scope="col">Changes</th>
            <th scope="col">Last line</th>
            <th scope="col">Transactions</th>
          </tr>
        </thead>
        <tbody>
          {source.streams.slice(0, 50).map((stream) => (
            <tr key={stream.key}>
              <td>
                <Name text={stream.peer} />
              </td>
              <td>{stream.listener}</td>
              <td>{stream.format ?? '–'}</td>
              <td>
                <Name text={stream.reason} max={300} />
              </td>
              <td>
                <Clock clock={stream.clock} />
              </td>
              <td>
                <Drift drift={stream.drift} />
              </td>
              <td>
                <Ago at={stream.lastSeen} />
              </td>
              <td>{formatCount(stream.transactions)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {source.streams.length > 50 && (
        <Caption1>The last 50 of {formatCount(source.streams.length)} are shown.</Caption1>
      )}
    </div>
  )
}

const clockWords: Record<Stream['clock']['state'], string> = {
  files: '–',
  unknown: 'not known yet',
  right: 'right',
  zone: 'another zone',
  ahead: 'ahead',
  late: 'late',
}

function Clock({ clock: { state, text } }: { clock: Stream['clock'] }) {
  const wrong = state === 'zone' || state === 'ahead' || state === 'late'
  return (
    <Badge
      appearance="tint"
      shape="rounded"
      color={wrong ? 'warning' : state === 'right' ? 'success' : 'informative'}
      title={visible(text)}
    >
      {clockWords[state]}
    </Badge>
  )
}

/** The last change of its lines. */
function Drift({ drift }: { drift: Stream['drift'] }) {
  const last = drift[0]
  if (last === undefined) return <>none</>
  return (
    <>
      <Name text={last.words.join(' ')} max={300} /> (since {formatTime(last.since)}
      {last.ended !== null && ` to ${formatTime(last.ended)}`})
    </>
  )
}
