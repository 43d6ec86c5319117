-- Minute flows as parse gives them. Empty text = unknown; bytes_x_known = transactions that told bytes_x.
-- Continuous data have a partition for each day; snapshots, whose logs may be of any age, share one and age by their arrival.
CREATE TABLE IF NOT EXISTS db.flows (
  report LowCardinality(String),
  minute DateTime('UTC'),
  stream LowCardinality(String),
  source LowCardinality(String),
  format LowCardinality(String),
  record LowCardinality(String),
  src_ip LowCardinality(String),
  src_host LowCardinality(String),
  user LowCardinality(String),
  device LowCardinality(String),
  dst_host LowCardinality(String),
  dst_ip LowCardinality(String),
  -- of all transactions of the row; 0 = unknown, or more than one
  src_port UInt16,
  dst_port UInt16,
  protocol LowCardinality(String),
  app_protocol LowCardinality(String),
  action LowCardinality(String),
  app_hint LowCardinality(String),
  category LowCardinality(String),
  transactions UInt32,
  bytes_up UInt64,
  bytes_up_known UInt32,
  bytes_down UInt64,
  bytes_down_known UInt32,
  bytes_total UInt64,
  bytes_total_known UInt32,
  inserted DateTime('UTC') DEFAULT now()
) ENGINE = {engine:MergeTree}
PARTITION BY if(report = 'continuous', toYYYYMMDD(minute), 0)
ORDER BY (report, toStartOfHour(minute), source, src_ip, dst_host)
TTL if(report = 'continuous', minute, inserted) + INTERVAL {retentionDays} DAY
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

-- What the catalog said of a destination: host (or address), the vendor's own app name, catalog version.
CREATE TABLE IF NOT EXISTS db.hosts (
  host LowCardinality(String),
  app_hint LowCardinality(String),
  catalog LowCardinality(String),
  app LowCardinality(String),
  app_id LowCardinality(String),
  category LowCardinality(String),
  score Nullable(Float32),
  rule LowCardinality(String),
  infrastructure UInt8,
  domain LowCardinality(String),
  classified DateTime('UTC') DEFAULT now()
) ENGINE = {engine:ReplacingMergeTree}
ORDER BY (catalog, host, app_hint)
TTL classified + INTERVAL {retentionDays} DAY;

-- One hour of usage is replaced as a whole: rows of the generation that usage_hours names count, all others are rubbish.
CREATE TABLE IF NOT EXISTS db.usage (
  report LowCardinality(String),
  hour DateTime('UTC'),
  generation UInt64,
  source LowCardinality(String),
  app_id LowCardinality(String),
  app LowCardinality(String),
  category LowCardinality(String),
  score Nullable(Float32),
  infrastructure UInt8,
  host LowCardinality(String),
  domain LowCardinality(String),
  -- the person, in the form that identities chose; user_form as logged
  user LowCardinality(String),
  user_form LowCardinality(String),
  -- Defender's name of the device where it knows it, else the log's
  device LowCardinality(String),
  device_id LowCardinality(String),
  -- program on the device, '' = the agent did not tell, or several
  process LowCardinality(String),
  src_ip LowCardinality(String),
  action LowCardinality(String),
  -- source of the agent's row of the same connections, '' = no agent saw them
  agent_source LowCardinality(String),
  -- how device, user and host were found: log, port, connection, lease, session, nat, hostname, answer, agent; '' = not
  device_rule LowCardinality(String),
  user_rule LowCardinality(String),
  host_rule LowCardinality(String),
  seen_by Array(LowCardinality(String)),
  first_seen DateTime('UTC'),
  last_seen DateTime('UTC'),
  transactions UInt64,
  bytes_up UInt64,
  bytes_up_known UInt64,
  bytes_down UInt64,
  bytes_down_known UInt64,
  bytes_total UInt64,
  bytes_total_known UInt64,
  inserted DateTime('UTC') DEFAULT now()
) ENGINE = {engine:MergeTree}
PARTITION BY if(report = 'continuous', toYYYYMM(hour), 0)
ORDER BY (report, hour, generation, app_id, user)
TTL if(report = 'continuous', hour, inserted) + INTERVAL {retentionDays} DAY;

-- The generation of each hour that counts, and of which catalog.
CREATE TABLE IF NOT EXISTS db.usage_hours (
  report LowCardinality(String),
  hour DateTime('UTC'),
  generation UInt64,
  catalog LowCardinality(String),
  rows UInt64
) ENGINE = {engine:ReplacingMergeTree(generation)}
ORDER BY (report, hour);

CREATE VIEW IF NOT EXISTS db.current_usage AS
SELECT * FROM db.usage
WHERE (report, hour, generation) IN (SELECT report, hour, max(generation) FROM db.usage_hours GROUP BY report, hour);

-- Hours whose flows changed, and when; an hour is clean when its generation is newer than its mark.
CREATE TABLE IF NOT EXISTS db.dirty_hours (
  report LowCardinality(String),
  hour DateTime('UTC'),
  mark UInt64
) ENGINE = {engine:ReplacingMergeTree(mark)}
ORDER BY (report, hour)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS db.ledger (
  report LowCardinality(String),
  hour DateTime('UTC'),
  source LowCardinality(String),
  stream LowCardinality(String),
  outcome LowCardinality(String),
  reason LowCardinality(String),
  format LowCardinality(String),
  -- a replay takes lines back from where they stood: sums count, single rows may be negative
  lines Int64,
  bytes Nullable(Int64)
) ENGINE = {engine:MergeTree}
PARTITION BY toYYYYMM(hour)
ORDER BY (report, hour, source, outcome)
TTL hour + INTERVAL {retentionDays} DAY
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

-- Lines no parser could read, as received (cut to lineLimits.unparsedKeptBytes; bytes = their whole length).
CREATE TABLE IF NOT EXISTS db.unparsed (
  segment LowCardinality(String),
  report LowCardinality(String),
  received DateTime64(3, 'UTC'),
  source LowCardinality(String),
  stream LowCardinality(String),
  reason LowCardinality(String),
  text String,
  bytes UInt32
) ENGINE = {engine:MergeTree}
PARTITION BY toYYYYMM(received)
ORDER BY (report, source, received)
TTL toDateTime(received) + INTERVAL {retentionDays} DAY
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

-- What is known of each stream (StreamState as JSON), kept over restarts.
CREATE TABLE IF NOT EXISTS db.streams (
  key String,
  source LowCardinality(String),
  state String,
  seen DateTime64(3, 'UTC')
) ENGINE = {engine:ReplacingMergeTree(seen)}
ORDER BY key
TTL toDateTime(seen) + INTERVAL {retentionDays} DAY;

-- Reports: 'continuous' is always there, each snapshot has a row.
CREATE TABLE IF NOT EXISTS db.reports (
  report String,
  title String,
  created DateTime64(3, 'UTC')
) ENGINE = {engine:ReplacingMergeTree(created)}
ORDER BY report
TTL toDateTime(created) + INTERVAL {retentionDays} DAY;
