/** Guided first start: which device sends, what it must be told, and its first line as it arrives. */
import { Badge, Field, Select, Spinner, Text, makeStyles } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { formatCount, formatShare } from '../../report/format.ts'
import { fill, useBox } from '../data/device-commands.ts'
import { formatsQuery, sourcesQuery } from '../data/queries.ts'
import { Code } from '../parts/code.tsx'
import { Page, Panel } from '../parts/page.tsx'
import { RouteLink } from '../parts/route-link.tsx'
import { Answer } from '../parts/states.tsx'
import { VendorPage } from '../parts/vendor-page.tsx'
import { Ago, Name } from '../parts/words.tsx'

const useStyles = makeStyles({
  fields: { display: 'flex', flexWrap: 'wrap', gap: '12px' },
  vendor: { flex: '0 1 280px' },
  product: { flex: '1 1 320px', minWidth: 0 },
})

export function Start() {
  const styles = useStyles()
  const formats = useQuery(formatsQuery)
  const box = useBox()
  const [vendor, setVendor] = useState('')
  const [product, setProduct] = useState('')
  const all = formats.data?.rows ?? []
  const vendors = [...new Set(all.map((format) => format.vendor))].toSorted((a, b) =>
    a.localeCompare(b),
  )
  const ofVendor = all
    .filter((format) => format.vendor === vendor)
    .toSorted((a, b) => a.product.localeCompare(b.product))
  const chosen =
    ofVendor.length === 1 ? ofVendor[0] : ofVendor.find((format) => format.product === product)
  return (
    <Page
      title="Connect a device"
      lead="Three steps from here to the first report: choose the device, give it its commands, watch its first line."
    >
      <Panel title="1. Which device sends?">
        <div className={styles.fields}>
          <Field label="Vendor" className={styles.vendor}>
            <Select
              value={vendor}
              onChange={(_event, { value }) => {
                setVendor(value)
                setProduct('')
              }}
            >
              <option value="">Choose one</option>
              {vendors.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </Select>
          </Field>
          {ofVendor.length > 0 && (
            <Field label="Product and kind of log" className={styles.product}>
              <Select
                value={chosen?.product ?? ''}
                onChange={(_event, { value }) => setProduct(value)}
              >
                {ofVendor.length > 1 && <option value="">Choose one</option>}
                {ofVendor.map((format) => (
                  <option key={format.product}>{format.product}</option>
                ))}
              </Select>
            </Field>
          )}
        </div>
        <Text size={200}>
          Not in the list? <RouteLink to="/playground">Try its lines</RouteLink>, or{' '}
          <RouteLink to="/upload">upload a file of it</RouteLink>.
        </Text>
      </Panel>
      <Panel title="2. What it must be told">
        {chosen === undefined ? (
          <Text>Its commands appear here, with this box's address in them.</Text>
        ) : (
          <>
            <Text>{chosen.summary}</Text>
            <Code
              text={fill(chosen.enable, box)}
              label={`Commands for ${chosen.vendor} ${chosen.product}`}
            />
            {chosen.blind !== null && <Text>Blind without it: {chosen.blind}</Text>}
            <Text>
              This appliance is <code>{box.host}</code>
              {box.port === null ? (
                '; whoever administers it knows its syslog port'
              ) : (
                <>
                  , its syslog port <code>{box.port}</code>
                </>
              )}
              : write an address that the device reaches, when that is another.{' '}
              <VendorPage address={chosen.documentation} />
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
