import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { TakenFiles } from '../../src/spool/taken-files.ts'
import { startMs, throwAwayFolder } from './spool-parts.ts'

const dayMs = 86_400_000
const entry = (id: string, atMs = startMs) => ({ id, name: `${id}.log`, bytes: 1, lines: 1, atMs })

async function opened(path: string, nowMs = startMs): Promise<TakenFiles> {
  const taken = new TakenFiles(path)
  await taken.open(nowMs, 90 * dayMs)
  return taken
}

describe('the journal of taken files', () => {
  test('remembers over restarts and forgets what is too old', async () => {
    const path = join(throwAwayFolder(), 'taken.jsonl')
    const first = await opened(path)
    await first.add(entry('old', startMs - 80 * dayMs))
    await first.add(entry('new'))
    expect([first.has('old'), first.has('new'), first.has('other')]).toEqual([true, true, false])
    await first.close()
    const second = await opened(path, startMs + 20 * dayMs)
    expect([second.has('old'), second.has('new')]).toEqual([false, true])
    await second.close()
    expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(1)
  })

  test('a torn last line is no entry, and the next one is whole', async () => {
    const path = join(throwAwayFolder(), 'taken.jsonl')
    const whole = `${JSON.stringify(entry('a'))}\n`
    const torn = JSON.stringify(entry('b'))
    for (let length = 1; length < torn.length; length++) {
      writeFileSync(path, whole + torn.slice(0, length))
      const taken = await opened(path)
      expect([taken.has('a'), taken.has('b')]).toEqual([true, false])
      await taken.add(entry('c'))
      await taken.close()
      const again = await opened(path)
      expect([again.has('a'), again.has('c')]).toEqual([true, true])
      await again.close()
    }
  })

  test('a whole last line without its line end is an entry', async () => {
    const path = join(throwAwayFolder(), 'taken.jsonl')
    writeFileSync(path, JSON.stringify(entry('a')))
    const taken = await opened(path)
    await taken.add(entry('b'))
    await taken.close()
    const again = await opened(path)
    expect([again.has('a'), again.has('b')]).toEqual([true, true])
    await again.close()
  })

  test.each(['null', '[]', '"x"', '{}', '{"id":1,"atMs":1}', '\u0000'])(
    '%s is no entry',
    async (line) => {
      const path = join(throwAwayFolder(), 'taken.jsonl')
      appendFileSync(path, `${line}\n${JSON.stringify(entry('a'))}\n`)
      const taken = await opened(path)
      expect(taken.has('a')).toBe(true)
      await taken.close()
    },
  )

  test('a journal that cannot be read is an operating error', async () => {
    await expect(opened(throwAwayFolder())).rejects.toMatchObject({ code: 'SPOOL_UNUSABLE' })
  })
})
