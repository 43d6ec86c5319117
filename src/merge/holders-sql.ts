/**
 * Who held something at a moment, from observations of its holders: an address by devices (a lease), a device by users (a session).
 *
 * The nearest observation before and the nearest behind are asked, within an hour. The same holder at both sides holds. One side alone
 * holds for a while. Two different holders: the one that is clearly nearer; of persons the one before, until shortly before the next is
 * seen (nobody else was at the device meanwhile, or he would have been). A thing whose holders take turns (A, B, A) has several at a
 * time (a terminal server, two networks with the same addresses): nobody is said to hold it in that hour.
 *
 * An answer depends on the observations within an hour around it only, so that hours can be merged in any order.
 */
import { mergeLimits } from '../limits.ts'

const { holdSeconds, nearSeconds, farSeconds, behindSeconds } = mergeLimits

/** Observations with columns k, h, t, holder → one for each moment ('?' = several at once), for `holdersSql`. */
export function observationsSql(observed: string): string {
  return `SELECT k, h, t, if(min(holder) = max(holder), any(holder), '?') AS holder FROM (${observed}) GROUP BY k, h, t`
}

/** Holders that take turns, in an hour and its neighbours: more changes than holders allow. */
function contested(observations: string, byHour: boolean): string {
  const hours = 'arrayMap(x -> toUInt32(intDiv(t, 3600) * 3600 + x), [-3600, 0, 3600])'
  return `
  SELECT k AS c_k, hh AS c_h, 1 AS c_any FROM (
    SELECT k, hh, arrayMap(x -> x.2, arraySort(groupArray((t, holder)))) AS row FROM db.${observations} ARRAY JOIN ${byHour ? '[h]' : hours} AS hh
    WHERE holder != '?' AND k IN (SELECT k FROM db.${observations} GROUP BY k HAVING uniqExact(holder) > 1) GROUP BY k, hh)
  WHERE arrayCount((a, b) -> a != b, arrayPopBack(row), arrayPopFront(row)) >= arrayUniq(row) AND arrayUniq(row) > 1`
}

/** `asked`: query with k, h, t (start of a minute). Gives k, t, holder ('' = nobody), confidence 0..1, several (0 or 1), one_side, since (seconds). */
export function holdersSql(
  asked: string,
  observations: string,
  stays: 'until-next' | 'near',
): string {
  // who had an address is judged for each hour anew (h), who was on a device is not (h is 0)
  const byHour = stays === 'near'
  const hour = byHour ? 'a.h' : 'toUInt32(0)'
  const before =
    stays === 'near'
      ? `since <= ${nearSeconds} AND till > ${farSeconds}`
      : `since <= ${2 * holdSeconds} AND till > ${farSeconds}`
  return `
  SELECT k, t, multiIf(several = 1, '', both, before, before_alone, before, behind_alone, behind, '') AS holder,
    multiIf(holder = '', 0., both AND since <= 1800 AND till <= 1800, 0.98, both, 0.9, 0.8) AS confidence, several, NOT both AS one_side, since
  FROM (
    SELECT a.k AS k, a.t AS t, p.holder AS before, n.holder AS behind, c.c_any AS several,
      if(before = '' OR before = '?' OR a.t > p.p_t + ${behindSeconds}, 999999, toInt32(greatest(a.t, p.p_t) - p.p_t)) AS since,
      if(behind = '' OR behind = '?' OR n.n_t > a.t + ${behindSeconds}, 999999, toInt32(n.n_t - least(a.t, n.n_t))) AS till,
      since < 999999 AND till < 999999 AND before = behind AS both,
      ${before} OR since <= ${holdSeconds} AND till = 999999 AS before_alone,
      till <= ${nearSeconds} AND since > ${farSeconds} OR till <= ${holdSeconds} AND since = 999999 AS behind_alone
    FROM (${asked}) AS a
    ASOF LEFT JOIN (SELECT k AS p_k, h AS p_h, t AS p_t, holder FROM db.${observations}) AS p ON a.k = p.p_k AND ${hour} = p.p_h AND a.e >= p.p_t
    ASOF LEFT JOIN (SELECT k AS n_k, h AS n_h, t AS n_t, holder FROM db.${observations}) AS n ON a.k = n.n_k AND ${hour} = n.n_h AND a.e < n.n_t
    LEFT ANY JOIN (${contested(observations, byHour)}) AS c ON a.k = c.c_k AND a.h = c.c_h
  )`
}
