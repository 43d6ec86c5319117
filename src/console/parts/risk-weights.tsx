/** What the risk score is made of: the weights of the groups and of each factor, changed here for all apps. */
import {
  Accordion,
  AccordionHeader,
  AccordionItem,
  AccordionPanel,
  Button,
  Caption1,
  Field,
  MessageBar,
  MessageBarBody,
  Select,
  Text,
  makeStyles,
  tokens,
} from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { z } from 'zod'
import type { changeSchema } from '../../api/catalog-change-schema.ts'
import { formatCount, formatNoun } from '../../report/format.ts'
import { visible } from '../../report/text.ts'
import { tell } from '../data/ask.ts'
import { categoriesQuery, weightsQuery } from '../data/govern-queries.ts'
import { useMayAll } from '../data/session.ts'
import { bodyOf, keyOf, ownOf, weightIn, weightWords, withChange } from '../data/weight-changes.ts'
import type { OwnWeights, Weight, WeightChanges, Weighed, Weights } from '../data/weight-changes.ts'
import { Confirm } from './confirm.tsx'
import { Panel } from './page.tsx'
import { RouteLink } from './route-link.tsx'
import { Answer, Fault } from './states.tsx'

const useStyles = makeStyles({
  grid: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fill, minmax(210px, 1fr))',
    gap: '12px 16px',
    alignItems: 'end',
  },
  note: { marginLeft: '6px', color: tokens.colorBrandForeground1 },
  bar: { display: 'flex', flexWrap: 'wrap', gap: '8px' },
})

const groupWords = {
  general: 'General',
  security: 'Security',
  compliance: 'Compliance',
  legal: 'Legal',
} as const

export function RiskWeights() {
  const weights = useQuery(weightsQuery)
  const categories = useQuery(categoriesQuery)
  const apps = categories.data?.rows.reduce((sum, row) => sum + row.apps, 0) ?? null
  return (
    <>
      <Panel title="Catalog">
        <Text>
          {formatCount(apps)} apps in{' '}
          {formatNoun(categories.data?.rows.length ?? 0, 'category', 'categories')}. Apps of your
          own are made among the <RouteLink to="/unknown">unknown services</RouteLink>; where the
          catalog comes from stands in the configuration, under catalog.
        </Text>
      </Panel>
      <Panel title="Risk weights">
        <Answer of={weights}>{(known) => <Editor known={known} />}</Answer>
      </Panel>
    </>
  )
}

function Editor({ known }: { known: Weights }) {
  const styles = useStyles()
  const answers = useQueryClient()
  const may = useMayAll('govern.write')
  const [changes, setChanges] = useState<WeightChanges>(new Map())
  const keep = useMutation({
    mutationFn: (body: OwnWeights) =>
      tell<z.infer<typeof changeSchema>>('PUT', '/catalog/weights', body),
    onSuccess: async () => {
      await answers.invalidateQueries()
      setChanges(new Map())
    },
  })
  const field = (of: Weighed, label: string) => (
    <WeightField
      key={of.id}
      label={label}
      known={known}
      of={of}
      change={changes.get(keyOf(of))}
      disabled={!may || keep.isPending}
      onChange={(weight) => setChanges((now) => withChange(now, known, of, weight))}
    />
  )
  return (
    <>
      <Text>
        A score is the mean of four groups by their weights, each the mean of its factors by theirs.
        Of fewer than {formatNoun(known.factsMin, 'known fact')} there is no score.
      </Text>
      {keep.error !== null && <Fault fault={keep.error} />}
      {keep.data !== undefined && (
        <MessageBar intent="success">
          <MessageBarBody>
            In force: {formatNoun(keep.data.scores, 'app has', 'apps have')} another score now.
          </MessageBarBody>
        </MessageBar>
      )}
      <div className={styles.grid}>
        {Object.entries(groupWords).map(([id, name]) =>
          field({ kind: 'groups', id }, `${name}, as a group`),
        )}
      </div>
      <Accordion collapsible multiple>
        {Object.entries(groupWords).map(([group, name]) => {
          // The others tell, and do not count.
          const factors = known.factors.filter(
            (one) => one.group === group && one.counts !== 'info',
          )
          return (
            <AccordionItem key={group} value={group}>
              <AccordionHeader>
                {name}: {formatNoun(factors.length, 'factor')}
              </AccordionHeader>
              <AccordionPanel>
                <div className={styles.grid}>
                  {factors.map((factor) =>
                    field({ kind: 'factors', id: factor.id }, visible(factor.name)),
                  )}
                </div>
              </AccordionPanel>
            </AccordionItem>
          )
        })}
      </Accordion>
      {may && (
        <div className={styles.bar}>
          <Button
            appearance="primary"
            disabled={changes.size === 0}
            disabledFocusable={keep.isPending}
            onClick={() => keep.mutate(bodyOf(known, changes))}
          >
            {changes.size === 0
              ? 'Reckon all scores anew'
              : `Reckon all scores anew with ${formatNoun(changes.size, 'change')}`}
          </Button>
          <Confirm
            title="Back to the shipped weights?"
            words="What was changed here is forgotten, and all scores are reckoned anew. Scores given by hand stay."
            verb="Take all back"
            onConfirm={() => keep.mutate({})}
          >
            <Button disabled={Object.keys(known.own).length === 0 || keep.isPending}>
              Back to the shipped weights
            </Button>
          </Confirm>
        </div>
      )}
    </>
  )
}

function WeightField({
  label,
  known,
  of,
  change,
  disabled,
  onChange,
}: {
  label: string
  known: Weights
  of: Weighed
  /** Not kept yet; null = as shipped. */
  change: Weight | null | undefined
  disabled: boolean
  onChange: (weight: Weight | null) => void
}) {
  const styles = useStyles()
  const own = ownOf(known, of)
  const note = change !== undefined ? 'not kept yet' : own !== null ? 'changed here' : null
  const shown = change === undefined ? weightIn(known, of) : (change ?? '')
  return (
    <Field
      label={
        <>
          {label}
          {note !== null && <Caption1 className={styles.note}>{note}</Caption1>}
        </>
      }
    >
      <Select
        value={shown}
        disabled={disabled}
        onChange={(_event, { value }) => onChange(value === '' ? null : (value as Weight))}
      >
        {own !== null && <option value="">as shipped</option>}
        {Object.entries(weightWords).map(([id, words]) => (
          <option key={id} value={id}>
            {words}
          </option>
        ))}
      </Select>
    </Field>
  )
}
