/**
 * Who held something at a moment, from observations of its holders: an address by devices (a lease), a device by users (a session).
 *
 * The nearest observation before and the nearest behind are asked, within an hour. The same holder at both sides holds. One side alone
 * holds for a while. Two different holders: the one that is clearly nearer; of persons the one before, until shortly before the next is
 * seen (nobody else was at the device meanwhile, or he would have been). A thing whose holders take turns (A, B, A) has several at a
 * time (a terminal server, two networks with the same addresses): nobody is said to hold it in that hour.
 *
 * An answer depends on the observations within an hour around it only, so that hours can be merged in any order. Observations of a thing and
 * an hour stand in one sorted array: a look-up is one probe of a hash table, where a join to the nearest row cost four times as much.
 * Holders are numbers: 0 = nobody, 1 = several at that moment.
 */
import { mergeLimits } from '../limits.ts'

const { holdSeconds, nearSeconds, farSeconds, behindSeconds } = mergeLimits

/** No observation within reach. */
const never = 999_999

/** The hour and its neighbours: an observation in one of them may be asked for in the others. */
export const around = 'arrayMap(x -> toUInt32(h + x), [-3600, 0, 3600])'

/** An observation as one number, in the order of time: sorting and comparing numbers takes half as long as it does for tuples. */
const observation = (t: string, holder: string): string =>
  `bitOr(bitShiftLeft(toUInt128(${t}), 64), toUInt128(${holder}))`
/** Its parts. */
export const timeOf = (x: string): string => `toUInt32(bitShiftRight(${x}, 64))`
export const holderOf = (x: string): string => `toUInt64(${x})`
/** Whether it is not later than a moment. */
export const until = (x: string, t: string): string =>
  `${x} < bitShiftLeft(toUInt128(${t}) + 1, 64)`

/** A row's moments as observations of one holder. */
export const observations = (holder: string): string =>
  `arrayMap(moment -> ${observation('moment', holder)}, moments)`

const neighbours = (row: string): string =>
  `arrayPopBack(arrayPushFront(${row}, toUInt128(0))), arrayPopFront(arrayPushBack(${row}, toUInt128(0)))`
const minuteOf = (x: string): string => `intDiv(${timeOf(x)}, 60)`

/** Moments are asked at the end of minutes: of a minute's observations its first and last matter. */
export const thinned = (row: string): string => `if(length(${row}) > 200,
    arrayFilter((x, p, n) -> ${minuteOf('x')} != ${minuteOf('p')} OR ${minuteOf('x')} != ${minuteOf('n')}, ${row}, ${neighbours(row)}), ${row})`

/** Two holders at one moment: the moment has several. */
const marked = (row: string): string => `
    arrayMap((x, p, n) -> if(x != p AND ${timeOf('x')} = ${timeOf('p')} OR x != n AND ${timeOf('x')} = ${timeOf('n')}, ${observation(timeOf('x'), '1')}, x), ${row}, ${neighbours(row)})`

/**
 * `observed`: query with k, h, seen (array of observations, in any order), alone (they have one holder). Gives k, h, row (sorted), several: more
 * changes than holders allow (then nobody asks the row, and it is empty).
 */
export function heldSql(observed: string): string {
  return `
  SELECT k, h, if(several, [], ${thinned('whole')}) AS row, several FROM (
    SELECT k, h, arraySort(seen) AS sorted, if(alone, sorted, ${marked('sorted')}) AS whole,
      if(alone, [], arrayCompact(arrayFilter(x -> x != 1, arrayMap(x -> ${holderOf('x')}, whole)))) AS turns,
      toUInt8(length(turns) - 1 >= arrayUniq(turns) AND arrayUniq(turns) > 1) AS several
    FROM (${observed}))`
}

/**
 * Columns that tell the holder of a row at the end `e` of a minute; `held`: prefix of its columns from `heldSql` (row, several). Gives
 * with the same prefix: holder (0 = nobody), both (seen before and behind), since (seconds).
 */
export function holderColumns(held: string, e: string, stays: 'until-next' | 'near'): string {
  const c = (name: string): string => `${held}_${name}`
  const long = stays === 'near' ? nearSeconds : 2 * holdSeconds
  return `
    arrayLastIndex(x -> ${until('x', e)}, ${c('row')}) AS ${c('at')}, ${c('row')}[${c('at')}] AS ${c('before')}, ${c('row')}[${c('at')} + 1] AS ${c('behind')},
    ${timeOf(c('before'))} AS ${c('before_t')}, ${holderOf(c('before'))} AS ${c('before_by')}, ${timeOf(c('behind'))} AS ${c('behind_t')}, ${holderOf(c('behind'))} AS ${c('behind_by')},
    if(${c('before_by')} <= 1 OR ${e} - 59 > ${c('before_t')} + ${behindSeconds}, ${never}, toInt32(greatest(${e} - 59, ${c('before_t')}) - ${c('before_t')})) AS ${c('since')},
    if(${c('behind_by')} <= 1 OR ${c('behind_t')} > ${e} - 59 + ${behindSeconds}, ${never}, toInt32(${c('behind_t')} - (${e} - 59))) AS ${c('till')},
    ${c('since')} < ${never} AND ${c('till')} < ${never} AND ${c('before_by')} = ${c('behind_by')} AS ${c('both')},
    multiIf(${c('several')} = 1, 0, ${c('both')}, ${c('before_by')},
      ${c('since')} <= ${long} AND ${c('till')} > ${farSeconds} OR ${c('since')} <= ${holdSeconds} AND ${c('till')} = ${never}, ${c('before_by')},
      ${c('till')} <= ${nearSeconds} AND ${c('since')} > ${farSeconds} OR ${c('till')} <= ${holdSeconds} AND ${c('since')} = ${never}, ${c('behind_by')}, 0) AS ${c('holder')}`
}
