/** Lines as datagrams, relays and attackers leave them: cut, joined, with bytes changed. Repeatable by its seed. */

/** Bytes that mean something to one reader or another. */
const telling = [
  '"', '""', '\\', '\\"', "'", '=', ' ', '  ', '\t', '|', ',', ';', ':', '::', '.', '-', '/', '//', '?', '#', '@', '%', '%41',
  '\\x41', '\\u0041', '\\ud83d\\ude00', '(', ')', '[', ']', '{', '}', '<', '>', '</', '/>', '&amp;', '&#65;', '\0', '\x01', '\r', 'é',
  '\xe9', '\ufeff', '0', '9', '255', '256', '65535', '65536', '4294967296', '999999999999999999', '1,234', '4.52', 'x', 'Z', 'null',
  'CEF:0|', 'LEEF:2.0|', '<13>', '<13>1 ', '1 ', '2026-10-15T09:30:00Z ', 'Oct 15 09:30:00 ', '29/Feb/2027:24:00:00 +0200', ' AM', ' pm',
  'https://', 'CONNECT', '192.0.2.1', '2001:db8::1', '[2001:db8::1]:443', 'host: ', 'tag[1]: ', '%ASA-6-302013: ', '-', 'N/A',
] // prettier-ignore

/** Values at their edges: what stands in the line, and what stands there instead. */
const edges: readonly [RegExp, readonly string[]][] = [
  [/\d+/g, ['0', '00', '1023', '1024', '32767', '32768', '65535', '65536', '100000000000000000', '1000000000000000000', '1,234', '1.5', '']],
  [/\d{1,2}:\d\d(?::\d\d)?/g, ['24:00:00', '24:00:01', '23:59:60', '12:00:00', '12:30 AM', '1:00:00 pm', '13:00:00 AM', '9:05', '09:30:00.9999', '00:00']],
  [/\d{1,4}[/. -](?:\d{1,2}|[A-Z][a-z]{2})[/. -]\d{1,4}/g, ['2026-02-29', '29/Feb/2028', '10.11.2026', '10/11/2026', '11/10/26', '13/10/2026', '2026 Oct 15', '1/Dec/2026']],
  [/[A-Z][a-z]{2} [ \d]\d(?= )/g, ['Feb 29', 'May  1', 'Dec 31', 'Jan  1', 'Thu, Oct 15', 'October 15, 2026', 'Oct 15 2026']],
  [/\d+\.\d+\.\d+\.\d+/g, ['256.0.0.1', '255.255.255.255', '10.0.0.1:65536', '192.0.2.1:443', '[192.0.2.1]', '1.2.3', '::1', 'fe80::1%eth0', '::ffff:192.0.2.1', 'host-1']],
  [/:\/\//g, ['://user@', '://user:pw@', ':/', '://[2001:db8::1]:8443', '://a.example.:80', '%3A%2F%2F']],
  [/"(?:[^"\\]|\\.)*"/g, ['null', 'true', '""', '"-"', '"a ""b"" c"', '"a \\"b\\" c"', '"a,b"', '"a" b', '"C:\\\\x\\\\"', '[]', '["a","","b"]', '{"a":"b"}', '\'a b\'']],
  [/[\w.]+(?=[=:])/g, ['a', 'src', 'dst', 'time', '', 'x'.repeat(64), 'x'.repeat(65), 'tag', '(a', 'a)', '"a"']],
  [/ /g, ['  ', '\t', ' - ', ' "" ', ' x=y ', ',', ' ) ', ' ( ']],
  [/^/g, ['x'.repeat(290), 'x'.repeat(301), '1 ', '2026-10-15 09:30:00 ', '<13>Oct 15 09:30:00 a ', '<13>1 2026-10-15T09:30:00Z a b - - - ']],
] // prettier-ignore

export class Damage {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** 0 to `below` - 1 (mulberry32). */
  number(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * below)
  }

  one<T>(of: readonly T[]): T {
    return of[this.number(of.length)]
  }

  /** One to three changes of `line`, to which pieces of `lines` may come. */
  damaged(line: string, lines: readonly string[]): string {
    let text = line
    for (let n = this.number(3); n >= 0; n--) text = this.#changed(text, lines)
    // a line holds no line end
    return text.replaceAll('\n', ' ')
  }

  #changed(text: string, lines: readonly string[]): string {
    const at = this.number(text.length + 1)
    const [head, tail] = [text.slice(0, at), text.slice(at)]
    const word = Buffer.from(this.one(telling)).toString('latin1')
    switch (this.number(14)) {
      case 0:
        return head
      case 1:
        return head + this.#tailOf(this.one(lines))
      case 2:
        return head + word + tail
      case 3:
        return head + word + tail.slice(1)
      case 4:
        return head + tail.slice(1 + this.number(8))
      case 5:
        return head + String.fromCharCode(this.number(256)) + tail.slice(1)
      case 6:
        return this.#fieldChanged(text, word)
      case 7:
        // a piece twice, or two pieces in the other order
        return head + tail.slice(0, 1 + this.number(20)) + tail
      case 8:
        return this.#digitChanged(text)
      case 9:
        return this.#pairTwice(text)
      default:
        return this.#atEdge(text)
    }
  }

  #tailOf(text: string): string {
    return text.slice(this.number(text.length + 1))
  }

  /** A whole value of the line becomes another. */
  #fieldChanged(text: string, word: string): string {
    const pieces = text.split(/([ ,;|\t="]+)/)
    const place = this.number((pieces.length + 1) / 2) * 2
    pieces[place] = this.number(4) === 0 ? '' : word
    return pieces.join('')
  }

  /** A value at its edge. */
  #atEdge(text: string): string {
    const [pattern, values] = this.one(edges)
    const places = [...text.matchAll(pattern)]
    if (places.length === 0) return text
    const { index, 0: old } = this.one(places)
    return text.slice(0, index) + this.one(values) + text.slice(index + old.length)
  }

  /** A key, a member or an element that comes twice, with another value. */
  #pairTwice(text: string): string {
    const pairs = [
      ...text.matchAll(/(["\w.-]+[=:] ?"?)([^\s",;|=]+)("?[,;| ]?)|(<(\w+)[^>]*>)([^<]*)(<\/\5>)/g),
    ]
    if (pairs.length === 0) return text
    const pair = this.one(pairs)
    const word = this.one(['192.0.2.99', 'z', '7', '2026-10-15T10:00:00Z'])
    const again =
      pair[4] === undefined ? `${pair[1]}${word}${pair[3]}` : `${pair[4]}${word}${pair[7]}`
    const at = this.number(2) === 0 ? pair.index : pair.index + pair[0].length
    return `${text.slice(0, at)}${again}${text.slice(at)}`
  }

  #digitChanged(text: string): string {
    const digits = [...text.matchAll(/\d+/g)]
    if (digits.length === 0) return text
    const { index, 0: old } = this.one(digits)
    return (
      text.slice(0, index) +
      String(this.number(10 ** Math.min(old.length + 1, 9))) +
      text.slice(index + old.length)
    )
  }
}
