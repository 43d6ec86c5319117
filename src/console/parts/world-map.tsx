/** Countries, the darker the more traffic. It is a picture: the list beside it says the same, and takes the keyboard. */
import { makeStyles, tokens } from '@fluentui/react-components'
import shapes from 'virtual:world-map'

export interface CountryValue {
  /** ISO 3166-1. */
  country: string
  size: number
  text: string
}

const useStyles = makeStyles({
  map: { width: '100%', height: 'auto', display: 'block' },
  land: {
    fill: tokens.colorNeutralStroke2,
    stroke: tokens.colorNeutralBackground1,
    strokeWidth: '0.7',
  },
  used: {
    fill: tokens.colorBrandBackground,
    stroke: tokens.colorNeutralBackground1,
    strokeWidth: '0.7',
    cursor: 'pointer',
    ':hover': { fill: tokens.colorBrandBackgroundHover, fillOpacity: 1 },
  },
})

/** Between the least and the most, by powers: traffic of countries differs by thousands. */
function opacityOf(size: number, most: number): number {
  if (most <= 1 || size <= 1) return 0.3
  return 0.3 + 0.7 * (Math.log(size) / Math.log(most))
}

export function WorldMap({
  rows,
  onPick,
}: {
  rows: readonly CountryValue[]
  onPick: (country: string) => void
}) {
  const styles = useStyles()
  const byCountry = new Map(rows.map((row) => [row.country, row]))
  const most = Math.max(1, ...rows.map(({ size }) => size))
  return (
    // The top and the bottom of the drawing are sea and ice.
    <svg
      className={styles.map}
      viewBox="0 8 1000 425"
      role="img"
      aria-label={`A map of ${rows.length} countries in which vendors have their seat; the list beside it tells them`}
    >
      {shapes.map(([country, path], index) => {
        const row = byCountry.get(country)
        return row === undefined ? (
          <path key={index} className={styles.land} d={path} />
        ) : (
          <path
            key={index}
            className={styles.used}
            d={path}
            fillOpacity={opacityOf(row.size, most)}
            onClick={() => onPick(country)}
          >
            <title>{row.text}</title>
          </path>
        )
      })}
    </svg>
  )
}
