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
}

export function createFeeds({ config, ...parts }: FeedsParts): Component<FeedStatus[]> {
  const feeds = [
    ...config.storage.map((one) => createStorageFeed({ ...parts, config: one })),
    ...config.hunting.map((one) => createHuntingFeed({ ...parts, config: one })),
    ...config.eventHubs.map((one) => createEventHubFeed({ ...parts, config: one })),
  ]
  return {
    async start() {
      for (const feed of feeds) await feed.start()
    },
    async stop() {
      await Promise.all(feeds.map((feed) => feed.stop()))
    },
    status: () => feeds.map((feed) => feed.status()),
  }
}
