/** A secret that was changed where the configuration has it from (`${file:…}`) is taken up without a restart: read again when it is denied. */
import type { EventHubConfig, HuntingConfig, StorageConfig } from '../config/defender-schema.ts'

type FeedConfig = StorageConfig | HuntingConfig | EventHubConfig

/** What a feed signs in with; all else stays as it was at the start. */
const secrets = ['connectionString', 'sas', 'credential'] as const

/** The configuration's entry of that name as it is now; null = there is none any more. Throws when it cannot be read. */
export type Latest<Config extends FeedConfig> = () => Promise<Config | null>

/** The same feed with the secrets of now. */
export async function renewed<Config extends FeedConfig>(
  config: Config,
  latest: Latest<Config> | undefined,
): Promise<Config> {
  const now = (await latest?.()) ?? null
  if (now === null) return config
  const entries = Object.entries(now).filter(([name]) =>
    (secrets as readonly string[]).includes(name),
  )
  return { ...config, ...Object.fromEntries(entries) }
}
