/**
 * JavaScript that compares bytes with words known when a definition is compiled: no call and no table for each word, and a word
 * is looked at only when its length or its first byte fits. Words are bytes; their ASCII letters must be in lower case and stand
 * for both cases. Only numbers enter the text.
 */
import { seekCode } from './seek.ts'

const isLetter = (byte: number): boolean => byte >= 97 && byte <= 122

/** True when the byte at `at` is `byte`, letters of both cases alike. */
function byteCode(at: string, byte: number): string {
  return isLetter(byte) ? `(buf[${at}]|32)===${byte}` : `buf[${at}]===${byte}`
}

/** True when `word` stands at `from`; the length was checked. */
function wordCode(word: Uint8Array, from: string): string {
  if (word.length === 0) return 'true'
  return Array.from(word, (byte, i) => byteCode(i === 0 ? from : `${from}+${i}`, byte)).join('&&')
}

/** Groups of words by a number. */
function grouped(
  words: readonly Uint8Array[],
  by: (word: Uint8Array) => number,
): [number, number[]][] {
  const groups = new Map<number, number[]>()
  for (const [i, word] of words.entries()) {
    const key = by(word)
    groups.set(key, [...(groups.get(key) ?? []), i])
  }
  return [...groups]
}

/** `[s, e)` begins with one of `words`. */
export function prefixCode(words: readonly Uint8Array[]): string {
  const cases = grouped(words, (word) => word[0] | 32).map(([first, places]) => {
    const tests = places.map((i) => `n>=${words[i].length}&&${wordCode(words[i], 's')}`)
    return `case ${first}:return ${tests.join('||')};`
  })
  return `(buf,s,e)=>{const n=e-s;if(n>0)switch(buf[s]|32){${cases.join('')}}return false}`
}

/** `[s, e)` ends in one of `words`. */
export function suffixCode(words: readonly Uint8Array[]): string {
  const tests = words.map(
    (word) => `n>=${word.length}&&${wordCode(word, `e-${word.length}`).replaceAll('+-', '-')}`,
  )
  return `(buf,s,e)=>{const n=e-s;return ${tests.join('||')}}`
}

/** One of `words` stands in `[s, e)`. */
export function containsCode(words: readonly Uint8Array[]): string {
  const shortest = Math.min(...words.map((word) => word.length))
  const tests = grouped(words, (word) => word[0] | 32).map(([first, places]) => {
    const each = places.map((i) => `e-p>=${words[i].length}&&${wordCode(words[i], 'p')}`)
    return `case ${first}:if(${each.join('||')})return true;break;`
  })
  const [only] = words
  const body =
    words.length === 1
      ? `if(${wordCode(only, 'p')})return true;`
      : `switch(buf[p]|32){${tests.join('')}}`
  const from = seekCode(words, 's', true)
  const next = seekCode(words, 'p+1', true)
  return `(buf,s,e)=>{const stop=e-${shortest};for(let p=${from};p<=stop;p=${next}){${body}}return false}`
}

/** True when `bytes` stand at `from`, as they are. */
function exactCode(bytes: Uint8Array, from: string): string {
  return Array.from(bytes, (byte, i) => `buf[${from}+${i}]===${byte}`).join('&&')
}

/** Where `bytes` begin first in `[s, e)`, or last, as they are; else -1. */
export function findCode(bytes: Uint8Array, which: 'first' | 'last' = 'first'): string {
  const steps =
    which === 'first'
      ? `let p=${seekCode([bytes], 's', false)};p<=stop;p=${seekCode([bytes], 'p+1', false)}`
      : `let p=stop;p>=s;p--`
  return `(buf,s,e)=>{const stop=e-${bytes.length};for(${steps})if(${exactCode(bytes, 'p')})return p;return -1}`
}

/** Where one of `texts` begins first in the first 512 bytes of `[s, e)`, as they are; else -1. */
export function findAnyCode(texts: readonly Uint8Array[]): string {
  const cases = grouped(texts, (text) => text[0]).map(([first, places]) => {
    const each = places.map((i) => `p+${texts[i].length}<=stop&&${exactCode(texts[i], 'p')}`)
    return `case ${first}:if(${each.join('||')})return p;break;`
  })
  return `(buf,s,e)=>{const stop=Math.min(e,s+512);for(let p=s;p<stop;p++)switch(buf[p]){${cases.join('')}}return -1}`
}

/** For a number that is one of the keys its value, else 0. */
export function valueCode(entries: ReadonlyMap<number, number>): string {
  const cases = Array.from(entries, ([key, value]) => `case ${key}:return ${value};`)
  return `(s)=>{switch(s){${cases.join('')}}return 0}`
}

/** The place in `words` of the word that `[s, e)` is, the first of equal ones; else -1. */
export function placeCode(words: readonly Uint8Array[]): string {
  const cases = grouped(words, (word) => word.length).map(([length, places]) => {
    const tests = places.map((i) => `if(${wordCode(words[i], 's')})return ${i};`)
    return `case ${length}:${tests.join('')}break;`
  })
  return `(buf,s,e)=>{switch(e-s){${cases.join('')}}return -1}`
}

/** `[s, e)` is one of `words`. */
export function equalsCode(words: readonly Uint8Array[]): string {
  const cases = grouped(words, (word) => word.length).map(
    ([length, places]) =>
      `case ${length}:return ${places.map((i) => wordCode(words[i], 's')).join('||')};`,
  )
  return `(buf,s,e)=>{switch(e-s){${cases.join('')}}return false}`
}

/** ASCII letters in lower case, other bytes as they are. */
export function lowered(text: string): Uint8Array {
  return Buffer.from(text).map((byte) => (byte >= 65 && byte <= 90 ? byte | 32 : byte))
}
