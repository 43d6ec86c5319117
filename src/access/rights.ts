/** What people and programs may do. A role is a set of rights; a token has some of its owner's. */

export const rights = [
  /** Reports, apps, lists, ledger, sources. */
  'reports.read',
  /** Names of people, devices and addresses as logged; without it they are pseudonyms. */
  'names.read',
  /** Asking for the name behind a pseudonym, and agreeing to another's question. */
  'names.reveal',
  /** Lines as received: unread ones, the tap, the playground. They hold names. */
  'raw.read',
  /** Uploads and replays. */
  'intake.write',
  /** Tags, policies, parser definitions and all else that shapes reports. */
  'govern.write',
  'settings.read',
  'settings.write',
  'audit.read',
  /** Accounts, and the tokens of all. */
  'access.write',
] as const
export type Right = (typeof rights)[number]

export const roles = ['administrator', 'analyst', 'auditor', 'reader'] as const
export type Role = (typeof roles)[number]

export const rightsOfRole = {
  administrator: rights,
  analyst: [
    'reports.read',
    'names.read',
    'names.reveal',
    'raw.read',
    'intake.write',
    'govern.write',
    'settings.read',
  ],
  /** Sees that all is in order, and no name. */
  auditor: ['reports.read', 'settings.read', 'audit.read'],
  reader: ['reports.read', 'names.read'],
} as const satisfies Record<Role, readonly Right[]>

/** Who asks. */
export interface Viewer {
  /** `account`: a session; `machine`: the program on this machine; `anyone`: api.access is open. */
  kind: 'account' | 'token' | 'machine' | 'anyone'
  /** As it stands in the audit trail. */
  name: string
  /** null = no account. */
  accountId: string | null
  role: Role
  rights: ReadonlySet<Right>
  /** Data sources whose data are shown; null = all. */
  sources: readonly string[] | null
}

/** A viewer of a role without bounds. */
export function viewerOf(
  kind: Viewer['kind'],
  { name, accountId = null, role, sources = null }: Partial<Viewer> & Pick<Viewer, 'name' | 'role'>,
): Viewer {
  return { kind, name, accountId, role, rights: new Set(rightsOfRole[role]), sources }
}

/** Whether lists and numbers must be made for this viewer alone. */
export function isLimited(viewer: Viewer): boolean {
  return viewer.sources !== null || !viewer.rights.has('names.read')
}
