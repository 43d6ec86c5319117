/** Names asked for: the second person's word, and what was agreed to. */
import { Badge, Button, makeStyles } from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { ask, tell } from '../data/ask.ts'
import { namesQuery } from '../data/queries.ts'
import type { NameRequest } from '../data/queries.ts'
import { useSession } from '../data/session.ts'
import { Told } from '../parts/name-request.tsx'
import { Page, Panel } from '../parts/page.tsx'
import { PlainTable } from '../parts/plain-table.tsx'
import { Answer, Empty, Fault } from '../parts/states.tsx'
import { Ago, Name } from '../parts/words.tsx'

const useStyles = makeStyles({ row: { display: 'flex', flexWrap: 'wrap', gap: '6px' } })

const colors = { waiting: 'warning', agreed: 'success', refused: 'danger' } as const

export function Names() {
  const styles = useStyles()
  const { name: self } = useSession()
  const requests = useQuery(namesQuery)
  const answers = useQueryClient()
  const decide = useMutation({
    mutationFn: ({ id, agree }: { id: string; agree: boolean }) =>
      tell('POST', `/names/${id}`, { agree }),
    onSuccess: () => answers.invalidateQueries({ queryKey: namesQuery.queryKey }),
  })
  // Each look is told to the audit trail: only what is asked for is fetched.
  const look = useMutation({ mutationFn: (id: string) => ask<NameRequest>(`/names/${id}`) })
  const fault = decide.error ?? look.error
  const actions = ({ id, state, asker }: NameRequest) => {
    if (asker === self)
      return state === 'agreed' ? (
        <Button size="small" disabled={look.isPending} onClick={() => look.mutate(id)}>
          Show it
        </Button>
      ) : null
    if (state !== 'waiting') return null
    return (
      <div className={styles.row}>
        <Button
          size="small"
          appearance="primary"
          disabled={decide.isPending}
          onClick={() => decide.mutate({ id, agree: true })}
        >
          Agree
        </Button>
        <Button
          size="small"
          disabled={decide.isPending}
          onClick={() => decide.mutate({ id, agree: false })}
        >
          Refuse
        </Button>
      </div>
    )
  }
  return (
    <Page
      title="Names asked for"
      lead="Who wants to know who stands behind a pseudonym, and why. Nobody agrees to his own question."
    >
      {fault !== null && <Fault fault={fault} />}
      {look.data !== undefined && (
        <Panel title={<Name text={look.data.pseudonym} />}>
          <Told of={look.data} />
        </Panel>
      )}
      <Panel>
        <Answer of={requests}>
          {({ rows }) =>
            rows.length === 0 ? (
              <Empty title="Nobody asked for a name" />
            ) : (
              <PlainTable
                label="Names asked for"
                head={['Pseudonym', 'Why', 'Asked by', 'Asked', 'State', '']}
                rows={rows.map((row) => ({
                  key: row.id,
                  cells: [
                    <Name key="pseudonym" text={row.pseudonym} />,
                    <Name key="why" text={row.reason} max={300} />,
                    <Name key="by" text={row.asker} />,
                    <Ago key="at" at={row.asked} />,
                    <Badge key="state" appearance="tint" shape="rounded" color={colors[row.state]}>
                      {row.state}
                    </Badge>,
                    actions(row),
                  ],
                }))}
              />
            )
          }
        </Answer>
      </Panel>
    </Page>
  )
}
