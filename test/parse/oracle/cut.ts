/** A line cut into fields as its definition's `split` says, and what of a line that was cut off may be told. */
import type { Condition, Definition, Mapping } from '../../../src/parse/definition.ts'
import { readCef, readLeef } from './families.ts'
import type { Line } from './interpret.ts'
import { readJson } from './json.ts'
import { readLoose } from './loose.ts'
import { readPairs, readSpaced } from './pairs.ts'
import { othersParts } from '../../../src/parse/split-json.ts'
import { nameOfKey, usedNames } from './names.ts'
import { blankRow, csvRow, delimiterOf, tabRow, w3cRow } from './rows.ts'
import type { Header, Row } from './rows.ts'
import { matchTemplate } from './template.ts'
import { bytesOf, fold, lengthAt, made, none, Pairs } from './text.ts'
import type { Field } from './text.ts'
import { readXml } from './xml.ts'

export interface CutLine {
  field: (name: string) => Field
  column: (place: number) => Field
  truncated: boolean
  /** Where the message begins behind anchors and header. */
  message: number
  /** Why the line is unparsed already; null = it is not. */
  unparsed: string | null
}

type Holds = (fields: (name: string) => Field, condition: Condition) => boolean

/** null = the line is none of this kind. */
export function cutLine(
  definition: Definition,
  line: Line,
  header: Header | null,
  part: number,
  holds: Holds,
): CutLine | null {
  const cut = cutBySplit(definition, line, header, part, holds)
  if (cut === null || cut.unparsed !== null) return cut
  const { length } = line.text
  const kind = feeds(definition)
  const { lastValue } = definition
  const drops = lastValue === 'drop' || (lastValue === 'drop-if-cut' && line.mayBeCut)
  const judged = ['csv', 'kv', 'w3c'].includes(definition.split.type) && cut.truncated
  const rest = (field: Field, name: string): Field => {
    if (field.end === 0 || field.end !== length) return field
    if (drops) return none
    if (!judged || kind(name) === 'text') return field
    // a URL behind its host
    return kind(name) === 'url' && field.text.split('/').length > 3 ? field : none
  }
  return {
    ...cut,
    field: (name) => rest(cut.field(name), name),
    column: (place) => rest(cut.column(place), `#${place}`),
  }
}

type Feed = 'url' | 'text' | 'other'
const feedMemory = new WeakMap<Definition, (name: string) => Feed>()

/** What a field feeds: of a URL, a user agent, a referrer that are cut a part may stay. */
function feeds(definition: Definition): (name: string) => Feed {
  const told = feedMemory.get(definition)
  if (told !== undefined) return told
  const kinds = new Map<string, 'url' | 'text'>()
  const mark = (
    map: Mapping | undefined,
    columns: Record<string, number> | undefined,
    target: 'url' | 'userAgent' | 'referrer',
  ): void => {
    for (const step of [map?.[target] ?? []].flat())
      for (const name of [typeof step === 'string' ? step : (step.from ?? [])].flat()) {
        const column = columns?.[name]
        kinds.set(column === undefined ? name : `#${column}`, target === 'url' ? 'url' : 'text')
      }
  }
  for (const target of ['url', 'userAgent', 'referrer'] as const) {
    mark(definition.map, definition.columns, target)
    for (const record of definition.records)
      mark(record.map, { ...definition.columns, ...record.columns }, target)
  }
  const feed = (name: string): Feed => kinds.get(name) ?? 'other'
  feedMemory.set(definition, feed)
  return feed
}

const empty: Omit<CutLine, 'message'> = {
  field: () => none,
  column: () => none,
  truncated: false,
  unparsed: null,
}

function cutBySplit(
  definition: Definition,
  line: Line,
  header: Header | null,
  part: number,
  holds: Holds,
): CutLine | null {
  const { split } = definition
  const { text } = line
  const places = {
    payload: line.payload,
    message: line.message,
    line: text.startsWith('<') ? line.payload : 0,
  }
  const at = places[definition.at]
  const { message } = line
  const rows = (row: Row): CutLine => ({
    ...empty,
    message,
    truncated: row.truncated,
    column: (place) => row.columns[place] ?? none,
  })
  const pairsOf = (last: boolean): Pairs => new Pairs(nameOfKey(definition), last)
  const named = (
    values: { get: (name: string) => Field | undefined },
    truncated: boolean,
  ): CutLine => ({
    ...empty,
    message,
    truncated,
    field: (name) => values.get(name) ?? none,
  })
  switch (split.type) {
    case 'csv': {
      if (split.header) return headed(definition, line, at, header, holds)
      const delimiters = [split.delimiter].flat()
      const delimiter = delimiters.length === 1 ? delimiters[0] : delimiterOf(text, at, delimiters)
      return rows(
        csvRow(text, at, delimiter, { braces: split.braces, most: columnsAsked(definition) }),
      )
    }
    case 'columns':
      return rows(
        split.delimiter === 'tab'
          ? tabRow(text, at, false)
          : blankRow(text, at, { brackets: split.brackets, angles: false }),
      )
    case 'w3c':
      return headed(definition, line, at, header, holds)
    case 'kv': {
      const pairs = pairsOf(split.repeated === 'last')
      const syntax = { ...split, escapes: split.escapes === 'backslash' }
      if (!split.spaced) return named(pairs, readPairs(text, at, text.length, syntax, pairs))
      if (split.separators !== ' ') return named(pairs, readLoose(text, at, syntax, pairs))
      readSpaced(text, at, pairs, split.closed)
      return named(pairs, false)
    }
    case 'cef':
    case 'leef': {
      const pairs = pairsOf(false)
      const fields =
        split.type === 'cef' ? readCef(text, at, pairs, split.labels) : readLeef(text, at, pairs)
      if (fields === null) return null
      return named({ get: (name) => fields.get(name) ?? pairs.get(name) }, false)
    }
    case 'json':
      return cutJson(definition, split, line, at, part)
    case 'xml': {
      const read = readXml(text, at, split.root, nameOfKey(definition))
      return read === null ? null : named(read.values, !read.whole)
    }
    case 'pattern':
      return anchored(split, line)
    case 'regex':
      return byRegex(split.pattern, line, at)
  }
}

/** Columns up to the last one that is asked for. */
function columnsAsked(definition: Definition): number {
  const used = usedNames(definition)
  const places = [definition.columns, ...definition.records.map(({ columns }) => columns)].flatMap(
    (columns) => Object.entries(columns ?? {}).filter(([name]) => used.has(name)),
  )
  return Math.max(0, ...places.map(([, place]) => place + 1))
}

function cutJson(
  definition: Definition,
  split: Extract<Definition['split'], { type: 'json' }>,
  line: Line,
  at: number,
  part: number,
): CutLine | null {
  const nameOf = nameOfKey(definition)
  // of a path that unknown writers write the longest tail that is a name counts
  const asked = (path: string): string | null => {
    for (let tail = path; ; tail = tail.slice(tail.indexOf('.') + 1)) {
      const name = nameOf(tail)
      if (name !== null || !definition.generic || !tail.includes('.')) return name
      if (othersParts.includes(fold(tail.slice(0, tail.indexOf('.'))))) return null
    }
  }
  const whole = (path: string): boolean => nameOf(path) !== null
  const read = readJson(line.text, at, asked, split.each?.in ?? [], whole)
  if (read === null) return null
  const text = read.parts[part]?.text ?? ''
  const pieces = text.split(split.each?.delimiter ?? ',')
  const members = text.startsWith('{')
    ? (readJson(text, 0, (path) => asked(`each.${path}`), [])?.values ?? null)
    : null
  return {
    ...empty,
    message: line.message,
    truncated: !read.whole,
    field: (name) => {
      const place = /^each\.(\d+)$/.exec(name)
      if (members !== null && name.startsWith('each.')) return members.get(name) ?? none
      return place === null ? (read.values.get(name) ?? none) : made(pieces[Number(place[1])] ?? '')
    },
  }
}

/** Columns named by a header line, or by a layout known by heart. */
function headed(
  definition: Definition,
  line: Line,
  at: number,
  header: Header | null,
  holds: Holds,
): CutLine | null {
  const { split } = definition
  const nameOf = nameOfKey(definition)
  const cutBy = (of: Header): { cut: CutLine; columns: number } => {
    const row =
      split.type === 'csv'
        ? csvRow(line.text, at, of.delimiter, { braces: false, most: of.names.length })
        : w3cRow(line.text, at, line.stamp, of, split.type === 'w3c' && split.angles)
    const places = new Map<string, number>()
    for (const [place, name] of of.names.entries()) {
      // letters beyond ASCII are asked for in lower case, a unit behind the name says nothing new
      const field =
        nameOf(bytesOf(name)) ??
        nameOf(bytesOf(name.toLowerCase())) ??
        nameOf(bytesOf(name.replace(/\s*[[(](?:utc|gmt|bytes?|b)[\])]$/i, '').toLowerCase()))
      if (field !== null && !places.has(field)) places.set(field, place)
    }
    const field = (name: string): Field => {
      const cell = row.columns[places.get(name) ?? -1] ?? none
      if (!of.padded) return cell
      const [before, behind] = [lengthAt(/ */, cell.text, 0), cell.text.replace(/ +$/, '').length]
      const text = cell.text.slice(before, Math.max(before, behind))
      return text === '' ? none : { text, start: cell.start + before, end: cell.start + behind }
    }
    const cut = { ...empty, message: line.message, truncated: row.truncated, field }
    return { cut, columns: row.columns.length }
  }
  if (header !== null) {
    const { cut, columns } = cutBy(header)
    if (split.type === 'csv' && columns < header.names.length)
      return { ...cut, truncated: true, unparsed: 'fewer columns than the header names' }
    return cut
  }
  for (const layout of definition.layouts) {
    const names = layout.fields.trim().split(/\s+/)
    const known: Header = {
      names,
      tab: false,
      dated: names[0] === 'date',
      brackets: names.some((name) => ['localtime', 'gmttime', 'time_stamp'].includes(name)),
      delimiter: split.type === 'csv' && split.delimiter === ' ' ? ' ' : ',',
      padded: false,
    }
    const { cut, columns } = cutBy(known)
    if (columns >= names.length && holds(cut.field, layout.when)) return cut
  }
  return null
}

/** Where the message begins, and what its first words say. */
function anchored(
  split: Extract<Definition['split'], { type: 'pattern' }>,
  line: Line,
): CutLine | null {
  const { text, payload } = line
  let message = payload
  if (split.anchors.length > 0) {
    // a line within a shipper's JSON object is read once it is unwrapped
    if (text[payload] === '{') return null
    const first = text.slice(0, 512)
    const found = split.anchors.map((anchor) => first.indexOf(anchor)).filter((place) => place >= 0)
    if (found.length === 0) return null
    message = Math.min(...found)
  }
  if (split.header === undefined) return { ...empty, message }
  const match = matchTemplate(split.header, text, message)
  if (match === null) return null
  return { ...empty, message: match.behind, field: (name) => match.fields.get(name) ?? none }
}

/** RE2 has no more than JavaScript here, but for the spelling of named groups and `\s`, which is ASCII. */
function byRegex(pattern: string, line: Line, at: number): CutLine | null {
  const source = pattern
    .replaceAll('(?P<', '(?<')
    .replaceAll('\\S', '[^\\t\\n\\f\\r ]')
    .replaceAll('\\s', '[\\t\\n\\f\\r ]')
    // a dot is anything but a line feed
    .replace(/\\.|\[(?:\\.|[^\]])*\]|\./g, (part) => (part === '.' ? '[^\\n]' : part))
  const text = Buffer.from(line.text.slice(at), 'latin1').toString('utf8')
  const match = new RegExp(source).exec(text)
  if (match === null) return null
  return {
    ...empty,
    message: line.message,
    field: (name) => made(Buffer.from(match.groups?.[name] ?? '').toString('latin1')),
  }
}
