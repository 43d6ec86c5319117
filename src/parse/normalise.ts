/** Values as they leave the parser, from the bytes of a line. Asked once for each distinct value (parse/dictionary.ts). */
import { isIP } from 'node:net'

const utf8 = new TextDecoder('utf-8', { fatal: true })
const windows1252 = new TextDecoder('windows-1252')

/** Longest value kept; what is longer is cut (a URL may be up to 8 KiB, all else 1 KiB). */
const valueMax = 1024
const urlMax = 8192

/** Text of bytes: UTF-8, or Windows-1252 when it is not valid UTF-8. A character cut off at the end is dropped. */
export function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    let end = bytes.length
    // the end of a truncated line may stand inside a character
    while (end > 0 && bytes.length - end < 3 && (bytes[end - 1] & 0xc0) === 0x80) end--
    // `Ren\xe9` is no cut: a lead byte alone behind ASCII is a letter of Windows-1252
    const cut = end < bytes.length || bytes.subarray(0, end - 1).some((byte) => byte >= 0x80)
    if (end > 0 && cut && bytes[end - 1] >= 0xc0) {
      try {
        return utf8.decode(bytes.subarray(0, end - 1))
      } catch {
        return windows1252.decode(bytes)
      }
    }
    return windows1252.decode(bytes)
  }
}

/** An address in its canonical form (RFC 5952; IPv4-mapped as IPv4; no zone index), or null. */
export function normaliseIp(text: string): string | null {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text
  const kind = isIP(bare)
  if (kind === 4) return bare === '0.0.0.0' ? null : bare
  if (kind !== 6) return null
  const percent = bare.indexOf('%')
  const canonical = new URL(
    `http://[${percent < 0 ? bare : bare.slice(0, percent)}]/`,
  ).hostname.slice(1, -1)
  if (canonical === '::') return null
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical)
  if (mapped === null) return canonical
  const high = Number.parseInt(mapped[1], 16)
  const low = Number.parseInt(mapped[2], 16)
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
}

/** A host name in lower case without trailing dots, or an address; null when it can be neither. */
export function normaliseHost(text: string): string | null {
  const bare = text.trim().toLowerCase().replace(/\.+$/, '')
  if (bare === '' || bare.length > 253 || markers.has(bare)) return null
  if (bare.includes(':')) return normaliseIp(bare)
  // eslint-disable-next-line no-control-regex
  return /^[a-z0-9_\u0080-\uffff*-][a-z0-9._\u0080-\uffff*-]*$/.test(bare) ? bare : null
}

/** A client's or device's name: as logged, without path or control bytes. */
export function normaliseName(text: string): string | null {
  const bare = text.trim()
  return bare === '' || markers.has(bare.toLowerCase()) ? null : bare.slice(0, valueMax)
}

/** What logs write for nobody. */
const markers = new Set([
  '-',
  '--',
  'n/a',
  'na',
  'none',
  'null',
  '(null)',
  'unknown',
  '(unknown)',
  'undefined',
  '*****',
  '<none>',
  '(none)',
])
const nobody = new Set([
  'anonymous',
  'unauthenticated',
  'guest user',
  'no user',
  '(empty)',
  '(not set)',
])

/** A user as logged, or null for the markers of nobody and for an address in the user's place. */
export function normaliseUser(text: string): string | null {
  // `CORP\\\\ann` was escaped once too often on its way
  const name = normaliseName(text)?.replace(/\\{2,}/g, '\\') ?? null
  if (name === null || nobody.has(name.toLowerCase()) || isIP(name) !== 0) return null
  return name
}

export function normaliseLower(text: string): string | null {
  return normaliseName(text)?.toLowerCase() ?? null
}

export function normaliseMethod(text: string): string | null {
  const name = normaliseName(text)?.toUpperCase() ?? null
  return name !== null && /^[A-Z][A-Z_-]{1,31}$/.test(name) ? name : null
}

export function normaliseUrl(text: string): string | null {
  const bare = text.trim()
  return bare === '' || markers.has(bare.toLowerCase()) ? null : bare.slice(0, urlMax)
}
