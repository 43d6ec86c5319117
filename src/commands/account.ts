/** `gnomon account`: accounts from the machine itself, also when nobody can sign in any more. */
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { accountSchema, goneSchema } from '../api/access-schemas.ts'
import { OperatingError } from '../errors.ts'
import { formatTime, unknownText } from '../report/format.ts'
import { visible } from '../report/text.ts'
import { ask, clientHelp, clientOptions, findClient } from './client.ts'
import type { Client } from './client.ts'
import type { Command, CommandIo } from './command.ts'
import { write } from './command.ts'
import { tableLines } from './table.ts'

const help = `gnomon account list|add NAME|password NAME|unlock NAME|remove NAME [--role ROLE] [--source NAME]... [--json]

Accounts of a running appliance. Passwords are read from standard input (one line), never from the command line. Run on the
appliance's machine, as its user, it needs no password itself: the way back in when the administrator's is lost.

  --role     administrator, analyst, auditor or reader (default reader), for add
  --source   a data source the account is limited to; may be repeated (default: all), for add
${clientHelp}

  gnomon account list
  echo 'a long passphrase' | gnomon account add ann --role administrator
  echo 'another passphrase' | gnomon account password ann
`

type Account = z.output<typeof accountSchema>
const listSchema = z.object({ rows: z.array(accountSchema), total: z.int() })

async function run(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...clientOptions,
      role: { type: 'string', default: 'reader' },
      source: { type: 'string', multiple: true },
    },
  })
  if (values.help === true) return (await write(io.stdout, help), 0)
  const [what = '', name] = positionals
  const wanted = { list: 1, add: 2, password: 2, unlock: 2, remove: 2 }[what]
  if (wanted !== positionals.length) return (await write(io.stderr, help), 2)
  const client = await findClient(values, io.env)
  const { answer: all } = await ask(client, { path: '/api/v1/accounts', answer: listSchema })
  if (what === 'list') {
    const text = values.json ? JSON.stringify(all) : accountTable(all.rows).join('\n')
    return (await write(io.stdout, `${text}\n`), 0)
  }
  if (what === 'add') {
    const body = {
      name,
      role: values.role,
      sources: values.source ?? null,
      password: await readPassword(io),
    }
    const { raw } = await ask(client, {
      method: 'POST',
      path: '/api/v1/accounts',
      body,
      answer: accountSchema,
    })
    return tell(io, values.json, raw, `account ${visible(name)} is made`)
  }
  const account = all.rows.find(
    (one) => one.origin === 'local' && one.name.toLowerCase() === name.toLowerCase(),
  )
  if (account === undefined) {
    await write(
      io.stderr,
      `gnomon account: cannot find account ${visible(name)}; see gnomon account list\n`,
    )
    return 1
  }
  const raw = await change(client, what, account, io)
  const words = {
    password: 'has a new password, its sessions ended',
    unlock: 'may try again',
    remove: 'is gone',
  }
  return tell(io, values.json, raw, `account ${visible(name)} ${words[what as keyof typeof words]}`)
}

async function change(
  client: Client,
  what: string,
  { id }: Account,
  io: CommandIo,
): Promise<unknown> {
  const path = `/api/v1/accounts/${id}`
  if (what === 'remove')
    return (await ask(client, { method: 'DELETE', path, answer: goneSchema })).raw
  const body =
    what === 'unlock' ? { unlock: true } : { password: await readPassword(io), unlock: true }
  return (await ask(client, { method: 'PATCH', path, body, answer: accountSchema })).raw
}

async function tell(io: CommandIo, json: boolean, raw: unknown, words: string): Promise<number> {
  await write(io.stdout, `${json ? JSON.stringify(raw) : words}\n`)
  return 0
}

/** The password: the first line of standard input. Throws OperatingError USAGE. */
async function readPassword(io: CommandIo): Promise<string> {
  let text = ''
  for await (const chunk of io.stdin) {
    text += String(chunk)
    if (text.includes('\n')) break
  }
  const password = text.split('\n', 1)[0].replace(/\r$/, '')
  if (password === '')
    throw new OperatingError(
      'USAGE',
      "cannot read the password: standard input is empty; write it there: echo 'a long passphrase' | gnomon account …",
    )
  return password
}

function accountTable(rows: readonly Account[]): string[] {
  if (rows.length === 0) return ['There is no account yet: the set-up is to be finished.']
  return tableLines<Account>(
    [
      { title: 'Name', text: ({ name }) => name, width: 32 },
      { title: 'Role', text: ({ role }) => role },
      { title: 'Sources', text: ({ sources }) => sources?.join(', ') ?? 'all', width: 32 },
      { title: 'Sign-in', text: ({ origin }) => (origin === 'local' ? 'here' : 'elsewhere') },
      { title: 'Second factor', text: ({ secondFactor }) => (secondFactor ? 'yes' : 'no') },
      { title: 'State', text: stateWords },
      {
        title: 'Last (UTC)',
        text: ({ signedIn }) => (signedIn === null ? unknownText : formatTime(signedIn)),
      },
    ],
    rows,
    () => [],
  )
}

function stateWords({ disabled, lockedSeconds, sessions }: Account): string {
  if (disabled) return 'disabled'
  if (lockedSeconds > 0) return `locked for ${lockedSeconds} s`
  return sessions > 0 ? 'signed in' : 'ready'
}

export const account: Command = { summary: 'who may sign in; also the way back in', help, run }
