/**
 * Which forms of a name are one person. An account of a directory has a SID or an object id: forms that stand beside it in one row are
 * its. Two accounts are never made one by a name alone:
 *
 * - link: the forms stood in one row of an agent, a logon or an imported directory; a name that stood beside two different SIDs (a name
 *   given again) is nobody's.
 * - account: `DOMAIN\sam` and `sam@suffix` are one when DOMAIN and suffix are known to belong together and each has no other partner.
 * - name: `sam` alone is the one person whose account has that name, in any domain; with two of them it is nobody's.
 *
 * The result depends on the set of links alone, not on their order.
 */

export interface IdentityLink {
  upn: string
  /** DOMAIN\sam, or sam */
  account: string
  sid: string
  object_id: string
  mail: string
}

export interface Identity {
  /** The chosen form; '' = a service or machine account, which is nobody. */
  person: string
  kind: 'person' | 'service'
  rule: 'link' | 'account' | 'name'
}

/** Accounts of the system, in SIDs that are the same in every language. */
const serviceSids = /^s-1-5-(?:18|19|20|80-|82-|83-|90-|96-)/i
const serviceNames =
  /(?:^|\\)(?:system|local service|network service|localservice|networkservice|anonymous logon|dwm-\d+|umfd-\d+|defaultaccount|wdagutilityaccount|krbtgt|root|nobody|daemon|_[a-z]+)$|\$$|\$@/i

/** `svc-*` → a test for whole account names, letters of both cases alike. */
export function serviceTest(patterns: readonly string[]): (form: string) => boolean {
  const globs = patterns.map((pattern) =>
    pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*'),
  )
  const own = globs.length === 0 ? null : new RegExp(`^(?:${globs.join('|')})$`, 'i')
  return (form) => {
    if (serviceSids.test(form) || serviceNames.test(form)) return true
    return own !== null && (own.test(form) || own.test(samOf(form)))
  }
}

/** `DOMAIN\sam` and `sam@suffix` → `sam` */
function samOf(form: string): string {
  return form.slice(form.lastIndexOf('\\') + 1).split('@')[0]
}

const isAccount = (form: string): boolean => form.includes('\\')
const isAddress = (form: string): boolean => form.includes('@') && !isAccount(form)

/** Forms in groups; the smallest member names the group. */
class Groups {
  readonly #parent = new Map<string, string>()

  root(form: string): string {
    let at = form
    for (;;) {
      const up = this.#parent.get(at)
      if (up === undefined || up === at) break
      at = up
    }
    this.#parent.set(form, at)
    return at
  }

  join(one: string, other: string): void {
    const [a, b] = [this.root(one), this.root(other)].sort()
    this.#parent.set(b, a)
  }

  members(): Map<string, string[]> {
    const groups = new Map<string, string[]>()
    for (const form of [...this.#parent.keys()].sort()) {
      const root = this.root(form)
      const group = groups.get(root)
      if (group === undefined) groups.set(root, [form])
      else group.push(form)
    }
    return groups
  }
}

/** `forms` are names seen alone (of logs). Keys of the result are in lower case; a form that is only itself is not in it. */
export function resolvePeople(
  links: readonly IdentityLink[],
  forms: readonly string[],
  isService: (form: string) => boolean,
): Map<string, Identity> {
  const shown = new Map<string, string>()
  const lower = (form: string): string => {
    const key = form.toLowerCase()
    const known = shown.get(key)
    if (key !== '' && (known === undefined || form < known)) shown.set(key, form)
    return key
  }
  const rows = links.map((link) => ({
    anchors: [link.sid, link.object_id].filter((form) => form !== '').map(lower),
    names: [link.upn, link.mail, link.account].filter((form) => form !== '').map(lower),
  }))
  const alone = forms.filter((form) => form !== '').map(lower)
  const groups = new Groups()
  const rules = new Map<string, Identity['rule']>()
  const nobodys = joinLinks(rows, groups, rules)
  joinAccounts(
    rows,
    alone.filter((form) => !nobodys.has(form)),
    groups,
    rules,
    nobodys,
  )
  joinNames(alone, groups, rules)
  return identitiesOf(groups, rules, alone, shown, isService)
}

interface LinkRow {
  anchors: string[]
  names: string[]
}

/** Gives the names that stood beside several accounts. */
function joinLinks(
  rows: readonly LinkRow[],
  groups: Groups,
  rules: Map<string, Identity['rule']>,
): Set<string> {
  for (const { anchors } of rows) {
    for (const anchor of anchors) {
      groups.join(anchors[0], anchor)
      rules.set(anchor, 'link')
    }
  }
  // names: the accounts they stood beside, and the names they stood beside where the row named no account's id
  const beside = new Map<string, Set<string>>()
  const note = (name: string, partner: string): void => {
    const partners = beside.get(name)
    if (partners === undefined) beside.set(name, new Set([partner]))
    else partners.add(partner)
  }
  for (const { anchors, names } of rows)
    if (anchors.length > 0) for (const name of names) note(name, groups.root(anchors[0]))
  for (const [name, accounts] of beside)
    if (accounts.size === 1) {
      groups.join(name, [...accounts][0])
      rules.set(name, 'link')
    }
  const pairs = new Map<string, Set<string>>()
  for (const { anchors, names } of rows)
    if (anchors.length === 0)
      for (const name of names)
        for (const other of names)
          if (name !== other && !beside.has(name))
            pairs.set(name, (pairs.get(name) ?? new Set()).add(other))
  for (const [name, others] of pairs) {
    const partners = [...others].filter((other) => (beside.get(other)?.size ?? 1) === 1)
    const roots = new Set(partners.map((other) => groups.root(other)))
    if (partners.length !== others.size || (roots.size > 1 && partners.some((p) => beside.has(p))))
      continue
    for (const partner of partners) groups.join(name, partner)
    rules.set(name, 'link')
  }
  return new Set([...beside].filter(([, accounts]) => accounts.size > 1).map(([name]) => name))
}

/** `DOMAIN\sam` with `sam@suffix`, where rows showed that the domain has this suffix. */
function joinAccounts(
  rows: readonly LinkRow[],
  alone: readonly string[],
  groups: Groups,
  rules: Map<string, Identity['rule']>,
  nobodys: ReadonlySet<string>,
): void {
  const suffixes = new Map<string, Set<string>>()
  for (const { names } of rows)
    for (const account of names.filter(isAccount))
      for (const address of names.filter(isAddress)) {
        const domain = account.slice(0, account.indexOf('\\'))
        const suffix = address.slice(address.indexOf('@'))
        suffixes.set(domain, (suffixes.get(domain) ?? new Set()).add(suffix))
      }
  const names = new Set(
    [...alone, ...rows.flatMap((row) => row.names)].filter((name) => !nobodys.has(name)),
  )
  const members = groups.members()
  const partners = (form: string): string[] => members.get(groups.root(form)) ?? [form]
  const wanted: [string, string][] = []
  for (const account of [...names].filter(isAccount).sort()) {
    if (partners(account).some(isAddress)) continue
    const [domain, sam] = account.split('\\')
    const found = [...(suffixes.get(domain) ?? [])]
      .map((suffix) => sam + suffix)
      .filter((address) => names.has(address) && !partners(address).some(isAccount))
    const apart = found.filter((address) => {
      const both = [...partners(account), ...partners(address)]
      return both.filter((form) => form.startsWith('s-1-5-21-')).length <= 1
    })
    if (found.length === 1 && apart.length === 1) wanted.push([account, found[0]])
  }
  for (const [account, address] of wanted) {
    // two domains with one suffix: neither may have the address
    if (wanted.filter(([, other]) => other === address).length > 1) continue
    groups.join(account, address)
    for (const form of [account, address]) if (!rules.has(form)) rules.set(form, 'account')
  }
}

/** `sam` alone, when one person has an account of this name. */
function joinNames(
  alone: readonly string[],
  groups: Groups,
  rules: Map<string, Identity['rule']>,
): void {
  const owners = new Map<string, Set<string>>()
  for (const [root, forms] of groups.members())
    for (const form of forms)
      if (isAccount(form)) owners.set(samOf(form), (owners.get(samOf(form)) ?? new Set()).add(root))
  for (const form of new Set(alone)) {
    if (isAccount(form) || isAddress(form)) {
      groups.root(form)
      continue
    }
    const own = owners.get(form)
    if (own?.size !== 1) continue
    groups.join(form, [...own][0])
    if (!rules.has(form)) rules.set(form, 'name')
  }
}

function identitiesOf(
  groups: Groups,
  rules: ReadonlyMap<string, Identity['rule']>,
  alone: readonly string[],
  shown: ReadonlyMap<string, string>,
  isService: (form: string) => boolean,
): Map<string, Identity> {
  const identities = new Map<string, Identity>()
  for (const forms of groups.members().values()) {
    const service = forms.some(isService)
    const chosen = forms.find(isAddress)
    const account = forms.find(isAccount)
    const person = service ? '' : (chosen ?? shown.get(account ?? forms[0]) ?? forms[0])
    if (forms.length === 1 && !service) continue
    for (const form of forms)
      identities.set(form, {
        person,
        kind: service ? 'service' : 'person',
        rule: rules.get(form) ?? 'link',
      })
  }
  for (const form of alone)
    if (!identities.has(form) && isService(form))
      identities.set(form, { person: '', kind: 'service', rule: 'name' })
  return identities
}
