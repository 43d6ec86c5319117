/** Indicators of Defender for Endpoint: what the last comparison did, and what one would do now. */
import {
  Button,
  MessageBar,
  MessageBarBody,
  ProgressBar,
  Text,
  makeStyles,
} from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { formatCount, formatNoun, formatTime } from '../../report/format.ts'
import { visible } from '../../report/text.ts'
import { ask, tell } from '../data/ask.ts'
import { indicatorsQuery } from '../data/govern-queries.ts'
import type { IndicatorPlan, IndicatorReport } from '../data/govern-queries.ts'
import { useMay } from '../data/session.ts'
import { Confirm } from './confirm.tsx'
import { Facts } from './facts.tsx'
import { LeftOutTable } from './left-out.tsx'
import { Panel } from './page.tsx'
import { PlainTable } from './plain-table.tsx'
import { Answer, Empty, Fault } from './states.tsx'
import { Name } from './words.tsx'

const useStyles = makeStyles({
  row: { display: 'flex', flexWrap: 'wrap', gap: '8px' },
  names: { overflowWrap: 'anywhere' },
})

export function BlockIndicators() {
  const indicators = useQuery(indicatorsQuery)
  return (
    <Answer of={indicators}>
      {({ configured, last }) => (
        <>
          {configured ? (
            <Compare />
          ) : (
            <Panel>
              <Empty title="Defender's indicators are not configured">
                <Text>
                  With <code>govern.indicators</code> the domains of unsanctioned apps become
                  indicators that block, those of monitored apps indicators that warn.
                </Text>
              </Empty>
            </Panel>
          )}
          {last !== null && <Last report={last} />}
        </>
      )}
    </Answer>
  )
}

function Compare() {
  const styles = useStyles()
  const may = useMay('govern.write')
  const answers = useQueryClient()
  const plan = useMutation({
    mutationFn: () => ask<IndicatorPlan>('/indicators/plan'),
  })
  const sync = useMutation({
    mutationFn: (removeAll: boolean) =>
      tell<IndicatorReport>('POST', '/indicators/sync', { removeAll }),
    onSuccess: () => answers.invalidateQueries({ queryKey: indicatorsQuery.queryKey }),
  })
  const fault = plan.error ?? sync.error
  return (
    <Panel title="Compare both sides">
      <Text>
        Both sides are compared every few minutes and after a change of tags. Only what carries our
        mark is touched.
      </Text>
      {fault !== null && <Fault fault={fault} />}
      <div className={styles.row}>
        <Button disabled={plan.isPending} onClick={() => plan.mutate()}>
          What would be done now?
        </Button>
        {may && (
          <>
            <Button
              appearance="primary"
              disabled={sync.isPending}
              onClick={() => sync.mutate(false)}
            >
              Compare and mend now
            </Button>
            <Confirm
              title="Take all of ours away?"
              words="Every indicator that this appliance made is removed, whatever the tags say. The next comparison makes them again."
              verb="Remove ours"
              onConfirm={() => sync.mutate(true)}
            >
              <Button disabled={sync.isPending}>Remove all of ours</Button>
            </Confirm>
          </>
        )}
      </div>
      {plan.data !== undefined && (
        <>
          <Facts
            of={[
              ['Would be made', formatCount(plan.data.created)],
              ['Changed', formatCount(plan.data.updated)],
              ['Removed', formatCount(plan.data.remove.length)],
              ['As they are', formatCount(plan.data.unchanged)],
              ['In the tenant then', formatCount(plan.data.after)],
            ]}
          />
          <PlainTable
            label="What would be put"
            head={['Name', 'Action']}
            rows={plan.data.put.slice(0, 100).map(({ value, action }) => ({
              key: value,
              cells: [<Name key="name" text={value} />, action],
            }))}
          />
        </>
      )}
    </Panel>
  )
}

function Last({ report }: { report: IndicatorReport }) {
  const styles = useStyles()
  const { foreign, overBudget, failures, active, budget } = report
  const names = (list: readonly string[]): string => {
    const more = list.length - 30
    return `${list.slice(0, 30).map(visible).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  }
  return (
    <>
      <Panel title={`The last comparison: ${formatTime(report.at)} UTC`}>
        {report.error !== null && (
          <MessageBar intent="error" layout="multiline">
            <MessageBarBody>{visible(report.error)}</MessageBarBody>
          </MessageBar>
        )}
        <Facts
          of={[
            ['Made', formatCount(report.created)],
            ['Changed', formatCount(report.updated)],
            ['Removed', formatCount(report.removed)],
            ['As they were', formatCount(report.unchanged)],
            ['In the tenant', `${formatCount(active)} of ${formatCount(budget)}`],
          ]}
        />
        <ProgressBar
          value={Math.min(1, active / budget)}
          thickness="large"
          color={active > budget * 0.9 ? 'warning' : 'brand'}
          aria-label={`${formatCount(active)} of ${formatCount(budget)} indicators`}
        />
        {overBudget.length > 0 && (
          <MessageBar intent="warning" layout="multiline">
            <MessageBarBody>
              No room for {formatNoun(overBudget.length, 'name')}, not blocked: {names(overBudget)}
            </MessageBarBody>
          </MessageBar>
        )}
        {foreign.length > 0 && (
          <Text className={styles.names}>
            Somebody else&apos;s indicator has {formatNoun(foreign.length, 'name')}, left alone:{' '}
            {names(foreign)}
          </Text>
        )}
        {failures.length > 0 && (
          <PlainTable
            label="What failed"
            head={['Name', 'Why it failed']}
            rows={failures.map(({ value, reason }) => ({
              key: value,
              cells: [<Name key="name" text={value} />, <Name key="why" text={reason} max={300} />],
            }))}
          />
        )}
      </Panel>
      <LeftOutTable rows={report.leftOut} />
    </>
  )
}
