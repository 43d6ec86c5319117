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

/** Observations (t, holder) of a group's rows, which have arrays of moments: arrays of numbers laid side by side, since those of tuples take longer. */
export const gathered = (holder: string): string =>
  `arrayZip(groupArrayArray(moments), groupArrayArray(arrayWithConstant(length(moments), ${holder})))`

/** Moments are asked at the end of minutes: of a minute's observations its first and last matter. */
export const thinned = (row: string): string => `if(length(${row}) > 200,
    arrayFilter((x, p, n) -> intDiv(x.1, 60) != intDiv(p.1, 60) OR intDiv(x.1, 60) != intDiv(n.1, 60), ${row},
      arrayPopBack(arrayPushFront(${row}, (toUInt32(0), toUInt64(0)))), arrayPopFront(arrayPushBack(${row}, (toUInt32(0), toUInt64(0))))), ${row})`

/** Two holders at one moment: the moment has several. */
const marked = (row: string): string => `
    arrayMap((x, p, n) -> (x.1, if(x.1 = p.1 AND x.2 != p.2 OR x.1 = n.1 AND x.2 != n.2, toUInt64(1), x.2)), ${row},
      arrayPopBack(arrayPushFront(${row}, (toUInt32(0), toUInt64(0)))), arrayPopFront(arrayPushBack(${row}, (toUInt32(0), toUInt64(0)))))`

/**
 * `observed`: query with k, h, seen (array of (t, holder), in any order). Gives k, h, row (sorted), several: more changes than holders
 * allow (then nobody asks the row, and it is empty).
 */
export function heldSql(observed: string): string {
  return `
  SELECT k, h, if(several, [], ${thinned('whole')}) AS row, several FROM (
    SELECT k, h, arraySort(seen) AS sorted, arrayUniq(arrayMap(x -> x.2, seen)) = 1 AS alone,
      if(alone, sorted, ${marked('sorted')}) AS whole,
      if(alone, [], arrayCompact(arrayMap(x -> x.2, arrayFilter(x -> x.2 != 1, whole)))) AS turns,
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
    arrayLastIndex(x -> x.1 <= ${e}, ${c('row')}) AS ${c('at')}, ${c('row')}[${c('at')}] AS ${c('before')}, ${c('row')}[${c('at')} + 1] AS ${c('behind')},
    if(${c('before')}.2 <= 1 OR ${e} - 59 > ${c('before')}.1 + ${behindSeconds}, ${never}, toInt32(greatest(${e} - 59, ${c('before')}.1) - ${c('before')}.1)) AS ${c('since')},
    if(${c('behind')}.2 <= 1 OR ${c('behind')}.1 > ${e} - 59 + ${behindSeconds}, ${never}, toInt32(${c('behind')}.1 - (${e} - 59))) AS ${c('till')},
    ${c('since')} < ${never} AND ${c('till')} < ${never} AND ${c('before')}.2 = ${c('behind')}.2 AS ${c('both')},
    multiIf(${c('several')} = 1, 0, ${c('both')}, ${c('before')}.2,
      ${c('since')} <= ${long} AND ${c('till')} > ${farSeconds} OR ${c('since')} <= ${holdSeconds} AND ${c('till')} = ${never}, ${c('before')}.2,
      ${c('till')} <= ${nearSeconds} AND ${c('since')} > ${farSeconds} OR ${c('till')} <= ${holdSeconds} AND ${c('since')} = ${never}, ${c('behind')}.2, 0) AS ${c('holder')}`
}
