/**
 * Windows events that come as messages of a log: XML behind a syslog header (NXLog, Windows Event Forwarding by a relay), or JSON (NXLog
 * to_json, Winlogbeat and Elastic Agent, Wazuh). They tell what an agent tells: device, user, program and connection.
 * https://docs.nxlog.co/refman/current/im/msvistalog.html
 * https://www.elastic.co/docs/reference/beats/winlogbeat/exported-fields-winlog
 */
import type { RowContext, RowOutcome } from './outcome.ts'
import type { Zone } from './row-time.ts'
import { eventOf, readEvent } from './windows-events.ts'
import type { WindowsEvent } from './windows-events.ts'

/** The log format (parsers/microsoft/) whose lines are looked at. */
export const windowsEventFormat = 'WINDOWS_EVENT_XML'

const closing = '</Event>'

/** Rows of a message; null = it holds no event that agents' tables have a place for, and stays a line of a log. */
export function readWindowsMessage(
  text: string,
  zone: Zone | null,
  to: RowContext,
): RowOutcome | null {
  const event = messageEvent(text)
  return event === null ? null : readEvent(event, zone, to)
}

function messageEvent(text: string): WindowsEvent | null {
  const [json, xml] = [text.indexOf('{'), text.search(/<Event[ >]/)]
  // the Guid of an XML event's provider stands in braces too
  return xml >= 0 && (json < 0 || xml < json) ? xmlEvent(text) : json < 0 ? null : jsonEvent(text)
}

function xmlEvent(text: string): WindowsEvent | null {
  const start = text.search(/<Event[ >]/)
  const end = text.lastIndexOf(closing)
  return end < start ? null : eventOf(text.slice(start, end + closing.length))
}

type Node = Readonly<Record<string, unknown>>

function jsonEvent(text: string): WindowsEvent | null {
  let value: unknown
  try {
    value = JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1))
  } catch {
    return null
  }
  const root = nodeOf(value)
  if (root === null) return null
  const data = nodeOf(root['data'])
  // Wazuh: win, alone or in data; Elastic: winlog; exports of event files: Event
  const node = [root['win'], data?.['win'], root['winlog'], root['Event'], root]
    .map(nodeOf)
    .find((one) => one !== null)
  if (node === undefined || node === null) return null
  const system = nodeOf(node['System']) ?? nodeOf(node['system']) ?? node
  const known = {
    provider: nameOf(
      first(
        system,
        'Provider',
        'providerName',
        'provider_name',
        'SourceName',
        'source_name',
        'ProviderName',
      ),
    ),
    channel: scalar(first(system, 'Channel', 'channel', 'log_name')),
    id: scalar(first(system, 'EventID', 'eventID', 'event_id')),
    record: scalar(
      first(system, 'EventRecordID', 'eventRecordID', 'record_id', 'record_number', 'RecordNumber'),
    ),
    computer: scalar(
      first(system, 'Computer', 'computer', 'computer_name', 'Hostname', 'MachineName'),
    )
      .toLowerCase()
      .replace(/\.$/, ''),
    created: nameOf(
      first(system, 'TimeCreated', 'systemTime') ?? first(root, '@timestamp', 'EventTime'),
    ),
    data: dataOf(nodeOf(first(node, 'EventData', 'event_data', 'eventdata')) ?? node),
  }
  // a channel names its provider where the shipper leaves it out
  const provider =
    known.provider !== ''
      ? known.provider
      : known.channel === 'Security'
        ? 'Microsoft-Windows-Security-Auditing'
        : known.channel
  return known.id === '' ? null : { ...known, provider }
}

function nodeOf(value: unknown): Node | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Node)
    : null
}

function first(node: Node, ...names: readonly string[]): unknown {
  const name = names.find((one) => Object.hasOwn(node, one))
  return name === undefined ? undefined : node[name]
}

/** A value, or the text of an element with attributes (`#text`). */
function scalar(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const inner = nodeOf(value)
  return inner === null ? '' : scalar(first(inner, '#text', 'Value'))
}

/** `Name` or `SystemTime` of an element whose attributes became keys, or a plain value. */
function nameOf(value: unknown): string {
  const node = nodeOf(value)
  if (node === null) return scalar(value)
  const attributes = nodeOf(node['#attributes']) ?? node
  return scalar(first(attributes, 'Name', '@Name', 'SystemTime', '@SystemTime'))
}

/** Names as Windows has them: Wazuh writes `sourceIp` for SourceIp. */
function dataOf(node: Node): Record<string, string> {
  const data: Record<string, string> = {}
  for (const [name, value] of Object.entries(node)) {
    if (!/^[A-Za-z]\w{0,63}$/.test(name)) continue
    const text = scalar(value)
    if (text !== '') data[name[0].toUpperCase() + name.slice(1)] = text
  }
  return data
}
