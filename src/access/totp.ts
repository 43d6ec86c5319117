/** Time-based one-time passwords (RFC 6238, HMAC-SHA-1, 6 digits, 30 s): what authenticator apps speak. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const stepMs = 30_000
const digits = 6

/** 160 bits, as RFC 4226 recommends. */
export function newTotpSecret(): string {
  return toBase32(randomBytes(20))
}

/** What an authenticator app reads from a QR code. */
export function totpUri(secret: string, name: string): string {
  const label = encodeURIComponent(`Gnomon:${name}`)
  return `otpauth://totp/${label}?secret=${secret}&issuer=Gnomon&algorithm=SHA1&digits=${digits}&period=${stepMs / 1000}`
}

export function totpCode(secret: string, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', fromBase32(secret)).update(counter).digest()
  const offset = mac[mac.length - 1] & 15
  const number = (mac.readUInt32BE(offset) & 0x7fffffff) % 10 ** digits
  return String(number).padStart(digits, '0')
}

export function totpStep(nowMs: number): number {
  return Math.floor(nowMs / stepMs)
}

/** The step a code belongs to: this one or a neighbour, never one that was used before. null = wrong. */
export function acceptTotp(
  secret: string,
  code: string,
  { nowMs, usedStep }: { nowMs: number; usedStep: number },
): number | null {
  const given = Buffer.from(code.replaceAll(/\s/g, ''))
  const now = totpStep(nowMs)
  for (const step of [now, now - 1, now + 1]) {
    const want = Buffer.from(totpCode(secret, step))
    if (step > usedStep && given.length === want.length && timingSafeEqual(given, want)) return step
  }
  return null
}

/** RFC 4648, without padding. */
export function toBase32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = (value << 8) | byte
    bits += 8
    for (; bits >= 5; bits -= 5) text += alphabet[(value >> (bits - 5)) & 31]
    value &= 0xff
  }
  return bits > 0 ? text + alphabet[(value << (5 - bits)) & 31] : text
}

export function fromBase32(text: string): Buffer {
  const bytes: number[] = []
  let bits = 0
  let value = 0
  for (const letter of text) {
    value = ((value << 5) | alphabet.indexOf(letter)) & 0xfff
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes.push((value >> bits) & 0xff)
  }
  return Buffer.from(bytes)
}
