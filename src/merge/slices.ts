/**
 * The rows of a pass in parts that fit in memory. A slice is a range of client addresses (the order of `flows`, so a slice reads its own
 * part of the table), with the flows that have them and the agents' rows of devices that had them: both records of one visit, and what an
 * agent tells of it, have the same client. An address with more flows than a slice is divided again by destination, and agents' rows
 * without an address of their own by their number; those of one address are held whole.
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

/** Rows of agents of the slice's addresses. */
export const agentsInSlice = `local_ip >= {low:String} AND local_ip <= {high:String}
    AND ({parts:UInt32} = 1 OR local_ip != '' OR feed_row % {parts:UInt32} = {part:UInt32})`

export interface Slice extends Record<string, unknown> {
  low: string
  high: string
  part: number
  parts: number
  slice: number
}

/** Addresses of one slice follow each other; one that is larger than a slice stands alone. */
const rangesSql = `
  SELECT min(ip) AS low, max(ip) AS high, sum(flows) AS flows, sum(agents) AS agents FROM (
    SELECT ip, flows, agents, flows + agents AS n, intDiv(sum(n) OVER (ORDER BY ip) - n, {size:UInt64}) AS range
    FROM (
      SELECT ip, sum(f) AS flows, sum(a) AS agents FROM (
        SELECT toString(src_ip) AS ip, count() AS f, 0 AS a FROM db.flows WHERE ${flowsWindow} GROUP BY src_ip
        UNION ALL
        SELECT toString(local_ip) AS ip, 0 AS f, count() AS a FROM db.device_connections
        WHERE report = {report:String} AND at >= toDateTime64({from:UInt32} - ${behindSeconds}, 3, 'UTC') AND at < toDateTime64({to:UInt32} + ${behindSeconds}, 3, 'UTC') GROUP BY local_ip)
      GROUP BY ip))
  GROUP BY range, n > {size:UInt64} ORDER BY low`

/** Slices of at most about twice `size` rows; one at least. The parts of one address follow each other. */
export async function slicesOf(
  store: Store,
  params: Record<string, unknown>,
  size: number,
): Promise<Slice[]> {
  const ranges = await store.query<{ low: string; high: string; flows: number; agents: number }>(
    rangesSql,
    { ...params, size },
  )
  const slices: Slice[] = []
  for (const { low, high, flows, agents } of ranges) {
    const divided = low === '' ? Math.max(flows, agents) : flows
    const parts = low === high ? Math.max(1, Math.ceil(divided / size)) : 1
    for (let part = 0; part < parts; part++)
      slices.push({ low, high, part, parts, slice: slices.length })
  }
  return slices.length > 0 ? slices : [{ low: '', high: '', part: 0, parts: 1, slice: 0 }]
}

/** Slices that share their agents' rows: the parts of one address. */
export function groupsOf(slices: readonly Slice[]): Slice[][] {
  const groups: Slice[][] = []
  for (const slice of slices) {
    const last = groups.at(-1)
    if (last !== undefined && slice.part > 0 && slice.low !== '') last.push(slice)
    else groups.push([slice])
  }
  return groups
}
