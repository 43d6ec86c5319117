/** What one log line says, in the words every vendor shares. Unknown is null, never 0 or "". */
export interface Transaction {
  /** UTC, ISO 8601 with milliseconds. */
  time: string
  srcIp: string | null
  srcPort: number | null
  srcHost: string | null
  /** As logged, without the vendor's markers for nobody. */
  user: string | null
  device: string | null
  dstHost: string | null
  dstIp: string | null
  dstPort: number | null
  url: string | null
  /** Transport: tcp, udp, icmp, … */
  protocol: string | null
  /** What rides on it: https, http, ssl, dns, quic, … */
  appProtocol: string | null
  action: 'allowed' | 'blocked' | null
  /** Sent by the client, whatever the vendor calls it. */
  bytesUp: number | null
  /** Received by the client. */
  bytesDown: number | null
  bytesTotal: number | null
  method: string | null
  status: number | null
  userAgent: string | null
  referrer: string | null
  category: string | null
  /** The vendor's own name of the application, e.g. `slack-base`. */
  appHint: string | null
}

export type Outcome =
  | { line: number; outcome: 'transaction'; format: string; transaction: Transaction }
  | { line: number; outcome: 'skipped'; format: string; reason: string }
  | { line: number; outcome: 'unparsed'; format: string | null; reason: string }
