/** `gnomon policies`: app discovery policies of a running appliance. */
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { goneSchema, idSchema, policyRowSchema, templateSchema } from '../api/alert-schemas.ts'
import { OperatingError, causeOf } from '../errors.ts'
import { policyPartSchema } from '../govern/policy.ts'
import { visible } from '../report/text.ts'
import { ask, clientHelp, clientOptions, findClient } from './client.ts'
import type { Client } from './client.ts'
import type { Command, CommandIo } from './command.ts'
import { write } from './command.ts'
import { tableLines } from './table.ts'

const help = `gnomon policies [list] | templates | add [--template ID] [--set JSON] | enable ID | disable ID | remove ID [--json]

App discovery policies of a running appliance: which apps on which day are worth an alert.

  list       the policies (default)
  templates  what there is to begin with
  add        makes one: of a template, with what --set says instead
  enable, disable, remove  by the policy's id
  --set      keys of a policy as JSON; see docs/policies.md and /api/v1/openapi.json
${clientHelp}

  gnomon policies add --template new-generative-ai-app
  gnomon policies add --set '{"name":"Large uploads","threshold":{"bytesUp":1000000000},"severity":"high"}'
`

type Policy = z.output<typeof policyRowSchema>
const listSchema = z.object({ rows: z.array(policyRowSchema), total: z.int() })
const templatesSchema = z.object({ rows: z.array(templateSchema), total: z.int() })

async function run(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { ...clientOptions, template: { type: 'string' }, set: { type: 'string' } },
  })
  if (values.help === true) return (await write(io.stdout, help), 0)
  const [what = 'list', id, ...more] = positionals
  const needsId = ['enable', 'disable', 'remove'].includes(what)
  if (more.length > 0 || needsId !== (id !== undefined))
    throw new OperatingError(
      'USAGE',
      `cannot ${visible(what)}: ${needsId ? 'name one policy by its id' : 'it takes no name'}; see gnomon policies --help`,
    )
  const client = await findClient(values, io.env)
  const say = async (raw: unknown, text: string): Promise<number> => {
    await write(io.stdout, `${values.json ? JSON.stringify(raw) : text}\n`)
    return 0
  }
  if (what === 'list') {
    const { answer, raw } = await ask(client, { path: '/api/v1/policies', answer: listSchema })
    const none = 'No policies. Begin with gnomon policies templates.'
    return say(raw, answer.rows.length === 0 ? none : tableOf(answer.rows).join('\n'))
  }
  if (what === 'templates') {
    const path = '/api/v1/policies/templates'
    const { answer, raw } = await ask(client, { path, answer: templatesSchema })
    return say(raw, tableOf(answer.rows.map((row) => ({ id: row.id, ...row.policy }))).join('\n'))
  }
  if (what === 'add') {
    if (values.template === undefined && values.set === undefined)
      throw new OperatingError(
        'USAGE',
        'cannot make a policy: give --template ID (see gnomon policies templates) or --set JSON',
      )
    const { answer, raw } = await ask(client, {
      method: 'POST',
      path: '/api/v1/policies',
      query: { template: values.template ?? null },
      body: keysOf(values.set),
      answer: idSchema,
    })
    return say(raw, `made: ${answer.id}`)
  }
  if (what === 'remove') {
    const path = `/api/v1/policies/${encodeURIComponent(id)}`
    const { raw } = await ask(client, { method: 'DELETE', path, answer: goneSchema })
    return say(raw, `taken away: ${visible(id)}`)
  }
  if (what === 'enable' || what === 'disable') {
    const raw = await enable(client, id, what === 'enable')
    return say(raw, `${what}d: ${visible(id)}`)
  }
  throw new OperatingError('USAGE', `cannot ${visible(what)}: see gnomon policies --help`)
}

function keysOf(text: string | undefined): object {
  if (text === undefined) return {}
  let keys: unknown
  try {
    keys = JSON.parse(text)
  } catch (cause) {
    throw new OperatingError('USAGE', `cannot read --set: ${causeOf(cause)}; write it as JSON`, {
      cause,
    })
  }
  const checked = policyPartSchema.safeParse(keys)
  if (!checked.success)
    throw new OperatingError(
      'USAGE',
      `cannot use --set: ${z.prettifyError(checked.error)}; see docs/policies.md`,
    )
  // as it was given: what is not said is the template's
  return keys as object
}

async function enable(client: Client, id: string, enabled: boolean): Promise<unknown> {
  const { answer } = await ask(client, { path: '/api/v1/policies', answer: listSchema })
  const found = answer.rows.find((row) => row.id === id)
  if (found === undefined)
    throw new OperatingError('API_FAILED', `cannot find policy ${id}; see gnomon policies`)
  const { id: _id, ...policy } = found
  const path = `/api/v1/policies/${encodeURIComponent(id)}`
  const body = { ...policy, enabled }
  return (await ask(client, { method: 'PUT', path, body, answer: idSchema })).raw
}

function tableOf(rows: readonly Policy[]): string[] {
  return tableLines(
    [
      { title: 'Id', text: ({ id }) => id },
      { title: 'Name', text: ({ name }) => name },
      { title: 'On', text: ({ enabled }) => (enabled ? 'yes' : 'no') },
      { title: 'Severity', text: ({ severity }) => severity },
      { title: 'Which', text: whichOf, width: 50 },
      { title: 'Exceeds on a day', text: ({ threshold }) => thresholdOf(threshold), width: 50 },
    ],
    rows,
  )
}

function whichOf(policy: Policy): string {
  const { apps, categories, scoreMin, scoreBelow, newDays, tags, withoutTags, lacking } = policy
  const parts = [
    newDays > 0 ? 'new' : '',
    apps.join(', '),
    categories.join(', '),
    scoreMin === null ? '' : `score ≥ ${scoreMin}`,
    scoreBelow === null ? '' : `score < ${scoreBelow}`,
    tags.join(', '),
    withoutTags.length === 0 ? '' : `not ${withoutTags.join(', ')}`,
    lacking.length === 0 ? '' : `without ${lacking.join(', ')}`,
  ].filter((part) => part !== '')
  return parts.length === 0 ? 'all apps' : parts.join('; ')
}

function thresholdOf(threshold: Policy['threshold']): string {
  return Object.entries(threshold)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')
}

export const policies: Command = {
  summary: 'app discovery policies: which apps are worth an alert',
  help,
  run,
}
