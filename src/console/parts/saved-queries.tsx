/** Queries of the apps' table: those suggested here and by the catalog, and one's own, kept in this browser. */
import {
  Button,
  Field,
  Input,
  Menu,
  MenuDivider,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuSplitGroup,
  MenuTrigger,
  makeStyles,
} from '@fluentui/react-components'
import { BookmarkRegular, DeleteRegular } from '@fluentui/react-icons'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import type { Ref } from 'react'
import { visible } from '../../report/text.ts'
import type { AppSearch } from '../data/app-filter.ts'
import { suggestedQuery } from '../data/govern-queries.ts'
import {
  filtersOf,
  nameCharacters,
  nameOf,
  queriesOf,
  withQuery,
  withoutQuery,
} from '../data/saved-queries.ts'
import type { Saved } from '../data/saved-queries.ts'
import { FormDialog } from './form-dialog.tsx'

const useStyles = makeStyles({ menu: { maxHeight: '70vh', maxWidth: '420px' } })

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

export function SavedQueries({ search }: { search: AppSearch }) {
  const styles = useStyles()
  const navigate = useNavigate()
  const [saved, setSaved] = useState(() => queriesOf(localStorage.getItem(key)))
  const [naming, setNaming] = useState<string | null>(null)
  const keep = (queries: Saved[]): void => {
    localStorage.setItem(key, JSON.stringify(queries))
    setSaved(queries)
  }
  const open = (query: AppSearch): void => {
    void navigate({ to: '/apps', search: query })
  }
  const catalog = useQuery(suggestedQuery).data?.rows ?? []
  const own = filtersOf(search)
  const name = naming?.trim() ?? ''
  // The entry that opened the dialog is gone with its menu: the keyboard goes on at the menu's button.
  const button = useRef<HTMLButtonElement>(null)
  const named = (): void => {
    setNaming(null)
    requestAnimationFrame(() => button.current?.focus())
  }
  return (
    <>
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <Button ref={button as Ref<never>} icon={<BookmarkRegular />}>
            Queries
          </Button>
        </MenuTrigger>
        <MenuPopover className={styles.menu}>
          <MenuList>
            {saved.map((query) => (
              <MenuSplitGroup key={query.name}>
                <MenuItem onClick={() => open(query.search)}>{visible(query.name)}</MenuItem>
                <MenuItem
                  icon={<DeleteRegular />}
                  aria-label={`Forget ${visible(query.name)}`}
                  persistOnClick
                  onClick={() => keep(withoutQuery(saved, query.name))}
                />
              </MenuSplitGroup>
            ))}
            <MenuItem
              disabled={Object.keys(own).length === 0}
              onClick={() => setNaming(nameOf(own))}
            >
              Save this query
            </MenuItem>
            <MenuDivider />
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
          </MenuList>
        </MenuPopover>
      </Menu>
      <FormDialog
        title="Save this query"
        verb="Save it"
        open={naming !== null}
        onOpen={(next) => {
          if (!next) named()
        }}
        fault={null}
        ready={name !== ''}
        busy={false}
        onDo={() => {
          keep(withQuery(saved, { name, search: own }))
          named()
        }}
        trigger={null}
      >
        <Field
          label="Name"
          hint={
            saved.some((one) => one.name === name)
              ? 'It replaces the one of this name.'
              : 'It is kept in this browser, with its filters and order.'
          }
        >
          <Input
            value={naming ?? ''}
            maxLength={nameCharacters}
            onChange={(_event, { value }) => setNaming(value)}
          />
        </Field>
      </FormDialog>
    </>
  )
}
