/** One XML element a line (Windows events), read leniently with regular expressions. */
import { lengthAt, made, matchAt, piece } from './text.ts'
import type { Field } from './text.ts'

export interface XmlRead {
  values: Map<string, Field>
  whole: boolean
}

const depthMax = 16
const blank = '[\\x00-\\x20]'

const localOf = (name: string): string => name.slice(name.indexOf(':') + 1)

/** Where `<root` or `<prefix:root` stands at or behind `start`, or -1. */
function rootAt(line: string, start: number, root: string): number {
  for (let at = line.indexOf('<', start); at >= 0; at = line.indexOf('<', at + 1)) {
    const name = matchAt(new RegExp(`<([^=>/\\x00-\\x20]*)`), line, at)?.[1] ?? ''
    const local = at + 1 + (name.includes(':') ? name.indexOf(':') + 1 : 0)
    if (
      line.startsWith(root, local) &&
      matchAt(new RegExp(`[>/\\x00-\\x20]`), line, local + root.length)
    )
      return at
  }
  return -1
}

interface Tag {
  name: string
  attributes: { name: string; value: Field }[]
  /** Behind its `>`; -1 = it is cut off. */
  behind: number
}

/** The tag at `at`: attributes before a cut count, words without a value in quotes do not. */
function tagAt(line: string, at: number): Tag {
  const word = /[^=>/\x00-\x20]*/
  const tag: Tag = { name: matchAt(word, line, at + 1)?.[0] ?? '', attributes: [], behind: -1 }
  for (let p = at + 1 + tag.name.length; p < line.length;) {
    p += lengthAt(/[/\x00-\x20]*/, line, p)
    if (line[p] === '>') return { ...tag, behind: p + 1 }
    const name = matchAt(word, line, p)?.[0] ?? ''
    const sign = lengthAt(new RegExp(`${blank}*=${blank}*`), line, p + name.length)
    const begin = p + name.length + sign
    if (sign === 0) p = name === '' ? p + 1 : begin
    else if (line[begin] !== '"' && line[begin] !== "'") p = begin
    else {
      const close = line.indexOf(line[begin], begin + 1)
      if (close < 0) return tag
      tag.attributes.push({ name: localOf(name), value: piece(line, begin + 1, close) })
      p = close + 1
    }
  }
  return tag
}

/** Comments, instructions, document types: behind them, or -1. */
function behindMisc(line: string, at: number): number {
  for (const form of [/<\?[^]*?\?>/, /<!\[CDATA\[[^]*?\]\]>/, /<!--[^]*?-->/]) {
    const opening = form.source.slice(0, form.source.indexOf('[^]'))
    if (lengthAt(new RegExp(opening), line, at) > 0) {
      const length = lengthAt(form, line, at)
      return length === 0 ? -1 : at + length
    }
  }
  let open = 0
  for (let p = at + 2; p < line.length; p++) {
    if (line[p] === '[') open++
    else if (line[p] === ']') open--
    else if (line[p] === '>' && open <= 0) return p + 1
  }
  return -1
}

/** Values by path below `root`; null = there is no such element. Of equal paths the first counts. */
export function readXml(
  line: string,
  start: number,
  root: string,
  asked: (path: string) => string | null,
): XmlRead | null {
  const any = root === '*'
  const from = any ? line.slice(start).search(/<[a-z]/i) + start : rootAt(line, start, root)
  if (any && !/<[a-z]/i.test(line.slice(start))) return null
  if (from < 0) return null
  const values = new Map<string, Field>()
  const keep = (path: string, field: Field): void => {
    const name = asked(path)
    const value = trimmed(field)
    if (name !== null && value.text !== '' && !values.has(name)) values.set(name, resolved(value))
  }
  const paths: string[] = []
  /** Where the text of the element that was opened last begins; -1 = it has children. */
  let text = -1
  let elements = 0
  let at = from
  while (at < line.length) {
    if (line[at] !== '<') {
      at++
      continue
    }
    const next = line[at + 1]
    if (next === undefined) break
    if (next === '!' || next === '?') {
      const behind = behindMisc(line, at)
      if (behind < 0) break
      if (text === at && !line.startsWith('<![CDATA[', at)) text = behind
      at = behind
    } else if (next === '/') {
      const close = line.indexOf('>', at)
      if (close < 0) break
      if (text >= 0 && paths.length > 0) keep(paths[paths.length - 1], piece(line, text, at))
      text = -1
      at = close + 1
      paths.pop()
      if (paths.length === 0) return { values, whole: true }
    } else {
      elements++
      if (paths.length >= depthMax) break
      const tag = tagAt(line, at)
      const name = localOf(tag.name)
      const parent = paths.at(-1) ?? ''
      const own = any || paths.length === 0 ? '' : parent === '' ? name : `${parent}.${name}`
      for (const attribute of tag.attributes)
        keep(own === '' ? attribute.name : `${own}@${attribute.name}`, attribute.value)
      if (tag.behind < 0) break
      const written = line.slice(at, tag.behind)
      if (written.endsWith('/>')) {
        // a record may be all attributes
        if (paths.length === 0 && any) return { values, whole: true }
        if (paths.length === 0) break
        text = -1
      } else {
        if (any) paths.push(ownName(written, name))
        else paths.push(name === 'Data' ? dataPath(written, parent, own) : own)
        text = tag.behind
      }
      at = tag.behind
    }
  }
  return elements === 0 ? null : { values, whole: false }
}

/** Below a root of any name an element goes by its own name, or by what its attribute `name` says. */
function ownName(tag: string, name: string): string {
  const match = /[\x00-\x20][Nn]ame=(?:"([^"]*)"|'([^']*)')/.exec(tag)
  return match?.[1] ?? match?.[2] ?? name
}

/** `<Data Name="SourceIp">` goes by its `Name`. */
function dataPath(tag: string, parent: string, own: string): string {
  const match = new RegExp(`${blank}Name${blank}*=${blank}*(?:"([^"]*)"|'([^']*)'|)`).exec(tag)
  const name = match?.[1] ?? match?.[2]
  if (name === undefined) return own
  return parent === '' ? name : `${parent}.${name}`
}

function trimmed({ text, start }: Field): Field {
  // eslint-disable-next-line no-control-regex
  const before = /^[\x00-\x20]*/.exec(text)?.[0].length ?? 0
  // eslint-disable-next-line no-control-regex
  const inside = text.slice(before).replace(/[\x00-\x20]+$/, '')
  return { text: inside, start: start + before, end: start + before + inside.length }
}

const predefined: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** Entities and CDATA resolved, comments left out. */
function resolved(field: Field): Field {
  if (!/[&<]/.test(field.text)) return field
  const pattern = /<!\[CDATA\[([^]*?)\]\]>|<!--[^]*?-->|<\?[^]*?\?>|&([^;&]{1,8});/g
  return made(
    field.text.replace(pattern, (all: string, cdata?: string, name?: string) => {
      if (cdata !== undefined) return cdata
      if (name === undefined) return ''
      if (!name.startsWith('#')) return predefined[name] ?? all
      const hex = /^#x([\da-f]+)$/i.exec(name)
      const decimal = /^#(\d+)$/.exec(name)
      const code =
        hex !== null ? Number.parseInt(hex[1], 16) : decimal !== null ? Number(decimal[1]) : 0
      if (code === 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return all
      return Buffer.from(String.fromCodePoint(code)).toString('latin1')
    }),
  )
}
