/** The configuration's schema as data: what the reference, the suggestions and the hiding of secrets walk over. */
import { z } from 'zod'
import { configSchema } from './schema.ts'

/** The parts of JSON Schema (https://json-schema.org/draft/2020-12) that gnomon.yaml's schema uses. */
export interface Shape {
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean'
  description?: string
  default?: unknown
  properties?: Record<string, Shape>
  required?: string[]
  items?: Shape | false
  prefixItems?: Shape[]
  anyOf?: Shape[]
  enum?: string[]
  format?: string
  pattern?: string
  minimum?: number
  maximum?: number
  minLength?: number
  /** Never shown, never told in a message. */
  secret?: boolean
}

export const configShape = z.toJSONSchema(configSchema, { io: 'input' }) as Shape

/** The shape of what lies at a path, or null when the schema knows nothing there. */
export function shapeAt(path: readonly PropertyKey[]): Shape | null {
  let shape: Shape | undefined = configShape
  for (const key of path) {
    if (shape === undefined) return null
    if (typeof key === 'number')
      shape = shape.prefixItems?.[key] ?? (shape.items === false ? undefined : shape.items)
    else shape = own(shape.properties, String(key))
  }
  return shape ?? null
}

function own(properties: Record<string, Shape> | undefined, key: string): Shape | undefined {
  return properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : undefined
}

/** A key of the configuration and what it is; `path` has `[]` for each element of a list. */
export interface Field {
  path: readonly string[]
  shape: Shape
  required: boolean
}

/** All keys, sections before what is in them, in the schema's order. */
export function fieldsOf(shape: Shape = configShape, path: readonly string[] = []): Field[] {
  const inner = shape.type === 'array' && shape.items ? shape.items : shape
  const at = inner === shape ? path : [...path.slice(0, -1), `${path.at(-1)}[]`]
  return Object.entries(inner.properties ?? {}).flatMap(([name, field]) => [
    {
      path: [...at, name],
      shape: field,
      required: inner.required?.includes(name) === true,
    },
    ...fieldsOf(field, [...at, name]),
  ])
}

/** Dotted, lists with their index: `ftp.accounts[0].password`. */
export function dotted(path: readonly PropertyKey[]): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '')
}
