/** Data sources as folder names, and back: a source may be called anything, a folder may not. */
import { createHash } from 'node:crypto'

/** A folder's name has 255 bytes at most on all usual file systems; some are left for suffixes. */
const nameBytesMax = 200

/**
 * The folder of a data source: ASCII letters, digits, `-`, `_` and dots stay, all else becomes `%XX` of its UTF-8 bytes, as does
 * a dot in front (hidden, `..`). Very long names are cut and get a hash; only those cannot be read back.
 *
 *     folderName('Branch A/1')  // 'Branch%20A%2F1'
 */
export function folderName(source: string): string {
  const bytes = Buffer.from(source)
  let name = ''
  for (const [index, byte] of bytes.entries()) {
    const character = String.fromCharCode(byte)
    const plain = /[A-Za-z0-9_-]/.test(character) || (character === '.' && index > 0)
    name += plain ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  // `*.tmp` and `*.part` are looked at as unfinished.
  name = name.replace(/\.(tmp|part)$/i, '%2E$1')
  if (name.length <= nameBytesMax) return name
  const hash = createHash('sha256').update(source).digest('hex').slice(0, 16)
  return `${name.slice(0, nameBytesMax).replace(/%.?$/, '')}-${hash}`
}

/** The data source of a folder: `folderName` read backwards; a folder that a person named may have any name. */
export function sourceOfFolder(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    // "100%" is no encoded name: it stands for itself.
    return name
  }
}
