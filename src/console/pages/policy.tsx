/** One policy: made of a template, looked at, changed, taken away. */
import { Button } from '@fluentui/react-components'
import { DeleteRegular } from '@fluentui/react-icons'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { visible } from '../../report/text.ts'
import { tell } from '../data/ask.ts'
import { policiesQuery, templatesQuery } from '../data/govern-queries.ts'
import type { Policy } from '../data/govern-queries.ts'
import { useAddress } from '../data/scope.ts'
import { useRefusal } from '../data/session.ts'
import { Confirm } from '../parts/confirm.tsx'
import { Page } from '../parts/page.tsx'
import { PolicyForm } from '../parts/policy-form.tsx'
import { Answer, Empty, Fault, Refusal } from '../parts/states.tsx'

/** What a policy says when nobody said anything. */
const blank: Policy = {
  name: '',
  description: '',
  enabled: true,
  severity: 'medium',
  template: null,
  apps: [],
  tags: [],
  withoutTags: [],
  categories: [],
  scoreMin: null,
  scoreBelow: null,
  lacking: [],
  sources: [],
  groups: [],
  newDays: 0,
  threshold: {},
  repeatDays: 90,
  alertsPerDay: 50,
  tag: null,
  notify: ['mail', 'webhook', 'syslog'],
}

export function PolicyPage() {
  const { id, template } = useAddress<{ id?: string; template?: string }>()
  return id === undefined ? <NewPolicy template={template ?? null} /> : <KnownPolicy id={id} />
}

function useSaved() {
  const answers = useQueryClient()
  const navigate = useNavigate()
  return async (): Promise<void> => {
    await answers.invalidateQueries({ queryKey: policiesQuery.queryKey })
    await navigate({ to: '/policies' })
  }
}

function NewPolicy({ template }: { template: string | null }) {
  const templates = useQuery({ ...templatesQuery, enabled: template !== null })
  const refusal = useRefusal('govern.write')
  const saved = useSaved()
  const make = useMutation({
    mutationFn: (policy: Policy) => tell('POST', '/policies', policy),
    onSuccess: saved,
  })
  const form = (first: Policy) => (
    <PolicyForm
      first={first}
      busy={refusal !== null || make.isPending}
      verb="Make the policy"
      onSave={(policy) => make.mutate(policy)}
    />
  )
  return (
    <Page title="New policy">
      <Refusal why={refusal} />
      {make.error !== null && <Fault fault={make.error} />}
      {template === null ? (
        form(blank)
      ) : (
        <Answer of={templates}>
          {({ rows }) => form(rows.find((row) => row.id === template)?.policy ?? blank)}
        </Answer>
      )}
    </Page>
  )
}

function KnownPolicy({ id }: { id: string }) {
  const policies = useQuery(policiesQuery)
  const refusal = useRefusal('govern.write')
  const may = refusal === null
  const saved = useSaved()
  const change = useMutation({
    mutationFn: (policy: Policy) => tell('PUT', `/policies/${id}`, policy),
    onSuccess: saved,
  })
  const remove = useMutation({
    mutationFn: () => tell('DELETE', `/policies/${id}`),
    onSuccess: saved,
  })
  const fault = change.error ?? remove.error
  const found = policies.data?.rows.find((row) => row.id === id)
  return (
    <Page title={found === undefined ? 'Policy' : visible(found.name)}>
      <Refusal why={refusal} />
      {fault !== null && <Fault fault={fault} />}
      <Answer of={policies}>
        {() => {
          if (found === undefined) return <Empty title="There is no such policy any more" />
          const { id: _id, ...policy } = found
          return (
            <PolicyForm
              first={policy}
              busy={!may || change.isPending}
              verb="Keep the changes"
              more={
                may && (
                  <Confirm
                    title={`Delete ${visible(found.name)}?`}
                    words="Its alerts stay. What it tagged stays tagged."
                    verb="Delete"
                    onConfirm={() => remove.mutate()}
                  >
                    <Button icon={<DeleteRegular />}>Delete</Button>
                  </Confirm>
                )
              }
              onSave={(next) => change.mutate(next)}
            />
          )
        }}
      </Answer>
    </Page>
  )
}
