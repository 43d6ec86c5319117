/** gnomon.yaml read, checked and written for people who do it from elsewhere: secrets hidden, all or nothing, the old one put back when the new one cannot be used. */
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { access, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { parseDocument } from 'yaml'
import { OperatingError, causeOf } from '../errors.ts'
import { configLimits } from '../limits.ts'
import { changedKeys } from './changes.ts'
import { ConfigInvalid, checkText } from './config.ts'
import type { ConfigFault } from './document.ts'
import { hideSecrets, restoreSecrets } from './hidden-text.ts'
import { codeOf, readText } from './locate.ts'
import type { Config } from './schema.ts'

export interface ShownFile {
  path: string
  /** Secrets as `***1***`. */
  text: string
  /** Of the text on disk: who writes says which one he has seen. */
  revision: string
  /** Why it cannot be written from here; null = it can. */
  readOnly: string | null
}

export interface CheckedText {
  faults: ConfigFault[]
  /** Against the configuration in force; empty while there are faults. */
  changed: string[]
  needRestart: string[]
}

export interface ConfigChange {
  path: (string | number)[]
  /** null = taken away: the default holds. */
  value: unknown
}

export interface ConfigFileParts {
  path: string
  env: NodeJS.ProcessEnv
  /** In force. */
  config: () => Config
}

/** Throws CONFIG_UNREADABLE, CONFIG_INVALID, and plain errors of the disk as CONFIG_UNREADABLE. */
export class ConfigFile {
  readonly #parts: ConfigFileParts

  constructor(parts: ConfigFileParts) {
    this.#parts = parts
  }

  async show(): Promise<ShownFile> {
    const { path } = this.#parts
    const text = await this.#read()
    const readOnly = await access(path, constants.W_OK).then(
      () => null,
      (error: unknown) => causeOf(error),
    )
    return { path, text: hideSecrets(text).text, revision: revisionOf(text), readOnly }
  }

  /** What a text as shown would do. */
  async check(shown: string): Promise<CheckedText> {
    const { config, faults } = await this.#judge(shown, await this.#read())
    if (config === null || faults.length > 0) return { faults, changed: [], needRestart: [] }
    return { faults, ...changedKeys(this.#parts.config(), config) }
  }

  /** The text with some values set; comments and all else stay. */
  draft(shown: string, changes: readonly ConfigChange[]): string {
    const document = parseDocument(shown, { logLevel: 'error' })
    if (document.errors.length > 0)
      throw this.#invalid([
        { line: null, column: null, key: '', text: 'is no YAML; mend it by hand first' },
      ])
    for (const { path, value } of changes) {
      if (value === null) document.deleteIn(path)
      else if (path.length > 0) document.setIn(path, document.createNode(value))
    }
    return document.toString({ lineWidth: 0 })
  }

  /** Writes it, then `use`s it; when that throws, the old text is put back and the error goes on. */
  async write<Result>(
    shown: string,
    revision: string,
    use: () => Promise<Result>,
  ): Promise<Result> {
    const before = await this.#read()
    if (revisionOf(before) !== revision)
      throw new OperatingError(
        'CONFIG_INVALID',
        `cannot write the configuration ${this.#parts.path}: somebody changed it meanwhile; load it again`,
      )
    const { text, config, faults } = await this.#judge(shown, before)
    if (config === null || faults.length > 0) throw this.#invalid(faults)
    await this.#put(text)
    try {
      return await use()
    } catch (error) {
      await this.#put(before)
      throw error
    }
  }

  async #judge(
    shown: string,
    before: string,
  ): Promise<{ text: string; config: Config | null; faults: ConfigFault[] }> {
    const restored = restoreSecrets(shown, hideSecrets(before))
    // What is refused is not looked at: a reference would be read.
    if (restored.faults.length > 0)
      return { text: restored.text, config: null, faults: restored.faults }
    const { env, path } = this.#parts
    const checked = await checkText(restored.text, { env, folder: dirname(resolve(path)) })
    return { text: restored.text, ...checked }
  }

  #invalid(faults: readonly ConfigFault[]): ConfigInvalid {
    return new ConfigInvalid(this.#parts.path, faults)
  }

  async #read(): Promise<string> {
    const { path } = this.#parts
    return readText(path, configLimits.fileBytes).catch((cause: unknown) => {
      throw new OperatingError(
        'CONFIG_UNREADABLE',
        `cannot read the configuration ${path}: ${causeOf(cause)}; check its permissions`,
        { cause },
      )
    })
  }

  /** Beside it and renamed, so that a crash leaves one or the other; a file that is mounted alone can only be written in place. */
  async #put(text: string): Promise<void> {
    const { path } = this.#parts
    const aside = `${path}.new`
    try {
      const { mode } = await stat(path)
      await writeFile(aside, text, { mode: mode & 0o777 })
      await rename(aside, path)
    } catch (first) {
      await rm(aside, { force: true }).catch(() => undefined)
      if (!['EBUSY', 'EACCES', 'EROFS', 'EXDEV', 'EPERM'].includes(codeOf(first) ?? '')) throw first
      await writeFile(path, text).catch((cause: unknown) => {
        throw new OperatingError(
          'CONFIG_UNREADABLE',
          `cannot write the configuration ${path}: ${causeOf(cause)}; change the file on the machine, then read it again`,
          { cause },
        )
      })
    }
  }
}

const revisionOf = (text: string): string =>
  createHash('sha256').update(text).digest('hex').slice(0, 32)
