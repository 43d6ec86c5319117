/** Addresses and their pages. Names out of logs stand in the query, where every letter is possible. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  retainSearchParams,
} from '@tanstack/react-router'
import { appSearchKeys } from './data/app-filter.ts'
import { scopeSearch } from './data/scope.ts'
import type { ScopeSearch } from './data/scope.ts'
import { Dashboard } from './pages/dashboard.tsx'
import { Lost, PageFault } from './pages/lost.tsx'
import { Waiting } from './parts/states.tsx'
import { Shell } from './shell.tsx'

const root = createRootRoute({
  component: Shell,
  notFoundComponent: Lost,
  validateSearch: (search: Record<string, unknown>): ScopeSearch => scopeSearch(search),
  search: { middlewares: [retainSearchParams(['report', 'source', 'range', 'from', 'to'])] },
})
const under = { getParentRoute: () => root }

const texts = <const Names extends readonly string[]>(names: Names) =>
  function validate(search: Record<string, unknown>) {
    const found: Partial<Record<Names[number], string>> = {}
    for (const name of names as readonly Names[number][]) {
      const value = search[name]
      if (typeof value === 'string' && value !== '') found[name] = value
    }
    return found
  }

const routes = [
  createRoute({ ...under, path: '/', component: Dashboard }),
  createRoute({
    ...under,
    path: '/apps',
    validateSearch: texts(appSearchKeys),
    component: lazyRouteComponent(() => import('./pages/apps.tsx'), 'Apps'),
  }),
  createRoute({
    ...under,
    path: '/app',
    validateSearch: texts(['id']),
    component: lazyRouteComponent(() => import('./pages/app.tsx'), 'App'),
  }),
  ...(['Users', 'Devices', 'Addresses'] as const).map((name) =>
    createRoute({
      ...under,
      path: `/${name.toLowerCase()}`,
      validateSearch: texts(['q', 'sort', 'order']),
      component: lazyRouteComponent(() => import('./pages/people.tsx'), name),
    }),
  ),
  ...(['User', 'Device', 'Address'] as const).map((name) =>
    createRoute({
      ...under,
      path: `/${name.toLowerCase()}`,
      validateSearch: texts(['name']),
      component: lazyRouteComponent(() => import('./pages/person.tsx'), name),
    }),
  ),
  createRoute({
    ...under,
    path: '/unknown',
    validateSearch: texts(['q', 'sort', 'order', 'view']),
    component: lazyRouteComponent(() => import('./pages/unknown.tsx'), 'Unknown'),
  }),
  createRoute({
    ...under,
    path: '/freshness',
    validateSearch: texts(['state']),
    component: lazyRouteComponent(() => import('./pages/freshness.tsx'), 'FreshnessPage'),
  }),
  createRoute({
    ...under,
    path: '/alerts',
    validateSearch: texts(['status', 'kind', 'app', 'view']),
    component: lazyRouteComponent(() => import('./pages/alerts.tsx'), 'Alerts'),
  }),
  createRoute({
    ...under,
    path: '/alert',
    validateSearch: texts(['id']),
    component: lazyRouteComponent(() => import('./pages/alert.tsx'), 'Alert'),
  }),
  createRoute({
    ...under,
    path: '/policies',
    component: lazyRouteComponent(() => import('./pages/policies.tsx'), 'Policies'),
  }),
  createRoute({
    ...under,
    path: '/policy',
    validateSearch: texts(['id', 'template']),
    component: lazyRouteComponent(() => import('./pages/policy.tsx'), 'PolicyPage'),
  }),
  createRoute({
    ...under,
    path: '/blocks',
    validateSearch: texts(['view', 'apps', 'format', 'mode']),
    component: lazyRouteComponent(() => import('./pages/blocks.tsx'), 'Blocks'),
  }),
  createRoute({
    ...under,
    path: '/lists',
    validateSearch: texts(['view']),
    component: lazyRouteComponent(() => import('./pages/lists.tsx'), 'Lists'),
  }),
  createRoute({
    ...under,
    path: '/sources',
    component: lazyRouteComponent(() => import('./pages/sources.tsx'), 'Sources'),
  }),
  createRoute({
    ...under,
    path: '/tap',
    component: lazyRouteComponent(() => import('./pages/tap.tsx'), 'Tap'),
  }),
  createRoute({
    ...under,
    path: '/ledger',
    component: lazyRouteComponent(() => import('./pages/ledger.tsx'), 'Ledger'),
  }),
  createRoute({
    ...under,
    path: '/unparsed',
    validateSearch: texts(['reason']),
    component: lazyRouteComponent(() => import('./pages/unparsed.tsx'), 'Unparsed'),
  }),
  createRoute({
    ...under,
    path: '/upload',
    component: lazyRouteComponent(() => import('./pages/upload.tsx'), 'Upload'),
  }),
  createRoute({
    ...under,
    path: '/uploaded',
    validateSearch: texts(['id']),
    component: lazyRouteComponent(() => import('./pages/uploaded.tsx'), 'Uploaded'),
  }),
  createRoute({
    ...under,
    path: '/playground',
    component: lazyRouteComponent(() => import('./pages/playground.tsx'), 'Playground'),
  }),
  createRoute({
    ...under,
    path: '/start',
    component: lazyRouteComponent(() => import('./pages/start.tsx'), 'Start'),
  }),
  createRoute({
    ...under,
    path: '/settings',
    validateSearch: texts(['view']),
    component: lazyRouteComponent(() => import('./pages/settings.tsx'), 'Settings'),
  }),
  createRoute({
    ...under,
    path: '/accounts',
    component: lazyRouteComponent(() => import('./pages/accounts.tsx'), 'Accounts'),
  }),
  createRoute({
    ...under,
    path: '/me',
    component: lazyRouteComponent(() => import('./pages/me.tsx'), 'Me'),
  }),
  createRoute({
    ...under,
    path: '/names',
    component: lazyRouteComponent(() => import('./pages/names.tsx'), 'Names'),
  }),
  createRoute({
    ...under,
    path: '/audit',
    component: lazyRouteComponent(() => import('./pages/audit.tsx'), 'Audit'),
  }),
]

export const router = createRouter({
  routeTree: root.addChildren(routes),
  // Plain texts: no JSON in addresses, and a user named 123 stays a name.
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch(search) {
    const query = new URLSearchParams()
    for (const [name, value] of Object.entries(search))
      if (value !== undefined) query.set(name, String(value))
    const text = query.toString()
    return text === '' ? '' : `?${text}`
  },
  defaultPendingComponent: Waiting,
  defaultErrorComponent: PageFault,
  defaultPreload: 'intent',
  scrollRestoration: true,
})
