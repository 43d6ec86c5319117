/** Guided first start: which device sends, what it must be told, and its first line as it arrives. */
import { Badge, Field, Select, Spinner, Text, makeStyles } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { formatCount, formatShare } from '../../report/format.ts'
import { fill, useBox } from '../data/device-commands.ts'
import { formatsQuery, sourcesQuery } from '../data/queries.ts'
import { Code } from '../parts/code.tsx'
import { Page, Panel } from '../parts/page.tsx'
import { RouteLink } from '../parts/route-link.tsx'
import { Answer } from '../parts/states.tsx'
import { Ago, Name } from '../parts/words.tsx'

const useStyles = makeStyles({ field: { maxWidth: '480px' } })

export function Start() {
  const styles = useStyles()
  const formats = useQuery(formatsQuery)
  const box = useBox()
  const [picked, setPicked] = useState('')
  const choices = useMemo(() => {
    const seen = new Map<string, string>()
    for (const { id, vendor, product } of formats.data?.rows ?? [])
      if (!seen.has(id)) seen.set(id, `${vendor} ${product}`)
    return [...seen].toSorted((a, b) => a[1].localeCompare(b[1]))
  }, [formats.data])
  const rows = formats.data?.rows.filter(({ id }) => id === picked) ?? []
  return (
    <Page
      title="Connect a device"
      lead="Three steps from here to the first report: choose the device, give it its commands, watch its first line."
    >
      <Panel title="1. Which device sends?">
        <Field label="Firewall, proxy or gateway" className={styles.field}>
          <Select value={picked} onChange={(_event, { value }) => setPicked(value)}>
            <option value="">Choose one</option>
            {choices.map(([id, name]) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </Select>
        </Field>
        <Text size={200}>
          Not in the list? <RouteLink to="/playground">Try its lines</RouteLink>, or{' '}
          <RouteLink to="/upload">upload a file of it</RouteLink>.
        </Text>
      </Panel>
      <Panel title="2. What it must be told">
        {rows.length === 0 ? (
          <Text>Its commands appear here, with this box's address in them.</Text>
        ) : (
          <>
            {rows.map((format, index) => (
              <div key={index}>
                <Text block>{format.summary}</Text>
                <Code
                  text={fill(format.enable, box)}
                  label={`Commands for ${format.vendor} ${format.product}`}
                />
                {format.blind !== null && <Text block>Blind without it: {format.blind}</Text>}
              </div>
            ))}
            <Text>
              This appliance is <code>{box.host}</code>, its syslog port <code>{box.port}</code>:
              write an address that the device reaches, when that is another.
            </Text>
          </>
        )}
      </Panel>
      <Panel title="3. Its first line">
        <FirstLine />
      </Panel>
    </Page>
  )
}

function FirstLine() {
  const sources = useQuery({ ...sourcesQuery, refetchInterval: 2000 })
  return (
    <Answer of={sources}>
      {({ rows }) => {
        const spoke = rows
          .filter(({ lastSeen }) => lastSeen !== null)
          .toSorted((a, b) => (b.lastSeen ?? '').localeCompare(a.lastSeen ?? ''))
        if (spoke.length === 0) return <Spinner size="small" label="Waiting for a first line" />
        return (
          <>
            {spoke.slice(0, 5).map((source) => (
              <Text key={source.name} block>
                <Badge appearance="tint" shape="rounded" color="success">
                  received
                </Badge>{' '}
                <strong>
                  <Name text={source.name} />
                </strong>
                : <Ago at={source.lastSeen} />,{' '}
                {source.format === null ? (
                  <RouteLink to="/unparsed">not recognised</RouteLink>
                ) : (
                  <>
                    read as <code>{source.format}</code> ({formatShare(source.confidence)} sure),{' '}
                    {formatCount(source.transactions)} transactions
                  </>
                )}
              </Text>
            ))}
            <Text>
              <RouteLink to="/">To the dashboard</RouteLink> ·{' '}
              <RouteLink to="/sources">To the sources</RouteLink>
            </Text>
          </>
        )
      }}
    </Answer>
  )
}
