/**
 * Host names as logs write them, brought to one spelling: lower case, no trailing dot, no port, no brackets, no `*.`, IDN as A-labels
 * (RFC 5890). Logs are hostile: nothing here throws, and what is no name stays as text.
 */
import { domainToASCII } from 'node:url'
import { catalogLimits } from '../limits.ts'
import { canonicalAddress } from './addresses.ts'

export interface NormalisedHost {
  /** The one spelling; for text that is no name, the text in lower case, cut. */
  host: string
  kind: 'name' | 'address' | 'text'
}

const dot = 46
const dash = 45
const underscore = 95

/**
 * Whether the text is a host name in its one spelling: labels of 1-63 of `a-z 0-9 - _`, 253 characters at most. The underscore is no
 * letter of a host name (RFC 952), but clouds hand out names with it.
 */
export function isPlainName(text: string): boolean {
  if (text.length === 0 || text.length > catalogLimits.hostCharacters) return false
  let label = 0
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === dot) {
      if (label === 0) return false
      label = 0
      continue
    }
    const plain = (c >= 97 && c <= 122) || (c >= 48 && c <= 57) || c === dash || c === underscore
    if (!plain || ++label > 63) return false
  }
  return label > 0
}

/** One spelling of a host. Most hosts of a log are in it already, so that is asked first. */
export function normaliseHost(text: string): NormalisedHost {
  if (isPlainName(text)) return nameOrAddress(text)
  const address = canonicalAddress(text)
  if (address !== null) return { host: address, kind: 'address' }
  return normaliseOdd(text)
}

function nameOrAddress(text: string): NormalisedHost {
  const last = text.charCodeAt(text.length - 1)
  if (last >= 48 && last <= 57 && canonicalAddress(text) !== null)
    return { host: text, kind: 'address' }
  return { host: text, kind: 'name' }
}

function normaliseOdd(raw: string): NormalisedHost {
  const lower = raw.slice(0, catalogLimits.hostTextCharacters).trim().toLowerCase()
  const bare = withoutPort(authorityOf(lower))
  const address = canonicalAddress(bare)
  if (address !== null) return { host: address, kind: 'address' }
  const name = withoutDots(bare)
  if (isPlainName(name)) return nameOrAddress(name)
  if (!isAscii(name)) {
    // domainToASCII answers '' for what is no name, and maps odd digits and dots to plain ones
    const ascii = withoutDots(domainToASCII(name))
    if (isPlainName(ascii)) return nameOrAddress(ascii)
  }
  return { host: lower.slice(0, catalogLimits.hostCharacters), kind: 'text' }
}

/** The host and port of a URL; other text as it is. */
function authorityOf(text: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//.exec(text)
  if (scheme === null) return text
  const rest = text.slice(scheme[0].length)
  const end = rest.search(/[/?#\\]/)
  const authority = end < 0 ? rest : rest.slice(0, end)
  return authority.slice(authority.lastIndexOf('@') + 1)
}

function withoutPort(text: string): string {
  if (text.startsWith('[')) {
    const match = /^\[([^\]]*)\](?::\d{0,5})?$/.exec(text)
    return match === null ? text : match[1]
  }
  const colon = text.indexOf(':')
  // more than one colon is an IPv6 address without brackets
  if (colon < 0 || colon !== text.lastIndexOf(':')) return text
  return /^\d{0,5}$/.test(text.slice(colon + 1)) ? text.slice(0, colon) : text
}

function withoutDots(text: string): string {
  const start = text.startsWith('*.') ? 2 : text.startsWith('.') ? 1 : 0
  const end = text.endsWith('.') ? text.length - 1 : text.length
  return text.slice(start, end)
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false
  return true
}
