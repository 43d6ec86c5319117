/** The rarer filters of the table of apps: score, tags, amounts, what is known of an app's risk. */
import {
  Button,
  Dropdown,
  Field,
  Input,
  Option,
  Select,
  Tag,
  TagGroup,
  makeStyles,
  tokens,
} from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { visible } from '../../report/text.ts'
import { listOf, scoreBounds } from '../data/app-filter.ts'
import type { AppSearch } from '../data/app-filter.ts'
import { weightsQuery } from '../data/govern-queries.ts'

const useStyles = makeStyles({
  panel: {
    display: 'flex',
    flexWrap: 'wrap',
    gap: '10px 16px',
    alignItems: 'flex-end',
    padding: '12px 14px',
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    // a list is as wide as its longest entry, and no wider than the panel
    '& > *': { minWidth: 0, maxWidth: '100%' },
  },
  small: { width: '96px' },
  pair: { display: 'flex', gap: '6px', alignItems: 'center', minWidth: 0 },
  choice: { minWidth: '150px' },
  list: { maxHeight: '320px' },
})

export type Change = (patch: Partial<Record<keyof AppSearch, string | undefined>>) => void

/** Keys that these fields set. */
export const moreKeys = [
  'score',
  'tag',
  'minTransactions',
  'minUploaded',
  'newDays',
  'factor',
  'country',
] as const satisfies (keyof AppSearch)[]

export function MoreFilters({
  search,
  tags,
  onChange,
}: {
  search: AppSearch
  tags: readonly string[]
  onChange: Change
}) {
  const styles = useStyles()
  const number = (key: 'minTransactions' | 'minUploaded' | 'newDays', label: string) => (
    <Field label={label}>
      <Input
        className={styles.small}
        type="number"
        min={0}
        value={search[key] ?? ''}
        onChange={(_event, { value }) => onChange({ [key]: value === '' ? undefined : value })}
      />
    </Field>
  )
  const picked = listOf(search.tag)
  return (
    <div className={styles.panel} role="group" aria-label="More filters">
      <ScoreRange search={search} onChange={onChange} />
      <Field label="Tags">
        <Dropdown
          className={styles.choice}
          multiselect
          placeholder="Any"
          listbox={{ className: styles.list }}
          selectedOptions={picked}
          value={picked.map((tag) => visible(tag === 'none' ? 'no tag' : tag)).join(', ')}
          onOptionSelect={(_event, { selectedOptions }) =>
            onChange({
              tag: selectedOptions.length === 0 ? undefined : selectedOptions.join('|'),
            })
          }
        >
          <Option value="none">no tag</Option>
          {[...new Set(['sanctioned', 'unsanctioned', 'monitored', ...tags])].map((tag) => (
            <Option key={tag} value={tag} text={visible(tag)}>
              {visible(tag)}
            </Option>
          ))}
        </Dropdown>
      </Field>
      {number('minTransactions', 'Transactions ≥')}
      {number('minUploaded', 'Uploaded MB ≥')}
      {number('newDays', 'New in days')}
      <Factors search={search} onChange={onChange} />
    </div>
  )
}

function ScoreRange({ search, onChange }: { search: AppSearch; onChange: Change }) {
  const styles = useStyles()
  const bounds = scoreBounds(search.score)
  // Half a range is typed at a time: what is not a whole one stays here until it is.
  const [from, setFrom] = useState(bounds === null ? '' : String(bounds[0]))
  const [to, setTo] = useState(bounds === null ? '' : String(bounds[1]))
  useEffect(() => {
    // Taken away elsewhere.
    if (search.score !== undefined) return
    setFrom('')
    setTo('')
  }, [search.score])
  const set = (nextFrom: string, nextTo: string): void => {
    setFrom(nextFrom)
    setTo(nextTo)
    const text = `${nextFrom === '' ? '0' : nextFrom}-${nextTo === '' ? '10' : nextTo}`
    const none = nextFrom === '' && nextTo === ''
    onChange({ score: none || scoreBounds(text) === null ? undefined : text })
  }
  return (
    <Field label="Score, 0 to 10">
      <div className={styles.pair}>
        <ScoreInput end="from" value={from} onChange={(value) => set(value, to)} />
        <ScoreInput end="to" value={to} onChange={(value) => set(from, value)} />
      </div>
    </Field>
  )
}

const answers = {
  yes: 'yes',
  no: 'no',
  unknown: 'not known',
  irrelevant: 'not applicable',
} as const

const groupWords: Record<string, string> = {
  general: 'General',
  security: 'Security',
  compliance: 'Compliance',
  legal: 'Legal',
}

/** `soc-2:yes`, one after the other; all must hold. */
function Factors({ search, onChange }: { search: AppSearch; onChange: Change }) {
  const styles = useStyles()
  const factors = useQuery(weightsQuery).data?.factors ?? []
  const [factor, setFactor] = useState('')
  const [answer, setAnswer] = useState<string>('yes')
  const picked = listOf(search.factor)
  const names = new Map(factors.map(({ id, name }) => [id, name]))
  const keep = (list: string[]): void =>
    onChange({ factor: list.length === 0 ? undefined : [...new Set(list)].join('|') })
  const words = (condition: string): string => {
    const [id = '', is = 'yes'] = condition.split(':')
    return `${names.get(id) ?? id}: ${answers[is as keyof typeof answers] ?? is}`
  }
  return (
    <>
      <Field label="Risk factor">
        <div className={styles.pair}>
          <Select
            aria-label="Risk factor"
            value={factor}
            onChange={(_event, { value }) => setFactor(value)}
          >
            <option value="">Choose one</option>
            {Object.entries(groupWords).map(([group, title]) => (
              <optgroup key={group} label={title}>
                {factors
                  .filter((one) => one.group === group && one.counts !== 'info')
                  .map(({ id, name }) => (
                    <option key={id} value={id}>
                      {name}
                    </option>
                  ))}
              </optgroup>
            ))}
          </Select>
          <Select
            aria-label="Answer"
            value={answer}
            onChange={(_event, { value }) => setAnswer(value)}
          >
            {Object.entries(answers).map(([id, text]) => (
              <option key={id} value={id}>
                {text}
              </option>
            ))}
          </Select>
          <Button disabled={factor === ''} onClick={() => keep([...picked, `${factor}:${answer}`])}>
            Add
          </Button>
        </div>
      </Field>
      {picked.length > 0 && (
        <TagGroup
          aria-label="Risk factors chosen"
          size="small"
          onDismiss={(_event, { value }) => keep(picked.filter((one) => one !== value))}
        >
          {picked.map((condition) => (
            <Tag
              key={condition}
              value={condition}
              dismissible
              dismissIcon={{ 'aria-label': 'take it away' }}
              shape="circular"
            >
              {visible(words(condition))}
            </Tag>
          ))}
        </TagGroup>
      )}
    </>
  )
}

function ScoreInput({
  end,
  value,
  onChange,
}: {
  end: 'from' | 'to'
  value: string
  onChange: (value: string) => void
}) {
  return (
    <Input
      className={useStyles().small}
      type="number"
      min={0}
      max={10}
      step={0.1}
      aria-label={`Score ${end}`}
      placeholder={end}
      value={value}
      onChange={(_event, data) => onChange(data.value)}
    />
  )
}
