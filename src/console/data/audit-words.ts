/** Entries of the audit trail in words: operations are named as in the API's description, details come as JSON. */
import { auditActions } from './audit-actions.ts'

/** `listUnparsed` → `looked at unparsed lines`; one of another version is only cut into its words. */
export function actionWords(action: string): string {
  const known = Object.hasOwn(auditActions, action) ? auditActions[action] : undefined
  if (known !== undefined) return known
  return action
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .replaceAll('.', ' ')
    .toLowerCase()
}

/** Without what stands before every address of the API. */
export function objectWords(object: string): string {
  return object.replace(/^\/api\/v1(?=\/)/, '')
}

/** `key: value, key: value`; what is empty tells nothing. Text that is no JSON object stays as it is. */
export function detailWords(detail: string): string {
  const parts = membersOf(detail)
  if (parts === null) return detail
  return parts
    .map(([key, value]) => [key, valueWords(value)])
    .filter(([, words]) => words !== '')
    .map(([key, words]) => `${key}: ${words}`)
    .join(', ')
}

function membersOf(detail: string): [string, unknown][] | null {
  try {
    const value: unknown = JSON.parse(detail)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value)
      : null
  } catch {
    // written by another version: shown as it stands
    return null
  }
}

function valueWords(value: unknown): string {
  if (value === null) return 'none'
  if (Array.isArray(value)) return value.map(valueWords).join(' ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
