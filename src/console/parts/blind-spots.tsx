/** What a source's lines leave out, and beside it the commands that make its devices tell it. */
import {
  Accordion,
  AccordionHeader,
  AccordionItem,
  AccordionPanel,
  MessageBar,
  MessageBarBody,
  Text,
  makeStyles,
} from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { blindSpots } from '../../report/data-quality.ts'
import { visible } from '../../report/text.ts'
import { fill, useBox } from '../data/device-commands.ts'
import { formatsQuery } from '../data/queries.ts'
import type { Source } from '../data/queries.ts'
import { Code } from './code.tsx'
import { VendorPage } from './vendor-page.tsx'

const useStyles = makeStyles({
  words: { display: 'flex', flexDirection: 'column', gap: '6px' },
})

/** What its lines tell in part or not at all. */
export function spotsOf({ withUser, withHost, withBytes, withAction }: Source) {
  return blindSpots({ withUser, withHost, withBytes, withAction, merged: null }).filter(
    ({ level }) => level === 'partly' || level === 'missing',
  )
}

/** What they tell well needs no words. */
export function BlindSpots({ source }: { source: Source }) {
  const styles = useStyles()
  const { commands } = source
  const spots = spotsOf(source)
  if (spots.length === 0) return null
  return (
    <div className={styles.words}>
      {spots.map(({ field, text }) => (
        <MessageBar key={field} intent="warning" layout="multiline">
          <MessageBarBody>{text}</MessageBarBody>
        </MessageBar>
      ))}
      {commands.length > 0 && (
        // One device's commands are in sight at once; those of many are opened one by one.
        <Accordion
          collapsible
          multiple
          defaultOpenItems={commands.length === 1 ? [commands[0].format] : []}
        >
          {commands.map((help) => (
            <AccordionItem key={help.format} value={help.format}>
              <Commands help={help} />
            </AccordionItem>
          ))}
        </Accordion>
      )}
    </div>
  )
}

function Commands({ help: { format, enable, blind } }: { help: Source['commands'][number] }) {
  const formats = useQuery(formatsQuery)
  const box = useBox()
  const known = formats.data?.rows.find(({ id, aliases }) => [id, ...aliases].includes(format))
  const device = known === undefined ? format : `${known.vendor} ${known.product}`
  return (
    <>
      <AccordionHeader>What makes it tell more: {visible(device)}</AccordionHeader>
      <AccordionPanel>
        <Code text={fill(enable, box)} label={`What makes ${device} tell more`} />
        {blind !== null && <Text block>Unknown without it: {visible(blind)}</Text>}
        {known !== undefined && <VendorPage address={known.documentation} />}
      </AccordionPanel>
    </>
  )
}
