/** Receipts of the command are taken into the store, once, and again after a restart without doubling. */
import { appendFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ReceiptsFile, commandOutbox, receiptsName } from '../../src/publish/receipts-file.ts'
import { receiptRows } from '../../src/publish/receipts.ts'
import { openGround } from '../govern/govern-parts.ts'
import type { Ground } from '../govern/govern-parts.ts'

let ground: Ground
beforeAll(async () => {
  ground = await openGround()
  await mkdir(join(ground.folder, commandOutbox))
})
afterAll(() => ground.close())

const line = (id: string): string =>
  `${JSON.stringify({
    ...{
      id,
      upload: 'command',
      tenant: 'contoso',
      stream: 'Branch',
      snapshot: true,
      format: 'SQUID',
    },
    ...{
      content: 'file',
      fileName: 'a.log',
      rows: 3,
      bytes: 30,
      sha256: 'ff',
      from: null,
      to: null,
    },
    ...{ made: new Date().toISOString(), closed: new Date().toISOString(), state: 'receipted' },
    ...{ tries: 1, addresses: 1, steps: [], trouble: null },
  })}\n`
const ids = async (): Promise<string[]> =>
  (await receiptRows(ground.store, { upload: null, state: null, limit: 10, offset: 0 })).rows
    .map(({ id }) => id)
    .sort()

test('new lines are taken once; a torn one waits for its rest', async () => {
  const path = join(ground.folder, commandOutbox, receiptsName)
  const file = new ReceiptsFile(ground.folder)
  expect(await file.take(ground.store, 1)).toBe(0)
  await appendFile(path, line('a') + line('b').slice(0, 20))
  expect(await file.take(ground.store, 2)).toBe(1)
  expect(await file.take(ground.store, 3)).toBe(0)
  await appendFile(path, line('b').slice(20))
  expect(await file.take(ground.store, 4)).toBe(1)
  expect(await new ReceiptsFile(ground.folder).take(ground.store, 5)).toBe(2)
  expect(await ids()).toEqual(['a', 'b'])
})
