/**
 * Message templates of devices that write prose (Cisco ASA and its kin):
 *
 *     Teardown {proto:word} connection {id} for {if1}:{ip1}/{port1:digits}[({user1})] to {if2}:{ip2}/…
 *
 * `{name}` runs up to the literal behind it (or the end), `{name:word}` to the next blank, `{name:digits}` over digits,
 * `{name:address}` over the bytes of an address or host name, `{name:words}` over the fewest words so that what stands behind
 * it fits; `[…]` may be absent; a blank fits a run of blanks.
 * `\[`, `\{` and `\]` stand for themselves.
 */

type CaptureClass = 'until' | 'word' | 'words' | 'digits' | 'address'

export type PatternToken =
  | { type: 'literal'; text: string }
  | { type: 'capture'; name: string; class: CaptureClass }
  | { type: 'optional'; tokens: PatternToken[] }

/** Cuts a template into tokens. Throws Error with the reason and column. */
export function parsePattern(template: string): PatternToken[] {
  let at = 0
  const sequence = (closing: boolean): PatternToken[] => {
    const tokens: PatternToken[] = []
    let literal = ''
    const flush = (): void => {
      if (literal !== '') tokens.push({ type: 'literal', text: literal })
      literal = ''
    }
    while (at < template.length) {
      const ch = template[at]
      if (ch === '\\') {
        literal += template[at + 1] ?? ''
        at += 2
      } else if (ch === '{') {
        flush()
        const close = template.indexOf('}', at)
        if (close < 0) throw new Error(`column ${at + 1}: { is not closed`)
        const match = /^([A-Za-z$][\w.$-]*)(?::(word|words|digits|address))?$/.exec(
          template.slice(at + 1, close),
        )
        if (match === null)
          throw new Error(`column ${at + 1}: {${template.slice(at + 1, close)}} is no capture`)
        tokens.push({
          type: 'capture',
          name: match[1],
          class: (match[2] as CaptureClass | undefined) ?? 'until',
        })
        at = close + 1
      } else if (ch === '[') {
        flush()
        at++
        tokens.push({ type: 'optional', tokens: sequence(true) })
      } else if (ch === ']') {
        if (!closing) throw new Error(`column ${at + 1}: ] was not opened`)
        at++
        flush()
        return tokens
      } else {
        literal += ch
        at++
      }
    }
    if (closing) throw new Error('[ is not closed')
    flush()
    return tokens
  }
  return sequence(false)
}

/** Names a template captures. */
export function patternNames(tokens: readonly PatternToken[]): string[] {
  return tokens.flatMap((token) =>
    token.type === 'capture'
      ? [token.name]
      : token.type === 'optional'
        ? patternNames(token.tokens)
        : [],
  )
}

/** Where `literal` begins at or after `p`, or -1. */
export function findLiteral(buf: Uint8Array, p: number, end: number, literal: Uint8Array): number {
  const first = literal[0]
  const stop = end - literal.length
  for (; p <= stop; p++) {
    if (buf[p] !== first) continue
    let i = 1
    while (i < literal.length && buf[p + i] === literal[i]) i++
    if (i === literal.length) return p
  }
  return -1
}

/**
 * JavaScript that matches `tokens` from `p`, for the compiler. It fills the slots and leaves `p` behind the match; a failure
 * runs `fail`. `finder` names a function that finds bytes. Only numbers and such names enter the text, never the definition's own strings.
 */
export function patternCode(
  tokens: readonly PatternToken[],
  slotOf: (name: string) => number,
  finder: (literal: Uint8Array) => string,
  fail: string,
  depth = 0,
): string {
  const lines: string[] = []
  for (const [i, token] of tokens.entries()) {
    if (token.type === 'literal') {
      lines.push(literalCode(Buffer.from(token.text), fail))
    } else if (token.type === 'optional') {
      const label = `o${depth}_${i}`
      const clear = patternNames(token.tokens).map(
        (name) => `E[${slotOf(name)}]=S[${slotOf(name)}]=0;`,
      )
      lines.push(
        `const k${depth}_${i}=p; ${label}: {` +
          patternCode(
            token.tokens,
            slotOf,
            finder,
            `p=k${depth}_${i};${clear.join('')}break ${label};`,
            depth + 1,
          ) +
          '}',
      )
    } else if (token.class === 'words') {
      lines.push(wordsCode(slotOf(token.name), tokens.slice(i + 1), slotOf, finder, fail, depth))
      break
    } else {
      const slot = slotOf(token.name)
      lines.push(captureCode(token.class, slot, tokens[i + 1], finder, fail))
    }
  }
  return lines.join('\n')
}

/** The literal at `p`, a blank in it for a run of blanks: runs of bytes that are no blank are compared at once. */
function literalCode(literal: Uint8Array, fail: string): string {
  const code: string[] = []
  for (let i = 0; i < literal.length;) {
    if (literal[i] === 32) {
      code.push(`if(p>=end||buf[p]!==32){${fail}}do p++;while(p<end&&buf[p]===32);`)
      i++
      continue
    }
    let stop = i
    while (stop < literal.length && literal[stop] !== 32) stop++
    const bytes = Array.from(literal.subarray(i, stop), (b, at) => `buf[p+${at}]!==${b}`)
    code.push(`if(p+${stop - i}>end||${bytes.join('||')}){${fail}}p+=${stop - i};`)
    i = stop
  }
  return code.join('')
}

/** One word more each time, until the tokens behind it fit. */
function wordsCode(
  slot: number,
  rest: readonly PatternToken[],
  slotOf: (name: string) => number,
  finder: (literal: Uint8Array) => string,
  fail: string,
  depth: number,
): string {
  const [label, from, to] = [`w${depth}_${slot}`, `f${depth}_${slot}`, `t${depth}_${slot}`]
  return (
    `const ${from}=p;let ${to}=p;${label}:for(;;){while(${to}<end&&buf[${to}]===32)${to}++;` +
    `while(${to}<end&&buf[${to}]!==32)${to}++;if(${to}>=end){${fail}}p=${to};S[${slot}]=${from};E[${slot}]=p;` +
    `${patternCode(rest, slotOf, finder, `continue ${label};`, depth + 100)}break ${label};}`
  )
}

function captureCode(
  kind: CaptureClass,
  slot: number,
  next: PatternToken | undefined,
  finder: (literal: Uint8Array) => string,
  fail: string,
): string {
  const keep = `if(q===p){${fail}} S[${slot}]=p;E[${slot}]=q;p=q;`
  if (kind === 'word') return `q=p;while(q<end&&buf[q]!==32)q++;${keep}`
  if (kind === 'digits') return `q=p;while(q<end&&buf[q]>=48&&buf[q]<=57)q++;${keep}`
  if (kind === 'address') return `q=h.addressEnd(buf,p,end);${keep}`
  if (next === undefined) return `q=end;${keep}`
  if (next.type !== 'literal')
    throw new Error('a capture without class must stand before a literal or at the end')
  return (
    `q=${finder(Buffer.from(next.text))}(buf,p,end); if(q<0){${fail}}` +
    `r=q;while(r>p&&buf[r-1]===32)r--; S[${slot}]=p;E[${slot}]=r;p=q;`
  )
}
