/**
 * ClickHouse's Native block format from typed arrays: no text, no object for a row.
 * https://clickhouse.com/docs/en/interfaces/formats#native
 */

/** `dictionary[index[row]]`, UTF-8. */
export interface DictionaryColumn {
  dictionary: readonly Uint8Array[]
  index: Uint32Array
}

export type NativeColumn =
  | {
      name: string
      type: 'UInt8' | 'UInt16' | 'UInt32' | 'UInt64' | 'Float64' | 'DateTime'
      data: Numbers
    }
  | { name: string; type: 'DateTime64(3)'; data: BigInt64Array }
  | { name: string; type: 'String'; data: readonly Uint8Array[] }
  | { name: string; type: 'LowCardinality(String)'; data: DictionaryColumn }

type Numbers =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float64Array

const encoder = new TextEncoder()
/** Bits of LowCardinality's header: additional keys follow; the dictionary is new. */
const hasAdditionalKeys = 1n << 9n
const needsUpdate = 1n << 10n

function varintBytes(value: number): number {
  let bytes = 1
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++
  return bytes
}

class Writer {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly #view: DataView
  #at = 0

  constructor(size: number) {
    this.bytes = new Uint8Array(size)
    this.#view = new DataView(this.bytes.buffer)
  }

  varint(value: number): void {
    let rest = value
    while (rest >= 128) {
      this.bytes[this.#at++] = (rest & 127) | 128
      rest = Math.floor(rest / 128)
    }
    this.bytes[this.#at++] = rest
  }

  uint64(value: bigint): void {
    this.#view.setBigUint64(this.#at, value, true)
    this.#at += 8
  }

  string(value: Uint8Array): void {
    this.varint(value.length)
    this.raw(value)
  }

  raw(value: Uint8Array): void {
    this.bytes.set(value, this.#at)
    this.#at += value.length
  }

  array(value: Numbers): void {
    this.raw(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
  }
}

function stringBytes(value: Uint8Array): number {
  return varintBytes(value.length) + value.length
}

function columnBytes(column: NativeColumn, rows: number): number {
  if (column.type === 'String')
    return column.data.reduce((sum, value) => sum + stringBytes(value), 0)
  if (column.type !== 'LowCardinality(String)') return column.data.byteLength
  const { dictionary } = column.data
  if (rows === 0) return 0
  let size = 32
  for (const value of dictionary) size += stringBytes(value)
  return size + rows * indexWidth(dictionary.length)
}

function indexWidth(keys: number): 1 | 2 | 4 {
  return keys <= 0x100 ? 1 : keys <= 0x10000 ? 2 : 4
}

function narrowed(index: Uint32Array, width: 1 | 2 | 4): Numbers {
  return width === 1 ? new Uint8Array(index) : width === 2 ? new Uint16Array(index) : index
}

/** One block of `rows` rows. All arrays must have `rows` entries. */
export function encodeNative(
  columns: readonly NativeColumn[],
  rows: number,
): Uint8Array<ArrayBuffer> {
  const heads = columns.map(({ name, type }) => ({
    name: encoder.encode(name),
    type: encoder.encode(type),
  }))
  const size = columns.reduce(
    (sum, column, i) =>
      sum + stringBytes(heads[i].name) + stringBytes(heads[i].type) + columnBytes(column, rows),
    varintBytes(columns.length) + varintBytes(rows),
  )
  const out = new Writer(size)
  out.varint(columns.length)
  out.varint(rows)
  for (const [i, column] of columns.entries()) {
    out.string(heads[i].name)
    out.string(heads[i].type)
    if (column.type === 'LowCardinality(String)') writeDictionary(out, column.data, rows)
    else if (column.type === 'String') for (const value of column.data) out.string(value)
    else out.array(column.data)
  }
  return out.bytes
}

function writeDictionary(out: Writer, column: DictionaryColumn, rows: number): void {
  if (rows === 0) return // a column without rows has no data at all
  const width = indexWidth(column.dictionary.length)
  out.uint64(1n) // version: shared dictionaries with additional keys
  out.uint64(BigInt(width >> 1) | hasAdditionalKeys | needsUpdate)
  out.uint64(BigInt(column.dictionary.length))
  for (const value of column.dictionary) out.string(value)
  out.uint64(BigInt(rows))
  out.array(narrowed(column.index, width))
}
