/** How the appliance is, and its configuration: as a form, as YAML, as it is in force. A change is seen before it is made. */
import {
  Badge,
  Button,
  Tab,
  TabList,
  Text,
  Textarea,
  makeStyles,
  tokens,
} from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { ReloadResult } from '../../api/schemas.ts'
import { visible } from '../../report/text.ts'
import { tell } from '../data/ask.ts'
import { configFileQuery, configSchemaQuery, draftOf } from '../data/config-queries.ts'
import type { ConfigChange, ConfigFile } from '../data/config-queries.ts'
import { configQuery, readinessQuery } from '../data/queries.ts'
import { useAddress } from '../data/scope.ts'
import { useMay } from '../data/session.ts'
import { yamlOf } from '../data/yaml-text.ts'
import { Code } from '../parts/code.tsx'
import { ConfigForm } from '../parts/config-form.tsx'
import { ConfigReview } from '../parts/config-review.tsx'
import { Page, Panel } from '../parts/page.tsx'
import { Answer, Fault } from '../parts/states.tsx'
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

const views = { state: 'State', form: 'As a form', yaml: 'As YAML', force: 'In force' } as const
type View = keyof typeof views

export function Settings() {
  const answers = useQueryClient()
  const may = useMay('settings.write')
  const navigate = useNavigate()
  const { view } = useAddress<{ view?: string }>()
  const [done, setDone] = useState<ReloadResult | null>(null)
  const reload = useMutation({
    mutationFn: () => tell<ReloadResult>('POST', '/config/reload'),
    onSuccess: async (result) => {
      setDone(result)
      await answers.invalidateQueries()
    },
  })
  const open: View = view !== undefined && view in views ? (view as View) : 'state'
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
      <TabList
        selectedValue={open}
        onTabSelect={(_event, { value }) =>
          void navigate({
            to: '.',
            search: (now: object) =>
              ({ ...now, view: value === 'state' ? undefined : value }) as never,
          })
        }
      >
        {Object.entries(views)
          .filter(([id]) => may || id === 'state' || id === 'force')
          .map(([id, title]) => (
            <Tab key={id} value={id}>
              {title}
            </Tab>
          ))}
      </TabList>
      {open === 'state' && <State />}
      {open === 'form' && may && <Form onDone={setDone} />}
      {open === 'yaml' && may && <Yaml onDone={setDone} />}
      {open === 'force' && <InForce />}
    </Page>
  )
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
                {name}
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

function Form({ onDone }: EditorProps) {
  const file = useQuery(configFileQuery)
  const schema = useQuery(configSchemaQuery)
  const config = useQuery(configQuery)
  const [changes, setChanges] = useState<ReadonlyMap<string, ConfigChange>>(new Map())
  const draft = useMutation({
    mutationFn: () => draftOf(file.data?.text ?? '', [...changes.values()]),
  })
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
                      onChange={({ path, value }) => {
                        const next = new Map(changes)
                        if (value === undefined) next.delete(JSON.stringify(path))
                        else next.set(JSON.stringify(path), { path, value })
                        setChanges(next)
                      }}
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
                onDone(result)
              }}
              onBack={() => draft.reset()}
            />
          )
        }
      </Answer>
    </Panel>
  )
}

function Yaml({ onDone }: EditorProps) {
  const file = useQuery(configFileQuery)
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
          onBack={() => setReview(false)}
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
