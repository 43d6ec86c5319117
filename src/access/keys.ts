/** The appliance's own secret: one file in the data folder, and a key of its own for each purpose (HKDF, RFC 5869). */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OperatingError, causeOf } from '../errors.ts'

const masterBytes = 32
/** Within the data folder. */
export const keyFile = 'access.key'

export class Keys {
  readonly #master: Buffer

  constructor(master: Buffer) {
    this.#master = master
  }

  /** Reads `<data>/access.key`, or makes it. Throws ACCESS_FAILED. */
  static async open(dataDir: string): Promise<Keys> {
    const path = join(dataDir, keyFile)
    try {
      const made = randomBytes(masterBytes)
      await writeFile(path, made, { mode: 0o600, flag: 'wx' }).catch((error: unknown) => {
        if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
      })
      const master = await readFile(path)
      if (master.length !== masterBytes) throw new Error(`it has ${master.length} bytes, not 32`)
      return new Keys(master)
    } catch (cause) {
      throw new OperatingError(
        'ACCESS_FAILED',
        `cannot use the key ${path}: ${causeOf(cause)}; restore it from a backup, or remove it (pseudonyms change, second factors must be set anew)`,
        { cause },
      )
    }
  }

  derive(purpose: string, bytes = 32): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#master, '', `gnomon ${purpose}`, bytes))
  }

  /** AES-256-GCM, bound to what it belongs to. */
  seal(text: string, owner: string): string {
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', this.derive('seal'), nonce)
    cipher.setAAD(Buffer.from(owner))
    const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
    return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url')
  }

  /** Throws when it was sealed with another key, or for another owner. */
  unseal(sealed: string, owner: string): string {
    const bytes = Buffer.from(sealed, 'base64url')
    const decipher = createDecipheriv('aes-256-gcm', this.derive('seal'), bytes.subarray(0, 12))
    decipher.setAAD(Buffer.from(owner))
    decipher.setAuthTag(bytes.subarray(12, 28))
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8')
  }
}

/** A secret of 256 bits that nobody guesses; its plain hash can be kept. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}
