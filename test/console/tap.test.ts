import { expect, test } from 'vitest'
import { createEventReader } from '../../src/console/data/event-stream.ts'
import type { StreamEvent } from '../../src/console/data/event-stream.ts'
import { emptyView, picked, released, withEvents } from '../../src/console/data/tap.ts'

const line = (text: string, rows: object[] = []): StreamEvent => ({
  event: 'line',
  data: JSON.stringify({
    receivedAt: '2026-11-24T10:00:00.000Z',
    peer: '10.0.0.1',
    listener: 'syslog-udp',
    text,
    rows,
  }),
})
const unread = { line: 1, outcome: 'unparsed', format: null, reason: 'no format fits' }
const read = {
  line: 1,
  outcome: 'transaction',
  format: 'SQUID',
  transaction: { user: 'Ann', dstPort: 443, url: null },
}

test.each([
  ['whole', ['event: line\ndata: {"a":1}\n\n']],
  ['cut anywhere', ['ev', 'ent: line\nda', 'ta: {"a":1}\n', '\n']],
  ['after a comment', [': still here\n\nevent: line\ndata: {"a":1}\n\n']],
])('an event that comes %s is one event', (_name, pieces) => {
  const read_ = createEventReader()
  expect(pieces.flatMap((piece) => read_(piece))).toEqual([{ event: 'line', data: '{"a":1}' }])
})

test('an event that is not whole yet is none', () => {
  expect(createEventReader()('event: line\ndata: {"a":1}\n')).toEqual([])
})

test('the newest line stands first, and only the last 500 stay', () => {
  let view = withEvents(emptyView, [line('first'), line('second')], false)
  expect(view.lines.map(({ text }) => text)).toEqual(['second', 'first'])
  view = withEvents(
    view,
    Array.from({ length: 600 }, (_, i) => line(`more ${i}`)),
    false,
  )
  expect(view).toMatchObject({ seen: 602 })
  expect(view.lines).toHaveLength(500)
  expect(view.lines[0]).toMatchObject({ text: 'more 599', number: 602 })
})

test('what comes while paused waits, and is shown afterwards', () => {
  const before = withEvents(emptyView, [line('seen')], false)
  const paused = withEvents(before, [line('later'), { event: 'left-out', data: '7' }], true)
  expect(paused.lines.map(({ text }) => text)).toEqual(['seen'])
  expect(paused).toMatchObject({ leftOut: 7, seen: 2 })
  const after = released(paused)
  expect(after.lines.map(({ text }) => text)).toEqual(['later', 'seen'])
  expect(after.held).toEqual([])
})

test('why it ended is kept', () => {
  expect(withEvents(emptyView, [{ event: 'end', data: '"an hour is over"' }], false).ended).toBe(
    'an hour is over',
  )
})

test.each([
  ['text of the line', 'ODD', 'all', ['an odd one']],
  ['a value it says', 'ann', 'all', ['a good one']],
  ['a reason', 'no format', 'all', ['an odd one']],
  ['an outcome', '', 'unparsed', ['an odd one']],
  ['both', 'good', 'unparsed', []],
  ['nothing', ' ', 'all', ['a good one', 'an odd one']],
] as const)('lines are picked by %s', (_name, text, outcome, want) => {
  const { lines } = withEvents(
    emptyView,
    [line('an odd one', [unread]), line('a good one', [read])],
    false,
  )
  expect(picked(lines, text, outcome).map((one) => one.text)).toEqual(want)
})
