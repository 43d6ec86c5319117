/**
 * Which right each route asks for, in one table. A route may say it itself (`config: { right }`); one that is in neither may be read
 * with `reports.read` and changed with `settings.write` only. A viewer with bounds (some sources, no names) gets only routes that are
 * known to keep to them (`bounded`): all others refuse him, so a forgotten one shows nothing.
 */
import type { Right } from '../access/rights.ts'

/** `open`: nobody is asked; `any`: whoever is signed in. */
export type Need = Right | 'open' | 'any'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** See route-rights.ts. */
    right?: Need
    /** The answer keeps to the viewer's sources and names. */
    bounded?: boolean
    /** The answer shows names of people: told to the audit trail. */
    names?: boolean
    /** One of many steps of a change: told to the audit trail only where the route says what was done (`told`). */
    parts?: boolean
  }
}

interface Rule {
  need: Need
  bounded: boolean
  names: boolean
}

const open: Rule = { need: 'open', bounded: true, names: false }
const any: Rule = { need: 'any', bounded: true, names: false }
const reports: Rule = { need: 'reports.read', bounded: true, names: false }
const people: Rule = { ...reports, names: true }
const right = (need: Right): Rule => ({ need, bounded: false, names: false })

/** `METHOD path` as routes are written; `*` at the end = all below. */
const table: Record<string, Rule> = {
  'GET /': open,
  'GET /console/': open,
  'GET /console/*': open,
  'GET /healthz': open,
  'GET /readyz': open,
  'GET /metrics': open,
  'GET /api/v1/openapi.json': any,

  'GET /api/v1/setup': open,
  'POST /api/v1/setup': open,
  'GET /api/v1/session': open,
  'POST /api/v1/session': open,
  'DELETE /api/v1/session': open,
  'GET /api/v1/session/oidc': open,
  'GET /api/v1/session/oidc/callback': open,
  'POST /api/v1/account/password': any,
  'POST /api/v1/account/totp': any,
  'POST /api/v1/account/totp/confirm': any,
  'DELETE /api/v1/account/totp': any,
  'GET /api/v1/tokens': any,
  'POST /api/v1/tokens': any,
  'DELETE /api/v1/tokens/:id': any,
  'GET /api/v1/accounts': right('access.write'),
  'POST /api/v1/accounts': right('access.write'),
  'PATCH /api/v1/accounts/:id': right('access.write'),
  'DELETE /api/v1/accounts/:id': right('access.write'),
  'GET /api/v1/audit': { need: 'audit.read', bounded: true, names: false },
  'GET /api/v1/names': { need: 'names.reveal', bounded: true, names: false },
  'POST /api/v1/names': { need: 'names.reveal', bounded: true, names: false },
  'GET /api/v1/names/:id': { need: 'names.reveal', bounded: true, names: false },
  'POST /api/v1/names/:id': { need: 'names.reveal', bounded: true, names: false },

  'GET /api/v1/sources': reports,
  'GET /api/v1/ledger': reports,
  'GET /api/v1/reports': reports,
  'GET /api/v1/summary': reports,
  'GET /api/v1/timeline': reports,
  'GET /api/v1/unknown': reports,
  'GET /api/v1/app-table': reports,
  'GET /api/v1/apps': reports,
  'GET /api/v1/lookup': reports,
  'GET /api/v1/formats': reports,
  'GET /api/v1/apps/:id': people,
  'GET /api/v1/users': people,
  'GET /api/v1/users/:name': people,
  'GET /api/v1/devices': people,
  'GET /api/v1/devices/:name': people,
  'GET /api/v1/addresses': people,
  'GET /api/v1/addresses/:address': people,
  'GET /api/v1/reports/:id': people,
  'GET /api/v1/reports/:id/export': people,

  'GET /api/v1/unparsed': { need: 'raw.read', bounded: true, names: true },
  'POST /api/v1/unparsed/replay': { need: 'intake.write', bounded: true, names: false },
  'POST /api/v1/uploads': { need: 'intake.write', bounded: true, names: false },
  'GET /api/v1/uploads': { need: 'intake.write', bounded: true, names: false },
  'GET /api/v1/uploads/:id': { need: 'intake.write', bounded: true, names: false },
  'PATCH /api/v1/uploads/:id': { need: 'intake.write', bounded: true, names: false },
  'DELETE /api/v1/uploads/:id': { need: 'intake.write', bounded: true, names: false },
  'GET /api/v1/uploads/:id/result': { need: 'intake.write', bounded: true, names: false },
  'GET /api/v1/sources/:name/tap': { need: 'raw.read', bounded: true, names: true },
  'POST /api/v1/parse': { need: 'raw.read', bounded: true, names: false },
  'GET /api/v1/definitions': { need: 'reports.read', bounded: true, names: false },
  'POST /api/v1/definitions': { need: 'raw.read', bounded: true, names: false },
  'GET /api/v1/definitions/:id': { need: 'reports.read', bounded: true, names: false },
  'PUT /api/v1/definitions/:id': right('govern.write'),
  'DELETE /api/v1/definitions/:id': right('govern.write'),
  'GET /api/v1/config': { need: 'settings.read', bounded: true, names: false },
  'POST /api/v1/config/reload': right('settings.write'),
  'GET /api/v1/support-bundle': right('settings.write'),
}

/** What is asked for a route; a HEAD is a GET. */
export function ruleOf(
  method: string,
  url: string,
  config: { right?: Need; bounded?: boolean; names?: boolean },
): Rule {
  const asked = method === 'HEAD' ? 'GET' : method
  const listed = table[`${asked} ${url}`]
  const fallback = asked === 'GET' ? 'reports.read' : 'settings.write'
  return {
    need: config.right ?? listed?.need ?? fallback,
    bounded: config.bounded ?? listed?.bounded ?? false,
    names: config.names ?? listed?.names ?? false,
  }
}

/** Whether somebody thought of the route. */
export function isRuled(method: string, url: string, config: { right?: Need }): boolean {
  return (
    config.right !== undefined ||
    table[`${method === 'HEAD' ? 'GET' : method} ${url}`] !== undefined
  )
}
