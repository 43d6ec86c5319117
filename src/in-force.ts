/** What the configuration in force makes: the compiled formats, and which source a stream is. A reload replaces it whole. */
import type { Config } from './config/schema.ts'
import { compileSources } from './config/sources.ts'
import type { SourceResolver } from './config/sources.ts'
import type { Definition } from './parse/definition.ts'
import { compileFormats } from './parse/formats.ts'
import type { FormatSet } from './parse/formats.ts'

export class InForce {
  config: Config
  #formats: FormatSet
  #resolve: SourceResolver

  constructor(config: Config, formats: FormatSet) {
    this.config = config
    this.#formats = formats
    this.#resolve = compileSources(config.sources)
  }

  get formats(): FormatSet {
    return this.#formats
  }

  /** What the formats were compiled from. */
  get definitions(): Definition[] {
    return this.#formats.ordered.map(({ definition }) => definition)
  }

  /** Which data source a stream is. */
  readonly resolve: SourceResolver = (stream) => this.#resolve(stream)

  use(config: Config, formats: FormatSet): void {
    this.config = config
    this.#formats = formats
    this.#resolve = compileSources(config.sources)
  }
}

/** The formats for `InForce`. Throws DEFINITION_INVALID. */
export function formatsOf(definitions: readonly Definition[]): FormatSet {
  return compileFormats(definitions, { full: false })
}
