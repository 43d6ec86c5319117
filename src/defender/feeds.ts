/** All feeds of the configuration as one part of the daemon. */
import type { Logger } from 'pino'
import type { DefenderConfig } from '../config/defender-schema.ts'
import type { Component } from '../lib/component.ts'
import { createEventHubFeed } from './event-hub-feed.ts'
import type { FeedSink, FeedStatus } from './feed.ts'
import { createHuntingFeed } from './hunting-feed.ts'
import { createStorageFeed } from './storage-feed.ts'

export interface FeedsParts {
  config: DefenderConfig
  dataDir: string
  sink: FeedSink
  log: Logger
  now: () => number
  /** When something of a stream came last, in an earlier process too (epoch ms). */
  lastSeen?: (key: string) => number | null
  /** The configuration as it stands now, with secrets read again. */
  readAgain?: () => Promise<DefenderConfig>
}

export function createFeeds({
  config,
  lastSeen,
  readAgain,
  ...parts
}: FeedsParts): Component<FeedStatus[]> {
  const latest =
    <Kind extends keyof DefenderConfig>(kind: Kind, name: string) =>
    async (): Promise<DefenderConfig[Kind][number] | null> => {
      const now = await readAgain?.()
      return now?.[kind].find((one) => one.name === name) ?? null
    }
  const feeds = [
    ...config.storage.map((one) =>
      createStorageFeed({ ...parts, config: one, latest: latest('storage', one.name) }),
    ),
    ...config.hunting.map((one) =>
      createHuntingFeed({ ...parts, config: one, latest: latest('hunting', one.name) }),
    ),
    ...config.eventHubs.map((one) =>
      createEventHubFeed({ ...parts, config: one, latest: latest('eventHubs', one.name) }),
    ),
  ]
  return {
    async start() {
      for (const feed of feeds) {
        const lastMs = lastSeen?.(feed.key) ?? null
        if (lastMs !== null && lastMs > 0) feed.remember(lastMs)
      }
      for (const feed of feeds) await feed.start()
    },
    async stop() {
      await Promise.all(feeds.map((feed) => feed.stop()))
    },
    status: () => feeds.map((feed) => feed.status()),
  }
}
