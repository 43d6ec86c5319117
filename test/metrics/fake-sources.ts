/** Status objects of an appliance that has seen all kinds of trouble. */
import { createStatus } from '../../src/intake/syslog-status.ts'
import type { MetricSources } from '../../src/metrics/metric-table.ts'

export function fakeSources(): MetricSources {
  const udp = createStatus('syslog-udp')
  udp.state = 'listening'
  udp.received = { datagrams: 70, frames: 9, bytes: 40_000, lines: 69, empty: 1 }
  udp.dropped = { 'spool-full': { lines: 3, bytes: 900 }, 'kernel-buffer': { lines: 8, bytes: 0 } }
  udp.receiveBuffer = { askedBytes: 1000, grantedBytes: 500 }
  udp.kernelDrops = 8
  const tls = createStatus('syslog-tls')
  tls.connections = {
    open: 2,
    total: 5,
    refusedSender: 1,
    refusedLimit: 0,
    idleClosed: 0,
    failed: { ECONNRESET: 2 },
    held: 1,
  }
  tls.handshakeFailures = { ERR_SSL_WRONG_VERSION_NUMBER: 4 }
  return {
    feeds: () => [
      {
        name: 'main',
        kind: 'storage',
        state: 'failing',
        silent: true,
        lastDataMs: 1_790_000_000_500,
        lines: 500,
        bytes: 7e5,
        segments: 4,
        repeated: 6,
        failures: { denied: 2 },
      },
    ],
    intake: () => ({
      listeners: [udp, tls],
      files: [
        {
          listener: 'folder',
          files: 3,
          lines: 900,
          bytes: 1e5,
          duplicates: 1,
          refused: { bomb: 1 },
        },
      ],
    }),
    sources: () => [
      { source: 'hq', clockSeconds: 7200, changes: 1 },
      { source: 'files', clockSeconds: null, changes: 0 },
    ],
    publish: () => ({
      uploads: {
        receipted: 20,
        refused: 1,
        uncertain: 2,
        receiptedBytes: 9e6,
        receiptedRows: 70_000,
        retries: 5,
        waitingFiles: 3,
        waitingBytes: 1e6,
        putAside: 3,
      },
      backup: { segments: 4, bytes: 6e6, lost: 1 },
      records: [{ name: 'siem', delivered: 500, waitingFiles: 1, retries: 2 }],
      reports: { made: 3, mailed: 2, failed: 1 },
      notices: { mail: { sent: 4, retried: 1, failed: 0 } },
    }),
    spool: () => ({
      bytes: 5e6,
      maxBytes: 2e10,
      segmentsWaiting: 2,
      segmentsSealed: 77,
      segmentsQuarantined: 0,
      tornBytes: 12,
    }),
    parse: () => ({
      workers: 1,
      segments: 75,
      bytes: 4e6,
      transactions: 800,
      skipped: { 'session-start': 90 },
      unparsed: { 'no format matches': 6, 'odd "reason"\\ of\nmine': 1 },
      dropped: { 'kernel-buffer': 8 },
      restarts: 0,
      dictionaryResets: 0,
    }),
    merge: () => ({
      hours: 26,
      rows: 5200,
      slices: 3,
      lastMs: 2400,
      failures: 5,
      memoryFailures: 4,
      failing: [{}],
    }),
    store: () => ({
      inserts: 75,
      flows: 640,
      failures: { STORE_UNAVAILABLE: 2 },
      retries: 2,
      lagMs: 1500,
      open: true,
    }),
  }
}
