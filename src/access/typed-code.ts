/** Codes that people copy by hand: set-up and recovery. Crockford's base 32 (https://www.crockford.com/base32.html): no I, L, O, U. */
import { randomBytes } from 'node:crypto'

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const groupLetters = 5

/** So many groups of 25 bits, parted by dashes. */
export function newTypedCode(groups: number): string {
  const letters = Array.from(randomBytes(groups * groupLetters), (byte) => alphabet[byte & 31])
  return (letters.join('').match(/.{5}/g) ?? []).join('-')
}

/** A code however it was read and typed: without dashes and spaces, in capitals, O as 0, I and L as 1. */
export function plainTypedCode(text: string): string {
  return text
    .toUpperCase()
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1')
    .replaceAll(/[^0-9A-Z]/g, '')
}
