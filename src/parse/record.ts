/** The record in a LineContext as a Transaction: for `gnomon parse`, the tap and the samples, never on the hot path. */
import { numberFields, textFields, textIndex } from './line-context.ts'
import type { LineContext, NumberField, TextField } from './line-context.ts'
import {
  decode,
  normaliseHost,
  normaliseIp,
  normaliseLower,
  normaliseMethod,
  normaliseName,
  normaliseUrl,
  normaliseUser,
} from './normalise.ts'
import type { Transaction } from './transaction.ts'

/** How each text field leaves the parser. */
export const normalisers: Record<TextField, (text: string) => string | null> = {
  srcIp: normaliseIp,
  srcHost: normaliseName,
  user: normaliseUser,
  device: normaliseName,
  dstHost: normaliseHost,
  dstIp: normaliseIp,
  url: normaliseUrl,
  protocol: normaliseLower,
  appProtocol: normaliseLower,
  method: normaliseMethod,
  userAgent: normaliseName,
  referrer: normaliseUrl,
  category: normaliseName,
  appHint: normaliseName,
}

const actions = [null, 'allowed', 'blocked'] as const

/** Bytes of a span, shared with the context. */
export function spanBytes(c: LineContext, field: number): Uint8Array {
  return c.buf.subarray(c.text[field * 2], c.text[field * 2 + 1])
}

function textOf(c: LineContext, field: TextField): string | null {
  const bytes = spanBytes(c, textIndex[field])
  return bytes.length === 0 ? null : normalisers[field](decode(bytes))
}

/** The whole record. `c` must hold one read with `full`. */
export function toTransaction(c: LineContext): Transaction {
  const text = Object.fromEntries(textFields.map((field) => [field, textOf(c, field)])) as Record<
    TextField,
    string | null
  >
  const number = Object.fromEntries(
    numberFields.map((field, i) => [field, c.numbers[i] < 0 ? null : c.numbers[i]]),
  ) as Record<NumberField, number | null>
  return {
    time: new Date(c.time).toISOString(),
    srcIp: text.srcIp,
    srcPort: number.srcPort,
    srcHost: text.srcHost,
    user: text.user,
    device: text.device,
    dstHost: text.dstHost,
    dstIp: text.dstIp,
    dstPort: number.dstPort,
    url: text.url,
    protocol: text.protocol,
    appProtocol: text.appProtocol,
    action: actions[c.action],
    bytesUp: number.bytesUp,
    bytesDown: number.bytesDown,
    bytesTotal: number.bytesTotal,
    method: text.method,
    status: number.status,
    userAgent: text.userAgent,
    referrer: text.referrer,
    category: text.category,
    appHint: text.appHint,
  }
}
