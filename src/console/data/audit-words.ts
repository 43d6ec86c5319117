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

/** `key: value, key: value`; what is empty, or went as asked, tells nothing. Text that is no JSON object stays as it is. */
export function detailWords(detail: string): string {
  const parts = membersOf(detail)
  if (parts === null) return detail
  return parts
    .map(([key, value]) => (key === 'status' ? statusWords(value) : memberWords(key, value)))
    .filter((words) => words !== '')
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

function memberWords(key: string, value: unknown): string {
  const words = valueWords(value)
  return words === '' ? '' : `${key}: ${words}`
}

/** Whether it was done, by the status of the answer. */
function statusWords(status: unknown): string {
  if (typeof status !== 'number') return memberWords('status', status)
  return status < 400 ? '' : `it was refused (${status})`
}

function valueWords(value: unknown): string {
  if (value === null) return 'none'
  if (Array.isArray(value)) return value.map(valueWords).join(' ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
