/**
 * What a parser definition (`parsers/<vendor>/<product>.yaml`) may say. It is data: it cannot run code, loop or read files.
 * docs/parsers.md tells the same in words; parse/compile.ts turns it into one function over bytes.
 */
import { z } from 'zod'

const name = z.string().min(1).max(128)

/** A test of one field. A bare string or list = equal to (one of) them, letters of both cases alike. */
const test = z.union([
  z.string(),
  z.number().transform(String),
  z.array(z.union([z.string(), z.number().transform(String)])).min(1),
  z.strictObject({
    not: z.union([z.string(), z.array(z.string()).min(1)]).optional(),
    prefix: z.union([z.string(), z.array(z.string()).min(1)]).optional(),
    notPrefix: z.union([z.string(), z.array(z.string()).min(1)]).optional(),
    suffix: z.union([z.string(), z.array(z.string()).min(1)]).optional(),
    contains: z.union([z.string(), z.array(z.string()).min(1)]).optional(),
    lacks: z.union([z.string(), z.array(z.string()).min(1)]).optional(),
    present: z.boolean().optional(),
    /** Only digits; a number = exactly so many. */
    digits: z.union([z.literal(true), z.int().min(1)]).optional(),
    /** An IPv4 or IPv6 address. */
    address: z.boolean().optional(),
    /** A time stamp in one of the forms of parse/time.ts. */
    time: z.literal(true).optional(),
    /** As a number. */
    min: z.number().optional(),
    max: z.number().optional(),
    /** Something stands behind the value in the line, so that it is not cut off. */
    whole: z.literal(true).optional(),
    /** Does not end a line that may be cut off, where whole lines may end in the field. */
    uncut: z.literal(true).optional(),
    /** Equal to the value of this other field. */
    sameAs: name.optional(),
    /** The tests beside it hold too when the field is absent or says "none". */
    optional: z.literal(true).optional(),
  }),
])
export type FieldTest = z.infer<typeof test>

/** All tests of one object hold; of a list of objects, one object. */
const condition = z.union([z.record(name, test), z.array(z.record(name, test)).min(1)])
export type Condition = z.infer<typeof condition>

const cut = {
  before: z.string().min(1).optional(),
  beforeLast: z.string().min(1).optional(),
  after: z.string().min(1).optional(),
  afterLast: z.string().min(1).optional(),
}

const step = z.strictObject({
  when: condition.optional(),
  /** The first of these fields that is present. */
  from: z.union([name, z.array(name).min(1)]).optional(),
  /** A constant. */
  value: z.union([z.string(), z.number().transform(String)]).optional(),
  /** `{field}` in text; missing when one of its fields is. */
  text: z.string().optional(),
  /** Parts of a URL; the URL is put together from those present. `path` may be a whole URL. */
  url: z
    .strictObject({
      scheme: z.string().optional(),
      host: z.string().optional(),
      port: z.string().optional(),
      path: z.string().optional(),
      query: z.string().optional(),
    })
    .optional(),
  /** Values that mean "none", besides the definition's `missing`. */
  ignore: z.array(z.string()).optional(),
  /** Only values that are an address / that are none. */
  only: z.enum(['address', 'name']).optional(),
  /** Words translated; a word that is not listed gives nothing, or `otherwise`. */
  table: z.record(z.string(), z.union([z.string(), z.number().transform(String)])).optional(),
  otherwise: z.string().optional(),
  ...cut,
  /** A cut whose text is not in the value leaves none, instead of the whole. */
  strict: z.literal(true).optional(),
  /** The piece at this place, from 0, of the value parted by a text; none when there are fewer. Cut after the cuts above. */
  part: z.strictObject({ by: z.string().min(1), at: z.int().min(0).max(63) }).optional(),
  /**
   * %xx, or \xhh of devices that write bytes so, is decoded once; `ipv4`: an address written as one number; `labels`: a name
   * in the labels of DNS, `(3)www(7)example(3)org(0)`.
   */
  decode: z.enum(['percent', 'hex', 'ipv4', 'labels']).optional(),
  /** Characters that are put in the place of others, both ASCII. */
  replace: z.record(z.string().regex(/^[ -~]$/), z.string().regex(/^[ -~]$/)).optional(),
  /** Order of a date written with numbers. */
  order: z.enum(['day-first', 'month-first']).optional(),
  /** A field with seconds that are added to the time (a session's start and its duration); none = nothing is added. */
  plus: name.optional(),
  /** A stamp that names no zone is UTC whatever the source's zone is. */
  zone: z.literal('utc').optional(),
  /** Byte counts in KB or MB: a fraction counts. */
  scale: z.number().positive().optional(),
})
export type Step = z.infer<typeof step>

/** A field's name, one step, or steps of which the first that gives a value wins. */
const source = z.union([name, step, z.array(z.union([name, step])).min(1)])
export type Source = z.infer<typeof source>

const mapping = z.strictObject({
  time: source.optional(),
  srcIp: source.optional(),
  srcPort: source.optional(),
  srcHost: source.optional(),
  user: source.optional(),
  device: source.optional(),
  dstHost: source.optional(),
  dstIp: source.optional(),
  dstPort: source.optional(),
  url: source.optional(),
  protocol: source.optional(),
  appProtocol: source.optional(),
  action: source.optional(),
  bytesUp: source.optional(),
  bytesDown: source.optional(),
  bytesTotal: source.optional(),
  method: source.optional(),
  status: source.optional(),
  userAgent: source.optional(),
  referrer: source.optional(),
  category: source.optional(),
  appHint: source.optional(),
})
export type Mapping = z.infer<typeof mapping>

const skip = z.strictObject({ when: condition, reason: z.string().min(1) })

const endpoint = z.strictObject({
  ip: name,
  port: name.optional(),
  user: name.optional(),
  interface: name.optional(),
})

const record = z.strictObject({
  name,
  /** `session`: a connection's end; `web`: a request; `dns`: a query. */
  kind: z.enum(['session', 'web', 'dns']).default('session'),
  when: condition.optional(),
  /** Columns of this kind only: name → place, from 0. */
  columns: z.record(name, z.int().min(0).max(511)).optional(),
  /** Patterns of this kind (split `pattern`): the first that fits wins. */
  patterns: z.array(z.string()).optional(),
  /** The field that the patterns cut, of splits that find fields by name. */
  in: name.optional(),
  /** All lines of this kind are no transactions, for this reason. */
  skip: z.union([z.string(), z.array(skip)]).optional(),
  map: mapping.optional(),
  /** A record without a destination is skipped for this reason, instead of being unparsed. */
  withoutDestination: z.string().optional(),
})
export type RecordKind = z.infer<typeof record>

const split = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('csv'),
    delimiter: z.union([z.string().length(1), z.array(z.string().length(1))]).default(','),
    /** The first line names the columns; they are found by `fields`. */
    header: z.boolean().default(false),
    /** `{a,b}` outside quotes is one value. */
    braces: z.boolean().default(false),
  }),
  z.strictObject({
    type: z.literal('columns'),
    /** Blanks in runs; `tab` = single tabs. */
    delimiter: z.enum(['blank', 'tab']).default('blank'),
    /** `[…]` is one column. */
    brackets: z.boolean().default(false),
  }),
  z.strictObject({
    type: z.literal('w3c'),
    /** `<…>` is one column. */
    angles: z.boolean().default(false),
  }),
  z.strictObject({
    type: z.literal('kv'),
    separators: z.string().min(1).default(' '),
    assign: z.string().min(1).default('='),
    quotes: z.string().default('"'),
    escapes: z.enum(['backslash', 'none']).default('backslash'),
    /** Quotes may stand in quoted values: one ends its value only before the next key or at the line's end. */
    inner: z.boolean().default(false),
    /** Values run up to the blank before the next key; of several separators the line shows which one parts its pairs. */
    spaced: z.boolean().default(false),
    /** Of a spaced line: only fields that the definition names are keys. */
    closed: z.boolean().default(false),
    fold: z.boolean().default(false),
    /** A key given twice: which of its values counts. */
    repeated: z.enum(['first', 'last']).default('first'),
  }),
  z.strictObject({
    type: z.literal('cef'),
    /** Fields told by `csNLabel=…`: label → field. */
    labels: z.record(z.string(), name).default({}),
  }),
  z.strictObject({ type: z.literal('leef') }),
  z.strictObject({
    type: z.literal('json'),
    /** Arrays at these paths hold members that are a record each: texts cut into the fields `each.0`, `each.1`, …, or objects, `each.name`. */
    each: z
      .strictObject({ in: z.array(name).min(1), delimiter: z.string().length(1).default(',') })
      .optional(),
  }),
  z.strictObject({
    type: z.literal('xml'),
    /** Name of the element that is a record; `*`: any, and fields go by their own names (as in header rows) at any depth. */
    root: z.string().min(1).max(64),
  }),
  z.strictObject({
    type: z.literal('pattern'),
    /** The message begins at the first of these texts, wherever it stands in the first 512 bytes of the line. */
    anchors: z.array(z.string().min(1)).default([]),
    /** Template of the message's first words, before the patterns of the record kinds. */
    header: z.string().optional(),
  }),
  z.strictObject({
    type: z.literal('regex'),
    /** RE2 syntax with named groups. */
    pattern: z.string().min(1),
  }),
])
export type Split = z.infer<typeof split>

export const definitionSchema = z.strictObject({
  id: z.string().regex(/^[A-Z][A-Z0-9_]*$/),
  /** Another layout of the format with the same id: both are one format for the admin and in reports. */
  variant: z.string().min(1).max(32).optional(),
  /** Other names of the same parser: Microsoft's `_SYSLOG` twins and the like. */
  aliases: z.array(z.string()).default([]),
  vendor: z.string().min(1),
  product: z.string().min(1),
  /** The vendor's manual. Shipped formats have one, those of one's own need none. */
  documentation: z.url().optional(),
  /** One sentence: which records are read. */
  summary: z.string().min(1),
  /** What the device must be told, with its commands. */
  enable: z.string().min(1),
  /** What stays blind without it. */
  blind: z.string().optional(),
  /** Lower is tried first: 10 = an unmistakable signature, 50 usual, 90 generic families. */
  order: z.int().min(0).max(99).default(50),
  split,
  /** Where the split begins: behind the envelope, behind the PRI only, behind the structured data. */
  at: z.enum(['payload', 'line', 'message']).default('payload'),
  /**
   * Whole lines end in something that is not read (or in a quote): a bare value that the line's end ends is taken for cut off,
   * and dropped.
   */
  lastValue: z.enum(['drop', 'drop-if-cut']).optional(),
  /** Values that mean "none" in every text field. */
  missing: z.array(z.string()).default(['-']),
  /** Places of columns, from 0. */
  columns: z.record(name, z.int().min(0).max(511)).optional(),
  /** Other names a field goes by, without regard to case, blanks, `_`, `-` and `.`. */
  fields: z.record(name, z.array(name)).default({}),
  /** Layouts known by heart, for streams that send no `#Fields` line. */
  layouts: z.array(z.strictObject({ name, fields: z.string(), when: condition })).default([]),
  /** A header line that claims the stream for this definition: names of columns that must stand in it. */
  header: z
    .strictObject({
      all: z.array(name).default([]),
      any: z.array(name).default([]),
      /** At least so many columns must be known by `fields`. */
      known: z.int().min(1).optional(),
      /** Text in the file's `#Software` line that claims it without `any`. */
      software: z.union([z.string(), z.array(z.string()).min(1)]).optional(),
      /** Like `any`, but only while no `#Software` line names another product. */
      anyUnnamed: z.array(name).default([]),
      /** One field of each list must be among the columns, by any of its names. */
      each: z.array(z.array(name).min(1)).default([]),
    })
    .optional(),
  /** The field in which a shipper may keep the device's own line: what a product reads there counts instead. */
  lineIn: name.optional(),
  /** What every line of the format shows: a line that does not is refused, and tried on other formats. */
  when: condition.optional(),
  /** Which side of a connection opened it, when the line does not say (docs/parsers.md). Gives `client.ip`, `server.port`, … */
  orient: z
    .strictObject({ a: endpoint, b: endpoint, outside: z.array(z.string()).default([]) })
    .optional(),
  skip: z.array(skip).default([]),
  map: mapping.default({}),
  records: z.array(record).default([]),
  /** CEF and LEEF of unknown senders, and the like: never pinned before the others. */
  generic: z.boolean().default(false),
})
/** `own`: of the admin's folders. Nothing holds that its lines are no other's, as tests hold for the shipped ones. */
export type Definition = z.infer<typeof definitionSchema> & { own?: true }
