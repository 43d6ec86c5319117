/** What is told when something does not leave the box. */
import { expect, test } from 'vitest'
import { publishTroubles } from '../../src/govern/publish-troubles.ts'
import type { PublishState } from '../../src/govern/publish-troubles.ts'

const nowMs = Date.UTC(2026, 9, 15, 12)
const at = (hours: number): string => new Date(nowMs - hours * 3_600_000).toISOString()
const job = (state: PublishState['jobs'][number]['state'], more: object = {}) => ({
  upload: 'all',
  state,
  trouble: 'done_upload: status 400',
  made: at(1),
  closed: null,
  ...more,
})
const well: PublishState = {
  jobs: [],
  uploads: [{ name: 'all', trouble: null }],
  lostSegments: 0,
  records: [{ name: 'siem', trouble: null, troubleMs: null }],
  reports: { trouble: null },
}
const f = (more: Partial<PublishState>): string[] =>
  publishTroubles({ ...well, ...more }, nowMs).map(({ key }) => key)

test('all is well: nothing is told', () => {
  expect(f({})).toEqual([])
  expect(f({ jobs: [job('waiting'), job('finalising')] })).toEqual([])
})

test.each<[string, Partial<PublishState>, string[]]>([
  [
    'refused files of one upload and day are one event, of another day another',
    {
      jobs: [
        job('refused'),
        job('refused', { closed: at(2) }),
        job('refused', { closed: at(30) }),
        job('uncertain'),
        job('refused', { upload: 'other' }),
      ],
    },
    [
      'upload-refused|all|2026-10-15',
      'upload-refused|all|2026-10-14',
      'upload-uncertain|all|2026-10-15',
      'upload-refused|other|2026-10-15',
    ],
  ],
  [
    'an upload that waits for six hours',
    { jobs: [job('waiting', { made: at(6) })] },
    ['upload-late|all'],
  ],
  [
    'refused files do not make it late',
    { jobs: [job('refused', { made: at(90) })] },
    ['upload-refused|all|2026-10-11'],
  ],
  [
    'records that are not taken for six hours',
    {
      records: [
        { name: 'siem', trouble: 'status 500', troubleMs: nowMs - 6 * 3_600_000 },
        { name: 'soon', trouble: 'status 500', troubleMs: nowMs - 60_000 },
      ],
    },
    ['records-late|siem'],
  ],
  ['a report that failed', { reports: { trouble: 'cannot mail' } }, ['scheduled-report']],
  ['raw lines that had to go', { lostSegments: 2 }, ['upload-lost']],
])('%s', (_, state, keys) => {
  expect(f(state)).toEqual(keys)
})

test('it says how many, why, and what to do', () => {
  const [trouble] = publishTroubles({ ...well, jobs: [job('refused'), job('refused')] }, nowMs)
  expect(trouble).toMatchObject({ severity: 'high', measures: { files: 2 } })
  expect(trouble.detail).toMatch(/^2 files; the last: done_upload: status 400\. .*send them again/)
})
