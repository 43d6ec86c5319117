/** Which data source a stream belongs to: the `sources:` list of the configuration, first fit wins. */
import { compileNetworks, normaliseAddress } from './networks.ts'
import type { SourceConfig } from './schema.ts'

/** What is known of a stream when its data source is looked up. */
export interface SourceStream {
  /** `syslog-udp`, `syslog-tcp`, `syslog-tls`, `folder`, `upload`. */
  listener: string
  /** The sender's address, or the file's name. */
  peer: string
  /** Name of the sub-folder of a drop folder. */
  folder?: string
}

export interface ResolvedSource {
  source: string
  /** Format id the admin fixed, or null = recognise. */
  format: string | null
  /** IANA zone of stamps without one, or null = UTC. */
  zone: string | null
}

export type SourceResolver = (stream: SourceStream) => ResolvedSource

interface CompiledSource {
  listener: string | undefined
  folder: string | undefined
  contains: ((address: string) => boolean) | undefined
  result: ResolvedSource
}

/**
 * Compiles the list once. The first entry whose given conditions (`listener`, `from`, `folder`) all hold wins; an entry
 * without any condition therefore fits every stream and belongs at the end. A stream in none is a source of its own, named
 * by its folder, else by its peer's address.
 */
export function compileSources(sources: readonly SourceConfig[]): SourceResolver {
  const compiled = sources.map(compileSource)
  return (stream) => {
    for (const source of compiled) if (fits(source, stream)) return source.result
    return { source: stream.folder ?? normaliseAddress(stream.peer), format: null, zone: null }
  }
}

const compiledLists = new WeakMap<readonly SourceConfig[], SourceResolver>()

/** The same for one look-up; the compiled form is kept as long as the list itself lives (do not change a list in place). */
export function resolveSource(
  sources: readonly SourceConfig[],
  stream: SourceStream,
): ResolvedSource {
  let resolve = compiledLists.get(sources)
  if (resolve === undefined) {
    resolve = compileSources(sources)
    compiledLists.set(sources, resolve)
  }
  return resolve(stream)
}

function compileSource(source: SourceConfig): CompiledSource {
  return {
    listener: source.listener,
    folder: source.folder,
    contains: source.from === undefined ? undefined : compileNetworks(source.from),
    result: { source: source.name, format: source.format ?? null, zone: source.zone ?? null },
  }
}

function fits(source: CompiledSource, stream: SourceStream): boolean {
  if (source.listener !== undefined && source.listener !== stream.listener) return false
  if (source.folder !== undefined && source.folder !== stream.folder) return false
  return source.contains === undefined || source.contains(stream.peer)
}
