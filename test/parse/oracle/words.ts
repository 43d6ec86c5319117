/** Values of single fields, read the plain way: numbers, ports, transports, actions, addresses. */
import {
  allowedBeginnings,
  allowedWords,
  blockedBeginnings,
  blockedWords,
  protocolNames,
  serviceNames,
} from '../../../src/parse/value-words.ts'
import { fold, wordOf } from './text.ts'

/** A decimal number without its fraction, in groups of three too; -1 = none. */
export function numberOf(text: string): number {
  if (text.length > 18) return -1
  if (/^\d+(?:\.\d*)?$/.test(text))
    return Array.from(text.split('.')[0], Number).reduce((n, digit) => n * 10 + digit, 0)
  return /^\d{1,3}(?:,\d{3})+$/.test(text) ? Number(text.replaceAll(',', '')) : -1
}

/** A number with its fraction, in units of `scale`. */
export function scaledNumber(text: string, scale: number): number {
  const whole = numberOf(text)
  if (whole < 0 && /^\d{1,15},\d+$/.test(text))
    return Math.round(Number(text.replace(',', '.')) * scale)
  return whole < 0 ? -1 : Math.round(Number(text.replaceAll(',', '')) * scale)
}

/** A count of bytes, also as people are shown it: `1.2 MB`, `1'234'567`; of `1.234`, which may be either, none. */
export function bytesCount(text: string): number {
  if (text.length > 4 && /^0*[1-9]\d{0,2}\.\d{3}$/.test(text) && Number(text) < 1000) return -1
  const n = numberOf(text)
  if (n >= 0 || text.length > 32) return n
  const shown = Buffer.from(text, 'latin1').toString('utf8')
  const match = /^(\d[^a-z]*?)[ \u00a0]*([kmgt]?)(?:i?(?:b|o|bytes?|octets?))?$/i.exec(shown)
  if (match === null || (match[2] !== '' && /[kmgt]$/i.test(shown))) return -1
  const [, written, unit] = match
  const forms: [RegExp, (digits: string) => string][] = [
    [
      /^\d{1,3}(?:[ '\u00a0\u202f]\d{3})+(?:[.,]\d+)?$/,
      (of) => of.replaceAll(/[ '\u00a0\u202f]/g, '').replace(',', '.'),
    ],
    [/^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/, (of) => of.replaceAll(',', '')],
    [/^\d{1,3}(?:\.\d{3}){2,}$/, (of) => of.replaceAll('.', '')],
    [/^\d{1,3}(?:\.\d{3})+,\d+$/, (of) => of.replaceAll('.', '').replace(',', '.')],
    [/^\d+(?:[.,]\d+)?$/, (of) => of.replace(',', '.')],
  ]
  const form = forms.find(([pattern]) => pattern.test(written))
  if (form === undefined) return -1
  const bytes = Math.round(
    Number(form[1](written)) * 1024 ** ' kmgt'.indexOf(unit.toLowerCase() || ' '),
  )
  return Number.isSafeInteger(bytes) ? bytes : -1
}

export function portOf(text: string): number {
  const n = numberOf(text)
  if (n >= 0) return n > 0 && n <= 65535 ? n : -1
  return Object.hasOwn(serviceNames, fold(text)) ? serviceNames[fold(text)] : -1
}

export function protocolOf(text: string): string | null {
  return Object.hasOwn(protocolNames, fold(text)) ? protocolNames[fold(text)] : null
}

/** 1 allowed, 2 blocked, 0 unknown. */
export function actionOf(text: string): number {
  const value = fold(text)
  const is = (word: string): boolean => wordOf(word) === value
  const begins = (word: string): boolean => value.startsWith(wordOf(word))
  if (allowedWords.some(is)) return 1
  if (blockedWords.some(is) || blockedBeginnings.some(begins)) return 2
  return allowedBeginnings.some(begins) ? 1 : 0
}

/** Written like an address: IPv4 (leading zeros are written by some), or hexadecimal digits with two to eight colons, and a zone. */
export function isAddress(text: string): boolean {
  if (text.length < 2 || text.length > 64) return false
  if (/^\d+\.\d+\.\d+\.\d{1,3}$/.test(text))
    return text.split('.').every((octet) => Number(octet) <= 255)
  const bare = /^[^%]*:[^%:]*:[^%]*%/.test(text) ? text.slice(0, text.indexOf('%')) : text
  const [colons, dots] = [bare.split(':').length - 1, bare.split('.').length - 1]
  // the octets of `::ffff:192.0.2.1`
  for (const [, octet] of bare.matchAll(/([^.:]*)\./g))
    if (!/^\d+$/.test(octet) || Number(octet) > 255) return false
  return /^[\da-f:.]+$/i.test(bare) && colons >= 2 && colons <= 8 && (dots === 0 || dots === 3)
}

/** RFC 1918, RFC 4193, loopback, link-local, shared (RFC 6598). */
export function isPrivate(text: string): boolean {
  if (text.includes(':')) return /^(?:f[cd]|fe[89ab])/i.test(text) || text === '::1'
  const [a, b] = text.split('.').map(Number)
  if (!isAddress(text)) return false
  if (a === 10 || a === 127) return true
  if (a === 172) return b >= 16 && b <= 31
  if (a === 100) return b >= 64 && b <= 127
  return (a === 192 && b === 168) || (a === 169 && b === 254)
}
