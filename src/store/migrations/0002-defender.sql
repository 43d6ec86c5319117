-- What the devices' agents tell (src/defender). Empty text = unknown, port 0 = unknown. The same row may come by several feeds, or again
-- (streams deliver at least once, slices are read again for late rows): its key is the same, so FINAL, or LIMIT 1 BY feed_row, counts it once.
-- An insert marks the hours it touches in dirty_hours, as flows do.

-- One connection, or what the sensor saw of one.
CREATE TABLE IF NOT EXISTS db.device_connections (
  report LowCardinality(String),
  at DateTime64(3, 'UTC'),
  device_id LowCardinality(String),
  device LowCardinality(String),
  -- as logged: UPN, else DOMAIN\name, else name; '' = the sensor named none
  user LowCardinality(String),
  -- DOMAIN\name beside a UPN: one row that links two forms of one person
  user_account LowCardinality(String),
  user_sid LowCardinality(String),
  user_object_id LowCardinality(String),
  local_ip LowCardinality(String),
  local_port UInt16,
  remote_ip LowCardinality(String),
  remote_port UInt16,
  -- host of RemoteUrl, server name of TLS, Host of HTTP, or the name a DNS query asked for
  host LowCardinality(String),
  -- tcp, udp, icmp, ...
  protocol LowCardinality(String),
  -- allowed, blocked, or '' (a failed or unanswered attempt)
  action LowCardinality(String),
  process LowCardinality(String),
  -- the sensor's ActionType, or sysmon-3, sysmon-22, wfp-5156, wfp-5157
  kind LowCardinality(String),
  -- connection: it was made (or blocked); attempt: it failed or nothing tells; inspection: content seen on a connection that has a row
  -- of its own too; dns: a name was asked for, its addresses stand in answers
  role LowCardinality(String),
  -- addresses a DNS answer gave, separated by spaces
  answers LowCardinality(String),
  -- events in an aggregated row, else 1
  events UInt32,
  source LowCardinality(String),
  stream LowCardinality(String),
  -- hash of the row's own identity, the same by whatever feed it came
  feed_row UInt64,
  inserted DateTime('UTC') DEFAULT now()
) ENGINE = {engine:ReplacingMergeTree}
PARTITION BY if(report = 'continuous', toYYYYMMDD(at), 0)
ORDER BY (report, toStartOfHour(at), device_id, at, feed_row)
TTL if(report = 'continuous', toDateTime(at), inserted) + INTERVAL {retentionDays} DAY
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

-- A device had an address then. network-info: an adapter that was up (with its MAC); connection: a local address, once a minute (`at` is
-- the minute); public: the address the device had on the internet.
CREATE TABLE IF NOT EXISTS db.device_addresses (
  report LowCardinality(String),
  at DateTime64(3, 'UTC'),
  device_id LowCardinality(String),
  device LowCardinality(String),
  ip LowCardinality(String),
  mac LowCardinality(String),
  kind LowCardinality(String),
  -- name of the network, kind of adapter or tunnel: tells a VPN from the office
  network LowCardinality(String),
  source LowCardinality(String),
  inserted DateTime('UTC') DEFAULT now()
) ENGINE = {engine:ReplacingMergeTree}
PARTITION BY if(report = 'continuous', toYYYYMM(at), 0)
ORDER BY (report, ip, at, device_id, kind, mac)
TTL if(report = 'continuous', toDateTime(at), inserted) + INTERVAL {retentionDays} DAY
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

-- Somebody logged on, or was logged on (action LoggedOn: DeviceInfo lists who is there at that time).
CREATE TABLE IF NOT EXISTS db.device_logons (
  report LowCardinality(String),
  at DateTime64(3, 'UTC'),
  device_id LowCardinality(String),
  device LowCardinality(String),
  -- DOMAIN\name, or UPN, or name
  user LowCardinality(String),
  sid LowCardinality(String),
  -- Interactive, RemoteInteractive, Network, Service, Unlock, ... as Defender names them; '' = not told
  logon_type LowCardinality(String),
  -- LogonSuccess, LogonFailed, LogonAttempted, LoggedOn
  action LowCardinality(String),
  remote_ip LowCardinality(String),
  source LowCardinality(String),
  inserted DateTime('UTC') DEFAULT now()
) ENGINE = {engine:ReplacingMergeTree}
PARTITION BY if(report = 'continuous', toYYYYMM(at), 0)
ORDER BY (report, device_id, at, user, sid, logon_type, action)
TTL if(report = 'continuous', toDateTime(at), inserted) + INTERVAL {retentionDays} DAY
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

-- The newest that a feed told of each device (DeviceInfo). Devices known by Windows events alone have connections and no row here.
CREATE TABLE IF NOT EXISTS db.devices (
  report LowCardinality(String),
  device_id String,
  device String,
  -- last seen
  at DateTime64(3, 'UTC'),
  os_platform LowCardinality(String),
  os_version LowCardinality(String),
  os_build LowCardinality(String),
  onboarding LowCardinality(String),
  sensor_health LowCardinality(String),
  network_protection LowCardinality(String),
  exposure LowCardinality(String),
  join_type LowCardinality(String),
  type LowCardinality(String),
  public_ip LowCardinality(String),
  aad_device_id String,
  merged_to String,
  -- met, not-met, unknown
  prerequisites LowCardinality(String),
  -- the same in words, reasons separated by '; '
  prerequisites_reason LowCardinality(String),
  source LowCardinality(String),
  inserted DateTime('UTC') DEFAULT now()
) ENGINE = {engine:ReplacingMergeTree(at)}
ORDER BY (report, device_id)
TTL toDateTime(at) + INTERVAL {retentionDays} DAY
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;
