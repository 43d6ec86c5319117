/** What vite.config.ts makes of world-shapes.ts. */
declare module 'virtual:world-map' {
  const shapes: readonly (readonly [country: string, path: string])[]
  export default shapes
}
