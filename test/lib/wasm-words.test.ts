import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { double } from '../../src/lib/double.ts'
import { WordModule } from '../../src/lib/wasm-words.ts'
import type { Surroundings } from '../../src/lib/wasm-words.ts'

const memory = new WebAssembly.Memory({ initial: 1 })
const more = new WebAssembly.Memory({ initial: 1 })
const buf = new Uint8Array(memory.buffer)
const ints = new Int32Array(more.buffer, 64, 64)
const shorts = new Uint16Array(memory.buffer, 4096, 16)
const sums = new Float64Array(memory.buffer, 1024, 16)
const place = { total: 0 }
const limit = 7

type Parts = Record<string, (...given: never[]) => unknown>

function surroundings(functions: Record<string, string>): Surroundings {
  return {
    arrays: {
      buf: { kind: 'u8', at: 0 },
      view: { kind: 'u8', at: 0 },
      ints: { kind: 'i32', at: 64, memory: 1 },
      shorts: { kind: 'u16', at: 4096 },
      sums: { kind: 'f64', at: 1024 },
    },
    objects: { place: { total: { field: 'i32', at: 2048 }, first: 3, bytes: 'buf' } },
    constants: { limit },
    imports: { outside: { parameters: [0x7f, 0x7f], result: 0x7f } },
    functions,
  }
}

/** The functions by the other engine. `parts` are called by their names. */
function compiled(parts: Parts, name: string): (...numbers: number[]) => number {
  const texts = Object.fromEntries(Object.entries(parts).map(([key, part]) => [key, String(part)]))
  const { bytes, imports } = new WordModule(surroundings(texts)).finish([name])
  const env: Record<string, WebAssembly.ImportValue> = { memory, memory1: more }
  for (const one of imports) env[one] = (a: number, b: number) => a * 10 + b
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env })
  return exports[name] as unknown as (...numbers: number[]) => number
}

/* Functions of the kind that is compiled. */
function unsignedShort(a: number, b: number): number {
  shorts[a] = b
  return shorts[a]
}

function cases(a: number, b: number): number {
  let r = 0
  switch (a) {
    case 1:
      r = 10
      break
    case 2:
      r = 20
      break
    case 3:
    case 4:
      r += 5
      break
    case 7:
    case 8:
      return 99
    default:
      r = -1
  }
  switch (b) {
    case -5:
      return r
    case 900:
      r += 3
  }
  return r + b
}

function labels(a: number): number {
  let n = 0
  outer: {
    for (let i = 0; i < a; i++) {
      if (i === 3) continue
      if (i === limit) break outer
      inner: for (let k = 0; ; k++) {
        if (k > i) {
          n++
          break inner
        }
        if ((k & 1) === 0) continue inner
        n += k
      }
    }
    n += 1000
  }
  do n--
  while (n > 2000)
  return n
}

function arithmetic(a: number, b: number): number {
  const mixed = Math.imul(a ^ 0x9e3779b1, b) >>> 5
  const chosen = a > b ? a - b : a === b || a < -b ? ~a : -b
  return (mixed & 0xffff) + ((chosen << 3) >> 1) + Math.max(a, b) + Math.min(a, 3) + (a % 7)
}

function bytesOf(start: number, end: number): number {
  let n = double(0)
  let last = 0
  for (let p = start; p < end; p++) {
    n = n * 256 + buf[p]
    last = buf[p]
  }
  if (Number.isNaN(n)) return -1
  sums[2] = n
  sums[2] += 0.5
  ints[last & 31] = last
  ints[last & 31]++
  place.total += ints[last & 31]++ + last
  return Math.floor(n / 3) + ints[last & 31]
}

describe('one text, two engines', () => {
  test.each<[string, Parts, string, number, (...numbers: number[]) => number]>([
    ['cases', { cases }, 'cases', 2, cases],
    ['labels', { labels }, 'labels', 1, labels],
    ['arithmetic', { arithmetic }, 'arithmetic', 2, arithmetic],
  ])('%s', (_, parts, name, many, plain) => {
    const other = compiled(parts, name)
    const number = fc.oneof(
      fc.integer({ min: -10, max: 12 }),
      fc.integer({ min: -2000, max: 2000 }),
    )
    fc.assert(
      fc.property(fc.array(number, { minLength: many, maxLength: many }), (given) => {
        expect(other(...given)).toBe(plain(...given))
      }),
      { numRuns: 500 },
    )
  })

  test('arrays, fields and doubles', () => {
    const other = compiled({ bytesOf }, 'bytesOf')
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 6 }), (bytes) => {
        buf.set(bytes, 100)
        place.total = 0
        new DataView(memory.buffer).setInt32(2048, 0, true)
        const want = bytesOf(100, 100 + bytes.length)
        const left = [...ints, sums[2], place.total]
        ints.fill(0)
        expect(other(100, 100 + bytes.length)).toBe(want)
        const total = new DataView(memory.buffer).getInt32(2048, true)
        expect([...ints, sums[2], total]).toEqual(left)
        ints.fill(0)
      }),
    )
  })

  test('shorts have no sign, and wrap around', () => {
    const other = compiled({ unsignedShort }, 'unsignedShort')
    for (const value of [0, 1, 32_768, 65_535, 65_536, -1])
      expect([value, other(3, value)]).toEqual([value, unsignedShort(3, value)])
  })

  test('functions have names in a profile', () => {
    const { bytes } = new WordModule(
      surroundings({ seen: '(a)=>hidden(a)', hidden: '(a)=>a' }),
    ).finish(['seen'])
    const [names] = WebAssembly.Module.customSections(new WebAssembly.Module(bytes), 'name')
    const text = Buffer.from(names).toString('latin1')
    expect([text.includes('seen'), text.includes('hidden')]).toEqual([true, true])
  })

  test('what is called: functions, those from outside, words of arrays', () => {
    const parts = {
      twice: '(a)=>a+a',
      asked: 'function asked(buf,a){return outside(twice(a),3)+view.getInt32(a,true)+place.first}',
    }
    buf.set([1, 2, 3, 4], 200)
    const asked = compiled(parts as unknown as Parts, 'asked')
    expect(asked(200)).toBe(4003 + 0x04030201 + 3)
  })
})

describe('what is not of this kind is refused', () => {
  test.each([
    ['a name of nothing', '(a)=>a+nobody', 'nobody means nothing here'],
    ['a function of nothing', '(a)=>nobody(a)', 'nobody is no function here'],
    ['itself', '(a)=>f(a)', 'f calls itself'],
    ['a string', "(a)=>'x'", 'Literal is not known here'],
    ['a closure', '(a)=>{const g=()=>a;return g()}', 'not known here'],
    ['too few numbers', '(a)=>outside(a)', 'is given 1 numbers, and takes 2'],
    ['an element of a number', '(a)=>a[0]', 'an element of no array'],
    ['a member that is not there', '(a)=>place.other', 'place.other is not there'],
    ['a jump to nowhere', '(a)=>{break;}', 'Unsyntactic break'],
  ])('%s', (_, text, says) => {
    const module = new WordModule(surroundings({ f: text }))
    expect(() => module.finish(['f'])).toThrow(says)
  })
})
