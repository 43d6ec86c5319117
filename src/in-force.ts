/** The configuration and the definitions in force, and which source a stream is. A reload replaces all of it. */
import type { Config } from './config/schema.ts'
import { compileSources } from './config/sources.ts'
import type { SourceResolver } from './config/sources.ts'
import type { Definition } from './parse/definition.ts'

export class InForce {
  config: Config
  /** As an unknown line is tried on them. The parse threads compile them, nobody else has to. */
  definitions: readonly Definition[]
  #resolve: SourceResolver

  constructor(config: Config, definitions: readonly Definition[]) {
    this.config = config
    this.definitions = definitions
    this.#resolve = compileSources(config.sources)
  }

  /** Which data source a stream is. */
  readonly resolve: SourceResolver = (stream) => this.#resolve(stream)

  use(config: Config, definitions: readonly Definition[]): void {
    this.config = config
    this.definitions = definitions
    this.#resolve = compileSources(config.sources)
  }
}
