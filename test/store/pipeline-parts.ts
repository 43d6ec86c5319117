/** A whole pipeline in a folder, with a clock that is set by hand. */
import { pino } from 'pino'
import { configSchema } from '../../src/config/schema.ts'
import { Pipeline } from '../../src/pipeline.ts'
import { receivedAtMs, squidLine, streamOf } from './store-parts.ts'

/** Started; nothing is merged by itself. */
export async function openPipeline(folder: string, now: () => number): Promise<Pipeline> {
  const config = configSchema.parse({ parse: { workers: 1 } })
  const pipeline = await Pipeline.open(folder, config, pino({ level: 'silent' }), now)
  await pipeline.start()
  return pipeline
}

/** One line of a request to `<id>.example`. */
export async function takeOne({ spool, ingest }: Pipeline, id: string): Promise<void> {
  const bytes = Buffer.from(`${squidLine(`${id}.example`)}\n`)
  ingest.submit(await spool.writeSealed(id, streamOf(), receivedAtMs, bytes, 1))
}

/** Transactions in merged usage. */
export async function mergedIn({ store }: Pipeline): Promise<number> {
  const [{ n }] = await store.query<{ n: number }>(
    'SELECT sum(transactions) AS n FROM db.current_usage AS usage',
  )
  return n
}
