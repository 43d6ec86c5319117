/**
 * Reads gnomon.yaml: one file, one schema, every fault at once with its place. Nothing is started and nothing is opened but the
 * file itself and the secrets it names.
 */
import { dirname, resolve } from 'node:path'
import { OperatingError } from '../errors.ts'
import { configLimits } from '../limits.ts'
import { crossFaults } from './cross-checks.ts'
import { readDocument } from './document.ts'
import type { ConfigDocument, ConfigFault, Path } from './document.ts'
import type { Interpolation } from './env.ts'
import { faultsOf } from './faults.ts'
import { locateConfig } from './locate.ts'
import { configSchema } from './schema.ts'
import type { Config } from './schema.ts'
import { configShape } from './shape.ts'
import type { Shape } from './shape.ts'

export interface ConfigOptions {
  /** Default: GNOMON_CONFIG, then /etc/gnomon/gnomon.yaml. */
  path?: string | undefined
  env: NodeJS.ProcessEnv
}

export interface LoadedConfig {
  config: Config
  /** null = there is no file; all values are defaults. */
  path: string | null
  /** The file as it is written, references not yet put in; empty without a file. */
  text: string
  /** `path:line:column` of a value, or of the section around it; for faults that are found later. */
  placeOf(path: Path): string
}

/** What is wrong with a configuration; the message lists every fault. */
export class ConfigInvalid extends OperatingError {
  readonly path: string
  readonly faults: readonly ConfigFault[]

  constructor(path: string, faults: readonly ConfigFault[]) {
    const shown = faults.slice(0, configLimits.faults)
    const rest = faults.length - shown.length
    const lines = [
      `cannot use the configuration ${path}: ${faults.length === 1 ? 'one fault' : `${faults.length} faults`}`,
      ...shown.map((fault) => faultLine(path, fault)),
      ...(rest > 0 ? [`and ${rest} more`] : []),
      'see docs/configuration.md',
    ]
    super('CONFIG_INVALID', lines.join('\n'))
    this.path = path
    this.faults = faults
  }
}

/** `path:line:column: key: what; what to do`. */
export function faultLine(path: string, fault: ConfigFault): string {
  return [placeText(path, fault), ...(fault.key === '' ? [] : [fault.key]), fault.text].join(': ')
}

function placeText(path: string, { line, column }: Pick<ConfigFault, 'line' | 'column'>): string {
  return line === null ? path : `${path}:${line}:${column}`
}

/**
 * The configuration in force. No file at the usual place means defaults; so does an empty one.
 *
 *     const { config } = await loadConfig({ path: 'gnomon.yaml', env: process.env })
 *
 * Throws OperatingError CONFIG_UNREADABLE, and CONFIG_INVALID with every fault as `path:line:column: key: what; what to do`.
 */
export async function loadConfig(options: ConfigOptions): Promise<LoadedConfig> {
  const found = await locateConfig(options)
  const path = found?.path ?? null
  const text = found?.text ?? ''
  const document = await readDocument(text, {
    env: options.env,
    folder: dirname(resolve(path ?? '/')),
  })
  const { config, faults } = validate(document)
  if (config === null || faults.length > 0)
    throw new ConfigInvalid(path ?? 'defaults', inOrder(faults))
  return {
    config,
    path,
    text,
    placeOf: (at) => placeText(path ?? 'defaults', document.placeOf(at)),
  }
}

/** What a text would be as configuration; nothing is thrown, every fault is told with its place. */
export async function checkText(
  text: string,
  from: Interpolation,
): Promise<{ config: Config | null; faults: ConfigFault[] }> {
  const { config, faults } = validate(await readDocument(text, from))
  return { config, faults: inOrder(faults) }
}

/**
 * Where the API of the appliance on this machine listens. Faults in other parts of the file do not matter: an appliance that
 * refused a broken reload goes on, and must be found. Throws like `loadConfig` for faults in `api`.
 */
export async function loadApiAddress(options: ConfigOptions): Promise<Config['api']> {
  const found = await locateConfig(options)
  if (found === null) return configSchema.parse({}).api
  const { path, text } = found
  const document = await readDocument(text, { env: options.env, folder: dirname(resolve(path)) })
  const value = document.value as { api?: unknown } | null
  const result = configSchema.safeParse(value?.api === undefined ? {} : { api: value.api })
  const ours = document.faults.filter(({ key }) => key === '' || key.startsWith('api.'))
  if (result.success && ours.length === 0) return result.data.api
  const faults = result.success
    ? []
    : result.error.issues.flatMap((issue) => faultsOf(issue, document))
  throw new ConfigInvalid(path, inOrder([...ours, ...faults]))
}

function validate(document: ConfigDocument): { config: Config | null; faults: ConfigFault[] } {
  const { value, faults } = document
  if (value === null) return { config: null, faults }
  const result = configSchema.safeParse(value)
  if (!result.success) {
    const found = result.error.issues.flatMap((issue) => faultsOf(issue, document))
    // A value whose reference is missing is at fault once, not once more for its type.
    const told = new Set(faults.map(({ key }) => key))
    return {
      config: null,
      faults: [...faults, ...found.filter(({ key }) => key === '' || !told.has(key))],
    }
  }
  const crossed = crossFaults(result.data).map(({ paths, text }): ConfigFault => {
    const path = paths.find((candidate) => document.has(candidate)) ?? paths[0]
    return { ...document.placeOf(path), key: path.map(String).join('.'), text }
  })
  return { config: result.data, faults: [...faults, ...crossed] }
}

function inOrder(faults: readonly ConfigFault[]): ConfigFault[] {
  return faults.toSorted(
    (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  )
}

/** What stands in place of a secret. */
const hidden = '***'

/** The configuration as plain data to be shown: passwords are hidden, also those within an address. */
export function describeConfig(config: Config): unknown {
  return described(config, configShape)
}

function described(value: unknown, shape: Shape | undefined): unknown {
  if (Array.isArray(value)) {
    const items = shape?.items || undefined
    return value.map((item, i) => described(item, shape?.prefixItems?.[i] ?? items))
  }
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        described(inner, shape?.properties?.[key]),
      ]),
    )
  if (typeof value !== 'string' || value === '') return value
  if (shape?.secret === true) return hidden
  return shape?.format === 'uri' ? withoutPassword(value) : value
}

function withoutPassword(address: string): string {
  return address.replace(/^([a-z][a-z0-9+.-]*:\/\/[^/?#@:]*):[^/?#]*@/i, `$1:${hidden}@`)
}
