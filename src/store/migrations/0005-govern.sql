-- What was tagged, by whom and why: a row for each change, never altered; the last row of (app_id, tag) counts until it expires.
CREATE TABLE IF NOT EXISTS db.tags (
  app_id String,
  tag LowCardinality(String),
  active UInt8,
  -- rows of one change; undoing it names it
  change String,
  actor String,
  reason String,
  -- epoch ms, 0 = never
  expires UInt64,
  version UInt64,
  at DateTime64(3, 'UTC')
) ENGINE = {engine:MergeTree}
ORDER BY (app_id, tag, version)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Policies, exclusions, address ranges, groups, mutings, scripts given out, …: each row is the whole state of one thing as JSON; the last version counts.
CREATE TABLE IF NOT EXISTS db.governed (
  kind LowCardinality(String),
  id String,
  version UInt64,
  gone UInt8,
  state String
) ENGINE = {engine:ReplacingMergeTree(version)}
ORDER BY (kind, id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- One row for each event, however many reports and policies see it; the last version counts.
CREATE TABLE IF NOT EXISTS db.alerts (
  id String,
  version UInt64,
  raised DateTime64(3, 'UTC'),
  kind LowCardinality(String),
  severity LowCardinality(String),
  status LowCardinality(String),
  -- the policy, or '' for the system's own
  policy String,
  app_id String,
  state String
) ENGINE = {engine:ReplacingMergeTree(version)}
ORDER BY id
TTL toDateTime(raised) + INTERVAL 400 DAY
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Who and what reports leave out. Kinds: user, address (from-to as IPv6, IPv4 mapped), device. Written whole under each version.
CREATE TABLE IF NOT EXISTS db.exclusions (
  version UInt64,
  kind LowCardinality(String),
  value String,
  first IPv6,
  last IPv6
) ENGINE = {engine:ReplacingMergeTree(version)}
ORDER BY (version, kind, value);

DROP VIEW IF EXISTS db.current_usage;

-- The same without what is excluded: every report asks here, so that an exclusion holds for all of them, and for the past.
-- The counts are constants to the engine: without exclusions a query costs what it did.
CREATE VIEW db.current_usage AS
WITH (SELECT max(version) FROM db.exclusions) AS edition,
  (SELECT groupArray(first) FROM db.exclusions WHERE kind = 'address' AND version = edition) AS firsts,
  (SELECT groupArray(last) FROM db.exclusions WHERE kind = 'address' AND version = edition) AS lasts,
  (SELECT countIf(kind = 'user') FROM db.exclusions WHERE version = edition) AS users_out,
  (SELECT countIf(kind = 'device') FROM db.exclusions WHERE version = edition) AS devices_out
SELECT * FROM db.usage
WHERE (report, hour, generation) IN (SELECT report, hour, max(generation) FROM db.usage_hours GROUP BY report, hour)
  AND (users_out = 0 OR lowerUTF8(user) NOT IN (SELECT value FROM db.exclusions WHERE kind = 'user' AND version = edition))
  AND (devices_out = 0 OR lowerUTF8(device) NOT IN (SELECT value FROM db.exclusions WHERE kind = 'device' AND version = edition))
  AND (length(firsts) = 0 OR NOT arrayExists((f, l) -> ifNull(toIPv6OrNull(src_ip) BETWEEN f AND l, 0), firsts, lasts));
