/** What a format's device must be told so that its lines say more: the commands of its definition. */
import type { Definition } from '../parse/definition.ts'

export interface FormatHelp {
  format: string
  /** Commands, as the vendor writes them. */
  enable: string
  /** What stays unknown without them; null = the definition does not say. */
  blind: string | null
}

/** By format id; null = there is no such format (any more). */
export type HelpOf = (format: string) => FormatHelp | null

export function helpFrom(definitions: Iterable<Definition>): HelpOf {
  const byId = new Map<string, Definition>()
  // of a format's layouts the main one
  for (const definition of definitions)
    if (definition.variant === undefined || !byId.has(definition.id))
      byId.set(definition.id, definition)
  return (format) => {
    const found = byId.get(format)
    if (found === undefined) return null
    const { enable, blind } = found
    return { format, enable: enable.trimEnd(), blind: blind?.trim() ?? null }
  }
}

/** Of the formats that a source's lines have, in their order. */
export function helpWith(formats: readonly string[], helpOf: HelpOf): FormatHelp[] {
  return formats.flatMap((format) => helpOf(format) ?? [])
}
