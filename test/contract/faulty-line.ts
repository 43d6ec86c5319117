/** A TCP line to a port of this machine that can be cut after some bytes, or slowed. TLS goes through it untouched. */
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'

export class FaultyLine {
  /** Each connection takes the next: cut when so many bytes of the client have passed. */
  readonly cuts: number[] = []
  /** Pause before each piece of the client goes on; 0 = none. */
  delayMs = 0
  struck = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(targetPort: number): Promise<FaultyLine> {
    const server = createServer()
    const line = new FaultyLine(server)
    server.on('connection', (client) => line.#join(client, targetPort))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return line
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  #join(client: Socket, targetPort: number): void {
    const target = connect(targetPort, '127.0.0.1')
    let passed = 0
    for (const [socket, other] of [
      [client, target],
      [target, client],
    ] as const) {
      this.#sockets.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        this.#sockets.delete(socket)
        other.destroy()
      })
    }
    target.pipe(client)
    client.on('data', (piece: Buffer) => {
      passed += piece.length
      // TLS needs some 2 KB before the first byte of a request: a cut is told in bytes behind them
      if (this.cuts.length > 0 && passed > this.cuts[0]) {
        this.cuts.shift()
        this.struck++
        client.destroy()
        target.destroy()
        return
      }
      if (this.delayMs === 0) {
        if (!target.write(piece)) {
          client.pause()
          target.once('drain', () => client.resume())
        }
        return
      }
      client.pause()
      setTimeout(() => {
        target.write(piece)
        client.resume()
      }, this.delayMs)
    })
    client.on('end', () => target.end())
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }
}
