/**
 * A catalog as one signed file, for sites without a way out. The first line is JSON with the Ed25519 signature (RFC 8032) of all bytes
 * after it; those are JSON with the files' texts. Nothing of an unsigned file is read.
 */
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { z } from 'zod'
import { causeOf } from '../errors.ts'
import { loadCatalog } from './catalog.ts'
import { catalogFiles, invalid } from './load.ts'

const headSchema = z.strictObject({
  format: z.literal('gnomon-catalog-bundle'),
  signature: z.base64(),
})

const filePath = /^(?:(?:apps|facts)\/[a-z0-9-]+|apps|infrastructure|risk-weights)\.yaml$/
const payloadSchema = z.strictObject({
  created: z.iso.datetime(),
  files: z.record(z.string().regex(filePath, 'no file of a catalog'), z.string()),
})

/** What is signed says what it is: a signature for another purpose is none for this. */
function signed(payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from('gnomon-catalog-bundle 1\n'), payload])
}

function keyOf(text: string, kind: 'private' | 'public'): KeyObject {
  let key: KeyObject
  try {
    key = kind === 'private' ? createPrivateKey(text) : createPublicKey(text)
  } catch (cause) {
    throw invalid([`cannot read the ${kind} key: ${causeOf(cause)}; give it as PEM`], cause)
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw invalid([`cannot use a ${key.asymmetricKeyType} key: bundles are signed with ed25519`])
  return key
}

/** A bundle of the folder's catalog files. `created` is ISO 8601. Throws CATALOG_INVALID. */
export async function makeBundle(
  folder: string,
  privateKey: string,
  created: string,
): Promise<Buffer> {
  const key = keyOf(privateKey, 'private')
  const files: Record<string, string> = {}
  for (const file of await catalogFiles(folder)) {
    const path = relative(folder, file).split(sep).join('/')
    if (!filePath.test(path))
      throw invalid([`cannot bundle ${path}: not the name of a catalog file`])
    files[path] = await readFile(file, 'utf8')
  }
  const payload = Buffer.from(JSON.stringify({ created, files }))
  const head = {
    format: 'gnomon-catalog-bundle',
    signature: sign(null, signed(payload), key).toString('base64'),
  }
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), payload])
}

/** The bundle's content, once its signature is proven. Throws CATALOG_INVALID. */
export function openBundle(bytes: Buffer, publicKey: string): z.infer<typeof payloadSchema> {
  const key = keyOf(publicKey, 'public')
  const end = bytes.indexOf(10)
  const head = headSchema.safeParse(jsonOf(bytes.subarray(0, Math.max(0, end)).toString()))
  if (!head.success) throw invalid(['this file is no catalog bundle'])
  const payload = bytes.subarray(end + 1)
  if (!verify(null, signed(payload), key, Buffer.from(head.data.signature, 'base64')))
    throw invalid([
      'the bundle is not signed with this key: it is damaged, or from somebody else; nothing was taken',
    ])
  const content = payloadSchema.safeParse(jsonOf(payload.toString()))
  if (content.success) return content.data
  const [{ path, message }] = content.error.issues
  throw invalid([`the bundle is signed, but cannot be used: ${path.join('.')}: ${message}`])
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null // the schemas say so
  }
}

const createdFile = 'bundle.json'

/**
 * Puts a bundle in place of the one in `folder`, whole or not at all. One that is older than that is refused unless `older` is agreed
 * to. Gives its day and number of apps. Throws CATALOG_INVALID.
 */
export async function installBundle(
  bytes: Buffer,
  { publicKey, folder, older }: { publicKey: string; folder: string; older: boolean },
): Promise<{ created: string; apps: number }> {
  const { created, files } = openBundle(bytes, publicKey)
  const before = await installedBundle(folder)
  if (before !== null && before > created && !older)
    throw invalid([
      `the bundle of ${created} is older than the installed one of ${before}; agree to it with --older`,
    ])
  const next = `${folder}.new`
  await rm(next, { recursive: true, force: true })
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(next, path)), { recursive: true, mode: 0o700 })
    await writeFile(join(next, path), text, { mode: 0o600, flush: true })
  }
  try {
    const { apps } = await loadCatalog([next])
    await writeFile(join(next, createdFile), JSON.stringify({ created }), { flush: true })
    await rm(folder, { recursive: true, force: true })
    await rename(next, folder)
    return { created, apps: apps.size }
  } finally {
    await rm(next, { recursive: true, force: true })
  }
}

/** Day of the installed bundle, or null. */
export async function installedBundle(folder: string): Promise<string | null> {
  const text = await readFile(join(folder, createdFile), 'utf8').catch(() => null)
  const read = z.object({ created: z.string() }).safeParse(text === null ? null : jsonOf(text))
  return read.success ? read.data.created : null
}
