/** Filters of the table of apps, and the queries somebody saved in this browser. */
import {
  Button,
  Dropdown,
  Input,
  Menu,
  MenuDivider,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  Option,
  makeStyles,
} from '@fluentui/react-components'
import {
  BookmarkRegular,
  DismissRegular,
  FilterRegular,
  SearchRegular,
} from '@fluentui/react-icons'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { riskBands, riskWords } from '../../report/risk.ts'
import { visible } from '../../report/text.ts'
import { appSearchKeys, listOf } from '../data/app-filter.ts'
import type { AppSearch } from '../data/app-filter.ts'
import { suggestedQuery } from '../data/govern-queries.ts'
import { MoreFilters, moreKeys } from './app-filters-more.tsx'
import type { Change } from './app-filters-more.tsx'

const useStyles = makeStyles({
  bar: { display: 'flex', flexWrap: 'wrap', gap: '8px', alignItems: 'center' },
  search: { width: '220px' },
  choice: { minWidth: '140px', maxWidth: '200px' },
  small: { width: '132px' },
  before: { whiteSpace: 'nowrap' },
  list: { maxHeight: '360px' },
  menu: { maxHeight: '70vh', maxWidth: '420px' },
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

interface Saved {
  name: string
  search: AppSearch
}

const key = 'gnomon.queries'

/** Questions people ask first; the same as the portal suggests. */
const suggested: Saved[] = [
  { name: 'High risk, most users first', search: { risk: 'high', sort: 'users', order: 'desc' } },
  { name: 'Generative AI', search: { category: 'Generative AI' } },
  {
    name: 'Cloud storage, most uploaded',
    search: { category: 'Cloud storage', sort: 'bytesUp', order: 'desc' },
  },
  { name: 'New in 7 days', search: { newDays: '7', sort: 'firstSeen', order: 'desc' } },
  { name: 'Not rated', search: { risk: 'unrated' } },
]

function savedQueries(): Saved[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '[]')
    return Array.isArray(kept) ? (kept as Saved[]) : []
  } catch {
    return []
  }
}

function SavedQueries({ search }: { search: AppSearch }) {
  const styles = useStyles()
  const navigate = useNavigate()
  const [saved, setSaved] = useState(savedQueries)
  const keep = (queries: Saved[]): void => {
    localStorage.setItem(key, JSON.stringify(queries))
    setSaved(queries)
  }
  const own = Object.fromEntries(
    appSearchKeys.flatMap((name) => (search[name] === undefined ? [] : [[name, search[name]]])),
  ) as AppSearch
  const open = (query: AppSearch): void => {
    void navigate({ to: '/apps', search: query })
  }
  const catalog = useQuery(suggestedQuery).data?.rows ?? []
  const name = Object.values(own).join(', ').slice(0, 60)
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <Button icon={<BookmarkRegular />}>Queries</Button>
      </MenuTrigger>
      <MenuPopover className={styles.menu}>
        <MenuList>
          {suggested.map((query) => (
            <MenuItem key={query.name} onClick={() => open(query.search)}>
              {query.name}
            </MenuItem>
          ))}
          {catalog.map((query) => (
            <MenuItem key={query.id} onClick={() => open({ suggested: query.id })}>
              {query.name}
            </MenuItem>
          ))}
          {saved.length > 0 && <MenuDivider />}
          {saved.map((query) => (
            <MenuItem key={query.name} onClick={() => open(query.search)}>
              {visible(query.name)}
            </MenuItem>
          ))}
          <MenuDivider />
          <MenuItem
            disabled={name === ''}
            onClick={() =>
              keep([...saved.filter((one) => one.name !== name), { name, search: own }])
            }
          >
            Save this query
          </MenuItem>
          {saved.length > 0 && <MenuItem onClick={() => keep([])}>Forget the saved ones</MenuItem>}
        </MenuList>
      </MenuPopover>
    </Menu>
  )
}
