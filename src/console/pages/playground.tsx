/** The parser playground: paste lines, see what is understood; write a format of your own, keep it, read the unread lines with it. */
import {
  Button,
  Field,
  MessageBar,
  MessageBarBody,
  Select,
  Tab,
  TabList,
  Text,
  Textarea,
  makeStyles,
  tokens,
} from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { ReplayResult } from '../../api/schemas.ts'
import { formatNoun, formatShare } from '../../report/format.ts'
import { visible } from '../../report/text.ts'
import { tell } from '../data/ask.ts'
import { formatsQuery } from '../data/queries.ts'
import { useMayAll } from '../data/session.ts'
import { takenAlong } from '../data/taken-along.ts'
import { ColumnMapper } from '../parts/column-mapper.tsx'
import { Page, Panel } from '../parts/page.tsx'
import { ParsedRows } from '../parts/parsed-rows.tsx'
import type { Parsed } from '../parts/parsed-rows.tsx'
import { RouteLink } from '../parts/route-link.tsx'
import { Fault } from '../parts/states.tsx'

const useStyles = makeStyles({
  area: {
    width: '100%',
    '& textarea': { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200 },
  },
  row: { display: 'flex', flexWrap: 'wrap', gap: '12px', alignItems: 'flex-end' },
})

export function Playground() {
  const styles = useStyles()
  const formats = useQuery(formatsQuery)
  const [lines, setLines] = useState(takenAlong)
  const [format, setFormat] = useState('auto')
  const [definition, setDefinition] = useState('')
  const [tab, setTab] = useState('read')
  const own = tab !== 'read' && definition.trim() !== ''
  const attempt = useMutation({
    mutationFn: () =>
      tell<Parsed>('POST', '/parse', { lines, ...(own ? { definition } : { format }) }),
  })
  return (
    <Page title="Parser playground" lead="Paste lines as the device sent them. Nothing is stored.">
      <Panel title="Lines">
        <Textarea
          className={styles.area}
          aria-label="Log lines"
          rows={8}
          resize="vertical"
          value={lines}
          onChange={(_event, { value }) => setLines(value)}
        />
        <TabList selectedValue={tab} onTabSelect={(_event, { value }) => setTab(String(value))}>
          <Tab value="read">Known formats</Tab>
          <Tab value="columns">A format by its columns</Tab>
          <Tab value="yaml">A definition (YAML)</Tab>
        </TabList>
        {tab === 'read' && (
          <Field label="Read as">
            <Select value={format} onChange={(_event, { value }) => setFormat(value)}>
              <option value="auto">Whatever it is recognised as</option>
              {[...new Set(formats.data?.rows.map(({ id }) => id))].toSorted().map((id) => (
                <option key={id} value={id}>
                  {id}
                </option>
              ))}
            </Select>
          </Field>
        )}
        {tab === 'columns' && <ColumnMapper lines={lines} onMake={setDefinition} />}
        {tab !== 'read' && (
          <Textarea
            className={styles.area}
            aria-label="Definition"
            rows={tab === 'yaml' ? 14 : 8}
            resize="vertical"
            value={definition}
            onChange={(_event, { value }) => setDefinition(value)}
          />
        )}
        <div className={styles.row}>
          <Button
            appearance="primary"
            disabled={lines.trim() === '' || attempt.isPending}
            onClick={() => attempt.mutate()}
          >
            Read the lines
          </Button>
          {
            // what was kept is that text: another one is not in force
            own && <Keep key={definition} definition={definition} />
          }
        </div>
      </Panel>
      {attempt.error !== null && <Fault fault={attempt.error} />}
      {attempt.data !== undefined && (
        <Panel title={attempt.data.format ?? 'Not recognised'}>
          <Text>
            {formatShare(attempt.data.confidence)} sure: {visible(attempt.data.reason)}.{' '}
            {formatNoun(attempt.data.transactions, 'transaction')}, {attempt.data.skipped} skipped,{' '}
            {attempt.data.unparsed} unparsed.
          </Text>
          <ParsedRows rows={attempt.data.rows.slice(0, 200)} />
        </Panel>
      )}
    </Page>
  )
}

/** Puts the definition in force; the unread lines can then be given to the parsers again. */
function Keep({ definition }: { definition: string }) {
  const answers = useQueryClient()
  const may = useMayAll('govern.write')
  const id = /^id:\s*([A-Z0-9_]+)/m.exec(definition)?.[1] ?? null
  const keep = useMutation({
    mutationFn: () => tell('PUT', `/definitions/${id}`, { text: definition }),
    onSuccess: () => answers.invalidateQueries({ queryKey: formatsQuery.queryKey }),
  })
  const replay = useMutation({
    mutationFn: () => tell<ReplayResult>('POST', '/unparsed/replay', {}),
    onSuccess: () => answers.invalidateQueries(),
  })
  if (!may || id === null) return null
  return (
    <>
      <Button disabled={keep.isPending} onClick={() => keep.mutate()}>
        Keep it as {id}
      </Button>
      {keep.error !== null && <Fault fault={keep.error} />}
      {keep.isSuccess && (
        <>
          <Button disabled={replay.isPending || replay.isSuccess} onClick={() => replay.mutate()}>
            Give the unparsed lines to the parsers again
          </Button>
          {replay.error !== null && <Fault fault={replay.error} />}
          <MessageBar intent="success" layout="multiline">
            <MessageBarBody>
              {replay.data === undefined
                ? 'It is in force: lines that come from now on are read with it. '
                : `${formatNoun(replay.data.lines, 'line')} went to the parsers again. What is still not read comes back: `}
              <RouteLink to="/unparsed">Unparsed lines</RouteLink>
            </MessageBarBody>
          </MessageBar>
        </>
      )}
    </>
  )
}
