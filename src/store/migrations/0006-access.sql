-- Who may: each row is the whole state of one thing as JSON; the last version counts, gone = it was taken away.
CREATE TABLE IF NOT EXISTS db.accounts (
  id String,
  version UInt64,
  gone UInt8,
  state String
) ENGINE = {engine:ReplacingMergeTree(version)}
ORDER BY id
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS db.tokens (
  id String,
  version UInt64,
  gone UInt8,
  state String
) ENGINE = {engine:ReplacingMergeTree(version)}
ORDER BY id
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Sessions, by the hash of what the browser holds: whoever reads this table can sign in nowhere.
CREATE TABLE IF NOT EXISTS db.sessions (
  id String,
  version UInt64,
  gone UInt8,
  state String,
  written DateTime('UTC') DEFAULT now()
) ENGINE = {engine:ReplacingMergeTree(version)}
ORDER BY id
TTL written + INTERVAL 60 DAY;

-- Who asked for the name behind a pseudonym, why, and who agreed.
CREATE TABLE IF NOT EXISTS db.name_requests (
  id String,
  version UInt64,
  gone UInt8,
  state String
) ENGINE = {engine:ReplacingMergeTree(version)}
ORDER BY id
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Every change and every look at a name; detail is JSON. Outlives the data it speaks of.
CREATE TABLE IF NOT EXISTS db.audit (
  at DateTime64(3, 'UTC'),
  actor String,
  action LowCardinality(String),
  object String,
  detail String
) ENGINE = {engine:MergeTree}
PARTITION BY toYYYYMM(at)
ORDER BY at
TTL toDateTime(at) + INTERVAL 3 YEAR
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
