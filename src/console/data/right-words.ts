/** What a token of a program opens, in words. */
import type { Right } from './session.ts'

export const openedBy: Record<Right, string> = {
  'reports.read': 'Reports, apps, sources, ledger',
  'names.read': 'Names of people, devices and addresses',
  'names.reveal': 'Names behind pseudonyms',
  'raw.read': 'Lines as received',
  'intake.write': 'Uploads and replays',
  'govern.write': 'Tags, policies, formats',
  'settings.read': 'The settings, to read',
  'settings.write': 'The settings, to change',
  'audit.read': 'The audit trail',
  'access.write': 'Accounts and tokens of all',
}
