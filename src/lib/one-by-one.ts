/**
 * Makes a queue: each work begins when the one before has ended, however it ended. Who asked for one gets its result or its error; an
 * error holds up nobody else.
 */
export function oneByOne(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return async (work) => {
    const mine = last.then(work)
    last = mine.catch(() => undefined)
    return mine
  }
}
