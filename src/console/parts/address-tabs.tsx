/** Tabs that stand in the page's address, so that a link and the way back lead to the same one. The first is the page itself. */
import { Tab, TabList } from '@fluentui/react-components'
import { useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useAddress } from '../data/scope.ts'

export type TabEntry = readonly [id: string, title: ReactNode]

/** `name` is the word in the address; an unknown value is the first tab. */
export function useTab(tabs: readonly TabEntry[], name = 'view'): string {
  const asked = useAddress<Record<string, string>>()[name]
  return (tabs.find(([id]) => id === asked) ?? tabs[0])[0]
}

export function AddressTabs({ tabs, name = 'view' }: { tabs: readonly TabEntry[]; name?: string }) {
  const navigate = useNavigate()
  return (
    <TabList
      selectedValue={useTab(tabs, name)}
      onTabSelect={(_event, { value }) =>
        void navigate({
          to: '.',
          search: (now: object) =>
            ({ ...now, [name]: value === tabs[0][0] ? undefined : value }) as never,
        })
      }
    >
      {tabs.map(([id, title]) => (
        <Tab key={id} value={id}>
          {title}
        </Tab>
      ))}
    </TabList>
  )
}
