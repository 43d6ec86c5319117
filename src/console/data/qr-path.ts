/** A QR code (ISO/IEC 18004) as the path of a drawing. */
import { encode } from 'uqr'

export interface QrPath {
  /** Modules on each side, with the quiet zone of four that scanners ask for. */
  size: number
  /** The dark modules, for an SVG path: one rectangle for each run in a row. */
  path: string
}

const quietZone = 4

export function qrPath(text: string): QrPath {
  const { size, data } = encode(text, { ecc: 'M', border: quietZone })
  const runs: string[] = []
  for (const [y, row] of data.entries())
    for (let x = 0; x < size; x++) {
      if (!row[x]) continue
      let end = x
      while (row[end]) end++
      runs.push(`M${x} ${y}h${end - x}v1H${x}z`)
      x = end
    }
  return { size, path: runs.join('') }
}
