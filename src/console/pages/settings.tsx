/** How the appliance is, and its configuration: as a form, as YAML, as it is in force. A change is seen before it is made. */
import { Badge, Button, Text, Textarea, makeStyles, tokens } from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { ReloadResult } from '../../api/schemas.ts'
import { visible } from '../../report/text.ts'
import { ApiFault, tell } from '../data/ask.ts'
import { configFileQuery, configSchemaQuery, draftOf } from '../data/config-queries.ts'
import type { ConfigChange, ConfigFile } from '../data/config-queries.ts'
import { configQuery, readinessQuery } from '../data/queries.ts'
import { useMay } from '../data/session.ts'
import { yamlOf } from '../data/yaml-text.ts'
import { AddressTabs, useTab } from '../parts/address-tabs.tsx'
import { Code } from '../parts/code.tsx'
import { ConfigForm } from '../parts/config-form.tsx'
import { ConfigReview } from '../parts/config-review.tsx'
import { Page, Panel } from '../parts/page.tsx'
import { RiskWeights } from '../parts/risk-weights.tsx'
import { Answer, Empty, Fault } from '../parts/states.tsx'
import { Taken } from '../parts/taken.tsx'

const useStyles = makeStyles({
  area: {
    width: '100%',
    '& textarea': {
      fontFamily: tokens.fontFamilyMonospace,
      fontSize: tokens.fontSizeBase200,
      maxHeight: 'none',
    },
  },
})

const views = [
  ['state', 'State'],
  ['form', 'As a form'],
  ['yaml', 'As YAML'],
  ['force', 'In force'],
  ['weights', 'Catalog and risk weights'],
] as const

export function Settings() {
  const answers = useQueryClient()
  const may = useMay('settings.write')
  const tabs = views.filter(([id]) => may || (id !== 'form' && id !== 'yaml'))
  const open = useTab(tabs)
  const [done, setDone] = useState<ReloadResult | null>(null)
  const reload = useMutation({
    mutationFn: () => tell<ReloadResult>('POST', '/config/reload'),
    onSuccess: async (result) => {
      setDone(result)
      await answers.invalidateQueries()
    },
  })
  return (
    <Page
      title="Settings"
      lead="How the appliance is, and its configuration. It is read again all or nothing, and no socket closes."
      tools={
        may && (
          <Button disabled={reload.isPending} onClick={() => reload.mutate()}>
            Read the configuration again
          </Button>
        )
      }
    >
      {reload.error !== null && <Fault fault={reload.error} />}
      {done !== null && <Taken result={done} />}
      <AddressTabs tabs={tabs} />
      {open === 'state' && <State />}
      {open === 'form' && <Form onDone={setDone} />}
      {open === 'yaml' && <Yaml onDone={setDone} />}
      {open === 'force' && <InForce />}
      {open === 'weights' && <RiskWeights />}
    </Page>
  )
}

/** What each check of the appliance is about. */
const checkWords: Record<string, string> = {
  started: 'The appliance has started',
  store: 'The store answers',
  spool: 'Lines are written down as they come',
  merge: 'Lines of all sources are merged',
}

function State() {
  const readiness = useQuery(readinessQuery)
  return (
    <Panel title="State">
      <Answer of={readiness}>
        {({ checks }) => (
          <>
            {checks.map(({ name, ok, reason }) => (
              <Text key={name} block>
                <Badge appearance="tint" shape="rounded" color={ok ? 'success' : 'danger'}>
                  {ok ? 'well' : 'trouble'}
                </Badge>{' '}
                {checkWords[name] ?? name}
                {reason !== null && `: ${visible(reason)}`}
              </Text>
            ))}
          </>
        )}
      </Answer>
    </Panel>
  )
}

function InForce() {
  const config = useQuery(configQuery)
  return (
    <Panel title="The configuration in force, secrets hidden, defaults included">
      <Answer of={config}>
        {(data) => <Code text={yamlOf(data).trimStart()} label="The configuration" />}
      </Answer>
    </Panel>
  )
}

interface EditorProps {
  onDone: (result: ReloadResult) => void
}

/** `undefined` takes a change back. */
function changed(
  now: ReadonlyMap<string, ConfigChange>,
  { path, value }: ConfigChange,
): ReadonlyMap<string, ConfigChange> {
  const next = new Map(now)
  if (value === undefined) next.delete(JSON.stringify(path))
  else next.set(JSON.stringify(path), { path, value })
  return next
}

/** The appliance runs on its defaults, or a program gave it its configuration. */
function NoFile() {
  return (
    <Panel>
      <Empty title="There is no configuration file">
        <Text>
          This appliance runs on its defaults, or as a demo: start it with a file (gnomon serve
          --config gnomon.yaml), and it is changed here. What holds now stands under In force.
        </Text>
      </Empty>
    </Panel>
  )
}

const isMissing = (error: Error | null): boolean =>
  error instanceof ApiFault && error.status === 404

function Form({ onDone }: EditorProps) {
  const file = useQuery(configFileQuery)
  const schema = useQuery(configSchemaQuery)
  const config = useQuery(configQuery)
  const [changes, setChanges] = useState<ReadonlyMap<string, ConfigChange>>(new Map())
  const [open, setOpen] = useState<readonly string[]>([])
  const [returned, setReturned] = useState(false)
  const draft = useMutation({
    mutationFn: () => draftOf(file.data?.text ?? '', [...changes.values()]),
  })
  if (isMissing(file.error)) return <NoFile />
  return (
    <Panel title="Values">
      {draft.error !== null && <Fault fault={draft.error} />}
      <Answer of={file}>
        {(known) =>
          draft.data === undefined ? (
            <Answer of={schema}>
              {(shape) => (
                <Answer of={config}>
                  {(values) => (
                    <ConfigForm
                      schema={shape}
                      config={values}
                      changes={changes}
                      open={open}
                      onOpen={setOpen}
                      returned={returned}
                      onChange={(change) => setChanges((now) => changed(now, change))}
                      onReview={() => draft.mutate()}
                    />
                  )}
                </Answer>
              )}
            </Answer>
          ) : (
            <ConfigReview
              file={known}
              text={draft.data}
              onDone={(result) => {
                setChanges(new Map())
                draft.reset()
                setReturned(false)
                onDone(result)
              }}
              onBack={() => {
                setReturned(true)
                draft.reset()
              }}
            />
          )
        }
      </Answer>
    </Panel>
  )
}

function Yaml({ onDone }: EditorProps) {
  const file = useQuery(configFileQuery)
  if (isMissing(file.error)) return <NoFile />
  return (
    <Answer of={file}>
      {(known) => <Editor key={known.revision} file={known} onDone={onDone} />}
    </Answer>
  )
}

function Editor({ file, onDone }: EditorProps & { file: ConfigFile }) {
  const styles = useStyles()
  const [text, setText] = useState(file.text)
  const [review, setReview] = useState(false)
  const [returned, setReturned] = useState(false)
  return (
    <Panel title={visible(file.path)}>
      {review ? (
        <ConfigReview
          file={file}
          text={text}
          onDone={(result) => {
            setReview(false)
            onDone(result)
          }}
          onBack={() => {
            setReturned(true)
            setReview(false)
          }}
        />
      ) : (
        <>
          <Text>
            Secrets stand as <code>***1***</code>: leave them, and they stay. New ones are best
            written as <code>{'${NAME}'}</code> or <code>{'${file:/run/secrets/name}'}</code>.
          </Text>
          <Textarea
            className={styles.area}
            aria-label="The configuration as YAML"
            rows={Math.min(40, Math.max(14, text.split('\n').length + 1))}
            resize="vertical"
            spellCheck={false}
            value={text}
            onChange={(_event, { value }) => setText(value)}
          />
          <div>
            <Button
              appearance="primary"
              autoFocus={returned}
              disabled={text === file.text}
              onClick={() => setReview(true)}
            >
              See what changes
            </Button>
          </div>
        </>
      )}
    </Panel>
  )
}
