DROP VIEW IF EXISTS db.evidence;

-- The rows of all alerts' evidence, as they stand now: with a column `source`, so that a viewer's bounds hold for them as for usage.
-- Titles and details of alerts stay out: they may name people of any source.
CREATE VIEW db.evidence AS
SELECT id AS alert, kind, severity, status, policy, raised, JSONExtractString(latest, 'appId') AS app_id, JSONExtractString(latest, 'app') AS app,
  parseDateTimeBestEffortOrZero(JSONExtractString(line, 'hour'), 'UTC') AS hour, JSONExtractString(line, 'source') AS source,
  JSONExtractString(line, 'user') AS user, JSONExtractString(line, 'device') AS device, JSONExtractString(line, 'address') AS src_ip,
  JSONExtractString(line, 'host') AS host, JSONExtractUInt(line, 'transactions') AS transactions,
  JSONExtract(line, 'bytesUp', 'Nullable(UInt64)') AS bytes_up, JSONExtract(line, 'bytesDown', 'Nullable(UInt64)') AS bytes_down
FROM (
  SELECT id, argMax(alerts.kind, version) AS kind, argMax(alerts.severity, version) AS severity, argMax(alerts.status, version) AS status,
    argMax(alerts.policy, version) AS policy, max(alerts.raised) AS raised, argMax(state, version) AS latest
  FROM db.alerts AS alerts GROUP BY id
) AS told ARRAY JOIN JSONExtractArrayRaw(latest, 'evidence') AS line;
