import type { SentRow } from '../../src/publish/sent-usage.ts'

/** A row of usage as it goes out. */
export const sentRow: SentRow = {
  hour: 1_790_000_400,
  source: 'edge',
  app_id: 'slack',
  app: 'Slack',
  category: 'Collaboration',
  score: 9,
  infrastructure: 0,
  host: 'files.slack.com',
  user: 'corp\\ann',
  device: 'laptop-1',
  user_alias: 'user-0011223344556677',
  device_alias: 'device-0011223344556677',
  src_ip: '198.51.100.7',
  action: 'allowed',
  first_seen: 1_790_000_700,
  last_seen: 1_790_003_000,
  transactions: 3,
  bytes_up: 3476,
  bytes_down: 351_955,
  bytes_total: 355_431,
}
