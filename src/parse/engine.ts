/** What the JavaScript engine is told about code like ours. */
import { setFlagsFromString } from 'node:v8'

/**
 * The function of a format calls some sixty small ones for a line: readers of numbers and times, tests of words. The engine's own
 * bounds on what it puts in the place of a call (460 bytes of its code for one, 920 for all) leave most of them calls; above these
 * bounds the parsers measured a fifth to a third faster, and what more code costs in start-up is a fraction of a second. To be called
 * before lines are read: functions compiled before keep their calls.
 */
export function inlineMore(): void {
  setFlagsFromString('--max-inlined-bytecode-size=2000')
  setFlagsFromString('--max-inlined-bytecode-size-cumulative=10000')
  setFlagsFromString('--max-inlined-bytecode-size-small=80')
  setFlagsFromString('--min-inlining-frequency=0.01')
  // the same of WebAssembly: a twentieth to a tenth
  setFlagsFromString('--wasm-inlining-budget=20000')
  setFlagsFromString('--wasm-inlining-max-size=2000')
  setFlagsFromString('--wasm-inlining-factor=10')
  setFlagsFromString('--wasm-inlining-min-budget=1000')
}
