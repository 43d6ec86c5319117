/** `gnomon tag` and `gnomon tags`: what is sanctioned, unsanctioned, monitored, or tagged in one's own words. */
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { changeSchema, tagEventSchema, tagSchema } from '../api/govern-schemas.ts'
import { OperatingError } from '../errors.ts'
import { formatNoun, formatTime } from '../report/format.ts'
import { visible } from '../report/text.ts'
import { ask, clientHelp, clientOptions, findClient } from './client.ts'
import type { Command, CommandIo } from './command.ts'
import { write } from './command.ts'
import { tableLines } from './table.ts'
import type { TableColumn } from './table.ts'

const tagHelp = `gnomon tag TAG APP... [--remove] [--reason TEXT] [--expires TIME] [--json]
gnomon tag --undo CHANGE

Tags apps (by id) of a running appliance: sanctioned, unsanctioned or monitored, of which one replaces another, or a tag of your own.
Unsanctioned apps are what indicators and block scripts block. Prints the change's id, which undoes it.

  --remove   takes the tag away
  --reason   why, for the history
  --expires  when it ends by itself, e.g. 2027-01-01T00:00:00Z
  --undo     puts back what was in force before a change
${clientHelp}

  gnomon tag unsanctioned dropbox mega --reason "no contract"
  gnomon tag sanctioned slack --remove
`
const tagsHelp = `gnomon tags [--history] [--app ID] [--tag TAG] [--json]

Tags in force on a running appliance, or every change of them.

  --history  every change, the last first
  --app      only this app
  --tag      only this tag
${clientHelp}

  gnomon tags --tag unsanctioned
`

async function runTag(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...clientOptions,
      remove: { type: 'boolean', default: false },
      reason: { type: 'string', default: '' },
      expires: { type: 'string' },
      undo: { type: 'string' },
    },
  })
  if (values.help === true) return (await write(io.stdout, tagHelp), 0)
  const [tag, ...apps] = positionals
  if (values.undo === undefined ? apps.length === 0 : positionals.length > 0)
    throw new OperatingError('USAGE', 'cannot tell what to tag: name a tag, then ids of apps')
  const client = await findClient(values, io.env)
  const { remove, reason, expires, undo } = values
  const { answer, raw } =
    undo === undefined
      ? await ask(client, {
          method: 'POST',
          path: '/api/v1/tags',
          body: { tag, apps, active: !remove, reason, ...(expires !== undefined && { expires }) },
          answer: changeSchema,
        })
      : await ask(client, {
          method: 'POST',
          path: `/api/v1/tags/changes/${encodeURIComponent(undo)}/undo`,
          answer: changeSchema,
        })
  const what =
    undo === undefined
      ? `${formatNoun(apps.length, 'app')}: ${tag} ${remove ? 'taken away' : 'set'}`
      : `change ${undo} is undone`
  const text = `${what}. Undo with gnomon tag --undo ${answer.change}`
  await write(io.stdout, `${values.json ? JSON.stringify(raw) : visible(text)}\n`)
  return 0
}

type Row = z.output<typeof tagSchema>
const columns: readonly TableColumn<Row>[] = [
  { title: 'App', text: ({ app, appId }) => app ?? appId },
  { title: 'Id', text: ({ appId }) => appId },
  { title: 'Tag', text: ({ tag }) => tag },
  { title: 'By', text: ({ actor }) => actor, width: 24 },
  { title: 'When', text: ({ at }) => formatTime(at) },
  { title: 'Until', text: ({ expires }) => (expires === null ? '' : formatTime(expires)) },
  { title: 'Why', text: ({ reason }) => reason },
]
const change: TableColumn<z.output<typeof tagEventSchema>>[] = [
  { title: 'Change', text: (event) => event.change },
  { title: 'What', text: ({ active }) => (active ? 'set' : 'taken away') },
]

async function runTags(args: string[], io: CommandIo): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      ...clientOptions,
      history: { type: 'boolean', default: false },
      app: { type: 'string' },
      tag: { type: 'string' },
    },
  })
  if (values.help === true) return (await write(io.stdout, tagsHelp), 0)
  const client = await findClient(values, io.env)
  const fits = ({ appId, tag }: Row): boolean =>
    (values.app ?? appId) === appId && (values.tag ?? tag) === tag
  let lines: string[]
  let shown: readonly Row[]
  if (values.history) {
    const answer = z.object({ rows: z.array(tagEventSchema) })
    const query = { app: values.app ?? null }
    const { rows } = (await ask(client, { path: '/api/v1/tags/history', query, answer })).answer
    const some = rows.filter(fits)
    lines = tableLines([...change, ...columns], some)
    shown = some
  } else {
    const answer = z.object({ rows: z.array(tagSchema), total: z.int() })
    const { rows } = (await ask(client, { path: '/api/v1/tags', answer })).answer
    shown = rows.filter(fits)
    lines = tableLines(columns, shown)
  }
  const text = shown.length === 0 ? 'No tags. See gnomon tag --help.' : lines.join('\n')
  await write(io.stdout, `${values.json ? JSON.stringify({ rows: shown }) : text}\n`)
  return 0
}

export const tag: Command = {
  summary: 'says which apps are sanctioned, unsanctioned, monitored, or a tag of your own',
  help: tagHelp,
  run: runTag,
}
export const tags: Command = {
  summary: 'tags in force, and their history',
  help: tagsHelp,
  run: runTags,
}
