/** How many columns of a terminal a text takes: marks none, East Asian wide characters and emoji two. */

const marks = /^[\p{Mark}\p{Default_Ignorable_Code_Point}]$/u
const wide =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}])$/u
const plain = /^[\u0020-\u007e]*$/

/** Columns of a text without control characters. */
export function columnsOf(text: string): number {
  if (plain.test(text)) return text.length
  let columns = 0
  for (const character of text) columns += columnOf(character)
  return columns
}

function columnOf(character: string): number {
  if (marks.test(character)) return 0
  return wide.test(character) ? 2 : 1
}

/** Exactly `width` columns: padded with spaces, or cut with an ellipsis. */
export function fit(text: string, width: number, right = false): string {
  // Never more than a few code units a column, so a name of megabytes is not measured whole.
  const columns = columnsOf(text.slice(0, width * 8 + 8))
  if (columns > width || text.length > width * 8 + 8) return cutTo(text, width)
  const space = ' '.repeat(width - columns)
  return right ? space + text : text + space
}

function cutTo(text: string, width: number): string {
  let kept = ''
  let columns = 0
  for (const character of text.slice(0, width * 8 + 8)) {
    const next = columns + columnOf(character)
    if (next > width - 1) break
    kept += character
    columns = next
  }
  return `${kept}…${' '.repeat(Math.max(0, width - columns - 1))}`
}
