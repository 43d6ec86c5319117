/** Whom and what the appliance is told about people and networks: groups, exclusions, address ranges; and the deletion of data. */
import { formatNoun } from '../../report/format.ts'
import { useMayAll } from '../data/session.ts'
import { AddressTabs, useTab } from '../parts/address-tabs.tsx'
import type { TabEntry } from '../parts/address-tabs.tsx'
import { Deletion } from '../parts/deletion.tsx'
import { KeptList } from '../parts/kept-list.tsx'
import type { KeptField, KeptWords } from '../parts/kept-list.tsx'
import { Page } from '../parts/page.tsx'

const count = (value: unknown): number => (Array.isArray(value) ? value.length : 0)
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const joined = (parts: string[]): string => parts.filter((part) => part !== '').join(' · ')
const counted = (value: unknown, noun: string): string =>
  count(value) === 0 ? '' : formatNoun(count(value), noun)

const name: KeptField = { key: 'name', label: 'Name', kind: 'text' }
const comment: KeptField = { key: 'comment', label: 'Comment', kind: 'text' }
const lines = (key: string, label: string, hint: string): KeptField => ({
  key,
  label,
  hint,
  kind: 'lines',
})

const lists: Record<string, KeptWords & { title: string }> = {
  groups: {
    title: 'Groups of users',
    path: 'groups',
    noun: 'group',
    empty: 'There is no group yet',
    use: 'A group names some users, so that a policy or an exclusion is about them alone.',
    lead: 'For policies and exclusions',
    fields: [name, lines('users', 'Users', 'One in each line, as logged or merged'), comment],
    about: (row) => joined([counted(row['users'], 'user'), text(row['comment'])]),
  },
  exclusions: {
    title: 'Exclusions',
    path: 'exclusions',
    noun: 'exclusion',
    empty: 'Nobody is excluded',
    use: 'For service accounts, test machines and guest networks that would distort the figures.',
    lead: 'Left out of every report, policy, rehearsal and export; the data stay',
    fields: [
      name,
      lines('users', 'Users', 'One in each line, as logged or merged'),
      lines('groups', 'Groups', 'Names of groups, one in each line: all their users'),
      lines('devices', 'Devices', 'One in each line'),
      lines('networks', 'Networks', 'In CIDR notation, one in each line'),
      comment,
    ],
    about: (row) =>
      joined([
        counted(row['users'], 'user'),
        counted(row['groups'], 'group'),
        counted(row['devices'], 'device'),
        counted(row['networks'], 'network'),
        text(row['comment']),
      ]),
  },
  ranges: {
    title: 'Address ranges',
    path: 'ranges',
    noun: 'range',
    empty: 'There is no range yet',
    use: 'A range tells what a network is and where it stands: an office, a VPN, a guest network.',
    lead: 'What your networks are',
    fields: [
      name,
      lines('networks', 'Networks', 'In CIDR notation, one in each line'),
      {
        key: 'category',
        label: 'Category',
        kind: 'choice',
        choices: ['other', 'corporate', 'administrative', 'risky', 'vpn', 'cloud-provider'],
      },
      lines('tags', 'Tags', 'One in each line'),
      { key: 'location', label: 'Location', kind: 'text' },
      { key: 'organisation', label: 'Registered ISP', kind: 'text' },
    ],
    about: (row) =>
      joined([
        counted(row['networks'], 'network'),
        text(row['category']),
        text(row['location']),
        text(row['organisation']),
      ]),
  },
}

export function Lists() {
  const mayDelete = useMayAll('settings.write')
  const tabs: TabEntry[] = [
    ...Object.entries(lists).map(([id, { title }]): TabEntry => [id, title]),
    ...(mayDelete ? [['deletion', 'Delete data'] as const] : []),
  ]
  const open = useTab(tabs)
  const words = lists[open]
  return (
    <Page
      title="People and networks"
      lead="Groups of users, who is left out, what your networks are, and the deletion of data."
    >
      <AddressTabs tabs={tabs} />
      {words !== undefined && <KeptList key={open} words={words} />}
      {open === 'deletion' && <Deletion />}
    </Page>
  )
}
