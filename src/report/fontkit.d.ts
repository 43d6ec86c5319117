/** The little of fontkit 2 (https://github.com/foliojs/fontkit) that is used: it comes without types. */
declare module 'fontkit' {
  export interface Font {
    hasGlyphForCodePoint(codePoint: number): boolean
  }
  export function openSync(path: string): Font
}
