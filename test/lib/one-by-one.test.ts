import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { oneByOne } from '../../src/lib/one-by-one.ts'

test('works follow each other in their order; one that fails holds up no other', async () => {
  const inTurn = oneByOne()
  const order: string[] = []
  const work = (name: string, ms: number, fails = false) =>
    inTurn(async () => {
      order.push(`${name} begins`)
      await delay(ms)
      order.push(`${name} ends`)
      if (fails) throw new Error(name)
      return name
    })
  const results = await Promise.allSettled([work('a', 20), work('b', 1, true), work('c', 1)])
  expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
})
