/** Filters of the table of apps. */
import { Button, Dropdown, Input, Option, makeStyles } from '@fluentui/react-components'
import { DismissRegular, FilterRegular, SearchRegular } from '@fluentui/react-icons'
import { useState } from 'react'
import { riskBands, riskWords } from '../../report/risk.ts'
import { appSearchKeys, listOf } from '../data/app-filter.ts'
import type { AppSearch } from '../data/app-filter.ts'
import { MoreFilters, moreKeys } from './app-filters-more.tsx'
import type { Change } from './app-filters-more.tsx'
import { SavedQueries } from './saved-queries.tsx'

const useStyles = makeStyles({
  bar: { display: 'flex', flexWrap: 'wrap', gap: '8px', alignItems: 'center' },
  search: { width: '220px' },
  choice: { minWidth: '140px', maxWidth: '200px' },
  small: { width: '132px' },
  before: { whiteSpace: 'nowrap' },
  list: { maxHeight: '360px' },
})

export function AppFilters({
  search,
  categories,
  tags,
  onChange,
}: {
  search: AppSearch
  categories: string[]
  /** In use. */
  tags: readonly string[]
  onChange: Change
}) {
  const styles = useStyles()
  const set = moreKeys.filter((key) => search[key] !== undefined).length
  const [more, setMore] = useState(set > 0)
  const several = (key: 'category' | 'risk', picked: string[]): void =>
    onChange({ [key]: picked.length === 0 ? undefined : picked.join('|') })
  const picked = listOf(search.category)
  const bands = listOf(search.risk)
  const one = (key: keyof AppSearch, value: string | undefined): void =>
    onChange({ [key]: value === undefined || value === '' ? undefined : value })
  const any = appSearchKeys.some(
    (key) => key !== 'sort' && key !== 'order' && search[key] !== undefined,
  )
  return (
    <>
      <div className={styles.bar} role="search" aria-label="Filters">
        <Input
          className={styles.search}
          type="search"
          aria-label="Name, category or id"
          placeholder="Name or category"
          contentBefore={<SearchRegular />}
          value={search.q ?? ''}
          onChange={(_event, { value }) => one('q', value)}
        />
        <Dropdown
          className={styles.choice}
          multiselect
          aria-label="Categories"
          placeholder="All categories"
          listbox={{ className: styles.list }}
          selectedOptions={picked}
          value={picked.length > 1 ? `${picked.length} categories` : (picked[0] ?? '')}
          onOptionSelect={(_event, { selectedOptions }) => several('category', selectedOptions)}
        >
          {categories.map((name) => (
            <Option key={name} value={name}>
              {name}
            </Option>
          ))}
        </Dropdown>
        <Dropdown
          className={styles.choice}
          multiselect
          aria-label="Risk"
          placeholder="Any risk"
          selectedOptions={bands}
          value={bands
            .map((band) => riskWords[band as keyof typeof riskWords]?.name ?? band)
            .join(', ')}
          onOptionSelect={(_event, { selectedOptions }) => several('risk', selectedOptions)}
        >
          {riskBands.map((band) => (
            <Option key={band} value={band} text={riskWords[band].name}>
              {riskWords[band].name} ({riskWords[band].scores})
            </Option>
          ))}
        </Dropdown>
        <Dropdown
          className={styles.choice}
          aria-label="Blocked"
          placeholder="Blocked or not"
          selectedOptions={[search.blocked ?? '']}
          value={
            search.blocked === 'only'
              ? 'Some blocked'
              : search.blocked === 'none'
                ? 'Nothing blocked'
                : ''
          }
          onOptionSelect={(_event, { optionValue }) => one('blocked', optionValue)}
        >
          <Option value="">Blocked or not</Option>
          <Option value="only">Some blocked</Option>
          <Option value="none">Nothing blocked</Option>
        </Dropdown>
        <Input
          className={styles.small}
          type="number"
          min={0}
          aria-label="Users, at least"
          contentBefore={<span className={styles.before}>Users ≥</span>}
          value={search.minUsers ?? ''}
          onChange={(_event, { value }) => one('minUsers', value)}
        />
        <Input
          className={styles.small}
          type="number"
          min={0}
          aria-label="Traffic in MB, at least"
          contentBefore={<span className={styles.before}>MB ≥</span>}
          value={search.minTraffic ?? ''}
          onChange={(_event, { value }) => one('minTraffic', value)}
        />
        <Button
          icon={<FilterRegular />}
          aria-expanded={more}
          onClick={() => setMore((now) => !now)}
        >
          {set === 0 ? 'More filters' : `More filters (${set})`}
        </Button>
        <SavedQueries search={search} />
        {any && (
          <Button
            appearance="subtle"
            icon={<DismissRegular />}
            onClick={() => {
              onChange(
                Object.fromEntries(
                  appSearchKeys
                    .filter((key) => key !== 'sort' && key !== 'order')
                    .map((key) => [key, undefined]),
                ),
              )
            }}
          >
            Clear
          </Button>
        )}
      </div>
      {more && <MoreFilters search={search} tags={tags} onChange={onChange} />}
    </>
  )
}
