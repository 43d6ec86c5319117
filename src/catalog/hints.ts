/**
 * Vendors' own names of applications. Palo Alto writes `dropbox-uploading` (App-ID: app and function), FortiGate `Dropbox_File.Upload`
 * (app, then the function behind `_`), Check Point and Zscaler the name itself.
 */
import { catalogLimits } from '../limits.ts'

/** What App-ID puts behind an app's name for a part of its use. */
const functions = new Set(
  (
    'access app apps audio base business call calling chat chatting consumer creating deleting desktop download downloading edit editing ' +
    'enterprise login mail meeting messaging mobile personal play post posting send sharing streaming sync update upload uploading video ' +
    'viewing voice web'
  ).split(' '),
)
const longFunctions = ['-file-transfer', '-file-sharing', '-remote-control', '-social-plugin']

/** One spelling: lower case, words joined by `-`. `_` stays, it divides app and function. */
export function normaliseHint(text: string): string {
  return text
    .slice(0, catalogLimits.hintCharacters)
    .trim()
    .toLowerCase()
    .replaceAll(/[\s.-]+/g, '-')
}

/** The names to look for, the most precise first. */
export function hintNames(text: string): string[] {
  const whole = normaliseHint(text)
  if (whole === '') return []
  const names = [whole]
  const divided = whole.indexOf('_')
  if (divided > 0) names.push(whole.slice(0, divided))
  for (const ending of longFunctions)
    if (whole.endsWith(ending)) names.push(whole.slice(0, -ending.length))
  let rest = whole
  for (let steps = 0; steps < 2; steps++) {
    const dash = rest.lastIndexOf('-')
    if (dash <= 0 || !functions.has(rest.slice(dash + 1))) break
    rest = rest.slice(0, dash)
    names.push(rest)
  }
  return names
}
