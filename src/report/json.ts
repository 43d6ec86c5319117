/** `report.json`: the whole report, indented, with keys in the order below whatever order they were built in. */

import type { Report } from './report.ts'

type KeysOf<T> = T extends readonly (infer Item)[]
  ? KeysOf<Item>
  : T extends object
    ? keyof T | { [Key in keyof T]-?: KeysOf<NonNullable<T[Key]>> }[keyof T]
    : never

/** Every key of a report at any depth; the compiler says when one is forgotten. */
const keys = {
  title: true,
  report: true,
  source: true,
  generatedAt: true,
  from: true,
  to: true,
  totals: true,
  timelineUnit: true,
  timeline: true,
  at: true,
  categories: true,
  risk: true,
  band: true,
  reason: true,
  lines: true,
  appId: true,
  name: true,
  domain: true,
  category: true,
  score: true,
  formats: true,
  received: true,
  transactions: true,
  skipped: true,
  dropped: true,
  missing: true,
  bytesUp: true,
  bytesDown: true,
  bytesTotal: true,
  bytesKnown: true,
  apps: true,
  unknownDomains: true,
  hosts: true,
  users: true,
  addresses: true,
  devices: true,
  others: true,
  topApps: true,
  blocked: true,
  firstSeen: true,
  lastSeen: true,
  withUser: true,
  withHost: true,
  withBytes: true,
  withAction: true,
  merged: true,
  withDevice: true,
  notices: true,
  commands: true,
  format: true,
  enable: true,
  blind: true,
  withAgent: true,
  ownDevice: true,
  ownUser: true,
  unknown: true,
  infrastructure: true,
  sources: true,
  unparsed: true,
  overlap: true,
  unknownAddresses: true,
  address: true,
  guess: true,
  otherwise: true,
  unknownAddressCount: true,
  unseenDevices: true,
  deviceId: true,
  device: true,
  unseenDeviceCount: true,
  prerequisites: true,
  met: true,
  notMet: true,
  unfitDevices: true,
  freshness: true,
  complete: true,
  waiting: true,
  incomplete: true,
  hour: true,
  state: true,
  changed: true,
  agents: true,
  newest: true,
  arrived: true,
  hours: true,
  gaps: true,
  catalogVersion: true,
  gnomonVersion: true,
} satisfies Record<Extract<KeysOf<Report>, string>, true>

const keyOrder = Object.keys(keys)

/** JSON text of a report, two spaces, ending in a line feed. */
export function renderJson(report: Report): string {
  // An array replacer is both the list of keys and their order (ECMA-262, SerializeJSONObject).
  return `${JSON.stringify(report, keyOrder, 2)}\n`
}
