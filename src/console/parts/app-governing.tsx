/** What was decided about an app: its tags with their history, a score by hand, an app of one's own changed or removed. */
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  DialogTrigger,
  Field,
  Input,
  MessageBar,
  MessageBarBody,
  Text,
  makeStyles,
} from '@fluentui/react-components'
import { ArrowUndoRegular, DeleteRegular, EditRegular } from '@fluentui/react-icons'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { formatTime } from '../../report/format.ts'
import { visible } from '../../report/text.ts'
import { tell } from '../data/ask.ts'
import { tagHistoryQuery } from '../data/govern-queries.ts'
import type { TagEvent } from '../data/govern-queries.ts'
import { catalogAppQuery } from '../data/queries.ts'
import { useMayAll } from '../data/session.ts'
import { NumberField } from './choices.tsx'
import { Confirm } from './confirm.tsx'
import { OwnAppDialog } from './own-app-dialog.tsx'
import { Panel } from './page.tsx'
import { PlainTable } from './plain-table.tsx'
import { RouteLink } from './route-link.tsx'
import { Fault } from './states.tsx'
import { Tags } from './tag-menu.tsx'
import { Ago, Name } from './words.tsx'

const useStyles = makeStyles({
  row: { display: 'flex', flexWrap: 'wrap', gap: '8px', alignItems: 'center' },
  fields: { display: 'grid', gap: '12px' },
})

export function AppGoverning({ id }: { id: string }) {
  const styles = useStyles()
  const may = useMayAll('govern.write')
  const answers = useQueryClient()
  const navigate = useNavigate()
  const entry = useQuery(catalogAppQuery(id)).data
  const history = useQuery(tagHistoryQuery(id)).data?.rows ?? []
  const [moved, setMoved] = useState<string | null>(null)
  const done = async (): Promise<void> => answers.invalidateQueries()
  const undo = useMutation({
    mutationFn: (change: string) => tell('POST', `/tags/changes/${change}/undo`),
    onSuccess: done,
  })
  const remove = useMutation({
    mutationFn: () => tell('DELETE', `/catalog/apps/${id}`),
    // Away from its page first: it would be asked for once more.
    onSuccess: async () => {
      await navigate({ to: '/apps' })
      await done()
    },
  })
  const fault = undo.error ?? remove.error
  return (
    <Panel
      title="What was decided"
      more={
        <Text size={200}>
          <RouteLink to="/alerts" search={{ app: id }}>
            Its alerts
          </RouteLink>
          {may && (
            <>
              {' · '}
              <RouteLink to="/blocks" search={{ view: 'rehearsal', apps: id }}>
                Rehearse a block
              </RouteLink>
            </>
          )}
        </Text>
      }
    >
      {fault !== null && <Fault fault={fault} />}
      {moved !== null && (
        <MessageBar intent="success" layout="multiline">
          <MessageBarBody>{moved === '' ? 'Kept.' : `Kept: ${visible(moved)}.`}</MessageBarBody>
        </MessageBar>
      )}
      {may && entry !== undefined && (
        <div className={styles.row}>
          <ScoreDialog id={id} score={entry.risk.score} override={entry.risk.override} />
          {entry.own && (
            <>
              <OwnAppDialog
                title={`Change ${visible(entry.app.name)}`}
                first={ownAppOf(id, entry.app)}
                known={restOf(entry.app)}
                onDone={setMoved}
              >
                <Button icon={<EditRegular />}>Change the app</Button>
              </OwnAppDialog>
              <Confirm
                title={`Remove ${visible(entry.app.name)} from the catalog?`}
                words="Its destinations become unknown services again, in the past too."
                verb="Remove"
                onConfirm={() => remove.mutate()}
              >
                <Button icon={<DeleteRegular />}>Remove the app</Button>
              </Confirm>
            </>
          )}
        </div>
      )}
      {history.length === 0 ? (
        <Text>It was never tagged.</Text>
      ) : (
        <PlainTable
          label="History of its tags"
          head={['When', 'Tag', 'What', 'Why', 'By', 'Ends (UTC)', '']}
          rows={history.slice(0, 20).map((event, index) => ({
            key: `${event.change} ${event.tag} ${index}`,
            cells: [
              <Ago key="at" at={event.at} />,
              <Tags key="tag" tags={[event.tag]} />,
              event.active ? 'set' : 'taken away',
              <Name key="why" text={event.reason || '–'} max={200} />,
              <Name key="by" text={event.actor} />,
              event.expires === null ? '–' : formatTime(event.expires),
              may && isLast(history, index) && (
                <Button
                  key="undo"
                  size="small"
                  icon={<ArrowUndoRegular />}
                  disabled={undo.isPending}
                  onClick={() => undo.mutate(event.change)}
                >
                  Undo
                </Button>
              ),
            ],
          }))}
        />
      )}
    </Panel>
  )
}

/** Only the last change is undone from here: an older one would take back what came after it. */
const isLast = (history: readonly TagEvent[], index: number): boolean =>
  index === history.findIndex(({ change }) => change === history[0]?.change)

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)
const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []

function ownAppOf(id: string, app: Record<string, unknown>) {
  return {
    id,
    name: text(app['name']) ?? id,
    category: text(app['category']) ?? 'Unclassified',
    domains: texts(app['domains']),
    ranges: texts(app['ranges']),
    score: typeof app['score'] === 'number' ? app['score'] : null,
    owner: text(app['owner']),
    note: text(app['note']),
  }
}

/** Fields that the dialog has no place for. */
function restOf(app: Record<string, unknown>): Record<string, unknown> {
  const kept = [
    'vendor',
    'headquarters',
    'audience',
    'description',
    'hosts',
    'wholeDomains',
    'patterns',
    'hints',
  ]
  return Object.fromEntries(kept.flatMap((key) => (key in app ? [[key, app[key]]] : [])))
}

function ScoreDialog({
  id,
  score,
  override,
}: {
  id: string
  score: number | null
  override: { score: number; note: string } | null
}) {
  const styles = useStyles()
  const answers = useQueryClient()
  const [open, setOpen] = useState(false)
  const [given, setGiven] = useState<number | null>(override?.score ?? score)
  const [note, setNote] = useState(override?.note ?? '')
  const put = useMutation({
    mutationFn: (on: boolean) =>
      on
        ? tell('PUT', `/catalog/apps/${id}/score`, { score: given, note: note.trim() })
        : tell('DELETE', `/catalog/apps/${id}/score`),
    onSuccess: async () => {
      await answers.invalidateQueries()
      setOpen(false)
    },
  })
  return (
    <Dialog open={open} onOpenChange={(_event, data) => setOpen(data.open)}>
      <DialogTrigger disableButtonEnhancement>
        <Button icon={<EditRegular />}>Score by hand</Button>
      </DialogTrigger>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>Score by hand</DialogTitle>
          <DialogContent className={styles.fields}>
            {put.error !== null && <Fault fault={put.error} />}
            <NumberField
              label="Score"
              hint="0 to 10, 10 is safest. It holds until you take it back."
              max={10}
              step={0.1}
              value={given}
              onChange={setGiven}
            />
            <Field label="Why" required>
              <Input value={note} onChange={(_event, { value }) => setNote(value)} />
            </Field>
          </DialogContent>
          <DialogActions>
            <Button
              appearance="primary"
              disabled={given === null || note.trim() === ''}
              disabledFocusable={put.isPending}
              onClick={() => put.mutate(true)}
            >
              Set it
            </Button>
            {override !== null && (
              <Button disabledFocusable={put.isPending} onClick={() => put.mutate(false)}>
                Take it back
              </Button>
            )}
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  )
}
