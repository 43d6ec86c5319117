/** Message templates, read and matched one token at a time (docs/parsers.md, split `pattern`). */
import { bytesOf, lengthAt, piece } from './text.ts'
import type { Field } from './text.ts'

type Token =
  | { kind: 'text'; text: string }
  | { kind: 'capture'; name: string; class: string }
  | { kind: 'optional'; tokens: Token[] }

/** `Deny {proto:word} src {if1}:{src:address}[({user})]` in tokens. */
function tokensOf(template: string): Token[] {
  let at = 0
  const read = (): Token[] => {
    const tokens: Token[] = []
    const add = (text: string): void => {
      const last = tokens.at(-1)
      if (last?.kind === 'text') last.text += text
      else tokens.push({ kind: 'text', text })
    }
    for (; at < template.length && template[at] !== ']'; at++) {
      if (template[at] === '\\') add(template[++at])
      else if (template[at] === '[') {
        at++
        tokens.push({ kind: 'optional', tokens: read() })
      } else if (template[at] === '{') {
        const [name, kind] = template.slice(at + 1, template.indexOf('}', at)).split(':')
        tokens.push({ kind: 'capture', name, class: kind ?? 'until' })
        at = template.indexOf('}', at)
      } else add(template[at])
    }
    return tokens
  }
  return read()
}

const known = new Map<string, Token[]>()

export interface Match {
  fields: Map<string, Field>
  behind: number
}

/** What the template captures from `at` of `line`, up to `end`; null = it does not fit. */
export function matchTemplate(template: string, line: string, at: number): Match | null {
  const tokens = known.get(template) ?? tokensOf(template)
  known.set(template, tokens)
  return match(tokens, { line, at, fields: new Map() })
}

/** Names that a template captures. */
export function namesIn(template: string): string[] {
  const of = (tokens: readonly Token[]): string[] =>
    tokens.flatMap((token) =>
      token.kind === 'capture' ? [token.name] : token.kind === 'optional' ? of(token.tokens) : [],
    )
  return of(tokensOf(template))
}

interface State {
  line: string
  at: number
  fields: Map<string, Field>
}

function match(tokens: readonly Token[], from: State): Match | null {
  const state = { ...from, fields: new Map(from.fields) }
  for (const [i, token] of tokens.entries()) {
    if (token.kind === 'text') {
      const behind = behindText(bytesOf(token.text), state.line, state.at)
      if (behind < 0) return null
      state.at = behind
    } else if (token.kind === 'optional') {
      const inner = match(token.tokens, state)
      if (inner === null) continue
      state.at = inner.behind
      state.fields = inner.fields
    } else if (token.class === 'words') return fewestWords(token.name, tokens.slice(i + 1), state)
    else {
      const end = endOf(token.class, tokens[i + 1], state)
      if (end === null) return null
      state.fields.set(token.name, piece(state.line, state.at, end.field))
      state.at = end.behind
    }
  }
  return { fields: state.fields, behind: state.at }
}

/** Behind `text`, of which a blank fits a run of blanks; -1 = it does not stand there. */
function behindText(text: string, line: string, from: number): number {
  let at = from
  for (const letter of text) {
    if (line[at] !== letter) return -1
    at += letter === ' ' ? lengthAt(/ +/, line, at) : 1
  }
  return at
}

/** Where the value at the place ends, and where what stands behind it begins; null = there is none. */
function endOf(
  kind: string,
  next: Token | undefined,
  { line, at }: State,
): { field: number; behind: number } | null {
  if (kind === 'until') {
    if (next === undefined)
      return at < line.length ? { field: line.length, behind: line.length } : null
    if (next.kind !== 'text') throw new Error('a capture stands before a text or at the end')
    const stop = line.indexOf(bytesOf(next.text), at)
    return stop < 0
      ? null
      : { field: at + line.slice(at, stop).replace(/ +$/, '').length, behind: stop }
  }
  const forms: Record<string, RegExp> = { word: /[^ ]*/, digits: /\d*/ }
  const length =
    kind === 'address' ? addressLength(line.slice(at)) : lengthAt(forms[kind], line, at)
  return length === 0 ? null : { field: at + length, behind: at + length }
}

/** The bytes of an address or host name; a colon behind a dotted name ends it (`203.0.113.1:443`), and one at the end is none of it. */
function addressLength(text: string): number {
  const run = /^[\w.:%-]*/.exec(text)?.[0] ?? ''
  const colon = run.indexOf(':')
  const name = colon >= 0 && run.slice(0, colon).includes('.') ? run.slice(0, colon) : run
  return name.endsWith('::') ? name.length : name.replace(/:$/, '').length
}

/** One word more each time, until the tokens behind it fit. */
function fewestWords(name: string, rest: readonly Token[], state: State): Match | null {
  const { line, at } = state
  for (let end = at; ;) {
    end += lengthAt(/ *[^ ]*/, line, end)
    if (end >= line.length) return null
    const fields = new Map(state.fields).set(name, piece(line, at, end))
    const found = match(rest, { line, at: end, fields })
    if (found !== null) return found
  }
}
