/** The catalog alone, one core: names asked again and again (warm), and names never asked before (cold). */
import { loadCatalog, shippedCatalog } from '../catalog/catalog.ts'
import type { Catalog } from '../catalog/match.ts'

export interface CatalogFigure {
  loadMs: number
  apps: number
  warmPerSecond: number
  coldPerSecond: number
}

const warmHosts = 20_000

/** `seconds` for each of the two rates. */
export async function benchCatalog(options: {
  seconds: number
  now: () => number
}): Promise<CatalogFigure> {
  const { seconds } = options
  // of this process alone: other work on the box is not the catalog's
  const now = cpuMs
  const startMs = options.now()
  const catalog = await loadCatalog([shippedCatalog])
  const loadMs = options.now() - startMs
  const domains = [...catalog.places.values()].flatMap((places) => places.domains)
  return {
    loadMs,
    apps: catalog.apps.size,
    warmPerSecond: warmRate(catalog, domains, seconds, now),
    coldPerSecond: coldRate(catalog, domains, seconds, now),
  }
}

function warmRate(
  catalog: Catalog,
  domains: readonly string[],
  seconds: number,
  now: () => number,
): number {
  const hosts = Array.from({ length: warmHosts }, (_, i) => `w${i}.${domains[i % domains.length]}`)
  for (const host of hosts) catalog.lookup({ host, ip: null, hint: null })
  let found = 0
  let asked = 0
  const startMs = now()
  while (now() - startMs < seconds * 1000) {
    for (const host of hosts)
      if (catalog.lookup({ host, ip: null, hint: null }).app !== null) found++
    asked += hosts.length
  }
  if (found === 0) throw new Error('BUG: the bench asks for no app')
  return asked / ((now() - startMs) / 1000)
}

/** A third of the names are apps', a third below them, a third nobody's; making them is not counted. */
function coldRate(
  catalog: Catalog,
  domains: readonly string[],
  seconds: number,
  now: () => number,
): number {
  let asked = 0
  let spentMs = 0
  for (let round = 0; spentMs < seconds * 1000; round++) {
    const hosts = Array.from({ length: warmHosts }, (_, i) => {
      const domain = domains[(round * 7919 + i) % domains.length]
      if (i % 3 === 0) return `r${round}-${i}.${domain}`
      return i % 3 === 1
        ? `a.r${round}-${i}.eu.${domain}`
        : `www.r${round}-${i}.unlisted-name.co.uk`
    })
    const startMs = now()
    for (const host of hosts) catalog.lookup({ host, ip: null, hint: null })
    spentMs += now() - startMs
    asked += hosts.length
  }
  return asked / (spentMs / 1000)
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
