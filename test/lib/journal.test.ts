/** A journal over full disks and torn writes: each line that was promised is there, and no other is lost for one that was not. */
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Journal } from '../../src/lib/journal.ts'

function newPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gnomon-journal-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'lines')
}

test('lines come back in their order', async () => {
  const path = newPath()
  const { journal, lines } = await Journal.open(path)
  expect(lines).toEqual([])
  await Promise.all(['a', 'b', 'c'].map(async (line) => journal.append(line)))
  await journal.close()
  const again = await Journal.open(path)
  expect(again.lines).toEqual(['a', 'b', 'c'])
  await again.journal.close()
})

test('a line after one that the disk had no room for is a line of its own', async () => {
  const path = newPath()
  const { journal } = await Journal.open(path)
  await journal.append('first')
  const probe = await open(path, 'r')
  const handles = Object.getPrototypeOf(probe) as FileHandle
  await probe.close()
  const full = vi.spyOn(handles, 'appendFile').mockImplementationOnce(async () => {
    appendFileSync(path, 'hal')
    throw new Error('no space left on device')
  })
  await expect(journal.append('half of it')).rejects.toThrow('no space')
  full.mockRestore()
  await journal.append('next')
  expect(await journal.lines()).toEqual(['first', 'hal', 'next'])
  await journal.close()
})

test('so is a line after one that a power cut tore', async () => {
  const path = newPath()
  appendFileSync(path, 'whole\nhal')
  const { journal, lines } = await Journal.open(path)
  expect(lines).toEqual(['whole', 'hal'])
  await journal.append('next')
  expect(await journal.lines()).toEqual(['whole', 'hal', 'next'])
  await journal.close()
})

test('lines are replaced as a whole, and writes that come meanwhile follow', async () => {
  const path = newPath()
  const { journal } = await Journal.open(path)
  await journal.append('old')
  await Promise.all([journal.replace(async () => ['new', 'er']), journal.append('next')])
  await journal.replace(async () => null)
  expect(readFileSync(path, 'utf8')).toBe('new\ner\nnext\n')
  await journal.close()
})

test('when they cannot be replaced, the old ones stay in force', async () => {
  const path = newPath()
  const { journal } = await Journal.open(path)
  await journal.append('old')
  mkdirSync(`${path}.new`)
  await expect(journal.replace(async () => ['new'])).rejects.toThrow('EISDIR')
  rmdirSync(`${path}.new`)
  await journal.append('next')
  expect(await journal.lines()).toEqual(['old', 'next'])
  await journal.close()
})
