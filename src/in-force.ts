/** What the configuration in force makes: the compiled formats, and which source a stream is. A reload replaces it whole. */
import type { Config } from './config/schema.ts'
import { compileSources } from './config/sources.ts'
import type { SourceResolver } from './config/sources.ts'
import { compileFormats, loadDefinitions } from './parse/formats.ts'
import type { FormatSet } from './parse/formats.ts'
import { definitionFolders } from './pipeline.ts'

export class InForce {
  readonly #dataDir: string
  config: Config
  #formats: FormatSet
  #resolve: SourceResolver

  private constructor(dataDir: string, config: Config, formats: FormatSet) {
    this.#dataDir = dataDir
    this.config = config
    this.#formats = formats
    this.#resolve = compileSources(config.sources)
  }

  /** Throws what a definition that cannot be read throws. */
  static async of(dataDir: string, config: Config): Promise<InForce> {
    return new InForce(dataDir, config, await formatsOf(definitionFolders(dataDir, config)))
  }

  get formats(): FormatSet {
    return this.#formats
  }

  /** Which data source a stream is. */
  readonly resolve: SourceResolver = (stream) => this.#resolve(stream)

  folders(config = this.config): string[] {
    return definitionFolders(this.#dataDir, config)
  }

  /** The formats of another configuration, for `use`. Throws as `of`. */
  compile(config = this.config): Promise<FormatSet> {
    return formatsOf(this.folders(config))
  }

  use(config: Config, formats: FormatSet): void {
    this.config = config
    this.#formats = formats
    this.#resolve = compileSources(config.sources)
  }
}

async function formatsOf(folders: readonly string[]): Promise<FormatSet> {
  return compileFormats(await loadDefinitions(folders), { full: false })
}
