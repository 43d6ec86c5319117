import { describe, expect, test } from 'vitest'
import { elementLines, recordDepth } from '../../src/intake/element-lines.ts'
import { inPieces } from './file-fakes.ts'

const read = async (text: string, step: number): Promise<string> => {
  const bytes = Buffer.from(text)
  const depth = recordDepth(bytes.subarray(0, 512))
  return inPieces(bytes, step, (chunks) => elementLines(chunks, depth))
}

describe('XML over many lines', () => {
  test.each([
    [
      'records one behind the other',
      '<?xml version="1.0"?>\n<log>\n  <src>192.0.2.1</src>\n  <user/>\n</log>\n<log>\n  <src>192.0.2.2</src>\n</log>\n',
      '<log><src>192.0.2.1</src><user/></log>\n<log><src>192.0.2.2</src></log>\n',
    ],
    [
      'records in an element',
      '<logs>\r\n  <log>\r\n    <src>192.0.2.1</src>\r\n  </log>\r\n  <log><src>é</src></log>\r\n</logs>\r\n',
      '<log><src>192.0.2.1</src></log>\n<log><src>é</src></log>\n',
    ],
    [
      'attributes over lines, brackets in quotes',
      '<logs>\n<log src="192.0.2.1"\n dst=\'a>b\' act="x"/>\n<log src="192.0.2.2" dst="" act="y"/>\n</logs>',
      '<log src="192.0.2.1"  dst=\'a>b\' act="x"/>\n<log src="192.0.2.2" dst="" act="y"/>\n',
    ],
    [
      'events, whatever stands in them',
      '<Events>\n <Event xmlns="urn:x">\n  <System>\n   <EventID>3</EventID>\n  </System>\n  <EventData>\n   <Data Name="a">b\n c</Data>\n  </EventData>\n </Event>\n</Events>',
      '<Event xmlns="urn:x"><System><EventID>3</EventID></System><EventData><Data Name="a">b c</Data></EventData></Event>\n',
    ],
    [
      'comments are left out, CDATA is not',
      '<!-- a\n <b> -->\n<log>\n<a><![CDATA[1 <b>\n& 2]]></a>\n<!-- > --><c>3</c>\n</log>\n',
      '<log><a><![CDATA[1 <b> & 2]]></a><c>3</c></log>\n',
    ],
    [
      'text between records is a line',
      '<log>\n<a>1</a>\n</log>\nrotated here\n<log>\n<a>2</a>\n</log>\n',
      '<log><a>1</a></log>\nrotated here\n<log><a>2</a></log>\n',
    ],
    [
      'cut off in a record',
      '<log>\n<a>1</a>\n</log>\n<log>\n<a>2',
      '<log><a>1</a></log>\n<log><a>2\n',
    ],
    ['cut off in a tag', '<log>\n<a>1</a>\n<b', '<log><a>1</a><b\n'],
    [
      'more ends than beginnings',
      '<log>\n<a>1</a>\n</log>\n</log>\n',
      '<log><a>1</a></log>\n</log>\n',
    ],
  ])('%s', async (_, text, lines) => {
    for (const step of [1, 3, 1000]) expect(await read(text, step)).toBe(lines)
  })

  test.each(['<b ', '<!DOCTYPE ', '<!'])(
    '%s without an end is text, and costs no more',
    async (begun) => {
      const head = '<log>\n<a>1</a>\n</log>\n'
      const long = 'x'.repeat(2_000_000)
      const startedMs = performance.now()
      expect(await read(`${head}${begun}${long}`, 65_536)).toBe(
        `<log><a>1</a></log>\n${begun}${long}\n`,
      )
      expect(performance.now() - startedMs).toBeLessThan(5000)
    },
  )

  test.each([
    ['<log>\n  <src>192.0.2.1</src>', 0],
    ['\uFEFF<log>\n<src><![CDATA[192.0.2.1]]></src>', 0],
    ['<logs>\n<log>\n<src></src>', 1],
    ['<a><logs>\n<log src="a" dst="b" act="c"/>', 2],
    ['<log>\n<Flag on="1"/>', 0],
    ['<Event>\n<System>', 0],
    ['<Events>\n<Event><System>', 1],
    ['<log><src>192.0.2.1</src></log>\n<log>', -1],
    ['<?xml version="1.0"?>\n<log><src>192.0.2.1</src></log>\n', -1],
    ['<Event xmlns="urn:x"><System>\n', -1],
    ['<log src="192.0.2.1"/>\n', -1],
    ['<134>Oct 20 10:15:00 cp <log>\n', -1],
    ['<log>\n</log>', -1],
    ['<log>', -1],
    ['plain <b>\n', -1],
    ['', -1],
  ])('%j: records within %i elements', (text, depth) => {
    expect(recordDepth(Buffer.from(text))).toBe(depth)
  })
})
