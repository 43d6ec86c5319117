-- What a source's agents told in each hour, in one row: asked for months at a time, where their rows are millions. Kept by each insert.
CREATE TABLE IF NOT EXISTS db.device_hours (
  report LowCardinality(String),
  hour DateTime('UTC'),
  source LowCardinality(String),
  first SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
  last SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
  arrived SimpleAggregateFunction(max, DateTime('UTC'))
) ENGINE = {engine:AggregatingMergeTree}
ORDER BY (report, hour, source)
TTL if(report = 'continuous', hour, arrived) + INTERVAL {retentionDays} DAY
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

INSERT INTO db.device_hours
SELECT report, toStartOfHour(toDateTime(at)) AS hour, source, min(at) AS first, max(at) AS last, max(inserted) AS arrived
FROM db.device_connections GROUP BY report, hour, source;

CREATE MATERIALIZED VIEW IF NOT EXISTS db.device_hours_told TO db.device_hours AS
SELECT report, toStartOfHour(toDateTime(at)) AS hour, source, min(at) AS first, max(at) AS last, max(inserted) AS arrived
FROM db.device_connections GROUP BY report, hour, source;
