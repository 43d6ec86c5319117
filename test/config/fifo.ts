import { execFileSync } from 'node:child_process'

/** Makes a named pipe; gives its path. */
export function mkfifoSync(path: string): string {
  execFileSync('mkfifo', [path])
  return path
}
