/** `${NAME}` and `${file:/run/secrets/x}` in the values of the configuration. */
import { resolve } from 'node:path'
import { causeOf } from '../errors.ts'
import { configLimits } from '../limits.ts'
import { readText } from './locate.ts'

export interface Interpolation {
  env: NodeJS.ProcessEnv
  /** Relative paths of `${file:…}` begin here: the configuration's own folder. */
  folder: string
}

/** What became of a value, or why it could not be had. Neither tells what the variable or the file holds. */
export type Interpolated = { text: string } | { fault: string }

const names = /^[A-Za-z_][A-Za-z0-9_]*$/

/** Whether a value has anything to be put in, or `$${` to be turned into `${`. */
export function hasReference(text: string): boolean {
  return text.includes('${')
}

/**
 * Puts variables and files in; what they hold is not looked at again. `$${` stands for `${` itself. The line end at a file's
 * end is no part of it.
 */
export async function interpolate(text: string, from: Interpolation): Promise<Interpolated> {
  let done = ''
  let at = 0
  for (;;) {
    const open = text.indexOf('${', at)
    if (open === -1) return { text: done + text.slice(at) }
    if (open > at && text[open - 1] === '$') {
      done += `${text.slice(at, open - 1)}\${`
      at = open + 2
      continue
    }
    const close = text.indexOf('}', open)
    if (close === -1) return { fault: '${ has no } behind it; write $${ for the characters ${' }
    const value = await referenced(text.slice(open + 2, close), from)
    if ('fault' in value) return value
    done += text.slice(at, open) + value.text
    at = close + 1
  }
}

async function referenced(name: string, { env, folder }: Interpolation): Promise<Interpolated> {
  if (name.startsWith('file:')) return fileText(resolve(folder, name.slice(5)), name)
  if (!names.test(name))
    return {
      fault: `\${${name.slice(0, 60)}} is no reference; write \${NAME}, \${file:/path}, or $\${ for the characters`,
    }
  const value = env[name]
  if (value === undefined)
    return { fault: `\${${name}} is not set; set the environment variable ${name}` }
  return { text: value }
}

async function fileText(path: string, name: string): Promise<Interpolated> {
  try {
    const text = await readText(path, configLimits.secretBytes)
    return { text: text.replace(/\r?\n$/, '') }
  } catch (error) {
    return { fault: `\${${name}} cannot be read: ${causeOf(error)}; check the file` }
  }
}
