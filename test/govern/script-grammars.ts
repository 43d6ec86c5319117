/**
 * The vendors' grammars, as far as block scripts use them, written from their manuals (addresses: each writer's `documentation`). A
 * grammar returns the first line that is wrong, or null.
 */
import { XMLParser, XMLValidator } from 'fast-xml-parser'

const host = String.raw`[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)+`

/** Each line is one of the shapes. */
function shapes(patterns: readonly RegExp[]) {
  return (text: string): string | null =>
    text.split('\n').find((line) => line !== '' && !patterns.some((one) => one.test(line))) ?? null
}

/** CPL: comments, layers, rules; a rule stands in a layer. */
function cpl(text: string): string | null {
  let inLayer = false
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith(';')) continue
    if (/^<(?:Proxy|Cache|Admin|DNS-Proxy)>(?: "[^"]+")?$/.test(line)) inLayer = true
    else if (!inLayer) return line
    else if (!new RegExp(`^url\\.(?:domain|host\\.exact)=${host} (?:deny|allow)$`).test(line))
      return line
  }
  return null
}

/** ASA: members and addresses stand below their object; nothing is used that was not defined. */
function asa(text: string): string | null {
  const objects = new Set<string>()
  const groups = new Set<string>()
  let inside: 'object' | 'group' | null = null
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('!')) continue
    const object = /^object network (\S{1,64})$/.exec(line)
    const group = /^object-group network (\S{1,64})$/.exec(line)
    const member = /^ (no )?network-object object (\S+)$/.exec(line)
    if (object !== null) {
      objects.add(object[1])
      inside = 'object'
    } else if (group !== null) {
      groups.add(group[1])
      inside = 'group'
    } else if (new RegExp(`^ fqdn (?:v[46] )?${host}$`).test(line)) {
      if (inside !== 'object') return line
    } else if (member !== null) {
      if (inside !== 'group' || (member[1] === undefined && !objects.has(member[2]))) return line
    } else {
      inside = null
      const used = /object-group (\S+)(?: log)?$/.exec(line)
      if (/^access-list \S+ extended deny ip any object-group \S+ log$/.test(line)) {
        if (used === null || !groups.has(used[1])) return line
      } else if (
        !/^access-list \S+ extended permit ip any any$|^(?:no )?access-group \S+ in interface \S+$|^clear configure access-list \S+$|^no object(?:-group)? network \S+$/.test(
          line,
        )
      )
        return line
    }
  }
  return null
}

/** FortiOS: config and edit nest and are closed by end and next; set stands in an entry. */
function fortios(text: string): string | null {
  const open: ('config' | 'edit')[] = []
  for (const line of text.split('\n').map((one) => one.trim())) {
    if (line === '' || line.startsWith('#')) continue
    const top = open.at(-1)
    if (/^config [a-z]+(?: [a-z]+)*$/.test(line)) {
      open.push('config')
    } else if (/^edit (?:\d+|"[^"]{1,63}")$/.test(line)) {
      if (top !== 'config') return line
      open.push('edit')
    } else if (line === 'next') {
      if (open.pop() !== 'edit') return line
    } else if (line === 'end') {
      if (open.pop() !== 'config') return line
    } else if (/^(?:set [a-z-]+ (?:"[^"]{1,511}"|[a-z]+|\d+)|unset [a-z-]+)$/.test(line)) {
      if (top === undefined) return line
    } else if (/^delete (?:\d+|"[^"]+")$/.test(line)) {
      if (top !== 'config') return line
    } else return line
  }
  return open.length === 0 ? null : 'not closed'
}

/** PAN-OS: names of 31 characters at most, entries end with a slash. */
const panos = shapes([
  /^#/,
  /^set profiles custom-url-category [\w.-]{1,31} (?:description "[^"]{1,255}"|type "URL List")$/,
  new RegExp(
    `^(?:set|delete) profiles custom-url-category [\\w.-]{1,31} list "(?:\\*\\.)?${host}/"$`,
  ),
  /^set rulebase security rules [\w.-]{1,63}(?: (?:from|to|source|destination|source-user|application|service) any)+$/,
  /^set rulebase security rules [\w.-]{1,63} category [\w.-]{1,31} action deny log-end yes$/,
  /^move rulebase security rules [\w.-]{1,63} top$/,
  /^delete (?:rulebase security rules|profiles custom-url-category) [\w.-]{1,63}$/,
])

/** Junos: pattern lists have 29 characters at most, wildcards stand behind http:// and before a dot. */
const junos = shapes([
  /^#/,
  new RegExp(
    `^set security utm custom-objects url-pattern [\\w-]{1,29} value http://(?:\\*\\.)?${host}$`,
  ),
  /^set security utm custom-objects custom-url-category [\w-]{1,59} value [\w-]{1,29}$/,
  /^set security utm default-configuration web-filtering type juniper-local$/,
  /^set security utm feature-profile web-filtering juniper-local profile [\w-]{1,29} (?:category [\w-]{1,59} action block|default permit)$/,
  /^set security utm utm-policy [\w-]{1,29} web-filtering http-profile [\w-]{1,29}$/,
  /^delete security utm (?:utm-policy|feature-profile web-filtering juniper-local profile|custom-objects custom-url-category) [\w-]+$/,
  /^wildcard delete security utm custom-objects url-pattern [\w-]+-\*$/,
])

const filterConfig = shapes([/^#/, new RegExp(`^dest_(?:host|domain)=${host} action=deny$`)])
const zscalerList = shapes([new RegExp(`^\\.?${host}$`)])
const domainList = shapes([new RegExp(`^${host}$`)])
const hostsFile = shapes([new RegExp(`^0\\.0\\.0\\.0 ${host}$`)])
const panList = shapes([new RegExp(`^(?:\\*\\.)?${host}/$`)])
const wildcardList = shapes([new RegExp(`^(?:\\*\\.)?${host}$`)])

/** SFOS: well-formed, one operation in a request, known entity and fields. */
function sfos(text: string): string | null {
  const valid = XMLValidator.validate(text)
  if (valid !== true) return valid.err.msg
  const { Request: request } = new XMLParser({ ignoreAttributes: false }).parse(text) as {
    Request?: Record<string, unknown>
  }
  const set = request?.['Set'] as Record<string, unknown> | undefined
  const remove = request?.['Remove'] as Record<string, unknown> | undefined
  if (set === undefined) return remove?.['WebFilterURLGroup'] === undefined ? 'no operation' : null
  if (!['add', 'update'].includes(String(set['@_operation']))) return 'no such operation'
  const group = set['WebFilterURLGroup'] as Record<string, unknown> | undefined
  return group?.['Name'] === undefined || group['IsDefault'] !== 'No' ? 'no URL group' : null
}

/** mgmt_cli commands as a shell hands them over; `bash -n` looks at the shell's part. */
function mgmtCli(text: string): string | null {
  const commands = text.split('\n').filter((line) => line.startsWith('mgmt_cli'))
  if (commands.length > 0 && commands.at(-1) !== 'mgmt_cli publish -s "$SID"')
    return 'not published'
  return (
    commands.find(
      (line) =>
        !/^mgmt_cli (?:login -r true > "\$SID"|publish -s "\$SID")$/.test(line) &&
        !/^mgmt_cli (?:add|set|delete) (?:application-site|access-rule)(?: [a-z][a-z-]*(?:\.[a-z]+)*(?:\.\d+)? (?:"[^"]*"|[a-z]+))+ -s "\$SID"$/.test(
          line,
        ),
    ) ?? null
  )
}

/** The first line that is none of these; comments and empty lines are always one. */
const linesLike =
  (...patterns: RegExp[]) =>
  (text: string): string | null =>
    text
      .split('\n')
      .find((line) => !/^(?:[#;].*)?$/.test(line) && !patterns.some((shape) => shape.test(line))) ??
    null
const squidConf = linesLike(
  new RegExp(`^acl gnomon_unsanctioned dstdomain \\.?${host}$`),
  /^http_access deny gnomon_unsanctioned$/,
)
const unboundConf = linesLike(
  /^server:$/,
  new RegExp(`^  local-zone: "${host}\\." (?:always_nxdomain|typetransparent)$`),
  new RegExp(`^  local-data: "${host}\\. (?:A 0\\.0\\.0\\.0|AAAA ::)"$`),
)
const rpzZone = linesLike(
  /^\$TTL \d+$/,
  /^@ IN SOA localhost\. gnomon\.localhost\. \d{1,10}(?: \d+){4}$/,
  /^@ IN NS localhost\.$/,
  new RegExp(`^(?:\\*\\.)?${host} CNAME \\.$`),
)

/** By writer. squid, unbound and rpz are looked at by the programs themselves too, where these are installed. */
export const grammars: Record<string, (text: string) => string | null> = {
  bluecoat: cpl,
  'cisco-asa': asa,
  fortigate: fortios,
  'palo-alto': panos,
  'juniper-srx': junos,
  websense: filterConfig,
  zscaler: zscalerList,
  checkpoint: mgmtCli,
  'sophos-xg': sfos,
  umbrella: domainList,
  plain: domainList,
  hosts: hostsFile,
  'edl-pan': panList,
  'edl-fortinet': wildcardList,
  'edl-domains': domainList,
  squid: squidConf,
  unbound: unboundConf,
  rpz: rpzZone,
}
