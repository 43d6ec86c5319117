/**
 * What the server tells of its sessions, one line for each command on a FIFO: counters, and the uploads that were cut off.
 *
 * FTP says "the file ends here" by closing the data connection (RFC 959 3.3), which is what the kernel of a sender that dies does
 * too. Such a sender's control connection ends in the same moment, without a QUIT.
 */
import { constants, openSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { Socket } from 'node:net'
import { ftpLimits } from '../limits.ts'
import { contentKind, headBytes } from './archive-magic.ts'
import { identityOf } from './file-intake.ts'
import type { FileIdentity } from './file-intake.ts'
import { LineCutter } from './ftp-log.ts'

/** One command of a session; `path` is that of an upload. */
export interface SessionLine {
  session: number
  protocol: string
  user: string
  command: string
  ok: boolean
  bytes: number
  path: string
}

const linePattern =
  /^(?<session>\d{1,10}) (?<protocol>[a-z0-9]{2,8}) (?<user>[a-z_][a-z0-9_-]{0,31}) (?<command>[A-Z]{3,8}) (?<answer>\d{3}|-) (?<bytes>\d{1,15}|-) (?<path>.+)$/

/** Reads `session protocol user command answer bytes path`; null for what is not such a line. */
export function readSessionLine(line: string): SessionLine | null {
  const groups = linePattern.exec(line)?.groups
  if (groups === undefined) return null
  const { session, protocol, user, command, answer, bytes, path } = groups
  // SCP has no answers: a file that was refused has one all the same.
  const ok = answer.startsWith('2') || (protocol === 'scp' && answer === '-')
  const count = bytes === '-' ? 0 : Number(bytes)
  return { session: Number(session), protocol, user, command, ok, bytes: count, path }
}

export type UploadEvent = { kind: 'stored' | 'failed' | 'cut-off' } & Pick<
  SessionLine,
  'user' | 'bytes' | 'path'
>

/** Follows the sessions; remembers each one's last upload only. */
export class UploadTracker {
  readonly #last = new Map<number, { line: SessionLine; atMs: number }>()

  /** What a line means; null for most. */
  read(line: SessionLine, nowMs: number): UploadEvent | null {
    const { session, protocol, command, ok } = line
    const last = this.#last.get(session)
    this.#last.delete(session)
    if (command === 'STOR') {
      // SFTP and SCP close a file by name: an end of the connection is not an end of the file.
      if (ok && protocol.startsWith('ftp')) this.#last.set(session, { line, atMs: nowMs })
      return { ...line, kind: ok ? 'stored' : 'failed' }
    }
    const broken = command === 'EXIT' || command === 'ABOR'
    if (last === undefined || !broken || nowMs - last.atMs > ftpLimits.cutOffMs) return null
    return { ...last.line, kind: 'cut-off' }
  }

  /** The server ended, and all sessions with it. */
  forget(): void {
    this.#last.clear()
  }
}

/** What a file is, if it is plain text that ends within a line; null for others, links and devices. Throws the file system's error. */
export async function identityIfCutOff(path: string): Promise<FileIdentity | null> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const stat = await file.stat()
    if (!stat.isFile() || stat.size === 0) return null
    const head = Buffer.alloc(headBytes)
    const { bytesRead } = await file.read(head, 0, headBytes, 0)
    if (contentKind(head.subarray(0, bytesRead)) !== 'plain') return null
    const last = Buffer.alloc(1)
    await file.read(last, 0, 1, stat.size - 1)
    return last[0] === 0x0a ? null : identityOf(stat)
  } finally {
    await file.close()
  }
}

/** Reads the FIFO. Open for reading and writing, so that there is always a reader and never an end. */
export function openTransfers(
  path: string,
  onLine: (line: SessionLine) => void,
  onError: (error: Error) => void,
): Socket {
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  const socket = new Socket({ fd, readable: true, writable: false })
  const cutter = new LineCutter((text) => {
    const line = readSessionLine(text)
    if (line !== null) onLine(line)
  })
  socket.on('data', (chunk: Buffer) => cutter.feed(chunk))
  socket.on('error', onError)
  return socket
}
