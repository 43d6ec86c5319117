import { expect, test } from 'vitest'
import { actionWords, detailWords, objectWords } from '../../src/console/data/audit-words.ts'

test.each([
  ['listUnparsed', 'looked at unparsed lines'],
  ['listUnheard', 'list unheard'],
  ['toString', 'to string'],
  ['account.created', 'account created'],
  ['createToken2', 'create token2'],
  ['sign-in', 'sign-in'],
])('%s reads %s', (action, words) => {
  expect(actionWords(action)).toBe(words)
})

test.each([
  ['/api/v1/apps/slack', '/apps/slack'],
  ['ann', 'ann'],
  ['/api/v1', '/api/v1'],
])('on %s', (object, words) => {
  expect(objectWords(object)).toBe(words)
})

test.each([
  ['{"filters":["page","limit"]}', 'filters: page limit'],
  ['{"filters":[]}', ''],
  ['{}', ''],
  [
    '{"role":"reader","sources":null,"disabled":false}',
    'role: reader, sources: none, disabled: false',
  ],
  ['{"change":{"a":1}}', 'change: {"a":1}'],
  ['{"status":202}', ''],
  ['{"status":403,"role":"reader"}', 'it was refused (403), role: reader'],
  ['{"status":"open"}', 'status: open'],
  ['not JSON', 'not JSON'],
  ['[1]', '[1]'],
  ['', ''],
])('details %s', (detail, words) => {
  expect(detailWords(detail)).toBe(words)
})
