/** Tests of fields, as the table of docs/parsers.md tells them. */
import type { Condition, FieldTest } from '../../../src/parse/definition.ts'
import { timeOf } from './stamp.ts'
import type { StampFacts } from './stamp.ts'
import { fold, wordOf } from './text.ts'
import type { Field } from './text.ts'
import { isAddress, numberOf } from './words.ts'

/** What a condition may ask of a line. */
export interface Asked {
  field: (name: string) => Field
  missing: readonly string[]
  length: number
  /** The line may be cut off. */
  mayBeCut: boolean
  facts: StampFacts
}

/** All tests of one object hold; of a list of objects, one object. */
export function holds(condition: Condition, asked: Asked): boolean {
  return [condition]
    .flat()
    .some((tests) => Object.entries(tests).every(([name, test]) => testHolds(name, test, asked)))
}

/** The value stands for none. */
export function isMissing(text: string, words: readonly string[]): boolean {
  return text === '' || words.some((word) => wordOf(word) === fold(text))
}

function testHolds(name: string, test: FieldTest, asked: Asked): boolean {
  const field = asked.field(name)
  const value = fold(field.text)
  const told = value !== ''
  const any = (words: string | string[], fits: (word: string) => boolean): boolean =>
    [words].flat().some((word) => fits(wordOf(word.toLowerCase())))
  if (typeof test === 'string' || Array.isArray(test)) return any(test, (word) => word === value)
  if (test.optional === true && isMissing(field.text, asked.missing)) return true
  const number = numberOf(field.text)
  const inLine = field.end > 0 && field.end === asked.length
  const says: Record<keyof typeof test, () => boolean> = {
    optional: () => true,
    present: () => test.present === told,
    not: () => !any(test.not ?? [], (word) => word === value),
    prefix: () => any(test.prefix ?? [], (word) => value.startsWith(word)),
    notPrefix: () => !any(test.notPrefix ?? [], (word) => value.startsWith(word)),
    suffix: () => any(test.suffix ?? [], (word) => value.endsWith(word)),
    contains: () => any(test.contains ?? [], (word) => word !== '' && value.includes(word)),
    lacks: () => !any(test.lacks ?? [], (word) => word !== '' && value.includes(word)),
    digits: () => /^\d+$/.test(value) && (test.digits === true || value.length === test.digits),
    address: () => test.address === isAddress(field.text),
    time: () => !Number.isNaN(timeOf(field.text, asked.facts)),
    min: () => number >= (test.min ?? 0),
    max: () => number >= 0 && number <= (test.max ?? 0),
    whole: () => told && !inLine,
    uncut: () => told && (!inLine || !asked.mayBeCut),
    sameAs: () => field.text === asked.field(test.sameAs ?? '').text,
  }
  return (Object.keys(test) as (keyof typeof test)[]).every(
    (key) => test[key] === undefined || says[key](),
  )
}
