/** Data sources: who sends, how it is read, how much of it can be told, and what to switch on. */
import {
  Accordion,
  AccordionHeader,
  AccordionItem,
  AccordionPanel,
  Badge,
  Caption1,
  MessageBar,
  MessageBarBody,
  ProgressBar,
  Text,
  makeStyles,
  tokens,
} from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { blindSpots } from '../../report/data-quality.ts'
import { formatCount, formatNoun, formatShare } from '../../report/format.ts'
import { formatsQuery, sourcesQuery } from '../data/queries.ts'
import type { Source } from '../data/queries.ts'
import { Code } from '../parts/code.tsx'
import { Page, Panel } from '../parts/page.tsx'
import { RouteLink } from '../parts/route-link.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import { Ago, Name } from '../parts/words.tsx'

const useStyles = makeStyles({
  facts: {
    display: 'grid',
    gridTemplateColumns: 'repeat(4, minmax(120px, 1fr))',
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
})

const states = {
  receiving: { word: 'Receiving', color: 'success' },
  quiet: { word: 'Quiet', color: 'warning' },
  silent: { word: 'Silent', color: 'danger' },
  waiting: { word: 'Waiting for its first line', color: 'informative' },
} as const

export function Sources() {
  const sources = useQuery(sourcesQuery)
  return (
    <Page
      title="Sources"
      lead="Every firewall and proxy that sends, how its lines are read, and what they do not tell."
    >
      <Answer of={sources}>
        {({ rows }) =>
          rows.length === 0 ? (
            <Panel>
              <Empty title="No source has sent a line yet">
                <Text>
                  Point a device at this appliance by syslog (its address, the ports of
                  configuration key <code>syslog</code>), or drop a file by FTP.
                </Text>
              </Empty>
            </Panel>
          ) : (
            rows.map((source) => <SourcePanel key={source.name} source={source} />)
          )
        }
      </Answer>
    </Page>
  )
}

function SourcePanel({ source }: { source: Source }) {
  const styles = useStyles()
  const { word, color } = states[source.state]
  return (
    <Panel
      title={<Name text={source.name} />}
      more={
        <Badge appearance="tint" color={color} shape="rounded">
          {word}
        </Badge>
      }
    >
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
      <BlindSpots source={source} />
      <Accordion collapsible multiple>
        {source.format !== null && (
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
      </Text>
    </Panel>
  )
}

/** What the lines leave out, and the cure; what they tell well needs no words. */
function BlindSpots({ source }: { source: Source }) {
  const styles = useStyles()
  const { withUser, withHost, withBytes, withAction } = source
  const spots = blindSpots({ withUser, withHost, withBytes, withAction }).filter(
    ({ level }) => level === 'partly' || level === 'missing',
  )
  if (spots.length === 0) return null
  return (
    <div className={styles.words}>
      {spots.map(({ field, text }) => (
        <MessageBar key={field} intent="warning" layout="multiline">
          <MessageBarBody>{text}</MessageBarBody>
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
            <Code text={found.enable} label={`What to switch on for ${format}`} />
            {found.blind !== null && <Text block>Blind without it: {found.blind}</Text>}
            <a href={found.documentation} target="_blank" rel="noreferrer noopener">
              The vendor's page
            </a>
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
