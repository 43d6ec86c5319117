/** What the schema says of a configuration, in words a person can act on: place, key, what is wrong, what to do. */
import type { z } from 'zod'
import type { ConfigDocument, ConfigFault, Path } from './document.ts'
import { dotted, fieldsOf, shapeAt } from './shape.ts'
import type { Shape } from './shape.ts'
import { nearest, squashed } from './suggest.ts'

type Issue = z.core.$ZodIssue

/** Faults of one issue: an issue about unknown keys has one for each. */
export function faultsOf(issue: Issue, document: ConfigDocument): ConfigFault[] {
  const path = issue.path as Path
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      ...document.placeOfKey(path, key),
      key: dotted([...path, key]),
      text: `unknown key; ${suggestion(key, path)}`,
    }))
  return [{ ...document.placeOf(path), key: dotted(path), text: wrongValue(issue, path, document) }]
}

/** The known key that was meant: here, else elsewhere, else all that are known here. */
function suggestion(key: string, path: Path): string {
  const here = Object.keys(shapeAt(path)?.properties ?? {})
  const near = nearest(key, here)
  if (near !== null) return `did you mean ${near}?`
  const elsewhere = fieldsOf().find((field) => squashed(field.path.at(-1) ?? '') === squashed(key))
  if (elsewhere !== undefined) return `did you mean ${elsewhere.path.join('.')}?`
  return `known here: ${here.join(', ')}`
}

function wrongValue(issue: Issue, path: Path, document: ConfigDocument): string {
  const shape = shapeAt(path)
  const given = valueAt(document.value, path)
  if (given === undefined || given === null) return 'is missing; add it'
  if (issue.code === 'custom') return issue.message
  const wanted = wantedWords(shape)
  const kind = kindOf(given)
  const tells = typeof given === 'string' && shape?.secret !== true && !document.fromOutside(path)
  if (issue.code === 'invalid_type' && (shape === null || !fitsType(given, shape)))
    return `is ${kind}; write ${wanted}`
  if (issue.code === 'invalid_value' && shape?.enum !== undefined) {
    const near = tells ? nearest(given, shape.enum) : null
    return `must be ${wanted}${near === null ? '' : `; did you mean ${near}?`}`
  }
  if (given === '') return `is empty; write ${wanted}`
  if (kind !== 'text' && shape?.type !== undefined && !fitsType(given, shape))
    return `is ${kind}; write ${wanted}`
  return `must be ${wanted}`
}

function fitsType(given: unknown, { type }: Shape): boolean {
  if (type === 'array') return Array.isArray(given)
  if (type === 'integer' || type === 'number') return typeof given === 'number'
  return typeof given === type && !Array.isArray(given)
}

/** What may be written there: `a whole number from 0 to 65535`, `one of delete, keep`, … */
export function wantedWords(shape: Shape | null): string {
  if (shape === null) return 'something else'
  if (shape.anyOf !== undefined || shape.format?.startsWith('cidr') === true)
    return 'a network in CIDR notation or an address, e.g. 192.0.2.0/24'
  if (shape.enum !== undefined) return `one of ${shape.enum.join(', ')}`
  switch (shape.type) {
    case 'integer':
    case 'number':
      return `a whole number${range(shape)}`
    case 'boolean':
      return 'true or false'
    case 'array':
      return shape.prefixItems === undefined
        ? 'a list'
        : `a list of ${shape.prefixItems.length}, e.g. [50000, 50100]`
    case 'object':
      return `a section with ${Object.keys(shape.properties ?? {}).join(', ')}`
    default:
      return textWords(shape)
  }
}

function textWords(shape: Shape): string {
  if (shape.format === 'uri') return 'an address with its scheme, e.g. http://clickhouse:8123'
  if (shape.pattern !== undefined) return `text that fits ${shape.pattern}`
  if (shape.minLength === 1) return 'text'
  if (shape.minLength !== undefined) return `text of ${shape.minLength} characters or more`
  return 'text (in quotes where it is a number)'
}

function range({ minimum, maximum }: Shape): string {
  const low = minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? null : minimum
  const high = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? null : maximum
  if (low === null) return high === null ? '' : ` up to ${high}`
  return high === null ? `, ${low} or more` : ` from ${low} to ${high}`
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a section'
  if (typeof value === 'string') return 'text'
  return typeof value === 'number'
    ? 'a number'
    : typeof value === 'boolean'
      ? 'true or false'
      : 'something else'
}

/** The value at a path of plain data, undefined when there is none. */
export function valueAt(value: unknown, path: Path): unknown {
  let found = value
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined
    found = (found as Record<string | number, unknown>)[key]
  }
  return found
}
