/** JavaScript that calls the splitter of a definition, and the tables it needs once all fields in use are known. */
import { RE2JS } from 're2js'
import { ByteMap } from '../lib/byte-map.ts'
import type { CodeBuilder } from './code.ts'
import { KeyMemory } from './key-memory.ts'
import { columnSlotsOf } from './layout.ts'
import type { Layout } from './layout.ts'
import { constantBytesAt } from './line-context.ts'
import type { Definition } from './definition.ts'
import { nativeBytesOf } from './native-splits.ts'
import type { FastKvOptions } from './native-splits.ts'
import { parsePattern, patternCode } from './pattern.ts'
import { countRuns } from './split.ts'
import { byteSet } from './split-kv.ts'
import type { KvOptions } from './split-kv.ts'
import type { EachSplit } from './split-json.ts'
import type { HeaderSlots, LabelTable } from './split-spaced.ts'
import type { RegexSplit } from './split-regex.ts'
import { findAnyCode, findCode } from './word-code.ts'

export interface SplitTables {
  slots: number
  /** Slot by field name, or by `#column`. */
  names: ReadonlyMap<string, number>
  /** Key → slot, of the splits that find fields by key. */
  keys: ByteMap | null
  /** Column name → slot, of the splits with a header. */
  fields: ByteMap | null
  knownLayouts: Layout[]
  columnSlots: Int16Array | null
  /** Where the columns' slots lie for the native splitters, in the constants of all definitions. */
  columnTable: number
  /** How pairs are read. */
  pairs: FastKvOptions | null
}

interface SplitCode {
  split: string
  /** The text is compiled with the format's code; else it is JavaScript. */
  compiled: boolean
  /** Fills the tables; called after the whole definition was compiled. */
  afterwards: () => void
}

const positions = {
  payload: 'c.payloadStart',
  // behind a PRI the row begins where its syslog header ends
  line: '(c.buf[c.lineStart]===60?c.payloadStart:c.lineStart)',
  message: 'c.messageStart',
} as const
/** An absent field ends at 0, wherever it began: `@slots` becomes the number of slots once all are known. */
const clear = 'E.fill(0,0,@slots);'
/** The same within the code of a format: `@clear` becomes a store for each two slots. */
const clearNative = '@clear'

/** A table whose content is filled later: the generated code holds `.value`. */
interface Later<T> {
  value: T
}

export function splitCode(
  definition: Definition,
  code: CodeBuilder,
  tables: SplitTables,
): SplitCode {
  const at = positions[definition.at]
  const split = definition.split
  switch (split.type) {
    case 'csv':
      return split.header
        ? headed(definition, code, tables, at)
        : positional(code, tables, (columns) => {
            const delimiters = Array.isArray(split.delimiter) ? split.delimiter : [split.delimiter]
            const delimiter =
              delimiters.length === 1
                ? String(delimiters[0].charCodeAt(0))
                : `delimiterOf(${at},end,${code.place(byteSet(delimiters.join('')))})`
            return `columns=columnsOf(${at},end,${delimiter},@table,@last,${Number(split.braces)},${columns});`
          })
    case 'columns':
      return positional(code, tables, (columns) =>
        split.delimiter === 'tab'
          ? `columns=otherTabs(${at},end,${columns});`
          : `columns=blanksOf(${at},end,@table,@last,${Number(split.brackets)},${columns});`,
      )
    case 'w3c':
      return headed(definition, code, tables, at)
    case 'kv':
      return keyValue(definition, code, tables, at)
    case 'cef':
    case 'leef':
      return family(definition, code, tables, at)
    case 'json':
      return json(definition, code, tables, at)
    case 'xml':
      return xml(split.root, definition, code, tables, at)
    case 'pattern':
      return {
        split: clearNative + anchored(split, code),
        compiled: true,
        afterwards: () => undefined,
      }
    case 'regex':
      return regex(split.pattern, code, at)
  }
}

/** Where the message begins and what its first words say; the rest is for the patterns of the record kinds. */
function anchored(
  split: { anchors: string[]; header?: string | undefined },
  code: CodeBuilder,
): string {
  const anchors = split.anchors.map((text) => Buffer.from(text))
  const start =
    anchors.length === 0
      ? 'p=c.payloadStart;'
      : // a line within a shipper's JSON object is read once it is unwrapped
        `if(buf[c.payloadStart]===123)return 0;p=${code.define(findAnyCode(anchors))}(buf,c.lineStart,end);if(p<0)return 0;`
  if (split.header === undefined) return `${start}c.messageStart=p;`
  const match = patternCode(
    parsePattern(split.header),
    (name) => code.slotOf(name),
    (literal) => code.define(findCode(literal)),
    'return 0;',
  )
  return `${start}${match};c.messageStart=p;`
}

/** Columns with fixed places. */
function positional(
  code: CodeBuilder,
  tables: SplitTables,
  call: (columnSlots: number) => string,
): SplitCode {
  const later: Later<Int16Array> = { value: new Int16Array(0) }
  return {
    split: clearNative + call(code.place(later)),
    compiled: true,
    afterwards: () => {
      const places = [...code.slots]
        .filter(([key]) => key.startsWith('#'))
        .map(([key, slot]) => [Number(key.slice(1)), slot] as const)
      const columnSlots = new Int16Array(Math.max(0, ...places.map(([column]) => column + 1))).fill(
        -1,
      )
      for (const [column, slot] of places) columnSlots[column] = slot
      countRuns(columnSlots)
      later.value = columnSlots
      tables.columnSlots = columnSlots
      tables.columnTable = constantBytesAt(new Uint8Array(columnSlots.buffer))
    },
  }
}

/** Columns named by a header line, or by a layout known by heart. */
function headed(
  definition: Definition,
  code: CodeBuilder,
  tables: SplitTables,
  at: string,
): SplitCode {
  const csv = definition.split.type === 'csv'
  const angles = definition.split.type === 'w3c' && definition.split.angles
  const cut = (layout: string): string =>
    csv
      ? `columns=h.splitRow(c,${at},end,${layout});`
      : `columns=h.splitW3c(c,${at},end,${layout},${angles});`
  const known = definition.layouts.map((entry) => {
    const layout: Layout = {
      text: entry.fields,
      columns: entry.fields.trim().split(/\s+/).length,
      columnSlots: new Int16Array(0),
      tab: false,
      dated: entry.fields.trimStart().startsWith('date '),
      brackets: /(?:^|\s)(?:localtime|gmttime|time_stamp)(?:\s|$)/.test(entry.fields),
      delimiter: definition.split.type === 'csv' && definition.split.delimiter === ' ' ? 32 : 44,
      padded: false,
    }
    tables.knownLayouts.push(layout)
    const tests = Array.isArray(entry.when) ? null : Object.entries(entry.when)
    const raw = Object.fromEntries(tests?.filter(([field]) => field.startsWith('$')) ?? [])
    return {
      k: code.bind(layout),
      // what the raw line tells is asked before the split: most lines of other formats end there
      raw: code.condition(raw),
      condition: code.condition(entry.when),
    }
  })
  const tries = known.map(
    ({ k, raw, condition }) =>
      `if(${raw}){${clear}${cut(k)}if(columns>=${k}.columns&&(${condition})){layout=${k};break found;}c.beginRecord();}`,
  )
  const short = csv
    ? `if(columns<layout.columns){c.clearRecord();c.reason='fewer columns than the header names';c.truncated=true;return 3;}`
    : ''
  return {
    compiled: false,
    split: `found:{if(layout!==null){${clear}${cut('layout')}${short}break found;}${tries.join('')}return 0;}`,
    afterwards: () => {
      tables.fields = fieldMap(definition, code.slots, true, true)
      for (const layout of tables.knownLayouts)
        layout.columnSlots = columnSlotsOf(layout.text.trim().split(/\s+/), tables.fields)
    },
  }
}

function keyValue(
  definition: Definition,
  code: CodeBuilder,
  tables: SplitTables,
  at: string,
): SplitCode {
  if (definition.split.type !== 'kv') throw new Error('BUG: not a kv split')
  const { separators, assign, quotes, escapes, inner, spaced, closed, fold, repeated } =
    definition.split
  const options: FastKvOptions = {
    bytes: nativeBytesOf({ separators, assign, quotes, escapes: escapes === 'backslash', inner }),
    refusals: 0,
    separators: byteSet(separators),
    assigns: byteSet(assign),
    keyEnds: byteSet(separators + assign),
    quotes: byteSet(quotes),
    escapes: escapes === 'backslash',
    inner,
    keys: new ByteMap([], { fold: false }),
    memory: new KeyMemory(),
    repeatedLast: repeated === 'last',
  }
  const { bytes } = options
  const [k, place] = spaced ? [code.bind(options), 0] : ['', code.place(options)]
  const call = spaced
    ? separators === ' '
      ? `h.splitSpaced(c,${at},end,${k}.keys,null,${closed})`
      : `h.splitLoose(c,${at},end,${k})`
    : bytes === null
      ? `otherPairs(${at},end,${place},0)`
      : `pairsOf(view,${at},end,${bytes.separator},${bytes.other},${bytes.assign},${bytes.quote},${bytes.slash},${Number(options.repeatedLast)},${place})`
  return {
    split: `${spaced ? clear : clearNative}columns=${call};`,
    compiled: !spaced,
    afterwards: () => {
      if (!spaced && bytes !== null) tables.pairs = options
      options.keys = tables.keys = fieldMap(
        definition,
        code.slots,
        definition.generic,
        fold || definition.generic,
      )
    },
  }
}

function family(
  definition: Definition,
  code: CodeBuilder,
  tables: SplitTables,
  at: string,
): SplitCode {
  const split = definition.split
  const header: HeaderSlots = {
    vendor: -1,
    product: -1,
    version: -1,
    event: -1,
    name: -1,
    severity: -1,
  }
  const options: KvOptions = {
    separators: byteSet('\t'),
    assigns: byteSet('='),
    keyEnds: byteSet('\t='),
    quotes: byteSet(''),
    escapes: false,
    inner: false,
    keys: new ByteMap([], { fold: false }),
    memory: new KeyMemory(),
    repeatedLast: false,
  }
  const labels = split.type === 'cef' && Object.keys(split.labels).length > 0 ? emptyLabels() : null
  if (labels !== null && split.type === 'cef')
    labels.labels = new ByteMap(
      Object.entries(split.labels).map(([label, name]) => [label, code.slotOf(name)]),
      { fold: true, squash: true },
    )
  const [k, head, marks] = [code.bind(options), code.bind(header), code.bind(labels)]
  const call =
    split.type === 'cef'
      ? `h.splitCef(c,${at},end,${k}.keys,${head},${marks})`
      : `h.splitLeef(c,${at},end,${k},${head},@slots)`
  return {
    split: `${clear}columns=${call};if(columns<0)return 0;`,
    compiled: false,
    afterwards: () => {
      for (const part of Object.keys(header) as (keyof HeaderSlots)[]) {
        const slot = code.slots.get(`header.${part}`)
        if (slot !== undefined) header[part] = slot
      }
      options.keys = tables.keys = fieldMap(
        definition,
        code.slots,
        definition.generic,
        definition.generic,
      )
    },
  }
}

function emptyLabels(): LabelTable {
  const names = [
    ...[1, 2, 3, 4, 5, 6].map((i) => `cs${i}`),
    ...[1, 2, 3].map((i) => `cn${i}`),
    ...[1, 2, 3, 4].map((i) => `c6a${i}`),
    ...[1, 2, 3, 4].map((i) => `cfp${i}`),
    'flexString1',
    'flexString2',
    'flexNumber1',
    'flexNumber2',
    'deviceCustomDate1',
    'deviceCustomDate2',
  ]
  return {
    keys: new ByteMap(
      names.map((name, i) => [name, i]),
      { fold: true },
    ),
    labelKeys: new ByteMap(
      names.map((name, i) => [`${name}Label`, i]),
      { fold: true },
    ),
    labels: new ByteMap([], { fold: true, squash: true }),
    count: names.length,
    spans: new Int32Array(names.length * 4),
  }
}

function json(
  definition: Definition,
  code: CodeBuilder,
  tables: SplitTables,
  at: string,
): SplitCode {
  const later: Later<ByteMap> = { value: new ByteMap([], { fold: false }) }
  const { each } = definition.split as Extract<Definition['split'], { type: 'json' }>
  const parts: EachSplit | null =
    each === undefined
      ? null
      : {
          paths: new ByteMap(
            each.in.map((path) => [path, 0]),
            { fold: false },
          ),
          delimiter: each.delimiter.charCodeAt(0),
          columnSlots: new Int16Array(0),
          memberSlots: new Int16Array(0),
        }
  const k = code.bind(parts)
  const keys = `${code.bind(later)}.value`
  const whole = `${clear}columns=h.splitJson(c,${at},end,${keys},${definition.generic},${k});if(columns<0)return 0;`
  return {
    compiled: false,
    split: parts === null ? whole : `if(c.part>0)h.nextPart(c,${k},${keys});else{${whole}}`,
    afterwards: () => {
      if (parts !== null) {
        parts.columnSlots = partSlots(code.slots)
        parts.memberSlots = memberSlots(code.slots)
      }
      later.value = tables.keys = fieldMap(
        definition,
        code.slots,
        definition.generic,
        definition.generic,
      )
    },
  }
}

/** Slots of the fields `each.0`, `each.1`, …. */
function partSlots(slots: ReadonlyMap<string, number>): Int16Array {
  const places = [...slots].flatMap(([name, slot]) => {
    const match = /^each\.(\d{1,3})$/.exec(name)
    return match === null ? [] : [[Number(match[1]), slot] as const]
  })
  const columnSlots = new Int16Array(Math.max(0, ...places.map(([place]) => place + 1))).fill(-1)
  for (const [place, slot] of places) columnSlots[place] = slot
  return columnSlots
}

/** Slots of the fields `each.name` of parts that are objects. */
function memberSlots(slots: ReadonlyMap<string, number>): Int16Array {
  const named = [...slots].filter(([name]) => /^each\.(?!\d{1,3}$)/.test(name))
  return Int16Array.from(named, ([, slot]) => slot)
}

function xml(
  root: string,
  definition: Definition,
  code: CodeBuilder,
  tables: SplitTables,
  at: string,
): SplitCode {
  const later: Later<ByteMap> = { value: new ByteMap([], { fold: false }) }
  return {
    split: `${clear}columns=h.splitXml(c,${at},end,${code.bind(later)}.value,${code.bind(Buffer.from(root === '*' ? '' : root))});if(columns<0)return 0;`,
    compiled: false,
    afterwards: () => {
      later.value = tables.keys = fieldMap(definition, code.slots, root === '*', false)
    },
  }
}

function regex(pattern: string, code: CodeBuilder, at: string): SplitCode {
  const expression = RE2JS.compile(pattern)
  const split: RegexSplit = { expression, groups: [] }
  return {
    split: `${clear}if(!h.splitRegex(c,${at},end,${code.bind(split)}))return 0;`,
    compiled: false,
    afterwards: () => {
      const groups = expression.namedGroups()
      split.groups = Object.keys(groups)
        .filter((name) => code.slots.has(name))
        .map((name) => ({ name, slot: code.slots.get(name) ?? -1 }))
    },
  }
}

/** Names under which the fields of a definition are looked up, for the splits that find fields by name. */
function fieldMap(
  definition: Definition,
  slots: ReadonlyMap<string, number>,
  squash: boolean,
  fold: boolean,
): ByteMap {
  const entries: [string, number][] = []
  for (const [name, slot] of slots) {
    if (name.startsWith('$') || name.startsWith('#')) continue
    const aliases = definition.fields[name]
    if (aliases === undefined) entries.push([name, slot])
    else for (const alias of aliases) entries.push([alias, slot])
  }
  return new ByteMap(entries, { fold, squash })
}
