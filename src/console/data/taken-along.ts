/** Lines on their way from one page to the playground; kept by this tab alone. */

const key = 'gnomon.lines'

export function takeAlong(lines: readonly string[]): void {
  sessionStorage.setItem(key, lines.join('\n'))
}

/** Once: a second visit begins empty. */
export function takenAlong(): string {
  const lines = sessionStorage.getItem(key) ?? ''
  sessionStorage.removeItem(key)
  return lines
}
