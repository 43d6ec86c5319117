/**
 * Server-sent events by fetch (https://html.spec.whatwg.org/multipage/server-sent-events.html): unlike EventSource it tells why an answer
 * was refused, and does not ask again by itself.
 */
import { answerFault, addressOf } from './ask.ts'

export interface StreamEvent {
  event: string
  data: string
}

/** Takes text as it comes, in any pieces; gives the events that are whole. Comments and events without a name are passed over. */
export function createEventReader(): (piece: string) => StreamEvent[] {
  let rest = ''
  return (piece) => {
    const blocks = (rest + piece).split('\n\n')
    rest = blocks.pop() ?? ''
    const events: StreamEvent[] = []
    for (const block of blocks) {
      const told: Record<string, string> = {}
      for (const line of block.split('\n')) {
        const colon = line.indexOf(': ')
        if (colon > 0) told[line.slice(0, colon)] = line.slice(colon + 2)
      }
      const { event, data } = told
      if (event !== undefined) events.push({ event, data: data ?? '' })
    }
    return events
  }
}

/** Events in the pieces they came in, until the other side ends them or `signal` does. Throws ApiFault when it is refused. */
export async function* openStream(
  path: string,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent[], void> {
  const response = await fetch(addressOf(path), {
    headers: { accept: 'text/event-stream' },
    signal,
  })
  if (!response.ok) throw await answerFault(response)
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  if (reader === undefined) return
  const read = createEventReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const events = read(value)
    if (events.length > 0) yield events
  }
}
