/** A script for a device: whole, what differs from the last one given out, or what takes it away. Looking does not count; saving does. */
import {
  Button,
  Caption1,
  Field,
  Link,
  MessageBar,
  MessageBarBody,
  Select,
  Text,
  makeStyles,
} from '@fluentui/react-components'
import { ArrowDownloadRegular } from '@fluentui/react-icons'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { formatNoun, formatTime } from '../../report/format.ts'
import { visible } from '../../report/text.ts'
import { tell } from '../data/ask.ts'
import { save } from '../data/export.ts'
import { scriptFormatsQuery, scriptQuery } from '../data/govern-queries.ts'
import type { Script, ScriptFormat } from '../data/govern-queries.ts'
import { useAddress } from '../data/scope.ts'
import { useMay } from '../data/session.ts'
import { Code } from './code.tsx'
import { LeftOutTable } from './left-out.tsx'
import { Panel } from './page.tsx'
import { Answer, Fault } from './states.tsx'

const useStyles = makeStyles({
  row: { display: 'flex', flexWrap: 'wrap', gap: '12px', alignItems: 'flex-end' },
  names: { overflowWrap: 'anywhere' },
})

const modes = {
  full: 'The whole list',
  diff: 'What changed since the last one given out',
  remove: 'What takes it away again',
} as const
type Mode = keyof typeof modes

/** Longer ones are saved, not read. */
const shownCharacters = 20_000

export function BlockScripts() {
  const formats = useQuery(scriptFormatsQuery)
  return <Answer of={formats}>{({ rows }) => <Scripts formats={rows} />}</Answer>
}

function Scripts({ formats }: { formats: ScriptFormat[] }) {
  const styles = useStyles()
  const { format: asked, mode: askedMode } = useAddress<{ format?: string; mode?: string }>()
  const navigate = useNavigate()
  const chosen = formats.find(({ id }) => id === asked) ?? formats[0]
  const mode: Mode = askedMode !== undefined && askedMode in modes ? (askedMode as Mode) : 'full'
  const script = useQuery(scriptQuery(chosen.id, mode))
  const choose = (patch: { format?: string; mode?: string }): void => {
    void navigate({ to: '.', search: (now: object) => ({ ...now, ...patch }) as never })
  }
  return (
    <>
      <Panel title="For which device">
        <div className={styles.row}>
          <Field label="Device">
            <Select value={chosen.id} onChange={(_event, { value }) => choose({ format: value })}>
              {formats.map(({ id, vendor, product }) => (
                <option key={id} value={id}>
                  {vendor} {product}
                </option>
              ))}
            </Select>
          </Field>
          <Field label="What">
            <Select value={mode} onChange={(_event, { value }) => choose({ mode: value })}>
              {Object.entries(modes).map(([id, text]) => (
                <option key={id} value={id}>
                  {text}
                </option>
              ))}
            </Select>
          </Field>
        </div>
        <Text>{chosen.use}</Text>
        <Caption1>
          After {chosen.release}.{' '}
          {chosen.coverage === 'named-only' &&
            'This device knows no wildcard: it gets the names that were seen. '}
          {!chosen.change &&
            mode === 'diff' &&
            'It takes whole files: a change is the whole file. '}
          <Link href={chosen.documentation} target="_blank" rel="noreferrer noopener">
            The vendor&apos;s page
          </Link>
        </Caption1>
      </Panel>
      {script.error === null ? (
        <Answer of={script}>{(data) => <One script={data} mode={mode} />}</Answer>
      ) : (
        <Fault fault={script.error} />
      )}
    </>
  )
}

function One({ script, mode }: { script: Script; mode: Mode }) {
  const styles = useStyles()
  const may = useMay('govern.write')
  const answers = useQueryClient()
  const give = useMutation({
    mutationFn: () => tell<Script>('POST', `/block-scripts/${script.format}?mode=${mode}`),
    onSuccess: async (given) => {
      save(given.fileName, 'text/plain;charset=utf-8', given.text)
      await answers.invalidateQueries({ queryKey: ['script'] })
    },
  })
  const { added, removed, lastAt, lastActor, text } = script
  return (
    <>
      <Panel
        title={`${formatNoun(script.names, 'name')} of ${formatNoun(script.apps, 'app')}`}
        more={
          may && (
            <Button
              appearance="primary"
              icon={<ArrowDownloadRegular />}
              disabled={give.isPending}
              onClick={() => give.mutate()}
            >
              Give it out as {script.fileName}
            </Button>
          )
        }
      >
        {give.error !== null && <Fault fault={give.error} />}
        {give.isSuccess && (
          <MessageBar intent="success">
            <MessageBarBody>Given out: the next change is told against it.</MessageBarBody>
          </MessageBar>
        )}
        <Text>
          {lastAt === null
            ? 'None of this format was given out yet.'
            : `Last given out ${formatTime(lastAt)} UTC${lastActor === null ? '' : ` to ${visible(lastActor)}`}.`}
        </Text>
        {lastAt !== null && (
          <>
            <Changed word="Added since" names={added} className={styles.names} />
            <Changed word="Gone since" names={removed} className={styles.names} />
          </>
        )}
        <Code text={text.slice(0, shownCharacters)} label="The script" />
        {text.length > shownCharacters && <Text>It goes on: the file has all of it.</Text>}
      </Panel>
      <LeftOutTable rows={script.leftOut} />
    </>
  )
}

function Changed({
  word,
  names,
  className,
}: {
  word: string
  names: readonly string[]
  className: string
}) {
  if (names.length === 0) return null
  const more = names.length - 20
  return (
    <Text className={className}>
      {word}: {names.slice(0, 20).map(visible).join(', ')}
      {more > 0 && ` and ${more} more`}
    </Text>
  )
}
