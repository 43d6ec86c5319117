/**
 * The text of gnomon.yaml as it may be shown: each secret written in it stands as a number (`***1***`), and is put back from the file
 * when the text comes home. A number may stand only where a secret belongs, so that no name or address can be made to show one.
 */
import { isPair, isScalar, isSeq, parseDocument, visit } from 'yaml'
import type { Scalar } from 'yaml'
import { hasReference } from './env.ts'
import type { ConfigFault, Path } from './document.ts'
import { dotted, shapeAt } from './shape.ts'

interface Place {
  path: Path
  scalar: Scalar<string>
  start: number
  end: number
}

const numbered = /\*\*\*(\d{1,6})\*\*\*/g
/** Password within an address. */
const passwordOf = /^([a-z][a-z0-9+.-]*:\/\/[^/?#@:]*:)([^/?#]*)(@)/i

/** Texts of the document with the path they stand at; none where the text is no YAML. */
function textsOf(text: string): Place[] {
  const places: Place[] = []
  let document
  try {
    document = parseDocument(text, { logLevel: 'error' })
  } catch {
    return [] // brackets by the thousand; the check of the whole tells it
  }
  visit(document, {
    Scalar(key, node, ancestors) {
      if (key === 'key' || !isScalar(node) || typeof node.value !== 'string') return
      const { range } = node
      if (range === undefined || range === null) return
      const path: (string | number)[] = []
      for (const [i, one] of ancestors.entries()) {
        if (isSeq(one)) path.push(one.items.indexOf(ancestors[i + 1] ?? node))
        else if (isPair(one) && isScalar(one.key)) path.push(String(one.key.value))
      }
      places.push({ path, scalar: node as Scalar<string>, start: range[0], end: range[1] })
    },
  })
  return places
}

/** What of a value is secret; null = nothing. */
function secretOf({
  path,
  scalar,
}: Place): { before: string; secret: string; after: string } | null {
  const shape = shapeAt(path)
  const { value } = scalar
  if (value === '' || hasReference(value)) return null
  if (shape?.secret === true) return { before: '', secret: value, after: '' }
  const [, before, secret, at] = passwordOf.exec(value) ?? []
  if (shape?.format !== 'uri' || before === undefined || secret === undefined) return null
  return { before, secret, after: `${at ?? ''}${value.slice(before.length + secret.length + 1)}` }
}

export interface HiddenText {
  text: string
  /** By their number, from 1. */
  secrets: string[]
}

export function hideSecrets(text: string): HiddenText {
  const secrets: string[] = []
  const pieces: string[] = []
  let at = 0
  for (const place of textsOf(text)) {
    const found = secretOf(place)
    if (found === null) continue
    secrets.push(found.secret)
    const shown = `${found.before}***${secrets.length}***${found.after}`
    pieces.push(text.slice(at, place.start), JSON.stringify(shown))
    at = place.end
  }
  return { text: pieces.join('') + text.slice(at), secrets }
}

/** Puts secrets back; what may not stand where it stands is a fault. */
export function restoreSecrets(
  shown: string,
  { secrets, text: before }: HiddenText,
): { text: string; faults: ConfigFault[] } {
  const faults: ConfigFault[] = []
  const pieces: string[] = []
  let at = 0
  const known = new Set(textsOf(before).map(({ scalar }) => scalar.value))
  for (const { path, scalar, start, end } of textsOf(shown)) {
    const { value } = scalar
    const shape = shapeAt(path)
    const fault = (text: string): void => {
      const line = shown.slice(0, start).split('\n').length
      const column = start - shown.lastIndexOf('\n', start - 1)
      faults.push({ line, column, key: dotted(path), text })
    }
    if (hasReference(value) && shape?.secret !== true && !known.has(value))
      fault('a new reference where no secret belongs; write it into the file on the machine')
    const numbers = [...value.matchAll(numbered)].map(([, number]) => Number(number))
    if (numbers.length === 0) continue
    if (numbers.some((number) => secrets[number - 1] === undefined)) {
      fault('stands for a secret that is not in the file; write the secret, or ${NAME}')
      continue
    }
    const belongs =
      shape?.secret === true || (shape?.format === 'uri' && isPassword(value, numbers[0]))
    if (numbers.length > 1 || !belongs) {
      fault('stands for a secret, and none belongs here; write the value itself')
      continue
    }
    pieces.push(
      shown.slice(at, start),
      JSON.stringify(value.replace(numbered, () => secrets[numbers[0] - 1] ?? '')),
    )
    at = end
  }
  return { text: pieces.join('') + shown.slice(at), faults }
}

const isPassword = (value: string, number: number): boolean =>
  passwordOf.exec(value)?.[2] === `***${number}***`
