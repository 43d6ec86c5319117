/** Says that a number is no 32-bit integer where functions are compiled to WebAssembly (lib/wasm-words.ts); nothing to JavaScript. */
export function double(value: number): number {
  return value
}
