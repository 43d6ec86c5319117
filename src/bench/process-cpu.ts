/** What a process has taken of the processors. */
import { readFileSync } from 'node:fs'

/** Seconds of user and system time so far, from /proc/<pid>/stat (Linux, ticks of 10 ms). */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}
