/**
 * Lists of others that an admin may bring in, as files: each becomes a catalog file of its own (`apps/import-<kind>.yaml`), so it can be
 * read, replaced by a newer list, and deleted. What a list has and Gnomon does not take is counted with its reason.
 */
import { basename } from 'node:path'
import { z } from 'zod'
import { catalogLimits } from '../limits.ts'
import { canonicalAddress, isAddressRange } from './addresses.ts'
import { invalid } from './load.ts'
import { normaliseHost } from './normalise.ts'
import type { AdditionEntry, InfrastructureEntry } from './schema.ts'

export const importKinds = [
  'microsoft-365',
  'aws',
  'azure',
  'google-cloud',
  'cloudflare',
  'v2fly',
  'csv',
  'reference-catalog',
] as const
export type ImportKind = (typeof importKinds)[number]

export interface Imported {
  /** Place within the own catalog folder. */
  path: string
  content: {
    category?: string
    apps?: object[]
    additions?: Partial<AdditionEntry>[]
    infrastructure?: Partial<InfrastructureEntry>[]
  }
  /** Domains, hosts and networks taken. */
  taken: number
  /** Reason → entries. */
  left: Record<string, number>
}

export type Left = Record<string, number>

export function leave(left: Left, reason: string): void {
  left[reason] = (left[reason] ?? 0) + 1
}

function parseJson<Schema extends z.ZodType>(
  text: string,
  file: string,
  schema: Schema,
): z.infer<Schema> {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (cause) {
    throw invalid([`${file}: not JSON`], cause)
  }
  const result = schema.safeParse(content)
  if (result.success) return result.data
  const [{ path, message }] = result.error.issues
  throw invalid([`${file}: ${path.join('.') || 'file'}: ${message}; is it the right kind of list?`])
}

/** The network in its one spelling, or null. */
function networkOf(text: string): string | null {
  const [address, length] = text.trim().toLowerCase().split('/', 2)
  const canonical = canonicalAddress(address)
  if (canonical === null) return null
  const range = `${canonical}/${length ?? (canonical.includes(':') ? '128' : '32')}`
  return isAddressRange(range) ? range : null
}

function networksOf(texts: readonly string[], left: Left): string[] {
  const networks = new Set<string>()
  for (const text of texts) {
    const network = networkOf(text)
    if (network === null) leave(left, 'not a network')
    else networks.add(network)
  }
  if (networks.size > catalogLimits.importEntries)
    throw invalid([`more than ${catalogLimits.importEntries} networks in one list`])
  return [...networks].toSorted()
}

const m365Schema = z.array(
  z.object({
    serviceArea: z.string(),
    urls: z.array(z.string()).optional(),
    ips: z.array(z.string()).optional(),
  }),
)

/** Service areas of https://learn.microsoft.com/en-us/microsoft-365/enterprise/microsoft-365-ip-web-service and our apps. */
const m365Apps: Record<string, string> = {
  Exchange: 'microsoft-exchange-online',
  SharePoint: 'microsoft-sharepoint-online',
  Skype: 'microsoft-teams',
  Common: 'microsoft-365',
}

export function importMicrosoft365(text: string, file: string): Imported {
  const left: Left = {}
  const names = new Map<string, { domains: Set<string>; hosts: Set<string>; ips: Set<string> }>()
  // the area that names an endpoint first keeps it: Common is last
  const rows = parseJson(text, file, m365Schema).toSorted(
    (a, b) => Number(a.serviceArea === 'Common') - Number(b.serviceArea === 'Common'),
  )
  const seen = new Set<string>()
  for (const { serviceArea, urls = [], ips = [] } of rows) {
    const app = m365Apps[serviceArea]
    if (app === undefined) {
      leave(left, 'another service area')
      continue
    }
    const of = names.get(app) ?? { domains: new Set(), hosts: new Set(), ips: new Set() }
    names.set(app, of)
    for (const url of urls) {
      if (seen.has(url)) continue
      seen.add(url)
      const name = url.startsWith('*.') ? url.slice(2) : url
      const { host, kind } = normaliseHost(name)
      if (kind !== 'name' || name.includes('*')) leave(left, 'a wildcard within a name')
      else (url.startsWith('*.') ? of.domains : of.hosts).add(host)
    }
    for (const ip of ips) of.ips.add(ip)
  }
  const additions = [...names].map(([app, { domains, hosts, ips }]) => ({
    app,
    domains: [...domains].toSorted(),
    hosts: [...hosts].filter((host) => !domains.has(host)).toSorted(),
    ranges: networksOf([...ips], left),
  }))
  return listed('microsoft-365', { additions: withoutSharedRanges(additions) }, left)
}

/** Areas share networks: the first keeps them. */
function withoutSharedRanges<A extends { ranges: string[] }>(additions: readonly A[]): A[] {
  const seen = new Set<string>()
  return additions.map((addition) => ({
    ...addition,
    ranges: addition.ranges.filter((range) => !seen.has(range) && seen.add(range)),
  }))
}

/** Networks of a cloud: whose server stands there is not known, so they are infrastructure. */
function cloud(kind: ImportKind, name: string, texts: readonly string[]): Imported {
  const left: Left = {}
  const entry: Partial<InfrastructureEntry> = {
    name,
    kind: kind === 'cloudflare' ? 'cdn' : 'cloud-endpoint',
    ranges: networksOf(texts, left),
  }
  return listed(kind, { infrastructure: [entry] }, left)
}

/** https://docs.aws.amazon.com/vpc/latest/userguide/aws-ip-ranges.html */
export function importAws(text: string, file: string): Imported {
  const { prefixes, ipv6_prefixes } = parseJson(
    text,
    file,
    z.object({
      prefixes: z.array(z.object({ ip_prefix: z.string() })),
      ipv6_prefixes: z.array(z.object({ ipv6_prefix: z.string() })).default([]),
    }),
  )
  return cloud('aws', 'AWS addresses', [
    ...prefixes.map(({ ip_prefix }) => ip_prefix),
    ...ipv6_prefixes.map(({ ipv6_prefix }) => ipv6_prefix),
  ])
}

/** https://learn.microsoft.com/en-us/azure/virtual-network/service-tags-overview: the tag AzureCloud holds all. */
export function importAzure(text: string, file: string): Imported {
  const { values } = parseJson(
    text,
    file,
    z.object({
      values: z.array(
        z.object({
          name: z.string(),
          properties: z.object({ addressPrefixes: z.array(z.string()) }),
        }),
      ),
    }),
  )
  const all = values.filter(({ name }) => name === 'AzureCloud')
  const tags = all.length > 0 ? all : values
  return cloud(
    'azure',
    'Azure addresses',
    tags.flatMap(({ properties }) => properties.addressPrefixes),
  )
}

/** https://support.google.com/a/answer/10026322: cloud.json and goog.json. */
export function importGoogleCloud(text: string, file: string): Imported {
  const { prefixes } = parseJson(
    text,
    file,
    z.object({
      prefixes: z.array(
        z.object({ ipv4Prefix: z.string().optional(), ipv6Prefix: z.string().optional() }),
      ),
    }),
  )
  return cloud(
    'google-cloud',
    'Google Cloud addresses',
    prefixes.flatMap(({ ipv4Prefix, ipv6Prefix }) =>
      [ipv4Prefix, ipv6Prefix].filter((prefix) => prefix !== undefined),
    ),
  )
}

/** https://www.cloudflare.com/ips/: the text lists, or the answer of its API. */
export function importCloudflare(text: string, file: string): Imported {
  if (!text.trimStart().startsWith('{'))
    return cloud('cloudflare', 'Cloudflare addresses', text.split(/\s+/).filter(Boolean))
  const { result } = parseJson(
    text,
    file,
    z.object({
      result: z.object({
        ipv4_cidrs: z.array(z.string()),
        ipv6_cidrs: z.array(z.string()).default([]),
      }),
    }),
  )
  return cloud('cloudflare', 'Cloudflare addresses', [...result.ipv4_cidrs, ...result.ipv6_cidrs])
}

/**
 * One list of https://github.com/v2fly/domain-list-community for one app (default: the file's name). Attributes are looked at for
 * `@ads`, which is advertising and not the app.
 */
export function importV2fly(text: string, file: string, app: string | null): Imported {
  const left: Left = {}
  const domains = new Set<string>()
  const hosts = new Set<string>()
  for (const line of text.split('\n')) {
    const [rule, ...attributes] = line.replace(/#.*/, '').trim().split(/\s+/)
    if (rule === '') continue
    const [kind, value] = rule.includes(':') ? rule.split(':', 2) : ['domain', rule]
    if (attributes.includes('@ads')) leave(left, '@ads')
    else if (kind !== 'domain' && kind !== 'full') leave(left, kind)
    else {
      const { host, kind: found } = normaliseHost(value)
      if (found === 'name') (kind === 'full' ? hosts : domains).add(host)
      else leave(left, 'not a host name')
    }
  }
  const id = app ?? basename(file).replace(/\.(?:txt|list)$/, '')
  const addition = { app: id, domains: [...domains].toSorted(), hosts: [...hosts].toSorted() }
  return listed('v2fly', { additions: [addition] }, left, id)
}

/** Counts what a list gave, and names its file. */
export function listed(
  kind: ImportKind,
  content: Imported['content'],
  left: Left,
  suffix?: string,
): Imported {
  const entries = [
    ...(content.apps ?? []),
    ...(content.additions ?? []),
    ...(content.infrastructure ?? []),
  ] as { domains?: string[]; hosts?: string[]; ranges?: string[] }[]
  const taken = entries.reduce(
    (sum, { domains = [], hosts = [], ranges = [] }) =>
      sum + domains.length + hosts.length + ranges.length,
    0,
  )
  if (taken === 0) throw invalid([`nothing in this list can be taken; is it of the kind ${kind}?`])
  const name = suffix === undefined ? kind : `${kind}-${suffix.replaceAll(/[^a-z0-9]+/g, '-')}`
  return { path: `apps/import-${name}.yaml`, content, taken, left }
}
