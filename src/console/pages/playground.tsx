/** The parser playground: paste lines, see what is understood; write a format of your own, keep it, read the unread lines with it. */
import {
  Button,
  Field,
  Input,
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
import { formatNoun, formatShare } from '../../report/format.ts'
import { visible } from '../../report/text.ts'
import { tell } from '../data/ask.ts'
import { definitionFor, fieldNames, splitLine } from '../data/format-maker.ts'
import type { Mapped } from '../data/format-maker.ts'
import { formatsQuery } from '../data/queries.ts'
import { useMay } from '../data/session.ts'
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
  columns: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fill, minmax(190px, 1fr))',
    gap: '12px',
  },
})

export function Playground() {
  const styles = useStyles()
  const formats = useQuery(formatsQuery)
  const [lines, setLines] = useState('')
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
        {tab === 'columns' && <ColumnMaker line={lines.split('\n')[0]} onMake={setDefinition} />}
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
          {own && <Keep definition={definition} />}
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

/** Splits the first line, and asks of each column what it is. */
function ColumnMaker({ line, onMake }: { line: string; onMake: (definition: string) => void }) {
  const styles = useStyles()
  const [id, setId] = useState('MY_PROXY')
  const [separator, setSeparator] = useState(',')
  const [fields, setFields] = useState<Record<number, string>>({})
  const values = splitLine(line, separator)
  const mapped: Mapped[] = Object.entries(fields).flatMap(([column, field]) =>
    field === '' ? [] : [{ column: Number(column), field }],
  )
  return (
    <>
      <div className={styles.row}>
        <Field label="Id of the format">
          <Input
            value={id}
            onChange={(_event, { value }) =>
              setId(value.toUpperCase().replaceAll(/[^A-Z0-9_]/g, '_'))
            }
          />
        </Field>
        <Field label="Columns are cut at">
          <Select value={separator} onChange={(_event, { value }) => setSeparator(value)}>
            <option value=",">comma</option>
            <option value=";">semicolon</option>
            <option value={'\t'}>tab</option>
            <option value="|">bar</option>
            <option value=" ">spaces</option>
          </Select>
        </Field>
        <Button
          disabled={mapped.length === 0}
          onClick={() => onMake(definitionFor(id, separator, values.length, mapped))}
        >
          Write the definition
        </Button>
      </div>
      {line === '' && <Text>Paste a line above first: its columns appear here.</Text>}
      <div className={styles.columns}>
        {values.slice(0, 60).map((value, column) => (
          <Field key={column} label={`${column}: ${visible(value).slice(0, 40)}`}>
            <Select
              value={fields[column] ?? ''}
              onChange={(_event, data) => setFields((now) => ({ ...now, [column]: data.value }))}
            >
              <option value="">left out</option>
              {fieldNames.map((name) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </Select>
          </Field>
        ))}
      </div>
    </>
  )
}

/** Puts the definition in force; the unread lines can then be given to the parsers again. */
function Keep({ definition }: { definition: string }) {
  const answers = useQueryClient()
  const may = useMay('govern.write')
  const id = /^id:\s*([A-Z0-9_]+)/m.exec(definition)?.[1] ?? null
  const keep = useMutation({
    mutationFn: () => tell('PUT', `/definitions/${id}`, { text: definition }),
    onSuccess: () => answers.invalidateQueries({ queryKey: formatsQuery.queryKey }),
  })
  if (!may || id === null) return null
  return (
    <>
      <Button disabled={keep.isPending} onClick={() => keep.mutate()}>
        Keep it as {id}
      </Button>
      {keep.error !== null && <Fault fault={keep.error} />}
      {keep.isSuccess && (
        <MessageBar intent="success">
          <MessageBarBody>
            It is in force: lines that come from now on are read with it. Those that waited:{' '}
            <RouteLink to="/unparsed">Unparsed lines</RouteLink>.
          </MessageBarBody>
        </MessageBar>
      )}
    </>
  )
}
