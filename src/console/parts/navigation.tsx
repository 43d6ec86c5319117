/** The menu of pages at the left: those that work for who looks. */
import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components'
import {
  AlertRegular,
  AppsListRegular,
  ArrowUploadRegular,
  BeakerRegular,
  BookNumberRegular,
  ClipboardCheckmarkRegular,
  ClipboardTaskListLtrRegular,
  DesktopRegular,
  EyeRegular,
  GlobeSearchRegular,
  GridRegular,
  KeyMultipleRegular,
  NetworkCheckRegular,
  PeopleListRegular,
  PeopleRegular,
  PlugConnectedAddRegular,
  PlugConnectedRegular,
  PulseRegular,
  SettingsRegular,
  ShieldProhibitedRegular,
  TextBulletListSquareWarningRegular,
} from '@fluentui/react-icons'
import type { FluentIcon } from '@fluentui/react-icons'
import { useQuery } from '@tanstack/react-query'
import { pageRefusal } from '../data/page-needs.ts'
import { healthQuery } from '../data/queries.ts'
import { useSession } from '../data/session.ts'
import { PlainLink } from './route-link.tsx'

const useStyles = makeStyles({
  nav: {
    overflowY: 'auto',
    padding: '6px 8px',
    borderRight: `1px solid ${tokens.colorNeutralStroke2}`,
    display: 'flex',
    flexDirection: 'column',
    gap: '2px',
  },
  group: {
    padding: '8px 12px 0',
    fontSize: tokens.fontSizeBase200,
    fontWeight: tokens.fontWeightSemibold,
    color: tokens.colorNeutralForeground3,
  },
  gap: { padding: '8px 0 0' },
  entry: {
    display: 'flex',
    alignItems: 'center',
    gap: '12px',
    height: '31px',
    padding: '0 12px',
    borderRadius: tokens.borderRadiusMedium,
    color: tokens.colorNeutralForeground1,
    textDecorationLine: 'none',
    whiteSpace: 'nowrap',
    borderLeft: '3px solid transparent',
    ':hover': { backgroundColor: tokens.colorNeutralBackground3Hover },
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: '-2px' },
    '&[aria-current="page"]': {
      backgroundColor: tokens.colorNeutralBackground1Selected,
      borderLeftColor: tokens.colorBrandStroke1,
      fontWeight: tokens.fontWeightSemibold,
    },
  },
  entryNarrow: { justifyContent: 'center', padding: 0, gap: 0 },
  icon: { flexShrink: 0, fontSize: '20px' },
  version: {
    marginTop: 'auto',
    padding: '12px',
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground3,
  },
})

type Entry = readonly [to: string, title: string, icon: FluentIcon]

const groups: readonly (readonly [title: string, entries: readonly Entry[]])[] = [
  [
    'Discovery',
    [
      ['/', 'Dashboard', GridRegular],
      ['/apps', 'Discovered apps', AppsListRegular],
      ['/unknown', 'Unknown services', GlobeSearchRegular],
      ['/users', 'Users', PeopleRegular],
      ['/devices', 'Devices', DesktopRegular],
      ['/addresses', 'IP addresses', NetworkCheckRegular],
    ],
  ],
  [
    'Control',
    [
      ['/alerts', 'Alerts', AlertRegular],
      ['/policies', 'Policies', ClipboardCheckmarkRegular],
      ['/blocks', 'Blocks', ShieldProhibitedRegular],
      ['/lists', 'People and networks', PeopleListRegular],
    ],
  ],
  [
    'Logs',
    [
      ['/sources', 'Sources', PlugConnectedRegular],
      ['/tap', 'Live tap', PulseRegular],
      ['/ledger', 'Ledger', BookNumberRegular],
      ['/unparsed', 'Unparsed lines', TextBulletListSquareWarningRegular],
      ['/upload', 'Upload logs', ArrowUploadRegular],
      ['/playground', 'Parser playground', BeakerRegular],
      ['/start', 'Connect a device', PlugConnectedAddRegular],
    ],
  ],
  [
    'Appliance',
    [
      ['/settings', 'Settings', SettingsRegular],
      ['/accounts', 'Users and tokens', KeyMultipleRegular],
      ['/names', 'Names asked for', EyeRegular],
      ['/audit', 'Audit', ClipboardTaskListLtrRegular],
    ],
  ],
]

export function Navigation({ narrow }: { narrow: boolean }) {
  const styles = useStyles()
  const session = useSession()
  const health = useQuery(healthQuery)
  return (
    <nav className={styles.nav} aria-label="Pages">
      {groups.map(([group, entries]) => (
        <div key={group} role="group" aria-label={group}>
          <div className={narrow ? styles.gap : styles.group} aria-hidden="true">
            {narrow ? '' : group}
          </div>
          {entries
            .filter(([to]) => pageRefusal(session, to) === null)
            .map(([to, title, Icon]) => (
              <PlainLink
                key={to}
                to={to}
                className={mergeClasses(styles.entry, narrow && styles.entryNarrow)}
                activeOptions={{ exact: to === '/', includeSearch: false }}
                aria-label={title}
                title={narrow ? title : ''}
              >
                <Icon className={styles.icon} />
                {narrow ? '' : title}
              </PlainLink>
            ))}
        </div>
      ))}
      {!narrow && health.data !== undefined && (
        <div className={styles.version}>Version {health.data.version}</div>
      )}
    </nav>
  )
}
