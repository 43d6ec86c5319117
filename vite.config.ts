/** Builds the console (src/console) into dist/console, from where the appliance serves it. */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { constants, gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import type { Plugin } from 'vite'
import { worldShapes } from './src/console/world-shapes.ts'
import type { Topology } from './src/console/world-shapes.ts'

// A caller's NODE_ENV (a test runner's, say) would give React's development build: some fifty times slower with large tables.
process.env.NODE_ENV = 'production'

const outDir = join(import.meta.dirname, 'dist/console')

/** Each file also as .gz beside it: the appliance compresses nothing while it serves. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    async closeBundle() {
      for (const name of await readdir(outDir, { recursive: true })) {
        if (!/\.(?:js|css|svg)$/.test(name)) continue
        const packed = gzipSync(await readFile(join(outDir, name)), {
          level: constants.Z_BEST_COMPRESSION,
        })
        await writeFile(join(outDir, `${name}.gz`), packed)
      }
    },
  }
}

/** `virtual:world-map`: outlines of countries, made of world-atlas once, here. */
function worldMap(): Plugin {
  const name = 'virtual:world-map'
  return {
    name: 'world-map',
    resolveId: (id) => (id === name ? `\0${name}` : null),
    async load(id) {
      if (id !== `\0${name}`) return null
      const atlas = createRequire(import.meta.url).resolve('world-atlas/countries-110m.json')
      const shapes = worldShapes(JSON.parse(await readFile(atlas, 'utf8')) as Topology)
      return `export default JSON.parse(${JSON.stringify(JSON.stringify(shapes))})`
    },
  }
}

export default defineConfig({
  root: join(import.meta.dirname, 'src/console'),
  base: '/console/',
  plugins: [react(), worldMap(), compressed()],
  build: {
    outDir,
    emptyOutDir: true,
    // The policy of the page allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1600,
    rolldownOptions: {
      output: {
        codeSplitting: {
          // Few large files compress better than many small ones (36 kB less in all). Charts come after the figures: they wait for nothing else.
          groups: [
            { name: 'charts', test: /node_modules\/(?:echarts|zrender)\// },
            { name: 'libraries', test: /node_modules\// },
            { name: 'parts', test: /\/src\//, minShareCount: 2 },
          ],
        },
      },
    },
  },
})
