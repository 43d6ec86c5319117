/** The configuration as a form, made of its schema: every single value has its field; lists of entries are changed as YAML. */
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
import { formatNoun } from '../../report/format.ts'
import type { ConfigChange, Shape } from '../data/config-queries.ts'
import { WordsField } from './choices.tsx'

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
  muted: { color: tokens.colorNeutralForeground3 },
})

/** By their path as JSON. */
export type Changes = ReadonlyMap<string, ConfigChange>

interface PartProps {
  shape: Shape
  value: unknown
  path: string[]
  changes: Changes
  onChange: (change: ConfigChange | { path: string[]; value: undefined }) => void
}

export function ConfigForm({
  schema,
  config,
  changes,
  onChange,
  onReview,
}: {
  schema: Shape
  config: Record<string, unknown>
  changes: Changes
  onChange: PartProps['onChange']
  onReview: () => void
}) {
  return (
    <>
      <Accordion collapsible multiple>
        {Object.entries(schema.properties ?? {}).map(([key, shape]) => {
          const own = [...changes.values()].filter(({ path }) => path[0] === key).length
          return (
            <AccordionItem key={key} value={key}>
              <AccordionHeader as="h3">
                {key}
                {own > 0 && ` (${formatNoun(own, 'change')})`}
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
        <Button appearance="primary" disabled={changes.size === 0} onClick={onReview}>
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
        <Value {...props} />
      </div>
    )
  const values = (value ?? {}) as Record<string, unknown>
  return (
    <div className={styles.grid}>
      {shape.description !== undefined && (
        <Text className={styles.wide} size={200}>
          {shape.description}
        </Text>
      )}
      {Object.entries(shape.properties).map(([key, inner]) => {
        const next = { value: values[key], path: [...path, key], changes, onChange }
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

/** One value; what is not given has its default. */
function Value({ shape, value, path, changes, onChange }: PartProps) {
  const styles = useStyles()
  const label = path.at(-1) ?? ''
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
    const plain = items?.properties === undefined && shape.prefixItems === undefined
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

const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : ''
