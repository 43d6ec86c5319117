/** The form of a policy: which apps, what must be exceeded, and what is done then. */
import {
  Button,
  Checkbox,
  Field,
  Input,
  Select,
  Switch,
  Text,
  Textarea,
  makeStyles,
} from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ReactNode } from 'react'
import { formatNoun } from '../../report/format.ts'
import { visible } from '../../report/text.ts'
import { keptQuery, weightsQuery } from '../data/govern-queries.ts'
import type { Policy } from '../data/govern-queries.ts'
import { aboutWords, thresholdWords } from '../data/policy-words.ts'
import { sourcesQuery, tagsQuery } from '../data/queries.ts'
import { useMayAll } from '../data/session.ts'
import { CategoriesField } from './category-fields.tsx'
import { AppsField, NumberField, SeveralField, WordsField } from './choices.tsx'
import { Panel } from './page.tsx'

const useStyles = makeStyles({
  grid: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(min(260px, 100%), 1fr))',
    gap: '14px 20px',
    alignItems: 'start',
  },
  wide: { gridColumn: '1 / -1' },
  row: { display: 'flex', flexWrap: 'wrap', gap: '8px', alignItems: 'center' },
})

export type Patch = Partial<Policy>

export function PolicyForm({
  first,
  busy,
  verb,
  more,
  onSave,
}: {
  first: Policy
  busy: boolean
  verb: string
  more?: ReactNode
  onSave: (policy: Policy) => void
}) {
  const styles = useStyles()
  const [policy, setPolicy] = useState(first)
  const change = (patch: Patch): void => setPolicy((now) => ({ ...now, ...patch }))
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        onSave({ ...policy, name: policy.name.trim() })
      }}
    >
      <div className={styles.grid}>
        <div className={styles.wide}>
          <Panel title="Policy">
            <div className={styles.grid}>
              <Field label="Name" required>
                <Input
                  value={policy.name}
                  onChange={(_event, { value }) => change({ name: value })}
                />
              </Field>
              <Field label="Severity of its alerts">
                <Select
                  value={policy.severity}
                  onChange={(_event, { value }) =>
                    change({ severity: value as Policy['severity'] })
                  }
                >
                  <option value="high">High</option>
                  <option value="medium">Medium</option>
                  <option value="low">Low</option>
                </Select>
              </Field>
              <Field label="State">
                <Switch
                  label={policy.enabled ? 'It watches' : 'It rests'}
                  checked={policy.enabled}
                  onChange={(_event, { checked }) => change({ enabled: checked })}
                />
              </Field>
              <Field label="What it is for" className={styles.wide}>
                <Textarea
                  value={policy.description}
                  rows={2}
                  onChange={(_event, { value }) => change({ description: value })}
                />
              </Field>
            </div>
          </Panel>
        </div>
        <div className={styles.wide}>
          <About policy={policy} change={change} />
        </div>
        <div className={styles.wide}>
          <Thresholds policy={policy} change={change} />
        </div>
        <div className={styles.wide}>
          <Consequence policy={policy} change={change} />
        </div>
        <div className={styles.wide}>
          <Panel title="In words">
            <Text>
              {visible(aboutWords(policy))}. {visible(thresholdWords(policy))}.
            </Text>
            <div className={styles.row}>
              <Button
                type="submit"
                appearance="primary"
                disabled={busy || policy.name.trim() === ''}
              >
                {verb}
              </Button>
              {more}
            </div>
          </Panel>
        </div>
      </div>
    </form>
  )
}

interface PartProps {
  policy: Policy
  change: (patch: Patch) => void
}

function About({ policy, change }: PartProps) {
  const styles = useStyles()
  const may = useMayAll('govern.write')
  const factors = useQuery(weightsQuery).data?.factors ?? []
  const sources = useQuery(sourcesQuery).data?.rows ?? []
  const groups = useQuery({ ...keptQuery('groups'), enabled: may }).data?.rows ?? []
  const known = useQuery(tagsQuery).data?.rows ?? []
  const tags = [
    ...new Set(['sanctioned', 'unsanctioned', 'monitored', ...known.map(({ tag }) => tag)]),
  ].map((tag) => ({ value: tag, text: tag }))
  return (
    <Panel title="Which apps">
      <div className={styles.grid}>
        <AppsField
          label="Apps by name"
          none="All apps"
          picked={policy.apps}
          onPick={(apps) => change({ apps })}
        />
        <CategoriesField
          picked={policy.categories}
          onPick={(picked) => change({ categories: picked as Policy['categories'] })}
        />
        <SeveralField
          label="With one of these tags"
          none="Any tag or none"
          choices={tags}
          picked={policy.tags}
          onPick={(picked) => change({ tags: picked })}
        />
        <SeveralField
          label="With none of these tags"
          none="Whatever the tags"
          choices={tags}
          picked={policy.withoutTags}
          onPick={(withoutTags) => change({ withoutTags })}
        />
        <NumberField
          label="Score at least"
          hint="0 to 10, 10 is safest; apps without a score do not match"
          max={10}
          step={0.1}
          value={policy.scoreMin}
          onChange={(scoreMin) => change({ scoreMin })}
        />
        <NumberField
          label="Score below"
          hint="11 = all that have a score"
          max={11}
          step={0.1}
          value={policy.scoreBelow}
          onChange={(scoreBelow) => change({ scoreBelow })}
        />
        <SeveralField
          label="Known to fulfil none of these"
          none="Whatever the risk factors"
          choices={factors
            .filter(({ counts }) => counts === 'yes-no')
            .map(({ id, name }) => ({ value: id, text: name }))}
          picked={policy.lacking}
          onPick={(lacking) => change({ lacking })}
        />
        <NumberField
          label="Only apps that are new"
          hint="Not seen in so many days before; 0 = old ones too"
          max={365}
          unit="days"
          value={policy.newDays}
          onChange={(newDays) => change({ newDays: newDays ?? 0 })}
        />
        <SeveralField
          label="Sources"
          none="All sources together"
          choices={sources.map(({ name }) => ({ value: name, text: name }))}
          picked={policy.sources}
          onPick={(picked) => change({ sources: picked })}
        />
        {groups.length > 0 || policy.groups.length > 0 ? (
          <SeveralField
            label="Users of these groups"
            none="All users"
            choices={groups.map(({ name }) => ({ value: name, text: name }))}
            picked={policy.groups}
            onPick={(picked) => change({ groups: picked })}
          />
        ) : (
          <WordsField
            label="Users of these groups"
            hint="Empty = all users. There is no group yet."
            picked={policy.groups}
            onPick={(picked) => change({ groups: picked })}
          />
        )}
      </div>
    </Panel>
  )
}

const MB = 1_000_000
const counts = {
  users: 'Users',
  addresses: 'IP addresses',
  devices: 'Devices',
  transactions: 'Transactions',
} as const
const volumes = {
  bytesTotal: 'Traffic',
  bytesUp: 'Uploaded',
  bytesDown: 'Downloaded',
} as const

function Thresholds({ policy: { threshold }, change }: PartProps) {
  const styles = useStyles()
  const set = (key: keyof Policy['threshold'], value: number | null): void => {
    const next = { ...threshold }
    if (value === null) delete next[key]
    else next[key] = Math.round(value)
    change({ threshold: next })
  }
  return (
    <Panel title="More than this, together, in one day (UTC)">
      <div className={styles.grid}>
        {Object.entries(counts).map(([key, label]) => (
          <NumberField
            key={key}
            label={label}
            value={threshold[key as keyof typeof counts] ?? null}
            onChange={(value) => set(key as keyof typeof counts, value)}
          />
        ))}
        {Object.entries(volumes).map(([key, label]) => {
          const bytes = threshold[key as keyof typeof volumes]
          return (
            <NumberField
              key={key}
              label={label}
              unit="MB"
              step={0.1}
              value={bytes === undefined ? null : bytes / MB}
              onChange={(value) =>
                set(key as keyof typeof volumes, value === null ? null : value * MB)
              }
            />
          )
        })}
      </div>
    </Panel>
  )
}

const ways = { mail: 'Mail', webhook: 'Webhook', syslog: 'Syslog (CEF)' } as const
type Way = keyof typeof ways

function Consequence({ policy, change }: PartProps) {
  const styles = useStyles()
  return (
    <Panel title="What is done then">
      <div className={styles.grid}>
        <NumberField
          label="One alert for each app in"
          min={1}
          max={365}
          unit="days"
          value={policy.repeatDays}
          onChange={(repeatDays) => change({ repeatDays: repeatDays ?? 1 })}
        />
        <NumberField
          label="Alerts of it a day, at most"
          min={1}
          max={1000}
          value={policy.alertsPerDay}
          onChange={(alertsPerDay) => change({ alertsPerDay: alertsPerDay ?? 1 })}
        />
        <Field
          label="Tag the app"
          hint={
            policy.tag === 'unsanctioned'
              ? 'It is blocked like any other unsanctioned app.'
              : 'Empty = no tag. Unsanctioned apps are blocked.'
          }
        >
          <Input
            value={policy.tag ?? ''}
            onChange={(_event, { value }) => change({ tag: value === '' ? null : value })}
          />
        </Field>
        <Field label={`Tell by ${formatNoun(policy.notify.length, 'way')} that are configured`}>
          <div className={styles.row} role="group" aria-label="Ways of telling">
            {Object.entries(ways).map(([way, text]) => (
              <Checkbox
                key={way}
                label={text}
                checked={policy.notify.includes(way as Way)}
                onChange={(_event, { checked }) =>
                  change({
                    notify:
                      checked === true
                        ? [...policy.notify, way as Way]
                        : policy.notify.filter((one) => one !== way),
                  })
                }
              />
            ))}
          </div>
        </Field>
      </div>
    </Panel>
  )
}
