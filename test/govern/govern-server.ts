/** The API with governing over a real store. */
import { join } from 'node:path'
import { viewedStore } from '../../src/access/viewer-store.ts'
import type { View } from '../../src/access/viewer-store.ts'
import { Backup } from '../../src/spool/backup.ts'
import { buildServer } from '../../src/api/api.ts'
import { configSchema } from '../../src/config/schema.ts'
import { Govern } from '../../src/govern/govern.ts'
import { Exports } from '../../src/publish/exports.ts'
import { pino } from 'pino'
import { apiOptions } from '../api/server.ts'
import { openGround } from './govern-parts.ts'

/** `view`: as whom it is asked; without it, as one who sees all. */
export async function governServer(config: object = {}, view?: () => View) {
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
    quietly: async (work) => work(),
    sleep: async () => undefined,
  })
  const backup = new Backup(join(ground.folder, 'backup'))
  await backup.open()
  const context = {
    govern,
    catalog: () => ground.catalog,
    backup,
    ...(view !== undefined && {
      viewer: { view, store: () => viewedStore(ground.store, view()), whole: ground.store },
    }),
  }
  const exports = new Exports(ground.folder)
  await exports.start()
  const { app } = await buildServer({
    ...apiOptions(),
    govern: context,
    exports: { exports, viewed: () => ground.store },
  })
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
    backup,
    govern,
    app,
    ask,
    async close() {
      await app.close()
      await ground.close()
    },
  }
}
