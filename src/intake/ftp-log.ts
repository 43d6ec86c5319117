/** What ProFTPD says on standard error. */
import { fileLimits, ftpLimits } from '../limits.ts'
import { label } from './archive-bounds.ts'

/** What a line of the server's log means to us. `noise`: said at each session of an unprivileged server. */
export type ServerLine =
  | { kind: 'started' | 'login' | 'login-failed' | 'noise' }
  | { kind: 'note'; text: string }

const noise =
  /unable to set[ug]id\(\)|mod_cap|session (opened|closed)|HOST .* refusing HOST|check logs for more details|killed \(signal 15\)|standalone mode SHUTDOWN|^\S+: check (the ServerType|to see if)/i

/**
 * Reads one line. Lines about logins give no text: a client may have typed its password as the user's name.
 *
 *     2026-09-21 14:13:20,394 host proftpd[7] 0.0.0.0 (192.0.2.7[192.0.2.7]): USER ann: Login successful.
 */
export function readServerLine(line: string): ServerLine {
  const text = line.replace(/^\S+ \S+ \S+ proftpd\[\d+\] ?/, '')
  if (/standalone mode STARTUP/.test(text)) return { kind: 'started' }
  // SFTP says it twice, once without the full stop.
  if (/USER .*: Login successful$/.test(text)) return { kind: 'noise' }
  if (/USER .*: Login successful\.$/.test(text)) return { kind: 'login' }
  if (/USER .*(\(Login failed\)|: no such user)/.test(text)) return { kind: 'login-failed' }
  if (noise.test(text)) return { kind: 'noise' }
  const note = text.replace(/^[0-9a-fA-F.:]+: /, '')
  return { kind: 'note', text: label(note.slice(0, ftpLimits.logLineCharacters)) }
}

/** Cuts text into lines; one that is too long is cut. */
export class LineCutter {
  #rest = ''
  readonly #line: (line: string) => void

  constructor(line: (line: string) => void) {
    this.#line = line
  }

  feed(chunk: Buffer): void {
    const lines = (this.#rest + chunk.toString('utf8')).split('\n')
    this.#rest = (lines.pop() ?? '').slice(0, fileLimits.readBytes)
    for (const line of lines) if (line !== '') this.#line(line)
  }
}

/** Lets a number of lines through in each minute, and counts the others. */
export class LineBudget {
  leftOut = 0
  #minute = -1
  #left = 0

  allows(nowMs: number): boolean {
    const minute = Math.floor(nowMs / 60_000)
    if (minute !== this.#minute) {
      this.#minute = minute
      this.#left = ftpLimits.logLinesPerMinute
    }
    if (this.#left-- > 0) return true
    this.leftOut++
    return false
  }
}
