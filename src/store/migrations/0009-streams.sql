-- What a parse thread needs of a stream to go on after a restart (StreamWatch as JSON): its clock's histogram, how its lines look.
CREATE TABLE IF NOT EXISTS db.stream_memory (
  key String,
  source LowCardinality(String),
  memory String,
  seen DateTime64(3, 'UTC')
) ENGINE = {engine:ReplacingMergeTree(seen)}
ORDER BY key
TTL toDateTime(seen) + INTERVAL {retentionDays} DAY;
