/** Keeps what is known of people's names: collects the forms of the hours being merged, resolves them, and writes `identities`. */
import { mergeLimits } from '../limits.ts'
import type { Store } from '../store/store.ts'
import { resolvePeople } from './people.ts'
import { flowsWindow } from './slices.ts'
import type { Identity, IdentityLink } from './people.ts'

interface Known {
  links: Map<string, IdentityLink>
  forms: Set<string>
  identities: Map<string, Identity>
}

const linkKey = (link: IdentityLink): string =>
  JSON.stringify([link.upn, link.account, link.sid, link.object_id, link.mail])

const { behindSeconds } = mergeLimits

/** Forms that stand in one row of the hours' agent data. A user without @ is an account, too. */
const linksOfHours = `
  SELECT DISTINCT if(position(user, '@') > 0, toString(user), '') AS upn, if(position(user, '@') > 0, toString(user_account), toString(user)) AS account,
    toString(user_sid) AS sid, toString(user_object_id) AS object_id, '' AS mail, 'agent' AS how
  FROM db.device_connections
  WHERE report = {report:String} AND user != '' AND at >= toDateTime64({from:UInt32} - ${behindSeconds}, 3, 'UTC') AND at < toDateTime64({to:UInt32} + ${behindSeconds}, 3, 'UTC')
  UNION DISTINCT
  SELECT DISTINCT if(position(user, '@') > 0, toString(user), ''), if(position(user, '@') > 0, '', toString(user)), toString(sid), '', '', 'logon'
  FROM db.device_logons
  WHERE report = {report:String} AND user != '' AND at >= toDateTime64({from:UInt32} - ${behindSeconds}, 3, 'UTC') AND at < toDateTime64({to:UInt32} + ${behindSeconds}, 3, 'UTC')`

const usersOfHours = `SELECT DISTINCT toString(user) AS user FROM db.flows WHERE ${flowsWindow} AND user != ''`

export class Identities {
  readonly #store: Store
  readonly #isService: (form: string) => boolean
  readonly #known = new Map<string, Known>()

  constructor(store: Store, isService: (form: string) => boolean) {
    this.#store = store
    this.#isService = isService
  }

  /** People named by a directory; they hold for every report. */
  async addDirectory(links: readonly IdentityLink[]): Promise<void> {
    const rows = links.map((link) => ({ ...link, report: '', how: 'directory' }))
    await this.#store.insert('identity_links', rows)
    this.#known.clear()
  }

  /**
   * Takes in the names of a pass, and of the hours around it. Returns the forms whose person is another than before: hours
   * merged under the old one must be merged anew.
   */
  async learn(report: string, params: Record<string, unknown>, version: number): Promise<string[]> {
    const known = await this.#of(report)
    const links = await this.#store.query<IdentityLink & { how: string }>(linksOfHours, params)
    const fresh = links.filter((link) => !known.links.has(linkKey(link)))
    for (const link of fresh) known.links.set(linkKey(link), plain(link))
    const users = await this.#store.query<{ user: string }>(usersOfHours, params)
    const before = known.forms.size
    for (const { user } of users) known.forms.add(user)
    if (fresh.length === 0 && known.forms.size === before) return []
    await this.#store.insert(
      'identity_links',
      fresh.map((link) => ({ ...link, report })),
    )
    return this.#resolve(report, known, version)
  }

  async #resolve(report: string, known: Known, version: number): Promise<string[]> {
    const next = resolvePeople([...known.links.values()], [...known.forms], this.#isService)
    const rows: object[] = []
    for (const [form, identity] of next) {
      const old = known.identities.get(form)
      if (old?.person !== identity.person || old.kind !== identity.kind)
        rows.push({ report, form, ...identity, version })
    }
    for (const form of known.identities.keys())
      if (!next.has(form))
        rows.push({ report, form, person: '', kind: 'person', rule: 'name', version })
    known.identities = next
    await this.#store.insert('identities', rows)
    return rows.map((row) => (row as { form: string }).form)
  }

  async #of(report: string): Promise<Known> {
    const held = this.#known.get(report)
    if (held !== undefined) return held
    const links = await this.#store.query<IdentityLink>(
      "SELECT DISTINCT upn, account, sid, object_id, mail FROM db.identity_links WHERE report IN ({report:String}, '')",
      { report },
    )
    const rows = await this.#store.query<Identity & { form: string }>(
      `SELECT form, argMax(person, version) AS person, argMax(kind, version) AS kind, argMax(rule, version) AS rule
       FROM db.identities WHERE report = {report:String} GROUP BY form`,
      { report },
    )
    const known: Known = {
      links: new Map(links.map((link) => [linkKey(link), plain(link)])),
      forms: new Set(),
      identities: new Map(
        rows.map(({ form, person, kind, rule }) => [form, { person, kind, rule }]),
      ),
    }
    const forms = await this.#store.query<{ user: string }>(
      "SELECT DISTINCT toString(user_form) AS user FROM db.usage WHERE report = {report:String} AND user_form != ''",
      { report },
    )
    for (const { user } of forms) known.forms.add(user)
    // few reports are merged at a time; the oldest is read again when it returns
    if (this.#known.size >= mergeLimits.reportsRemembered)
      for (const oldest of [...this.#known.keys()].slice(0, 1)) this.#known.delete(oldest)
    this.#known.set(report, known)
    return known
  }
}

function plain(link: IdentityLink): IdentityLink {
  const { upn, account, sid, object_id, mail } = link
  return { upn, account, sid, object_id, mail }
}
