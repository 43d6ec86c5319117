/** Report, source and time that all pages are about. */
import { Field, Input, Select, makeStyles } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { cut, visible } from '../../report/text.ts'
import { reportsQuery, sourcesQuery } from '../data/queries.ts'
import { ranges, useScope } from '../data/scope.ts'
import type { ScopeSearch } from '../data/scope.ts'

const useStyles = makeStyles({
  bar: {
    display: 'flex',
    gap: '8px',
    alignItems: 'center',
    minWidth: 0,
    // days of one's own are behind the edge of a phone
    '@media (max-width: 600px)': { overflowX: 'auto' },
  },
  select: {
    maxWidth: '220px',
    minWidth: '88px',
    '@media (max-width: 900px)': { maxWidth: '140px' },
    '& > select': { minWidth: 0, textOverflow: 'ellipsis' },
  },
})

export function ScopeBar() {
  const styles = useStyles()
  const scope = useScope()
  const navigate = useNavigate()
  const reports = useQuery(reportsQuery)
  const sources = useQuery(sourcesQuery)
  const change = (patch: { [Key in keyof ScopeSearch]: ScopeSearch[Key] | undefined }): void => {
    void navigate({ to: '.', search: (now: object) => ({ ...now, ...patch }) as never })
  }
  const snapshots = reports.data?.rows.filter(({ kind }) => kind === 'snapshot') ?? []
  const names = sources.data?.rows.map(({ name }) => name) ?? []
  const value = scope.report === 'continuous' ? `source:${scope.source ?? ''}` : scope.report
  const label = (text: string): string => cut(visible(text), 50)
  return (
    <div className={styles.bar}>
      <Select
        className={styles.select}
        aria-label="Report"
        value={value}
        onChange={(_event, { value: picked }) => {
          const source = picked.startsWith('source:') ? picked.slice(7) : null
          change({
            report: source === null ? picked : undefined,
            source: source === null || source === '' ? undefined : source,
            range: undefined,
          })
        }}
      >
        <optgroup label="Continuous report">
          <option value="source:">All sources</option>
          {names.map((name) => (
            <option key={name} value={`source:${name}`}>
              {label(name)}
            </option>
          ))}
          {scope.source !== null && !names.includes(scope.source) && (
            <option value={`source:${scope.source}`}>{label(scope.source)}</option>
          )}
        </optgroup>
        {snapshots.length > 0 && (
          <optgroup label="Snapshots">
            {snapshots.map(({ id, title }) => (
              <option key={id} value={id}>
                {label(title)}
              </option>
            ))}
          </optgroup>
        )}
      </Select>
      <Select
        className={styles.select}
        aria-label="Time range"
        value={scope.range}
        onChange={(_event, { value: range }) =>
          change(
            range === 'own'
              ? { range: 'own', from: scope.from ?? undefined, to: scope.to ?? undefined }
              : { range: range as keyof typeof ranges, from: undefined, to: undefined },
          )
        }
      >
        {Object.entries(ranges).map(([id, title]) => (
          <option key={id} value={id}>
            {title}
          </option>
        ))}
      </Select>
      {scope.range === 'own' && (
        <>
          <DayField label="From" at={scope.from} onPick={(from) => change({ from })} />
          <DayField label="To" at={scope.to} onPick={(to) => change({ to })} />
        </>
      )}
    </div>
  )
}

/** A day in UTC, as the usage is kept. */
function DayField(props: {
  label: string
  at: string | null
  onPick: (at: string | undefined) => void
}) {
  return (
    <Field>
      <Input
        type="date"
        aria-label={`${props.label} (UTC)`}
        value={props.at?.slice(0, 10) ?? ''}
        onChange={(_event, { value }) =>
          props.onPick(value === '' ? undefined : `${value}T00:00:00.000Z`)
        }
      />
    </Field>
  )
}
