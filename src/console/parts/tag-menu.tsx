/** Tags of apps: sanctioned, unsanctioned, monitored, or one of one's own; for many apps at once. */
import {
  Badge,
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
  Select,
  makeStyles,
} from '@fluentui/react-components'
import { TagMultipleRegular } from '@fluentui/react-icons'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { formatNoun } from '../../report/format.ts'
import { tell } from '../data/ask.ts'
import { tagsQuery } from '../data/queries.ts'
import { useMayAll } from '../data/session.ts'
import { Fault } from './states.tsx'
import { Name } from './words.tsx'

const useStyles = makeStyles({ fields: { display: 'grid', gap: '12px' } })

const colors: Record<string, 'success' | 'danger' | 'warning' | 'informative'> = {
  sanctioned: 'success',
  unsanctioned: 'danger',
  monitored: 'warning',
}

/** Tags by the app's id; empty while the appliance tells none. */
export function useTags(): Map<string, string[]> {
  const { data } = useQuery(tagsQuery)
  return useMemo(() => {
    const byApp = new Map<string, string[]>()
    for (const { appId, tag } of data?.rows ?? [])
      byApp.set(appId, [...(byApp.get(appId) ?? []), tag])
    return byApp
  }, [data])
}

export function Tags({ tags }: { tags: readonly string[] | undefined }) {
  return (
    <>
      {tags?.map((tag) => (
        <Badge key={tag} appearance="tint" shape="rounded" color={colors[tag] ?? 'informative'}>
          <Name text={tag} max={30} />
        </Badge>
      ))}
    </>
  )
}

export function TagButton({ apps, onDone }: { apps: readonly string[]; onDone?: () => void }) {
  const styles = useStyles()
  const may = useMayAll('govern.write')
  const answers = useQueryClient()
  const [open, setOpen] = useState(false)
  const [tag, setTag] = useState('sanctioned')
  const [own, setOwn] = useState('')
  const [reason, setReason] = useState('')
  const [days, setDays] = useState('')
  const set = useMutation({
    mutationFn: (active: boolean) =>
      tell('POST', '/tags', {
        apps,
        tag: tag === 'own' ? own.trim() : tag,
        active,
        ...(reason.trim() === '' ? {} : { reason: reason.trim() }),
        ...(active && days !== ''
          ? { expires: new Date(Date.now() + Number(days) * 86_400_000).toISOString() }
          : {}),
      }),
    onSuccess: async () => {
      await Promise.all(
        [tagsQuery.queryKey, ['tag-history'], ['block-list'], ['script']].map((queryKey) =>
          answers.invalidateQueries({ queryKey }),
        ),
      )
      setOpen(false)
      onDone?.()
    },
  })
  if (!may) return null
  const ready = tag !== 'own' || own.trim() !== ''
  return (
    <Dialog open={open} onOpenChange={(_event, data) => setOpen(data.open)}>
      <DialogTrigger disableButtonEnhancement>
        <Button icon={<TagMultipleRegular />} disabled={apps.length === 0}>
          {apps.length < 2 ? 'Tag' : `Tag ${formatNoun(apps.length, 'app')}`}
        </Button>
      </DialogTrigger>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>Tag {formatNoun(apps.length, 'app')}</DialogTitle>
          <DialogContent className={styles.fields}>
            {set.error !== null && <Fault fault={set.error} />}
            <Field label="Tag">
              <Select value={tag} onChange={(_event, { value }) => setTag(value)}>
                <option value="sanctioned">Sanctioned: allowed here</option>
                <option value="unsanctioned">Unsanctioned: to be blocked</option>
                <option value="monitored">Monitored: watched</option>
                <option value="own">A tag of your own</option>
              </Select>
            </Field>
            {tag === 'own' && (
              <Field label="Name of the tag">
                <Input value={own} onChange={(_event, { value }) => setOwn(value)} />
              </Field>
            )}
            <Field label="It holds" hint="Then it ends by itself, and blocks with it.">
              <Select value={days} onChange={(_event, { value }) => setDays(value)}>
                <option value="">until it is taken away</option>
                <option value="7">7 days</option>
                <option value="30">30 days</option>
                <option value="90">90 days</option>
                <option value="365">a year</option>
              </Select>
            </Field>
            <Field label="Why (kept with it)">
              <Input value={reason} onChange={(_event, { value }) => setReason(value)} />
            </Field>
          </DialogContent>
          <DialogActions>
            <Button
              appearance="primary"
              disabled={!ready}
              disabledFocusable={set.isPending}
              onClick={() => set.mutate(true)}
            >
              Set the tag
            </Button>
            <Button
              disabled={!ready}
              disabledFocusable={set.isPending}
              onClick={() => set.mutate(false)}
            >
              Take it away
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  )
}
