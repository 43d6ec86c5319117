/** The frame around every page: name, scope, navigation. */
import { Button, Tooltip, makeStyles, mergeClasses, tokens } from '@fluentui/react-components'
import { NavigationRegular, WeatherMoonRegular, WeatherSunnyRegular } from '@fluentui/react-icons'
import { Outlet, useLocation, useRouter } from '@tanstack/react-router'
import { useContext, useEffect, useState } from 'react'
import sign from './gnomon.svg'
import { pageRefusal } from './data/page-needs.ts'
import { useSession } from './data/session.ts'
import { Closed } from './pages/lost.tsx'
import { Navigation } from './parts/navigation.tsx'
import { PlainLink } from './parts/route-link.tsx'
import { ScopeBar } from './parts/scope-bar.tsx'
import { SendingNote, SendingProvider } from './parts/sending-provider.tsx'
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
  name: { '@media (max-width: 600px)': { display: 'none' } },
  grow: { flexGrow: 1, '@media (max-width: 600px)': { flexGrow: 0 } },
  main: { overflow: 'auto', outlineStyle: 'none' },
})

const narrowKey = 'gnomon.narrow'

export function Shell() {
  const styles = useStyles()
  const theme = useContext(ThemeContext)
  const session = useSession()
  const path = useLocation({ select: ({ pathname }) => pathname })
  const closed = pageRefusal(session, path)
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
    <SendingProvider>
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
            <img src={sign} alt="Gnomon" width={26} height={26} />
            <span className={styles.name} aria-hidden>
              Gnomon
            </span>
            <span className={styles.under}>Cloud Discovery</span>
          </PlainLink>
          <span className={styles.grow} />
          <SendingNote />
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
        <Navigation narrow={narrow} />
        <main id="main" className={styles.main} tabIndex={-1}>
          {closed === null ? <Outlet /> : <Closed why={closed} />}
        </main>
      </div>
    </SendingProvider>
  )
}
