-- What was sent and what came back (the whole of it as JSON); a file sent again replaces its receipt.
CREATE TABLE IF NOT EXISTS db.receipts (
  id String,
  upload LowCardinality(String),
  tenant LowCardinality(String),
  stream LowCardinality(String),
  state LowCardinality(String),
  rows UInt64,
  bytes UInt64,
  sha256 String,
  closed DateTime64(3, 'UTC'),
  receipt String,
  written UInt64
) ENGINE = {engine:ReplacingMergeTree(written)}
ORDER BY id
TTL toDateTime(closed) + INTERVAL {retentionDays} DAY;

-- Usage that an output has taken, under the group of files it went into: what is late is sent as the difference to this.
CREATE TABLE IF NOT EXISTS db.sent_usage (
  output LowCardinality(String),
  grp LowCardinality(String),
  hour DateTime('UTC'),
  source LowCardinality(String),
  app_id LowCardinality(String),
  app LowCardinality(String),
  category LowCardinality(String),
  score Nullable(Float32),
  infrastructure UInt8,
  host LowCardinality(String),
  user LowCardinality(String),
  device LowCardinality(String),
  src_ip LowCardinality(String),
  action LowCardinality(String),
  first_seen DateTime('UTC'),
  last_seen DateTime('UTC'),
  transactions UInt64,
  bytes_up UInt64,
  bytes_up_known UInt64,
  bytes_down UInt64,
  bytes_down_known UInt64,
  bytes_total UInt64,
  bytes_total_known UInt64
) ENGINE = {engine:MergeTree}
PARTITION BY toYYYYMM(hour)
ORDER BY (output, hour, grp)
TTL hour + INTERVAL {retentionDays} DAY;

-- Up to which generation an output has taken an hour.
CREATE TABLE IF NOT EXISTS db.sent_hours (
  output LowCardinality(String),
  grp LowCardinality(String),
  hour DateTime('UTC'),
  generation UInt64
) ENGINE = {engine:MergeTree}
PARTITION BY toYYYYMM(hour)
ORDER BY (output, hour)
TTL hour + INTERVAL {retentionDays} DAY;
