/** Unknown services that look like apps, best first, each with why, and an app of one's own made of it in one step. */
import {
  Button,
  Caption1,
  MessageBar,
  MessageBarBody,
  ProgressBar,
  Text,
  makeStyles,
  tokens,
} from '@fluentui/react-components'
import { AddRegular } from '@fluentui/react-icons'
import { useState } from 'react'
import type { z } from 'zod'
import type { candidateSchema } from '../../api/catalog-schemas.ts'
import { visible } from '../../report/text.ts'
import { finderPages } from '../data/queries.ts'
import { useScope } from '../data/scope.ts'
import { usePages } from '../data/use-pages.ts'
import { useMayAll } from '../data/session.ts'
import { OwnAppDialog } from './own-app-dialog.tsx'
import { Panel } from './page.tsx'
import { PlainTable } from './plain-table.tsx'
import { Answer, Empty } from './states.tsx'
import { Ago, Bytes, Name } from './words.tsx'

type Candidate = z.infer<typeof candidateSchema>

const useStyles = makeStyles({
  rank: { width: '62px' },
  service: { minWidth: '132px' },
  why: {
    margin: 0,
    padding: 0,
    listStyle: 'none',
    minWidth: '180px',
    '& li': { display: 'inline' },
    '& li + li::before': { content: '" · "', color: tokens.colorNeutralForeground3 },
  },
  button: {
    whiteSpace: 'nowrap',
    minWidth: '136px',
    '@media (max-width: 900px)': { whiteSpace: 'normal', minWidth: '72px' },
  },
  muted: { color: tokens.colorNeutralForeground3 },
})

export function Finder() {
  const styles = useStyles()
  const scope = useScope()
  const may = useMayAll('govern.write')
  const { pages, rows } = usePages(finderPages(scope.query))
  const [made, setMade] = useState<string | null>(null)
  return (
    <>
      {made !== null && (
        <MessageBar intent="success" layout="multiline">
          <MessageBarBody>{visible(made)}</MessageBarBody>
        </MessageBar>
      )}
      <Panel>
        <Answer of={pages}>
          {() =>
            rows.length === 0 ? (
              <Empty title="Nothing unknown looks like an app" />
            ) : (
              <>
                <PlainTable
                  label="Services that look like apps"
                  head={['Service', 'How likely', 'Why', 'Traffic', '']}
                  figures={[3]}
                  rows={rows.map((row) => ({
                    key: row.domain,
                    cells: cellsOf(row, may, setMade, styles.button),
                  }))}
                />
                {pages.hasNextPage && (
                  <div>
                    <Button disabled={pages.isFetching} onClick={() => void pages.fetchNextPage()}>
                      Show more
                    </Button>
                  </div>
                )}
              </>
            )
          }
        </Answer>
      </Panel>
    </>
  )
}

function cellsOf(row: Candidate, may: boolean, onMade: (words: string) => void, className: string) {
  const { suggestion } = row
  return [
    <Service key="name" row={row} />,
    <Rank key="rank" rank={row.rank} />,
    <Why key="why" row={row} />,
    <Bytes key="bytes" of={row.bytesTotal} />,
    may && (
      <OwnAppDialog
        key="make"
        title={`An app of your own: ${visible(row.domain)}`}
        first={{
          ...suggestion,
          category: 'Unclassified',
          score: null,
          owner: null,
          note: null,
        }}
        onDone={(words) =>
          onMade(
            `${suggestion.name} is in the catalog now${words === '' ? '.' : `: ${words}.`} Its past is named anew within a minute.`,
          )
        }
      >
        <Button
          size="small"
          icon={<AddRegular />}
          aria-label={`Make it an app: ${visible(row.domain)}`}
          className={className}
        >
          Make it an app
        </Button>
      </OwnAppDialog>
    ),
  ]
}

function Service({ row }: { row: Candidate }) {
  const { muted, service } = useStyles()
  return (
    <div className={service}>
      <Text block weight="semibold">
        <Name text={row.domain} />
      </Text>
      <Caption1 block className={muted}>
        seen <Ago at={row.lastSeen} />
      </Caption1>
      {row.near.length > 0 && (
        <Caption1 className={muted}>
          with <Name text={row.near.join(', ')} />
        </Caption1>
      )}
    </div>
  )
}

function Rank({ rank }: { rank: number }) {
  const styles = useStyles()
  return (
    <div className={styles.rank}>
      <ProgressBar value={rank / 100} thickness="large" aria-label={`${Math.round(rank)} of 100`} />
      <Caption1>{Math.round(rank)} of 100</Caption1>
    </div>
  )
}

function Why({ row }: { row: Candidate }) {
  const styles = useStyles()
  return (
    <ul className={styles.why}>
      {row.evidence.map(({ kind, text }) => (
        <li key={kind}>
          <Name text={text} />
        </li>
      ))}
    </ul>
  )
}
