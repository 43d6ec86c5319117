/** The frame around every page: name, scope, navigation. */
import { Button, Tooltip, makeStyles, mergeClasses, tokens } from '@fluentui/react-components'
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
  NavigationRegular,
  NetworkCheckRegular,
  PeopleListRegular,
  PeopleRegular,
  PlugConnectedAddRegular,
  PlugConnectedRegular,
  PulseRegular,
  SettingsRegular,
  ShieldProhibitedRegular,
  TextBulletListSquareWarningRegular,
  WeatherMoonRegular,
  WeatherSunnyRegular,
} from '@fluentui/react-icons'
import type { FluentIcon } from '@fluentui/react-icons'
import { useQuery } from '@tanstack/react-query'
import { Outlet, useLocation, useRouter } from '@tanstack/react-router'
import { useContext, useEffect, useState } from 'react'
import sign from './gnomon.svg'
import { pageRefusal } from './data/page-needs.ts'
import { useSession } from './data/session.ts'
import { healthQuery } from './data/queries.ts'
import { Closed } from './pages/lost.tsx'
import { PlainLink } from './parts/route-link.tsx'
import { ScopeBar } from './parts/scope-bar.tsx'
import { Viewer } from './parts/viewer.tsx'
import { ThemeContext } from './theme.ts'

const useStyles = makeStyles({
  shell: {
    height: '100vh',
    display: 'grid',
    gridTemplateColumns: '232px minmax(0, 1fr)',
    gridTemplateRows: '56px minmax(0, 1fr)',
    backgroundColor: tokens.colorNeutralBackground2,
  },
  narrow: { gridTemplateColumns: '56px minmax(0, 1fr)' },
  skip: {
    position: 'absolute',
    left: '8px',
    top: '-60px',
    zIndex: 10,
    padding: '8px 12px',
    backgroundColor: tokens.colorNeutralBackground1,
    color: tokens.colorBrandForegroundLink,
    ':focus': { top: '8px' },
  },
  top: {
    gridColumn: '1 / -1',
    display: 'flex',
    alignItems: 'center',
    gap: '10px',
    padding: '0 12px',
    backgroundColor: tokens.colorNeutralBackground1,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  brand: {
    display: 'flex',
    alignItems: 'center',
    gap: '10px',
    fontSize: tokens.fontSizeBase500,
    fontWeight: tokens.fontWeightSemibold,
    color: 'inherit',
    textDecorationLine: 'none',
  },
  under: {
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase300,
    '@media (max-width: 1100px)': { display: 'none' },
  },
  grow: { flexGrow: 1 },
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
  main: { overflow: 'auto', outlineStyle: 'none' },
  version: {
    marginTop: 'auto',
    padding: '12px',
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground3,
  },
})

interface Entry {
  to: string
  title: string
  icon: FluentIcon
}

const groups: { title: string; entries: Entry[] }[] = [
  {
    title: 'Discovery',
    entries: [
      { to: '/', title: 'Dashboard', icon: GridRegular },
      { to: '/apps', title: 'Discovered apps', icon: AppsListRegular },
      { to: '/unknown', title: 'Unknown services', icon: GlobeSearchRegular },
      { to: '/users', title: 'Users', icon: PeopleRegular },
      { to: '/devices', title: 'Devices', icon: DesktopRegular },
      { to: '/addresses', title: 'IP addresses', icon: NetworkCheckRegular },
    ],
  },
  {
    title: 'Control',
    entries: [
      { to: '/alerts', title: 'Alerts', icon: AlertRegular },
      { to: '/policies', title: 'Policies', icon: ClipboardCheckmarkRegular },
      { to: '/blocks', title: 'Blocks', icon: ShieldProhibitedRegular },
      { to: '/lists', title: 'People and networks', icon: PeopleListRegular },
    ],
  },
  {
    title: 'Logs',
    entries: [
      { to: '/sources', title: 'Sources', icon: PlugConnectedRegular },
      { to: '/tap', title: 'Live tap', icon: PulseRegular },
      { to: '/ledger', title: 'Ledger', icon: BookNumberRegular },
      {
        to: '/unparsed',
        title: 'Unparsed lines',
        icon: TextBulletListSquareWarningRegular,
      },
      { to: '/upload', title: 'Upload logs', icon: ArrowUploadRegular },
      { to: '/playground', title: 'Parser playground', icon: BeakerRegular },
      { to: '/start', title: 'Connect a device', icon: PlugConnectedAddRegular },
    ],
  },
  {
    title: 'Appliance',
    entries: [
      { to: '/settings', title: 'Settings', icon: SettingsRegular },
      { to: '/accounts', title: 'Users and tokens', icon: KeyMultipleRegular },
      { to: '/names', title: 'Names asked for', icon: EyeRegular },
      { to: '/audit', title: 'Audit', icon: ClipboardTaskListLtrRegular },
    ],
  },
]

const narrowKey = 'gnomon.narrow'

export function Shell() {
  const styles = useStyles()
  const theme = useContext(ThemeContext)
  const session = useSession()
  const path = useLocation({ select: ({ pathname }) => pathname })
  const closed = pageRefusal(session, path)
  const health = useQuery(healthQuery)
  const [narrow, setNarrow] = useState(
    () => (localStorage.getItem(narrowKey) ?? String(window.innerWidth < 1100)) === 'true',
  )
  // A link that led away is gone with its page, and the focus with it: the keyboard goes on at the new page's beginning.
  const router = useRouter()
  useEffect(
    () =>
      router.subscribe('onRendered', ({ fromLocation, pathChanged }) => {
        if (fromLocation === undefined || !pathChanged) return
        if (document.activeElement === document.body)
          document.querySelector<HTMLElement>('#main')?.focus({ preventScroll: true })
      }),
    [router],
  )
  const fold = (): void => {
    localStorage.setItem(narrowKey, String(!narrow))
    setNarrow(!narrow)
  }
  return (
    <div className={mergeClasses(styles.shell, narrow && styles.narrow)}>
      <a
        className={styles.skip}
        href="#main"
        onClick={(event) => {
          // An address of its own would be a step on the way back.
          event.preventDefault()
          document.querySelector<HTMLElement>('#main')?.focus()
        }}
      >
        Skip to the page
      </a>
      <header className={styles.top}>
        <Button
          appearance="subtle"
          icon={<NavigationRegular />}
          aria-label={narrow ? 'Widen the navigation' : 'Narrow the navigation'}
          aria-expanded={!narrow}
          onClick={fold}
        />
        <PlainLink to="/" className={styles.brand}>
          <img src={sign} alt="" width={26} height={26} />
          Gnomon
          <span className={styles.under}>Cloud Discovery</span>
        </PlainLink>
        <span className={styles.grow} />
        <ScopeBar />
        <Viewer />
        <Tooltip content={theme.dark ? 'Light' : 'Dark'} relationship="label">
          <Button
            appearance="subtle"
            icon={theme.dark ? <WeatherSunnyRegular /> : <WeatherMoonRegular />}
            onClick={theme.toggle}
          />
        </Tooltip>
      </header>
      <nav className={styles.nav} aria-label="Pages">
        {groups.map((group) => (
          <div key={group.title} role="group" aria-label={group.title}>
            <div className={narrow ? styles.gap : styles.group} aria-hidden="true">
              {narrow ? '' : group.title}
            </div>
            {group.entries
              .filter(({ to }) => pageRefusal(session, to) === null)
              .map(({ to, title, icon: Icon }) => (
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
      <main id="main" className={styles.main} tabIndex={-1}>
        {closed === null ? <Outlet /> : <Closed why={closed} />}
      </main>
    </div>
  )
}
