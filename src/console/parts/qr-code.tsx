/** Something for the camera of a phone. Dark on light in the dark theme too: not every scanner reads the reverse. */
import { makeStyles, tokens } from '@fluentui/react-components'
import { useMemo } from 'react'
import { qrPath } from '../data/qr-path.ts'

const useStyles = makeStyles({
  code: {
    width: '200px',
    height: '200px',
    backgroundColor: '#fff',
    borderRadius: tokens.borderRadiusMedium,
  },
})

export function QrCode({ text, label }: { text: string; label: string }) {
  const { size, path } = useMemo(() => qrPath(text), [text])
  return (
    <svg
      className={useStyles().code}
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
      role="img"
      aria-label={label}
    >
      <path d={path} fill="#000" />
    </svg>
  )
}
