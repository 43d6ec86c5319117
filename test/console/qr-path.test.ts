import { expect, test } from 'vitest'
import { qrPath } from '../../src/console/data/qr-path.ts'

/** Its dark modules, read back from the path. */
function modulesOf(path: string): Set<string> {
  const dark = new Set<string>()
  for (const [, x, y, run] of path.matchAll(/M(\d+) (\d+)h(\d+)v1H\1z/g))
    for (let i = 0; i < Number(run); i++) dark.add(`${Number(x) + i},${y}`)
  return dark
}

test.each([
  ['a', 21],
  ['otpauth://totp/Gnomon:ada?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Gnomon', 37],
])('%s: finder patterns at three corners, a quiet zone around', (text, modules) => {
  const { size, path } = qrPath(text)
  const dark = modulesOf(path)
  expect(size - 8).toBe(modules)
  // seven dark modules, a light one inside, a dark heart; nothing in the quiet zone
  for (const [left, top] of [
    [4, 4],
    [size - 11, 4],
    [4, size - 11],
  ]) {
    for (let i = 0; i < 7; i++) expect(dark.has(`${left + i},${top}`)).toBe(true)
    expect(dark.has(`${left + 1},${top + 1}`)).toBe(false)
    expect(dark.has(`${left + 3},${top + 3}`)).toBe(true)
  }
  expect([...dark].filter((at) => at.split(',').some((n) => +n < 4 || +n >= size - 4))).toEqual([])
})
