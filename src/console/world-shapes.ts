/**
 * Outlines of countries for the map of headquarters, made when the console is built: Natural Earth (public domain) by world-atlas, in the
 * Equal Earth projection (https://equal-earth.com), rounded to the dots of a screen. It runs in Node, none of it is in the bundle.
 */
import countries from 'i18n-iso-countries'

/** Width of the drawing; heights follow from the projection. */
export const mapWidth = 1000

/** The parts of TopoJSON (https://github.com/topojson/topojson-specification) that world-atlas uses. */
export interface Topology {
  transform: { scale: Point; translate: Point }
  /** The first point whole, each next one as a step. */
  arcs: Point[][]
  objects: {
    countries: {
      geometries: (
        | { type: 'Polygon'; id?: string; arcs: number[][] }
        | { type: 'MultiPolygon'; id?: string; arcs: number[][][] }
      )[]
    }
  }
}

type Point = readonly [longitude: number, latitude: number]

const root3 = Math.sqrt(3)
const [a1, a2, a3, a4] = [1.340264, -0.081106, 0.000893, 0.003796]
/** Half of the width of the projected world, for a radius of one. */
const halfWidth = 2.70663
const halfHeight = 1.3173627591574

/** In units of the drawing, the north at the top. */
export function project([longitude, latitude]: Point): [x: number, y: number] {
  const lambda = (longitude * Math.PI) / 180
  const theta = Math.asin((root3 / 2) * Math.sin((latitude * Math.PI) / 180))
  const t2 = theta * theta
  const t6 = t2 * t2 * t2
  const x =
    (2 * root3 * lambda * Math.cos(theta)) /
    (3 * (9 * a4 * t6 * t2 + 7 * a3 * t6 + 3 * a2 * t2 + a1))
  const y = theta * (a4 * t6 * t2 + a3 * t6 + a2 * t2 + a1)
  const scale = mapWidth / 2 / halfWidth
  return [Math.round(mapWidth / 2 + x * scale), Math.round(scale * (halfHeight - y)) + 0]
}

/** A closed outline as steps from point to point; '' when nothing of it is left after rounding. */
function outline(ring: readonly Point[]): string {
  let [x, y] = project(ring[0])
  let path = `M${x} ${y}l`
  let steps = 0
  for (const point of ring.slice(1)) {
    const [nextX, nextY] = project(point)
    if (nextX === x && nextY === y) continue
    const [dx, dy] = [nextX - x, nextY - y]
    path += `${steps === 0 || dx < 0 ? '' : ' '}${dx}${dy < 0 ? '' : ' '}${dy}`
    ;[x, y] = [nextX, nextY]
    steps++
  }
  return steps < 3 ? '' : `${path}z`
}

/** An arc's points in degrees. */
function degrees({ transform: { scale, translate } }: Topology, arc: readonly Point[]): Point[] {
  let [x, y] = [0, 0]
  return arc.map(([dx, dy]) => {
    ;[x, y] = [x + dx, y + dy]
    return [x * scale[0] + translate[0], y * scale[1] + translate[1]]
  })
}

/** The ring without a leap from one edge of the map to the other: it goes on beyond ±180°. */
function unrolled(ring: readonly Point[]): Point[] {
  let turns = 0
  return ring.map(([longitude, latitude], i) => {
    const step = i === 0 ? 0 : longitude - ring[i - 1][0]
    if (Math.abs(step) > 180) turns -= Math.sign(step)
    return [longitude + 360 * turns, latitude]
  })
}

/** The part of a ring on one side of a meridian (Sutherland and Hodgman); empty = none of it. */
function cutAt(ring: readonly Point[], meridian: number, side: 1 | -1): Point[] {
  const inside = ([longitude]: Point): boolean => (longitude - meridian) * side >= 0
  return ring.flatMap((point, i) => {
    const before = ring.at(i - 1) ?? point
    const kept: Point[] = inside(point) ? [point] : []
    if (inside(before) === inside(point)) return kept
    const share = (meridian - before[0]) / (point[0] - before[0])
    const crossing: Point = [meridian, before[1] + share * (point[1] - before[1])]
    return [crossing, ...kept]
  })
}

/** A ring as the one or two that stay on the map. */
function onMap(ring: readonly Point[]): Point[][] {
  const whole = unrolled(ring)
  const moved = (part: Point[], by: number): Point[] => part.map(([x, y]) => [x + by, y])
  return [
    cutAt(cutAt(whole, 180, -1), -180, 1),
    moved(cutAt(whole, 180, 1), -360),
    moved(cutAt(whole, -180, -1), 360),
  ].filter((part) => part.length > 2)
}

/** Of each country its letters (ISO 3166-1) and its outline; '' = a territory without letters. Antarctica is left out. */
export function worldShapes(topology: Topology): [country: string, path: string][] {
  const arcs = topology.arcs.map((arc) => degrees(topology, arc))
  // ~n is arc n the other way round; arcs share their ends.
  const arcOf = (index: number): Point[] => (index < 0 ? arcs[~index].toReversed() : arcs[index])
  const ringOf = (indices: readonly number[]): Point[] =>
    indices.flatMap((index, i) => arcOf(index).slice(i === 0 ? 0 : 1))
  return topology.objects.countries.geometries.flatMap((shape): [string, string][] => {
    const country = shape.id === undefined ? '' : (countries.numericToAlpha2(shape.id) ?? '')
    if (country === 'AQ') return []
    const polygons = shape.type === 'Polygon' ? [shape.arcs] : shape.arcs
    const path = polygons
      .flat()
      .flatMap((ring) => onMap(ringOf(ring)).map(outline))
      .join('')
    return path === '' ? [] : [[country, path]]
  })
}
