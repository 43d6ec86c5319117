/** Lines that clouds deliver in base64: the records of Firehose and Kinesis. */
import { constantBytes } from './line-context.ts'

/** Whether the text at the scratch's beginning is all of base64's letters, as many as it writes. */
export function isBase64(buf: Uint8Array, end: number): boolean {
  const length = end - constantBytes
  if (length < base64BytesMin || length % 4 !== 0) return false
  let at = constantBytes
  while (at < end && isBase64Letter(buf[at])) at++
  return at >= end - 2 && (at === end || (buf[at] === 61 && buf[end - 1] === 61))
}

function isBase64Letter(b: number): boolean {
  return (b >= 47 && b <= 57) || ((b | 32) - 97) >>> 0 < 26 || b === 43
}

/** Shorter texts are words. */
const base64BytesMin = 32

/** Firehose's and Kinesis' records are base64: what they say, when it is text. */
export function decodeBase64(buf: Uint8Array, end: number): number {
  const text = Buffer.from(
    Buffer.from(buf.subarray(constantBytes, end)).toString('latin1'),
    'base64',
  )
  if (text.subarray(0, 16).some((b) => b < 9)) return end
  buf.set(text, constantBytes)
  let out = constantBytes + text.length
  while (out > constantBytes && (buf[out - 1] === 10 || buf[out - 1] === 13)) out--
  return out
}
