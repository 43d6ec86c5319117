/** The configuration as a form, made of its schema: every single value has its field, every entry of a list its group of fields. */
import {
  Accordion,
  AccordionHeader,
  AccordionItem,
  AccordionPanel,
  Button,
  Field,
  Input,
  Select,
  Text,
  makeStyles,
  tokens,
} from '@fluentui/react-components'
import { AddRegular, ArrowUndoRegular, DeleteRegular } from '@fluentui/react-icons'
import { useState } from 'react'
import { formatNoun } from '../../report/format.ts'
import { visible } from '../../report/text.ts'
import type { ConfigChange, Shape } from '../data/config-queries.ts'
import { SeveralField, WordsField } from './choices.tsx'

const useStyles = makeStyles({
  grid: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fill, minmax(min(280px, 100%), 1fr))',
    gap: '14px 20px',
    alignItems: 'start',
    padding: '4px 0 12px',
  },
  wide: { gridColumn: '1 / -1' },
  group: {
    gridColumn: '1 / -1',
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    padding: '10px 14px',
    margin: 0,
    minWidth: 0,
  },
  range: { display: 'flex', gap: '8px', alignItems: 'center' },
  end: { minWidth: 0, flex: '1 1 0' },
  muted: { color: tokens.colorNeutralForeground3 },
  entries: { gridColumn: '1 / -1', display: 'grid', gap: '10px', minWidth: 0 },
  head: { display: 'flex', gap: '8px', alignItems: 'center', justifyContent: 'space-between' },
})

/** By their path as JSON. */
export type Changes = ReadonlyMap<string, ConfigChange>

interface PartProps {
  shape: Shape
  value: unknown
  path: ConfigChange['path']
  changes: Changes
  /** undefined = as it was. */
  onChange: (change: ConfigChange) => void
}

export function ConfigForm({
  schema,
  config,
  changes,
  open,
  onOpen,
  returned,
  onChange,
  onReview,
}: {
  schema: Shape
  config: Record<string, unknown>
  changes: Changes
  /** Groups that are unfolded: whoever comes back from a review finds them so. */
  open: readonly string[]
  onOpen: (keys: readonly string[]) => void
  /** From the review: the keyboard goes on where it left. */
  returned: boolean
  onChange: PartProps['onChange']
  onReview: () => void
}) {
  const styles = useStyles()
  return (
    <>
      <Accordion
        collapsible
        multiple
        openItems={[...open]}
        onToggle={(_event, { openItems }) => onOpen(openItems.map(String))}
      >
        {Object.entries(schema.properties ?? {}).map(([key, shape]) => {
          const own = [...changes.values()].filter(({ path }) => path[0] === key).length
          return (
            <AccordionItem key={key} value={key}>
              <AccordionHeader as="h3">
                <span>
                  {key}
                  {own > 0 && ` (${formatNoun(own, 'change')})`}{' '}
                  <Text size={200} className={styles.muted}>
                    {shape.description}
                  </Text>
                </span>
              </AccordionHeader>
              <AccordionPanel>
                <Part
                  shape={shape}
                  value={config[key]}
                  path={[key]}
                  changes={changes}
                  onChange={onChange}
                />
              </AccordionPanel>
            </AccordionItem>
          )
        })}
      </Accordion>
      <div>
        <Button
          appearance="primary"
          autoFocus={returned}
          disabled={changes.size === 0}
          onClick={onReview}
        >
          {changes.size === 0
            ? 'See what changes'
            : `See what changes (${formatNoun(changes.size, 'value')})`}
        </Button>
      </div>
    </>
  )
}

function Part(props: PartProps) {
  const styles = useStyles()
  const { shape, value, path, changes, onChange } = props
  if (shape.properties === undefined)
    return (
      <div className={styles.grid}>
        {entryShape(shape) === null ? <Value {...props} /> : <Entries {...props} />}
      </div>
    )
  const values = (value ?? {}) as Record<string, unknown>
  return (
    <div className={styles.grid}>
      {shape.description !== undefined && path.length > 1 && (
        <Text className={styles.wide} size={200}>
          {shape.description}
        </Text>
      )}
      {Object.entries(shape.properties).map(([key, inner]) => {
        const next = { value: values[key], path: [...path, key], changes, onChange }
        if (entryShape(inner) !== null) return <Entries key={key} shape={inner} {...next} />
        return inner.properties === undefined ? (
          <Value key={key} shape={inner} {...next} />
        ) : (
          <fieldset key={key} className={styles.group}>
            <legend>{key}</legend>
            <Part shape={inner} {...next} />
          </fieldset>
        )
      })}
    </div>
  )
}

/** What an entry of a list of entries holds; null = it is no such list. */
function entryShape({ type, items }: Shape): Shape | null {
  return type === 'array' &&
    items !== undefined &&
    items !== false &&
    items.properties !== undefined
    ? items
    : null
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

/** What an entry is called by those who read it. */
function entryName(entry: unknown, index: number): string {
  if (!isRecord(entry)) return `new entry ${index + 1}`
  const named = ['name', 'user', 'path', 'value'].map((key) => entry[key])
  return visible(named.find((one) => typeof one === 'string') ?? `entry ${index + 1}`)
}

/** Entries of a list by their place; added at the end, taken away, put back before anything is written. */
function Entries({ shape, value, path, changes, onChange }: PartProps) {
  const styles = useStyles()
  const label = String(path.at(-1) ?? '')
  const known = Array.isArray(value) ? (value as unknown[]) : []
  const places = [...changes.values()]
    .filter((change) => isUnder(change.path, path))
    .map((change) => Number(change.path[path.length]) + 1)
  // an added entry is there as long as it holds something, or nobody took it away again
  const [added, setAdded] = useState(0)
  const count = Math.max(known.length + added, ...places)
  const inner = entryShape(shape) ?? {}
  const dropLast = (): void => {
    for (const change of changes.values())
      if (isUnder(change.path, [...path, count - 1])) onChange({ ...change, value: undefined })
    setAdded(Math.max(0, count - known.length - 1))
  }
  return (
    <fieldset className={styles.group}>
      <legend>{label}</legend>
      <div className={styles.entries}>
        {shape.description !== undefined && <Text size={200}>{shape.description}</Text>}
        {Array.from({ length: count }, (_, index) => {
          const at = [...path, index]
          const gone = changes.get(JSON.stringify(at))?.value === null
          const name = entryName(known[index], index)
          const isNew = index >= known.length
          return (
            <fieldset key={index} className={styles.group}>
              <legend>{name}</legend>
              <div className={styles.head}>
                <Text size={200} className={styles.muted}>
                  {gone ? 'Will be taken away.' : isNew ? 'Will be added.' : ''}
                </Text>
                {gone ? (
                  <Button
                    size="small"
                    icon={<ArrowUndoRegular />}
                    aria-label={`Put back: ${name}`}
                    onClick={() => onChange({ path: at, value: undefined })}
                  >
                    Put back
                  </Button>
                ) : (
                  (!isNew || index === count - 1) && (
                    <Button
                      size="small"
                      icon={<DeleteRegular />}
                      aria-label={`Take away: ${name}`}
                      onClick={() => (isNew ? dropLast() : onChange({ path: at, value: null }))}
                    >
                      Take away
                    </Button>
                  )
                )}
              </div>
              {!gone && (
                <Part
                  shape={{ properties: inner.properties ?? {} }}
                  value={known[index]}
                  path={at}
                  changes={changes}
                  onChange={onChange}
                />
              )}
            </fieldset>
          )
        })}
        <div>
          <Button
            size="small"
            icon={<AddRegular />}
            aria-label={`Add: ${label}`}
            onClick={() => setAdded(count - known.length + 1)}
          >
            Add
          </Button>
        </div>
      </div>
    </fieldset>
  )
}

/** Whether a path lies below another. */
function isUnder(path: ConfigChange['path'], above: ConfigChange['path']): boolean {
  return path.length > above.length && above.every((key, index) => path[index] === key)
}

/** One value; what is not given has its default. */
function Value({ shape, value, path, changes, onChange }: PartProps) {
  const styles = useStyles()
  const label = String(path.at(-1) ?? '')
  const change = changes.get(JSON.stringify(path))
  const now = change === undefined ? value : change.value
  const set = (next: unknown): void => {
    const same = JSON.stringify(next) === JSON.stringify(value)
    onChange({ path, value: same ? undefined : next })
  }
  const hint = shape.description ?? ''
  if (shape.type === 'array') {
    const items = shape.items === false ? undefined : shape.items
    const list = Array.isArray(now) ? (now as unknown[]) : []
    const plain = items?.secret !== true && shape.prefixItems === undefined
    if (items?.enum !== undefined)
      return (
        <SeveralField
          label={label}
          none={hint}
          choices={items.enum.map((one) => ({ value: one, text: one }))}
          picked={list.map(String)}
          onPick={(picked) => set(picked)}
        />
      )
    if (isRange(shape) && list.every((one) => typeof one === 'number'))
      return <RangeField label={label} hint={hint} value={list} onChange={set} />
    if (plain && list.every((one) => typeof one === 'string'))
      return <WordsField label={label} hint={hint} picked={list} onPick={(picked) => set(picked)} />
    return (
      <Field label={label} hint={hint}>
        <Text className={styles.muted}>
          {list.length === 0 ? 'None' : formatNoun(list.length, 'entry', 'entries')}: changed as
          YAML.
        </Text>
      </Field>
    )
  }
  if (shape.enum !== undefined || shape.type === 'boolean') {
    const choices = shape.enum ?? ['true', 'false']
    return (
      <Field label={label} hint={hint}>
        <Select
          value={textOf(now)}
          onChange={(_event, data) =>
            set(shape.type === 'boolean' ? data.value === 'true' : data.value)
          }
        >
          {(now === undefined || now === null) && <option value="">not given</option>}
          {choices.map((choice) => (
            <option key={choice} value={choice}>
              {choice}
            </option>
          ))}
        </Select>
      </Field>
    )
  }
  const number = shape.type === 'integer' || shape.type === 'number'
  return (
    <Field label={label} hint={hint}>
      <Input
        type={number ? 'number' : shape.secret === true ? 'password' : 'text'}
        autoComplete="off"
        {...(shape.secret === true ? { placeholder: value === undefined ? '' : 'as it is' } : {})}
        value={shape.secret === true && change === undefined ? '' : textOf(now)}
        onChange={(_event, data) =>
          set(
            data.value === ''
              ? shape.secret === true || value === undefined
                ? value
                : null
              : number
                ? Number(data.value)
                : data.value,
          )
        }
      />
    </Field>
  )
}

/** A first and a last number. */
function isRange({ prefixItems }: Shape): boolean {
  return prefixItems?.length === 2 && prefixItems.every(({ type }) => type === 'integer')
}

function RangeField({
  label,
  hint,
  value: [first, last],
  onChange,
}: {
  label: string
  hint: string
  value: number[]
  onChange: (value: number[]) => void
}) {
  const styles = useStyles()
  return (
    <Field label={label} hint={hint}>
      <div className={styles.range}>
        <Input
          type="number"
          className={styles.end}
          aria-label={`${label}, first`}
          value={textOf(first)}
          onChange={(_event, data) => onChange([Number(data.value), last])}
        />
        <Text>to</Text>
        <Input
          type="number"
          className={styles.end}
          aria-label={`${label}, last`}
          value={textOf(last)}
          onChange={(_event, data) => onChange([first, Number(data.value)])}
        />
      </div>
    </Field>
  )
}

const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : ''
