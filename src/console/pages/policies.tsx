/** App discovery policies: which apps on which day are worth an alert. */
import {
  Button,
  Menu,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  Switch,
  Text,
  makeStyles,
} from '@fluentui/react-components'
import { AddRegular } from '@fluentui/react-icons'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { visible } from '../../report/text.ts'
import { tell } from '../data/ask.ts'
import { policiesQuery, templatesQuery } from '../data/govern-queries.ts'
import type { PolicyRow } from '../data/govern-queries.ts'
import { aboutWords, thresholdWords } from '../data/policy-words.ts'
import { useMayAll } from '../data/session.ts'
import { Page, Panel } from '../parts/page.tsx'
import { PlainTable } from '../parts/plain-table.tsx'
import { RouteLink } from '../parts/route-link.tsx'
import { Severity } from '../parts/severity.tsx'
import { Answer, Empty, Fault } from '../parts/states.tsx'
import { Name } from '../parts/words.tsx'

const useStyles = makeStyles({ list: { maxHeight: '420px' } })

export function Policies() {
  const policies = useQuery(policiesQuery)
  const may = useMayAll('govern.write')
  const answers = useQueryClient()
  const change = useMutation({
    mutationFn: ({ id, ...policy }: PolicyRow) => tell('PUT', `/policies/${id}`, policy),
    onSuccess: () => answers.invalidateQueries({ queryKey: policiesQuery.queryKey }),
  })
  return (
    <Page
      title="Policies"
      lead="Which apps on which day are worth an alert. They are held against the usage of today and yesterday, every few minutes."
      tools={may && <NewPolicy />}
    >
      {change.error !== null && <Fault fault={change.error} />}
      <Panel>
        <Answer of={policies}>
          {({ rows }) =>
            rows.length === 0 ? (
              <Empty title="There is no policy yet">
                <Text>
                  {may
                    ? 'Make one of a template: its bounds can be changed before it is kept.'
                    : 'Analysts and administrators can make one.'}
                </Text>
              </Empty>
            ) : (
              <PlainTable
                label="Policies"
                head={['Name', 'Severity', 'Which apps', 'Exceeding', 'Watches']}
                rows={rows.map((row) => ({
                  key: row.id,
                  cells: [
                    <RouteLink key="name" to="/policy" search={{ id: row.id }}>
                      <Name text={row.name} />
                    </RouteLink>,
                    <Severity key="severity" of={row.severity} />,
                    visible(aboutWords(row)),
                    thresholdWords(row),
                    <Switch
                      key="state"
                      aria-label={`${visible(row.name)} watches`}
                      checked={row.enabled}
                      disabled={!may || change.isPending}
                      onChange={(_event, { checked }) =>
                        change.mutate({ ...row, enabled: checked })
                      }
                    />,
                  ],
                }))}
              />
            )
          }
        </Answer>
      </Panel>
    </Page>
  )
}

/** A new one begins with a template, or with nothing. */
function NewPolicy() {
  const styles = useStyles()
  const templates = useQuery(templatesQuery)
  const navigate = useNavigate()
  const begin = (template: string | null): void => {
    void navigate({ to: '/policy', search: template === null ? {} : { template } })
  }
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <Button appearance="primary" icon={<AddRegular />}>
          New policy
        </Button>
      </MenuTrigger>
      <MenuPopover className={styles.list}>
        <MenuList>
          <MenuItem onClick={() => begin(null)}>Without a template</MenuItem>
          {templates.data?.rows.map(({ id, policy }) => (
            <MenuItem key={id} onClick={() => begin(id)}>
              {visible(policy.name)}
            </MenuItem>
          ))}
        </MenuList>
      </MenuPopover>
    </Menu>
  )
}
