/**
 * HTML by construction: the `html` tag escapes every value that is not itself markup, so that escaping cannot be forgotten.
 *
 *     html`<td>${host}</td>`.text
 */

import { visible } from './text.ts'

/** Text that is HTML already: made by `html` or, for our own constants and charts, by `trusted`. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Value = string | number | Markup | readonly Markup[]

/** Template tag: strings are made visible and escaped (text and quoted attributes), markup goes in as it is. */
export function html(parts: TemplateStringsArray, ...values: Value[]): Markup {
  let text = parts[0] ?? ''
  for (let index = 0; index < values.length; index++) {
    text += render(values[index]) + (parts[index + 1] ?? '')
  }
  return new Markup(text)
}

/** Markup from a source that holds no log text unescaped. */
export function trusted(text: string): Markup {
  return new Markup(text)
}

export const nothing = new Markup('')

function render(value: Value): string {
  if (value instanceof Markup) return value.text
  if (typeof value === 'string') return escapeHtml(value)
  if (typeof value === 'number') return String(value)
  let text = ''
  for (const item of value) text += item.text
  return text
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** For element text and quoted attribute values. */
export function escapeHtml(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => entities[character] ?? '')
}
