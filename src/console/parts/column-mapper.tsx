/** Splits the pasted lines, asks of each column what it is, and lets the appliance write the definition. */
import {
  Button,
  Checkbox,
  Field,
  Input,
  Select,
  Text,
  makeStyles,
} from '@fluentui/react-components'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { visible } from '../../report/text.ts'
import { tell } from '../data/ask.ts'
import { blockedWords, columnsOf, fieldWords, kinds, mappingOf } from '../data/column-mapping.ts'
import type { Column, Kind, Layout, Mapping, Meaning, Named } from '../data/column-mapping.ts'
import { Fault } from './states.tsx'

const useStyles = makeStyles({
  row: { display: 'flex', flexWrap: 'wrap', gap: '12px', alignItems: 'flex-end' },
  columns: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fill, minmax(210px, 1fr))',
    gap: '12px',
  },
  words: { minWidth: '300px' },
})

/** More columns have no log that somebody names by hand. */
const shownColumns = 80

export function ColumnMapper({
  lines,
  onMake,
}: {
  lines: string
  onMake: (definition: string) => void
}) {
  const styles = useStyles()
  const [id, setId] = useState('MY_PROXY')
  const [layout, setLayout] = useState<Layout>({ kind: 'csv', separator: ',', header: false })
  const [meanings, setMeanings] = useState<ReadonlyMap<Column['at'], Meaning>>(new Map())
  const [rest, setRest] = useState<Pick<Named, 'blocked' | 'order' | 'utc'>>({
    blocked: blockedWords,
    order: '',
    utc: false,
  })
  const make = useMutation({
    mutationFn: (mapping: Mapping) => tell<{ text: string }>('POST', '/definitions', { mapping }),
    onSuccess: ({ text }) => onMake(text),
  })
  const columns = columnsOf(lines, layout)
  const there = new Set(columns.map(({ at }) => at))
  const named = new Map([...meanings].filter(([at]) => there.has(at)))
  const mapping = mappingOf({ id, layout, meanings: named, ...rest })
  const has = (meaning: Meaning): boolean => [...named.values()].includes(meaning)
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
        <Cut layout={layout} onChange={setLayout} />
        <Button
          disabled={mapping === null || make.isPending}
          onClick={() => mapping !== null && make.mutate(mapping)}
        >
          Write the definition
        </Button>
      </div>
      {make.error !== null && <Fault fault={make.error} />}
      {columns.length === 0 ? (
        <Text>
          {layout.kind === 'kv' || layout.kind === 'json'
            ? `The first line above holds no ${layout.kind === 'kv' ? 'key=value' : 'JSON object'}.`
            : 'Paste a line above first: its columns appear here.'}
        </Text>
      ) : (
        mapping === null && <Text>Say first which column holds the time.</Text>
      )}
      {(has('time') || has('action')) && (
        <div className={styles.row}>
          {has('time') && (
            <>
              <Field label="Dates in numbers">
                <Select
                  value={rest.order}
                  onChange={(_event, { value }) =>
                    setRest({ ...rest, order: value as Named['order'] })
                  }
                >
                  <option value="">year first, or told by a word</option>
                  <option value="day-first">day first</option>
                  <option value="month-first">month first</option>
                </Select>
              </Field>
              <Checkbox
                label="Times are UTC"
                checked={rest.utc}
                onChange={(_event, { checked }) => setRest({ ...rest, utc: checked === true })}
              />
            </>
          )}
          {has('action') && (
            <Field label="Words for blocked; all others are allowed" className={styles.words}>
              <Input
                value={rest.blocked}
                onChange={(_event, { value }) => setRest({ ...rest, blocked: value })}
              />
            </Field>
          )}
        </div>
      )}
      <div className={styles.columns}>
        {columns.slice(0, shownColumns).map(({ at, example }) => (
          <Field key={at} label={`${visible(String(at))}: ${visible(example).slice(0, 40)}`}>
            <Select
              value={named.get(at) ?? ''}
              onChange={(_event, { value }) => setMeanings(changed(meanings, at, value))}
            >
              <option value="">left out</option>
              {Object.entries(fieldWords).map(([name, words]) => (
                <option key={name} value={name}>
                  {words}
                </option>
              ))}
            </Select>
          </Field>
        ))}
      </div>
    </>
  )
}

/** Each meaning has one column. */
function changed(
  meanings: ReadonlyMap<Column['at'], Meaning>,
  at: Column['at'],
  value: string,
): ReadonlyMap<Column['at'], Meaning> {
  const next = new Map([...meanings].filter(([other, one]) => other !== at && one !== value))
  if (value !== '') next.set(at, value as Meaning)
  return next
}

function Cut({ layout, onChange }: { layout: Layout; onChange: (layout: Layout) => void }) {
  const { kind, separator, header } = layout
  return (
    <>
      <Field label="A line holds">
        <Select
          value={kind}
          onChange={(_event, { value }) => onChange({ ...layout, kind: value as Kind })}
        >
          {Object.entries(kinds).map(([id, words]) => (
            <option key={id} value={id}>
              {words}
            </option>
          ))}
        </Select>
      </Field>
      {kind === 'csv' && (
        <>
          <Field label="Columns are cut at">
            <Select
              value={separator}
              onChange={(_event, { value }) => onChange({ ...layout, separator: value })}
            >
              <option value=",">comma</option>
              <option value=";">semicolon</option>
              <option value={'\t'}>tab</option>
              <option value="|">bar</option>
            </Select>
          </Field>
          <Checkbox
            label="The first line names them"
            checked={header}
            onChange={(_event, { checked }) => onChange({ ...layout, header: checked === true })}
          />
        </>
      )}
    </>
  )
}
