/**
 * Files of agent data, recognised by what they hold: the streaming envelope or bare rows as JSON lines, an answer of the hunting
 * API, the portal's CSV export, Windows events as XML. All leave as lines, one row each, which agent-lines.ts reads.
 */
import { defenderLimits } from '../limits.ts'
import type { StreamDescription } from '../spool/frame-sink.ts'
import { agentListenerPrefix } from './agent-lines.ts'
import { csvLines, headerCells } from './csv-lines.ts'
import { jsonLines } from './json-lines.ts'
import { xmlLines } from './xml-lines.ts'

export type AgentFileKind = 'lines' | 'json' | 'csv' | 'xml'

const windowsEvents = 'http://schemas.microsoft.com/win/2004/08/events/event'
/** Events of other providers are a log like any other. */
const agentProviders = /Microsoft-Windows-(?:Sysmon|Security-Auditing)/
/** One of these columns beside DeviceId and a stamp makes a row ours. */
const telling = [
  'ActionType',
  'RemoteUrl',
  'RemoteIP',
  'IPAddresses',
  'LogonType',
  'OSPlatform',
  'OnboardingStatus',
]

/** What the file holds, by its first bytes as UTF-8; null = no agent data. */
export function agentFileKind(head: Uint8Array): AgentFileKind | null {
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength)
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart()
  if (text.startsWith('<'))
    return text.includes(windowsEvents) && agentProviders.test(text) ? 'xml' : null
  if (text.startsWith('{') || text.startsWith('[')) return jsonKind(text)
  const end = text.indexOf('\n')
  const cells = headerCells(end < 0 ? text : text.slice(0, end))
  return isOurs((name) => cells.includes(name)) ? 'csv' : null
}

function jsonKind(text: string): AgentFileKind | null {
  const enveloped = /"category"\s*:\s*"AdvancedHunting-/.test(text)
  const named = (name: string): boolean => text.includes(`"${name}"`)
  if (!enveloped && !isOurs(named)) return null
  const end = text.indexOf('\n')
  // a first line that is no whole value belongs to one that is spread over lines
  return end < 0 || isWhole(text.slice(0, end)) ? 'lines' : 'json'
}

function isOurs(has: (name: string) => boolean): boolean {
  return (
    (has('DeviceId') || has('DeviceName')) &&
    (has('Timestamp') || has('TimeGenerated')) &&
    telling.some(has)
  )
}

function isWhole(line: string): boolean {
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}

/** The header line of a CSV export; null = the file begins as something else. What was added to such a file has none of its own. */
export function agentCsvHeader(head: Uint8Array): Uint8Array | null {
  const end = head.indexOf(10)
  return end >= 0 && agentFileKind(head) === 'csv' ? head.subarray(0, end + 1) : null
}

/** The file as lines. The same bytes give the same lines, however they are cut into chunks. */
export function agentLines(
  chunks: AsyncGenerator<Uint8Array>,
  kind: AgentFileKind,
): AsyncGenerator<Uint8Array> {
  if (kind === 'csv') return csvLines(chunks)
  if (kind === 'xml') return xmlLines(chunks)
  return kind === 'json' ? jsonLines(chunks) : chunks
}

/** The stream such a file's lines belong to: a folder may hold a firewall's logs too, an upload is a stream of its own. */
export function agentStream(stream: StreamDescription): StreamDescription {
  const key = stream.listener === 'upload' ? stream.key : `${stream.key}|defender`
  return { ...stream, key, listener: `${agentListenerPrefix}file`, format: null }
}

/** The first bytes of the chunks, and all of them again. */
export async function peekAgentFile(
  chunks: AsyncGenerator<Uint8Array>,
): Promise<{ kind: AgentFileKind | null; all: AsyncGenerator<Uint8Array> }> {
  const first: Uint8Array[] = []
  let bytes = 0
  while (bytes < defenderLimits.headBytes) {
    const next = await chunks.next()
    if (next.done === true) break
    // the reader may use its buffer again
    first.push(Uint8Array.from(next.value))
    bytes += next.value.length
  }
  const kind = agentFileKind(Buffer.concat(first).subarray(0, defenderLimits.headBytes))
  const all = async function* (): AsyncGenerator<Uint8Array> {
    yield* first
    yield* chunks
  }
  return { kind, all: all() }
}
