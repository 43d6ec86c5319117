-- Forms of names that one row of an agent, or of an imported directory (report ''), gives to one account. Empty text = not told.
CREATE TABLE IF NOT EXISTS db.identity_links (
  report LowCardinality(String),
  upn String,
  account String,
  sid String,
  object_id String,
  mail String,
  -- agent, logon, directory
  how LowCardinality(String),
  inserted DateTime('UTC') DEFAULT now()
) ENGINE = {engine:ReplacingMergeTree}
ORDER BY (report, upn, account, sid, object_id, mail, how)
TTL inserted + INTERVAL {retentionDays} DAY;

-- What each form of a name stands for, in lower case: a person's chosen form, or a service account (kind 'service', person '').
CREATE TABLE IF NOT EXISTS db.identities (
  report LowCardinality(String),
  form String,
  person String,
  -- person, service
  kind LowCardinality(String),
  -- link, account, name: by what rule
  rule LowCardinality(String),
  version UInt64
) ENGINE = {engine:ReplacingMergeTree(version)}
ORDER BY (report, form);

-- How far a source's clock is ahead of the agents', as measured in each hour.
CREATE TABLE IF NOT EXISTS db.clock_skews (
  report LowCardinality(String),
  hour DateTime('UTC'),
  source LowCardinality(String),
  generation UInt64,
  seconds Int32,
  pairs UInt32
) ENGINE = {engine:ReplacingMergeTree(generation)}
ORDER BY (report, hour, source)
TTL hour + INTERVAL {retentionDays} DAY;
