/** One seed for every run, so that a failure is of the change at hand; `npm run hunt` and HUNT_SEED draw others. */
export const seed = Number(process.env.HUNT_SEED ?? 7)
