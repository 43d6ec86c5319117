/** The API with governing over a real store. */
import { buildServer } from '../../src/api/api.ts'
import { configSchema } from '../../src/config/schema.ts'
import { Govern } from '../../src/govern/govern.ts'
import { pino } from 'pino'
import { apiOptions } from '../api/server.ts'
import { openGround } from './govern-parts.ts'

export async function governServer(config: object = {}) {
  const ground = await openGround()
  const settings = configSchema.parse(config)
  const govern = new Govern({
    store: ground.store,
    catalog: () => ground.catalog,
    config: () => settings,
    log: pino({ level: 'silent' }),
    now: ground.now,
    dataDir: null,
    lastSeen: () => new Map(),
    settled: async () => undefined,
    sleep: async () => undefined,
  })
  const context = { govern, catalog: () => ground.catalog }
  const { app } = await buildServer({ ...apiOptions(), govern: context })
  let addresses = 0
  const ask = (
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    url: string,
    payload?: object,
  ) =>
    app.inject({
      method,
      url,
      remoteAddress: `192.0.2.${addresses++ % 250}`,
      ...(payload !== undefined && { payload }),
    })
  return {
    ground,
    govern,
    app,
    ask,
    async close() {
      await app.close()
      await ground.close()
    },
  }
}
