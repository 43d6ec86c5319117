/**
 * The flows of a pass in parts that fit in memory. A slice is a range of client addresses (the order of `flows`, so a slice reads its own
 * part of the table); an address with more than a slice's flows is divided again by destination. Both records of one visit have the same
 * client and destination, so each slice pairs on its own.
 *
 * Parameters of a slice: low, high (client addresses, both included), part, parts, slice (its number).
 */
import { mergeLimits } from '../limits.ts'
import type { Store } from '../store/store.ts'

const { behindSeconds, aheadSeconds, toleranceSeconds, skewSecondsMax } = mergeLimits

/** Flows of the hours, and of what stands before and behind them. */
export const flowsWindow = `report = {report:String} AND record != 'dns'
    AND minute >= toDateTime({from:UInt32} - ${behindSeconds + toleranceSeconds + skewSecondsMax}, 'UTC') AND minute < toDateTime({to:UInt32} + ${aheadSeconds}, 'UTC')`

export const inSlice = `src_ip >= {low:String} AND src_ip <= {high:String}
    AND ({parts:UInt32} = 1 OR cityHash64(toString(if(dst_ip = '', dst_host, dst_ip))) % {parts:UInt32} = {part:UInt32})`

export interface Slice extends Record<string, unknown> {
  low: string
  high: string
  part: number
  parts: number
  slice: number
}

/** Addresses of one slice follow each other; one that is larger than a slice stands alone. */
const rangesSql = `
  SELECT min(ip) AS low, max(ip) AS high, sum(n) AS rows FROM (
    SELECT toString(src_ip) AS ip, n, intDiv(sum(n) OVER (ORDER BY ip) - n, {size:UInt64}) AS range
    FROM (SELECT src_ip, count() AS n FROM db.flows WHERE ${flowsWindow} GROUP BY src_ip))
  GROUP BY range, n > {size:UInt64} ORDER BY low`

/** Slices of at most about twice `size` flows; one at least. */
export async function slicesOf(
  store: Store,
  params: Record<string, unknown>,
  size: number,
): Promise<Slice[]> {
  const ranges = await store.query<{ low: string; high: string; rows: number }>(rangesSql, {
    ...params,
    size,
  })
  const slices: Slice[] = []
  for (const { low, high, rows } of ranges) {
    const parts = low === high ? Math.ceil(rows / size) : 1
    for (let part = 0; part < parts; part++)
      slices.push({ low, high, part, parts, slice: slices.length })
  }
  return slices.length > 0 ? slices : [{ low: '', high: '', part: 0, parts: 1, slice: 0 }]
}
