/**
 * Enough of an assembler for WebAssembly (https://webassembly.github.io/spec/core/binary/) to write small functions over bytes:
 * code is lists of numbers, a function is its parameters, its locals and its code. What it makes is checked by the engine that
 * compiles it.
 */

/** Opcodes and the numbers they take, nested as it reads best. */
export type Code = number | readonly Code[]

export const i32 = 0x7f
export const f64 = 0x7c
export const v128 = 0x7b

const none = 0x40

export interface WasmFunction {
  /** Types of the parameters, which are locals 0, 1, … */
  parameters: readonly number[]
  /** Types of the locals behind them. */
  locals: readonly number[]
  /** null = not seen from outside. */
  name: string | null
  /** What profiles call it, when it is not seen from outside. */
  label?: string
  /** What it gives; null = nothing. */
  result?: number | null
  code: Code
}

/** A function from outside, as `env.<name>`. */
export interface WasmImport {
  name: string
  parameters: readonly number[]
  result: number | null
}

/** A number below 2^31 in LEB128, unsigned. */
export function unsigned(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  do {
    bytes.push((rest & 127) | (rest > 127 ? 128 : 0))
    rest >>>= 7
  } while (rest > 0)
  return bytes
}

/** An i32 in LEB128, signed. */
function signed(value: number): number[] {
  const bytes: number[] = []
  let rest = value | 0
  for (;;) {
    const byte = rest & 127
    rest >>= 7
    const last = (rest === 0 && (byte & 64) === 0) || (rest === -1 && (byte & 64) !== 0)
    bytes.push(last ? byte : byte | 128)
    if (last) return bytes
  }
}

export const constant = (value: number): Code => [0x41, signed(value)]
export const get = (local: number): Code => [0x20, unsigned(local)]
export const set = (local: number, value: Code): Code => [value, 0x21, unsigned(local)]
export const call = (place: number, ...values: Code[]): Code => [values, 0x10, unsigned(place)]
export const block = (...code: Code[]): Code => [0x02, none, code, 0x0b]
export const loop = (...code: Code[]): Code => [0x03, none, code, 0x0b]
export const when = (condition: Code, then: Code, otherwise: Code = []): Code => [
  condition,
  0x04,
  none,
  then,
  0x05,
  otherwise,
  0x0b,
]
/** Leaves so many blocks, or begins so many loops again. */
export const leave = (depth: number): Code => [0x0c, unsigned(depth)]
export const leaveIf = (depth: number, condition: Code): Code => [condition, 0x0d, unsigned(depth)]
export const giveBack = (value: Code): Code => [value, 0x0f]

const binary =
  (opcode: number) =>
  (a: Code, b: Code): Code => [a, b, opcode]
export const equal = binary(0x46)
export const unequal = binary(0x47)
export const less = binary(0x48)
export const greater = binary(0x4a)
export const atLeast = binary(0x4e)
export const plus = binary(0x6a)
export const minus = binary(0x6b)
export const times = binary(0x6c)
export const and = binary(0x71)
export const or = binary(0x72)
export const not = (value: Code): Code => [value, 0x45]
export const trailingZeros = (value: Code): Code => [value, 0x68]
export const leadingZeros = (value: Code): Code => [value, 0x67]
export const ones = (value: Code): Code => [value, 0x69]

/** Loads and stores at an address and an offset, of any alignment. */
export const byteAt = (at: Code, offset = 0): Code => [at, 0x2d, 0, unsigned(offset)]
export const shortAt = (at: Code, offset = 0): Code => [at, 0x2e, 0, unsigned(offset)]
export const intAt = (at: Code, offset = 0): Code => [at, 0x28, 0, unsigned(offset)]
export const putInt = (at: Code, value: Code, offset = 0): Code => [
  at,
  value,
  0x36,
  0,
  unsigned(offset),
]
export const vectorAt = (at: Code, offset = 0): Code => [at, 0xfd, 0, 0, unsigned(offset)]
/** Sixteen times the byte. */
export const splat = (value: Code): Code => [value, 0xfd, 0x0f]
export const equalBytes = (a: Code, b: Code): Code => [a, b, 0xfd, 0x23]
export const orBytes = (a: Code, b: Code): Code => [a, b, 0xfd, 0x50]
export const andBytes = (a: Code, b: Code): Code => [a, b, 0xfd, 0x4e]
/** Of the first vector the bytes at the places that the second names; 0 for a place beyond 15. */
export const swizzle = (a: Code, b: Code): Code => [a, b, 0xfd, 0x0e]
/** The upper half of each byte. */
export const upperHalves = (a: Code): Code => [a, constant(4), 0xfd, 0x6d]
/** One bit for each byte, its highest. */
export const bits = (vector: Code): Code => [vector, 0xfd, 0x64]

function section(id: number, content: Code): Code {
  const bytes = flat(content)
  return [id, unsigned(bytes.length), bytes]
}

function flat(code: Code): number[] {
  const bytes: number[] = []
  flatten(code, bytes)
  return bytes
}

/** Each byte is copied once, however deep it lies. */
function flatten(code: Code, bytes: number[]): void {
  if (typeof code === 'number') bytes.push(code)
  else for (const part of code) flatten(part, bytes)
}

const text = (word: string): Code => [unsigned(word.length), [...Buffer.from(word)]]

/** What profiles and traces call the functions (the specification's appendix on custom sections). */
function nameSection(functions: readonly WasmFunction[], first: number): Code {
  const named = functions.flatMap(({ name, label }, i) => {
    const said = name ?? label
    return said === undefined ? [] : [[unsigned(first + i), text(said)]]
  })
  return section(0, [text('name'), section(1, [unsigned(named.length), named])])
}

/**
 * A module of these functions over the memories it is given as `env.memory`, `env.memory1`, …; imported functions are numbered first.
 * `called`: types of functions that are called by their place in `env.table`, numbered behind those of all functions.
 */
export function assemble(
  functions: readonly WasmFunction[],
  {
    imports = [],
    memories = 1,
    called = [],
  }: {
    imports?: readonly WasmImport[]
    memories?: number
    called?: readonly Omit<WasmImport, 'name'>[]
  } = {},
): Uint8Array<ArrayBuffer> {
  const signature = (parameters: readonly number[], result: number | null): Code => [
    0x60,
    unsigned(parameters.length),
    [...parameters],
    result === null ? 0 : [1, result],
  ]
  const types = [
    ...imports.map(({ parameters, result }) => signature(parameters, result)),
    ...functions.map(({ parameters, result = i32 }) => signature(parameters, result)),
    ...called.map(({ parameters, result }) => signature(parameters, result)),
  ]
  const env = text('env')
  const brought = [
    ...imports.map(({ name }, i) => [env, text(name), 0, unsigned(i)]),
    ...Array.from({ length: memories }, (_, i) => [
      env,
      text(i === 0 ? 'memory' : `memory${i}`),
      2,
      0,
      1,
    ]),
    ...(called.length === 0 ? [] : [[env, text('table'), 1, 0x70, 0, 0]]),
  ]
  const named = functions.flatMap(({ name }, i) =>
    name === null ? [] : [[text(name), 0, unsigned(imports.length + i)]],
  )
  const bodies = functions.map(({ locals, code }) => {
    const body = flat([unsigned(locals.length), locals.map((type) => [1, type]), code, 0x0b])
    return [unsigned(body.length), body]
  })
  return Uint8Array.from(
    flat([
      [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      section(1, [unsigned(types.length), types]),
      section(2, [unsigned(brought.length), brought]),
      section(3, [
        unsigned(functions.length),
        functions.map((_, i) => unsigned(imports.length + i)),
      ]),
      section(7, [unsigned(named.length), named]),
      section(10, [unsigned(functions.length), bodies]),
      nameSection(functions, imports.length),
    ]),
  )
}
