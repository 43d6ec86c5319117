/** Exclusions, groups of users, and address ranges: the admin's own words about who is who. */
import { isIP } from 'node:net'
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { OperatingError } from '../errors.ts'
import { oneByOne } from '../lib/one-by-one.ts'
import { governLimits } from '../limits.ts'
import type { Store } from '../store/store.ts'
import { AddressSpan } from './address-span.ts'
import type { Governed } from './governed.ts'

const text = z.string().trim().min(1).max(governLimits.textCharacters)
const network = z
  .string()
  .max(50)
  .refine((one) => AddressSpan.parse(one) !== null, 'not an address or a network in CIDR notation')
const values = z.array(text).max(governLimits.values)

export const exclusionSchema = z.strictObject({
  name: text.max(200),
  comment: z.string().max(governLimits.textCharacters).default(''),
  users: values.default([]).describe('As logged or merged; letters of both cases alike'),
  groups: z.array(text).max(100).default([]).describe('Names of groups: all their users'),
  devices: values.default([]),
  networks: z.array(network).max(governLimits.values).default([]),
})
export type Exclusion = z.output<typeof exclusionSchema>

export const groupSchema = z.strictObject({
  name: text.max(200),
  comment: z.string().max(governLimits.textCharacters).default(''),
  users: values,
})
export type Group = z.output<typeof groupSchema>

/** Categories of address ranges, with the reference product's numbers. */
export const rangeCategories = {
  corporate: 1,
  administrative: 2,
  risky: 3,
  vpn: 4,
  'cloud-provider': 5,
  other: 6,
} as const

export const rangeSchema = z.strictObject({
  name: text.max(200),
  networks: z.array(network).min(1).max(governLimits.values),
  category: z
    .enum(['corporate', 'administrative', 'risky', 'vpn', 'cloud-provider', 'other'])
    .default('other'),
  tags: z.array(z.string().trim().min(1).max(64)).max(100).default([]),
  location: z.string().max(200).default(''),
  organisation: z.string().max(200).default('').describe('Registered ISP'),
})
export type Range = z.output<typeof rangeSchema>

export class People {
  readonly #store: Store
  readonly #nextVersion: () => number
  readonly exclusions: Governed<Exclusion>
  readonly groups: Governed<Group>
  readonly ranges: Governed<Range>
  /** What is kept is checked against the others first, and editions of exclusions follow each other. */
  readonly #inTurn = oneByOne()

  constructor(
    store: Store,
    nextVersion: () => number,
    parts: { exclusions: Governed<Exclusion>; groups: Governed<Group>; ranges: Governed<Range> },
  ) {
    this.#store = store
    this.#nextVersion = nextVersion
    this.exclusions = parts.exclusions
    this.groups = parts.groups
    this.ranges = parts.ranges
  }

  /** Keeps an exclusion and applies it: all reports leave it out from now on, for the past too. Gives its id. */
  async exclude(exclusion: Exclusion, id: string = randomUUID()): Promise<string> {
    await this.exclusions.put(id, exclusion)
    await this.apply()
    return id
  }

  async includeAgain(id: string): Promise<boolean> {
    const gone = await this.exclusions.remove(id)
    if (gone) await this.apply()
    return gone
  }

  /** A group's members changed: exclusions that name it follow. */
  async putGroup(group: Group, id: string = randomUUID()): Promise<string> {
    await this.#inTurn(async () => this.#keepGroup(group, id))
    await this.apply()
    return id
  }

  async #keepGroup(group: Group, id: string): Promise<void> {
    const double = [...(await this.groups.all())].find(
      ([other, { name }]) => other !== id && name.toLowerCase() === group.name.toLowerCase(),
    )
    if (double !== undefined)
      throw new OperatingError(
        'GOVERN_REFUSED',
        `cannot keep group ${group.name}: there is one of this name; choose another`,
      )
    await this.groups.put(id, group)
  }

  async removeGroup(id: string): Promise<boolean> {
    const gone = await this.groups.remove(id)
    if (gone) await this.apply()
    return gone
  }

  /** Throws GOVERN_REFUSED where it overlaps another range: an address has one place. */
  async putRange(range: Range, id: string = randomUUID()): Promise<string> {
    await this.#inTurn(async () => this.#keepRange(range, id))
    return id
  }

  async #keepRange(range: Range, id: string): Promise<void> {
    const mine = range.networks.map(spanOf)
    for (const [i, one] of mine.entries())
      if (mine.slice(0, i).some((other) => one.overlaps(other)))
        throw new OperatingError(
          'GOVERN_REFUSED',
          `cannot keep range ${range.name}: ${range.networks[i]} stands in it twice; take one out`,
        )
    for (const [otherId, other] of await this.ranges.all()) {
      if (otherId === id) continue
      const clash = other.networks.find((one) => mine.some((own) => own.overlaps(spanOf(one))))
      if (clash !== undefined)
        throw new OperatingError(
          'GOVERN_REFUSED',
          `cannot keep range ${range.name}: it overlaps ${other.name} (${clash}); take it out there first`,
        )
    }
    await this.ranges.put(id, range)
  }

  /** The range an address is in. */
  async rangeOf(address: string): Promise<Range | null> {
    if (isIP(address) === 0) return null
    const span = spanOf(address)
    for (const range of (await this.ranges.all()).values())
      if (range.networks.some((one) => spanOf(one).overlaps(span))) return range
    return null
  }

  /** Users of some groups in lower case; null for none asked. */
  async membersOf(names: readonly string[]): Promise<string[] | null> {
    if (names.length === 0) return null
    const asked = new Set(names.map((name) => name.toLowerCase()))
    const groups = [...(await this.groups.all()).values()].filter(({ name }) =>
      asked.has(name.toLowerCase()),
    )
    return [...new Set(groups.flatMap(({ users }) => users.map((user) => user.toLowerCase())))]
  }

  /** Groups of each user in lower case. */
  async groupsByUser(): Promise<Map<string, string[]>> {
    const groups = new Map<string, string[]>()
    for (const { name, users } of (await this.groups.all()).values())
      for (const user of users) {
        const key = user.toLowerCase()
        groups.set(key, [...(groups.get(key) ?? []), name])
      }
    return groups
  }

  /** Writes all exclusions as rows that the view of usage leaves out, under a new version. */
  async apply(): Promise<void> {
    return this.#inTurn(async () => this.#apply())
  }

  async #apply(): Promise<void> {
    const version = this.#nextVersion()
    const rows = new Map<string, object>()
    const add = (kind: string, value: string, first = '::', last = '::'): void => {
      rows.set(`${kind} ${value}`, { version, kind, value, first, last })
    }
    // an empty edition must be one too, or the one before would go on
    add('none', '')
    for (const { users, groups, devices, networks } of (await this.exclusions.all()).values()) {
      for (const user of [...users, ...((await this.membersOf(groups)) ?? [])])
        add('user', user.toLowerCase())
      for (const device of devices) add('device', device.toLowerCase())
      for (const one of networks) {
        const span = spanOf(one)
        add('address', one, span.first, span.last)
      }
    }
    await this.#store.insert('exclusions', [...rows.values()])
    await this.#store.command('DELETE FROM db.exclusions WHERE version < {version:UInt64}', {
      version,
    })
  }
}

function spanOf(one: string): AddressSpan {
  const span = AddressSpan.parse(one)
  if (span === null) throw new Error(`BUG: ${one} was checked`)
  return span
}
