/** A sender in its own process: lines over TCP as fast as they are taken, or UDP datagrams at a rate. Told by argv, tells by stdout. */
import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

export interface Sent {
  lines: number
  bytes: number
  seconds: number
}

/** Sends the file's lines again and again for `seconds`. */
async function sendTcp(port: number, file: string, seconds: number): Promise<Sent> {
  const bytes = readFileSync(file)
  let lines = 0
  for (const byte of bytes) if (byte === 10) lines++
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve).once('error', reject)
  })
  const startMs = performance.now()
  const sent = { lines: 0, bytes: 0 }
  while (performance.now() - startMs < seconds * 1000) {
    for (let at = 0; at < bytes.length; at += 1 << 20)
      if (!socket.write(bytes.subarray(at, Math.min(bytes.length, at + (1 << 20)))))
        await new Promise((resolve) => socket.once('drain', resolve))
    sent.lines += lines
    sent.bytes += bytes.length
  }
  await new Promise<void>((resolve) => socket.end(resolve))
  return { ...sent, seconds: (performance.now() - startMs) / 1000 }
}

/** Datagrams of one line each, at `rate` a second in bursts of a millisecond. */
async function sendUdp(port: number, file: string, seconds: number, rate: number): Promise<Sent> {
  const messages = readFileSync(file, 'latin1')
    .split('\n')
    .filter((line) => line !== '')
  const buffers = messages
    .slice(0, 20_000)
    .map((line) => Buffer.from(line, 'latin1').subarray(0, 500))
  const socket = createSocket({ type: 'udp4', sendBufferSize: 4 * 1024 * 1024 })
  await new Promise<void>((resolve) => socket.connect(port, '127.0.0.1', resolve))
  const startMs = performance.now()
  const sent = { lines: 0, bytes: 0 }
  while (performance.now() - startMs < seconds * 1000) {
    const due = Math.floor(((performance.now() - startMs) / 1000) * rate)
    while (sent.lines < due) {
      const message = buffers[sent.lines % buffers.length]
      socket.send(message)
      sent.lines++
      sent.bytes += message.length
      if (sent.lines % 64 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await delay(1)
  }
  await delay(200)
  socket.close()
  return { ...sent, seconds: (performance.now() - startMs) / 1000 }
}

if (process.argv[1] === import.meta.filename) {
  const [kind, port, file, seconds, rate] = process.argv.slice(2)
  const sent =
    kind === 'tcp'
      ? await sendTcp(Number(port), file, Number(seconds))
      : await sendUdp(Number(port), file, Number(seconds), Number(rate))
  process.stdout.write(`${JSON.stringify(sent)}\n`)
}
