/**
 * Passwords: Argon2id (RFC 9106) with OWASP's parameters, and rules after NIST SP 800-63B: length and no known words, no
 * composition games.
 */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { accessLimits } from '../limits.ts'

const derive = promisify(argon2)

/** https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html: 19 MiB, two passes, one lane. */
const cost = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 } as const

/** What a new password must not be, or hold, whatever it is wrapped in. */
const wellKnown = [
  'password',
  'passwort',
  'qwerty',
  'qwertz',
  'azerty',
  'letmein',
  'welcome',
  'administrator',
  'changeme',
  'iloveyou',
  'gnomon',
  '123456',
  'abcdef',
]

/** Why this cannot be a password, or null. */
export function passwordFault(
  password: string,
  name: string,
  minCharacters: number,
): string | null {
  const text = password.normalize('NFC')
  const characters = Array.from(text)
  if (characters.length < minCharacters) return `it must have at least ${minCharacters} characters`
  if (characters.length > accessLimits.passwordCharacters)
    return `it must have at most ${accessLimits.passwordCharacters} characters`
  const lower = text.toLowerCase()
  if (new Set(lower).size < accessLimits.passwordDistinct)
    return `it must have at least ${accessLimits.passwordDistinct} different characters`
  if (name.length >= 3 && lower.includes(name.toLowerCase())) return 'it must not hold the name'
  const known = wellKnown.find((word) => lower.includes(word))
  // a known word is no harm within a long phrase
  if (known !== undefined && characters.length < known.length + minCharacters)
    return 'it is built on a well-known password'
  return null
}

let running = 0
const waiting: (() => void)[] = []

/** Each hash takes 19 MiB and a core: a flood of sign-ins must not take all of them. Throws RangeError when too many wait. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (waiting.length >= accessLimits.hashesWaiting)
    throw new RangeError('too many sign-ins at once')
  if (running >= accessLimits.hashesAtOnce)
    await new Promise<void>((resolve) => waiting.push(resolve))
  running++
  try {
    return await work()
  } finally {
    running--
    waiting.shift()?.()
  }
}

/** `argon2id$memory$passes$salt$hash`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const hash = await inTurn(() =>
    derive('argon2id', { ...cost, message: password.normalize('NFC'), nonce: salt }),
  )
  return [
    'argon2id',
    cost.memory,
    cost.passes,
    salt.toString('base64url'),
    hash.toString('base64url'),
  ].join('$')
}

/** A hash of nothing anybody knows: a name that is none takes as long as one that is. */
const decoy = `argon2id$${cost.memory}$${cost.passes}$${randomBytes(16).toString('base64url')}$${randomBytes(32).toString('base64url')}`

/** `kept` null = there is no such account, or it has no password. */
export async function verifyPassword(password: string, kept: string | null): Promise<boolean> {
  const [, memory, passes, salt, hash] = (kept ?? decoy).split('$')
  const want = Buffer.from(hash, 'base64url')
  const cut = password.slice(0, 4 * accessLimits.passwordCharacters)
  const got = await inTurn(() =>
    derive('argon2id', {
      message: cut.normalize('NFC'),
      nonce: Buffer.from(salt, 'base64url'),
      parallelism: 1,
      tagLength: want.length,
      memory: Number(memory),
      passes: Number(passes),
    }),
  )
  return timingSafeEqual(got, want) && kept !== null
}
