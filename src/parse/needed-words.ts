/**
 * What a line must hold for a format to be worth asking. A line that its stream's formats do not read would be asked of all of them;
 * most can be passed over by words that their `when` names, the keys it asks for and the way the line begins, without cutting it
 * into fields. Only what every line of the format must show counts: an answer of no is the format's own answer.
 */
import type { Condition, Definition, FieldTest, Split } from './definition.ts'
import { parsePattern } from './pattern.ts'
import type { PatternToken } from './pattern.ts'

/** What is told of a line besides its words. */
export const facts = {
  /** Behind the envelope, or behind its structured data, an object or an array begins. */
  object: 1,
  /** … `0|` of a CEF header whose word a relay took for a tag. */
  cefBare: 2,
  /** … `1.0|` of a LEEF header. */
  leefBare: 4,
  /** Tag and host of the envelope are no part of what was looked at: a record behind another one. */
  envelopeElsewhere: 8,
} as const

/** A condition that the line must meet; null = none. Words are latin1 texts in lower case, `times` how often one must stand there. */
export type Need =
  | { word: string; times?: number }
  | { fact: number }
  | { all: readonly Need[] }
  | { any: readonly Need[] }
  | null

/** No line is worth it. */
const never: Need = { any: [] }

function all(needs: readonly Need[]): Need {
  const told = needs.filter((need) => need !== null)
  return told.length === 0 ? null : told.length === 1 ? told[0] : { all: told }
}

function any(needs: readonly Need[]): Need {
  return needs.some((need) => need === null) ? null : needs.length === 1 ? needs[0] : { any: needs }
}

const wordOf = (text: string): Need => ({
  word: Buffer.from(text)
    .toString('latin1')
    .replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase()),
})

/** A backslash somewhere: a word may be written with escapes. */
const backslash = wordOf('\\')

/** What every line that the definition takes shows. */
export function needsOf(definition: Definition): Need {
  const { split, when, layouts } = definition
  const names = namesOf(definition)
  const guard = when === undefined ? null : conditionNeeds(when, names)
  const named = split.type === 'w3c' || (split.type === 'csv' && split.header)
  // without a header only the layouts known by heart can be read
  const known = named
    ? any(
        layouts.map(({ fields, when: shown }) =>
          all([
            columnsNeed(fields.trim().split(/\s+/).length - 1, split),
            conditionNeeds(shown, names),
          ]),
        ),
      )
    : null
  if (named && layouts.length === 0) return never
  return all([splitNeeds(definition), guard, known])
}

/** What the split needs to find anything. */
function splitNeeds({ split, at }: Definition): Need {
  switch (split.type) {
    case 'cef':
      return at === 'line' ? null : any([wordOf('CEF:'), { fact: facts.cefBare }])
    case 'leef':
      return at === 'line' ? null : any([wordOf('LEEF:'), { fact: facts.leefBare }])
    case 'json':
      return at === 'line' ? null : { fact: facts.object }
    case 'xml':
      return split.root === '*' ? wordOf('<') : all([wordOf('<'), wordOf(split.root)])
    case 'pattern': {
      const anchors = split.anchors.length === 0 ? null : any(split.anchors.map(wordOf))
      return all([anchors, split.header === undefined ? null : headerNeeds(split.header)])
    }
    default:
      return null
  }
}

/** Words of a template that are no part of something that may be absent. A blank in it fits a run of blanks. */
function headerNeeds(header: string): Need {
  const literal = (token: PatternToken): string[] =>
    token.type === 'literal' ? token.text.split(' ').filter((word) => word.length > 1) : []
  return all(parsePattern(header).flatMap(literal).map(wordOf))
}

/** Where in a value a word stands. */
type Place = 'within' | 'first' | 'last' | 'whole'

/** How the fields of a definition stand in the line. */
interface Names {
  /** What stands there when a field of this name does. */
  key: (name: string) => Need
  /** What stands there when the field's value holds, begins with, ends in or is this word. */
  value: (name: string, word: string, place: Place) => Need
}

function namesOf(definition: Definition): Names {
  const { split, fields, columns, records, generic } = definition
  const labelled = new Set(split.type === 'cef' ? Object.values(split.labels) : [])
  const placed = new Set(records.flatMap(({ columns: own }) => Object.keys(own ?? {})))
  const patterns = records.flatMap((record) => record.patterns ?? []).join(' ')
  const isKey = (name: string): boolean =>
    !labelled.has(name) &&
    !placed.has(name) &&
    !patterns.includes(`{${name}`) &&
    !/^(?:[$]|header[.]|each[.]|client[.]|server[.])/.test(name)
  const named = ['kv', 'cef', 'leef', 'json'].includes(split.type)
  const pair = split.type === 'kv' ? any(Array.from(split.assign, wordOf)) : null
  return {
    key: (name) => {
      const column = columns?.[name]
      if (column !== undefined) return columnsNeed(column, split)
      if (!named || !isKey(name)) return null
      // generic definitions compare names without blanks, dots and dashes
      if (generic) return pair
      return any((fields[name] ?? [name]).map((key) => keyNeed(key, definition)))
    },
    value: (name, word, place) => valueNeed(name, word, place, definition),
  }
}

/** What stands before column `column`, from 0: so many delimiters, or more. */
function columnsNeed(column: number, split: Split): Need {
  const by =
    split.type === 'csv'
      ? // a layout known by heart may be parted by these
        [...[split.delimiter].flat(), ...(split.header ? [',', ' '] : [])]
      : split.type === 'columns'
        ? [split.delimiter === 'tab' ? '\t' : ' ']
        : split.type === 'w3c'
          ? [' ', '\t']
          : []
  return column === 0 || by.length === 0
    ? null
    : any(by.map((delimiter) => ({ word: delimiter, times: column })))
}

/** How a key of the line is written. */
function keyNeed(key: string, { split }: Definition): Need {
  if (split.type === 'json') {
    // `a.b` may be one key, or one in the object of another
    const parts = key.split('.')
    return all(
      parts.map((part, i) =>
        part.length + Number(i === 0) + Number(i === parts.length - 1) < 2
          ? null
          : wordOf(`${i === 0 ? '"' : ''}${part}${i === parts.length - 1 ? '"' : ''}`),
      ),
    )
  }
  if (split.type === 'cef') return wordOf(`${key}=`)
  // where blanks part pairs none stands between a key and its assignment
  if (split.type === 'kv' && split.spaced && split.separators === ' ') return wordOf(`${key}=`)
  if (split.type === 'kv' && !split.spaced && split.separators.includes(' '))
    return any(Array.from(split.assign, (assign) => wordOf(key + assign)))
  return key.length < 2 ? null : wordOf(key)
}

function valueNeed(name: string, word: string, place: Place, { split }: Definition): Need {
  // letters beyond ASCII have two cases that bytes do not tell; years begin alike in any line
  if (/^\d\d$/.test(word) || !/^(?:[ -~]{2,}|[\t[\]<>{}()+@|;%])$/.test(word)) return null
  // parts of the line as it came: every character stands for itself
  if (name === '$tag' || name === '$host')
    return any([{ fact: facts.envelopeElsewhere }, wordOf(word)])
  if (name.startsWith('$') || split.type === 'regex' || split.type === 'pattern')
    return wordOf(word)
  if (split.type === 'xml') return null
  // members of an array are joined by commas; every letter may be written as an escape
  if (split.type === 'json') return word.includes(',') ? null : any([wordOf(word), backslash])
  if (name.startsWith('header.')) {
    // between two of the header's bars
    const first = place === 'first' || place === 'whole' ? '|' : ''
    const last = place === 'last' || place === 'whole' ? '|' : ''
    return slashedNeed(`${first}${word}${last}`, word)
  }
  // quotes stand beside another one in the columns of some
  return /["']/.test(word) ? null : slashedNeed(word, word)
}

/** A word of which some characters may have a backslash before them: as it is, or with all of its; with some of them, any backslash. */
function slashedNeed(written: string, word: string): Need {
  const risky = word.match(/["'\\,\]=|]/g)?.length ?? 0
  if (risky === 0) return wordOf(written)
  const slashed = written.replace(word, () =>
    word.replaceAll(/["'\\,\]=|]/g, (sign) => `\\${sign}`),
  )
  return any([wordOf(written), risky === 1 ? wordOf(slashed) : backslash])
}

function conditionNeeds(condition: Condition, names: Names): Need {
  const alternatives = Array.isArray(condition) ? condition : [condition]
  return any(
    alternatives.map((tests) =>
      all(
        Object.entries(tests).flatMap(([name, test]) => [
          asksForValue(test) ? names.key(name) : null,
          ...testNeeds(test, (word, place) => names.value(name, word, place)),
        ]),
      ),
    ),
  )
}

/** Whether the test fails of a field that is absent. */
function asksForValue(test: FieldTest): boolean {
  if (typeof test === 'string') return test !== ''
  if (Array.isArray(test)) return !test.includes('')
  if (test.optional === true) return false
  const { present, address, digits, time, min, whole, uncut } = test
  const words = [test.prefix, test.suffix, test.contains].flatMap((list) =>
    list === undefined ? [] : [[list].flat()],
  )
  return (
    present === true ||
    address === true ||
    digits !== undefined ||
    time === true ||
    (min !== undefined && min >= 0) ||
    whole === true ||
    uncut === true ||
    words.some((list) => !list.includes(''))
  )
}

function testNeeds(test: FieldTest, value: (word: string, place: Place) => Need): Need[] {
  const oneOf = (words: string | readonly string[] | undefined, place: Place): Need =>
    words === undefined ? null : any([words].flat().map((word) => value(word, place)))
  if (typeof test === 'string' || Array.isArray(test)) return [oneOf(test, 'whole')]
  if (test.optional === true) return []
  return [oneOf(test.prefix, 'first'), oneOf(test.suffix, 'last'), oneOf(test.contains, 'within')]
}
