/** Fields of forms: several of a list, apps of the catalog, a number that may be left out. */
import {
  Button,
  Combobox,
  Dropdown,
  Field,
  Input,
  Option,
  Tag,
  TagGroup,
  makeStyles,
} from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { visible } from '../../report/text.ts'
import { catalogSearchQuery } from '../data/govern-queries.ts'

const useStyles = makeStyles({
  list: { maxHeight: '320px' },
  wide: { minWidth: 0, width: '100%', '& > input': { minWidth: 0 } },
  words: { display: 'flex', gap: '8px', alignItems: 'center' },
  picked: { flexWrap: 'wrap', rowGap: '6px', marginTop: '6px' },
})

export interface Choice {
  value: string
  text: string
}

export function SeveralField({
  label,
  none,
  choices,
  picked,
  onPick,
}: {
  label: string
  /** What it means when nothing is picked. */
  none: string
  choices: readonly Choice[]
  picked: readonly string[]
  onPick: (picked: string[]) => void
}) {
  const styles = useStyles()
  const names = new Map(choices.map(({ value, text }) => [value, text]))
  // What was picked before stays visible when the list does not have it any more.
  const all = [
    ...choices,
    ...picked.filter((one) => !names.has(one)).map((one) => ({ value: one, text: one })),
  ]
  const shown = picked.map((one) => visible(names.get(one) ?? one))
  return (
    <Field label={label}>
      <Dropdown
        multiselect
        className={styles.wide}
        listbox={{ className: styles.list }}
        placeholder={none}
        selectedOptions={[...picked]}
        value={shown.length > 2 ? `${shown.length} of them` : shown.join(', ')}
        onOptionSelect={(_event, { selectedOptions }) => onPick(selectedOptions)}
      >
        {all.map(({ value, text }) => (
          <Option key={value} value={value} text={visible(text)}>
            {visible(text)}
          </Option>
        ))}
      </Dropdown>
    </Field>
  )
}

/** Words of one's own, one after the other. */
export function WordsField({
  label,
  hint,
  picked,
  onPick,
}: {
  label: string
  hint: string
  picked: readonly string[]
  onPick: (picked: string[]) => void
}) {
  const styles = useStyles()
  const [typed, setTyped] = useState('')
  const add = (): void => {
    const words = typed
      .split(/[\n,]/)
      .map((word) => word.trim())
      .filter((word) => word !== '')
    onPick([...new Set([...picked, ...words])])
    setTyped('')
  }
  return (
    <div>
      <Field label={label} hint={hint}>
        <div className={styles.words}>
          <Input
            className={styles.wide}
            aria-label={label}
            value={typed}
            onChange={(_event, { value }) => setTyped(value)}
            onKeyDown={(event) => {
              if (event.key !== 'Enter') return
              event.preventDefault()
              add()
            }}
          />
          <Button disabled={typed.trim() === ''} onClick={add}>
            Add
          </Button>
        </div>
      </Field>
      <Picked picked={picked} nameOf={(one) => one} onPick={onPick} label={label} />
    </div>
  )
}

function Picked({
  picked,
  nameOf,
  onPick,
  label,
}: {
  picked: readonly string[]
  nameOf: (one: string) => string
  onPick: (picked: string[]) => void
  label: string
}) {
  const styles = useStyles()
  if (picked.length === 0) return null
  return (
    <TagGroup
      className={styles.picked}
      aria-label={`${label}, chosen`}
      size="small"
      onDismiss={(_event, { value }) => onPick(picked.filter((one) => one !== value))}
    >
      {picked.map((one) => (
        <Tag
          key={one}
          value={one}
          dismissible
          dismissIcon={{ 'aria-label': 'take it away' }}
          shape="circular"
        >
          {visible(nameOf(one))}
        </Tag>
      ))}
    </TagGroup>
  )
}

/** Apps of the whole catalog, found by a part of their name; gives their ids. */
export function AppsField({
  label,
  none,
  picked,
  onPick,
}: {
  label: string
  none: string
  picked: readonly string[]
  onPick: (picked: string[]) => void
}) {
  const styles = useStyles()
  const [typed, setTyped] = useState('')
  const found = useQuery(catalogSearchQuery(typed.trim()))
  const rows = typed.trim().length > 1 ? (found.data?.rows ?? []) : []
  return (
    <div>
      <Field label={label}>
        <Combobox
          multiselect
          className={styles.wide}
          listbox={{ className: styles.list }}
          placeholder={none}
          value={typed}
          selectedOptions={[...picked]}
          onChange={(event) => setTyped(event.target.value)}
          onOptionSelect={(_event, { optionValue, selectedOptions }) => {
            if (optionValue === undefined) return
            onPick(selectedOptions)
            setTyped('')
          }}
        >
          {rows.map(({ id, name }) => (
            <Option key={id} value={id} text={visible(name)}>
              {visible(name)}
            </Option>
          ))}
          {rows.length === 0 && (
            <Option key="none" value="" text="" disabled>
              {typed.trim().length > 1 ? 'No app has this in its name' : 'Type a part of its name'}
            </Option>
          )}
        </Combobox>
      </Field>
      <Picked picked={picked} nameOf={(one) => one} onPick={onPick} label={label} />
    </div>
  )
}

/** Empty = null. */
export function NumberField({
  label,
  hint,
  value,
  onChange,
  min = 0,
  max,
  step = 1,
  unit,
}: {
  label: string
  hint?: string
  value: number | null
  onChange: (value: number | null) => void
  min?: number
  max?: number
  step?: number
  unit?: string
}) {
  return (
    <Field label={label} {...(hint === undefined ? {} : { hint })}>
      <Input
        type="number"
        min={min}
        {...(max === undefined ? {} : { max })}
        step={step}
        value={value === null ? '' : String(value)}
        {...(unit === undefined ? {} : { contentAfter: unit })}
        onChange={(_event, data) => {
          const number = Number(data.value)
          onChange(data.value === '' || !Number.isFinite(number) ? null : number)
        }}
      />
    </Field>
  )
}
