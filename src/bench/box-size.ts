/** What size of box a rate needs: from what one GB of logs cost this box, with the arithmetic to check it by. */

/** What the whole path cost, measured. */
export interface MeasuredCost {
  /** Bytes of logs sent, and the CPU time the appliance took for them, in all its threads. */
  bytes: number
  cpuSeconds: number
  /** Most resident memory. */
  peakBytes: number
  lines: number
  /** Rows of minute flows for each line, on lines that do not repeat. */
  flowShare: number
  /** Bytes of the store for each row. */
  bytesOfFlow: number
}

export interface BoxSize {
  gbPerHour: number
  cores: number
  memoryGb: number
  diskGbPerDay: number
  arithmetic: string
}

/** Logs come in peaks: the busiest minutes of a working day have about this many times the mean. */
const peakFactor = 4
/** Of a core's time: what merges, queries and reports beside it leave. */
const usable = 0.6
/** Memory is measured on generated lines: twice as much leaves room for the store's merges. */
const memoryFactor = 2
const gb = 1e9

export function boxSize(cost: MeasuredCost, gbPerHour: number): BoxSize {
  const secondsPerGb = cost.cpuSeconds / (cost.bytes / gb)
  const busy = (gbPerHour * peakFactor * secondsPerGb) / 3600
  const cores = Math.max(1, Math.ceil(busy / usable))
  const linesPerGb = cost.lines / (cost.bytes / gb)
  const diskGbPerGb = (linesPerGb * cost.flowShare * cost.bytesOfFlow) / gb
  const diskGbPerDay = gbPerHour * 24 * diskGbPerGb
  const memoryGb = Math.max(2, Math.ceil((cost.peakBytes * memoryFactor) / gb))
  return {
    gbPerHour,
    cores,
    memoryGb,
    diskGbPerDay,
    arithmetic:
      `cores: ${gbPerHour} GB/hour × ${peakFactor} at the peak × ${secondsPerGb.toFixed(1)} s of CPU a GB / 3600 s / ${usable} of a core = ${(busy / usable).toFixed(2)}; ` +
      `disk: ${gbPerHour} × 24 GB × ${(linesPerGb / 1e6).toFixed(2)} million lines × ${cost.flowShare.toFixed(2)} flows × ${cost.bytesOfFlow.toFixed(0)} bytes = ${diskGbPerDay.toFixed(1)} GB a day; ` +
      `memory: ${memoryFactor} × ${(cost.peakBytes / gb).toFixed(2)} GB measured`,
  }
}

/** Rates a table is made for when none is asked for, GB/hour. */
export const usualRates = [10, 50, 200, 1000] as const
