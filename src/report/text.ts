/**
 * Text out of logs made fit to be looked at. Logs are written by whoever sends traffic: names may hold control characters
 * (ANSI escapes), bidirectional overrides that turn `gpj.exe` around, invisible characters and 5,000 letters.
 */

/**
 * C0, DEL, C1; soft hyphen, Arabic letter mark, Mongolian vowel separator; zero-width and bidi controls
 * (https://www.unicode.org/reports/tr9/), line separators; BOM, interlinear marks; tag characters; lone surrogates.
 */
const unshowable =
  // oxlint-disable-next-line no-control-regex -- finding control characters is the point
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Surrogate}/gu

/** Visible stand-ins: control pictures (`␛`) for C0 and DEL, the code point in brackets (`[U+202E]`) for the rest. */
export function visible(text: string): string {
  return text.replace(unshowable, (character) => {
    const code = character.codePointAt(0) ?? 0
    if (code < 0x20) return String.fromCodePoint(0x2400 + code)
    if (code === 0x7f) return '\u2421'
    return `[U+${code.toString(16).toUpperCase().padStart(4, '0')}]`
  })
}

/** At most `characters` code points, the last an ellipsis when something was cut. */
export function cut(text: string, characters: number): string {
  if (text.length <= characters) return text
  // Two code units a character at most, and one character more than fits: a name of megabytes is not spread out whole.
  const head = Array.from(text.slice(0, characters * 2 + 2))
  return head.length <= characters ? text : `${head.slice(0, characters - 1).join('')}…`
}
