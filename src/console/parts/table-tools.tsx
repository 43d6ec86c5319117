/** Which columns a table shows (kept in this browser), and its rows as a file. */
import {
  Button,
  Menu,
  MenuItem,
  MenuItemCheckbox,
  MenuList,
  MenuPopover,
  MenuTrigger,
} from '@fluentui/react-components'
import { ArrowDownloadRegular, ColumnTripleEditRegular } from '@fluentui/react-icons'
import { useCallback, useState } from 'react'
import { csvOf, save } from '../data/export.ts'
import type { CellValue } from '../data/export.ts'
import type { Column } from './data-table.tsx'

/** Windows of less width begin with fewer columns, so that names stand whole. */
const narrowPx = 1000

/** Ids of hidden columns, by the table's name: as somebody chose, or as they begin. */
export function useHiddenColumns(
  table: string,
  first: { always: readonly string[]; narrow: readonly string[] },
): [string[], (ids: string[]) => void] {
  const key = `gnomon.columns.${table}`
  const [hidden, setHidden] = useState<string[]>(() => {
    const kept = localStorage.getItem(key)
    if (kept !== null) return kept.split(' ').filter((id) => id !== '')
    return [...first.always, ...(window.innerWidth < narrowPx ? first.narrow : [])]
  })
  const change = useCallback(
    (ids: string[]) => {
      localStorage.setItem(key, ids.join(' '))
      setHidden(ids)
    },
    [key],
  )
  return [hidden, change]
}

export function ColumnChoice<Row>({
  columns,
  hidden,
  onChange,
}: {
  columns: readonly Column<Row>[]
  hidden: readonly string[]
  onChange: (hidden: string[]) => void
}) {
  const shown = columns.map(({ id }) => id).filter((id) => !hidden.includes(id))
  return (
    <Menu
      persistOnItemClick
      checkedValues={{ shown }}
      onCheckedValueChange={(_event, { checkedItems }) =>
        onChange(columns.map(({ id }) => id).filter((id) => !checkedItems.includes(id)))
      }
    >
      <MenuTrigger disableButtonEnhancement>
        <Button icon={<ColumnTripleEditRegular />}>Columns</Button>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {columns.map(({ id, title }, index) => (
            <MenuItemCheckbox key={id} name="shown" value={id} disabled={index === 0}>
              {title}
            </MenuItemCheckbox>
          ))}
        </MenuList>
      </MenuPopover>
    </Menu>
  )
}

export function ExportMenu<Row>({
  name,
  rows,
  columns,
  valueOf,
}: {
  name: string
  rows: readonly Row[]
  columns: readonly string[]
  valueOf: (row: Row, column: string) => CellValue
}) {
  const csv = (): void =>
    save(
      `gnomon-${name}.csv`,
      'text/csv;charset=utf-8',
      csvOf(
        columns,
        rows.map((row) => columns.map((column) => valueOf(row, column))),
      ),
    )
  const json = (): void =>
    save(`gnomon-${name}.json`, 'application/json', JSON.stringify(rows, null, 2))
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <Button icon={<ArrowDownloadRegular />} disabled={rows.length === 0}>
          Export
        </Button>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          <MenuItem onClick={csv}>CSV: the rows shown</MenuItem>
          <MenuItem onClick={json}>JSON: the rows shown</MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  )
}
