/** `gnomon serve`: the appliance. */
import { parseArgs } from 'node:util'
import { loadConfig } from '../config/config.ts'
import { startDaemon } from '../daemon.ts'
import { causeOf } from '../errors.ts'
import { createLog } from '../lib/log.ts'
import type { Command, CommandIo } from './command.ts'
import { write } from './command.ts'
import { defaultData } from './default-data.ts'

const help = `gnomon serve [--config FILE] [--data DIR]

Starts the appliance: syslog over UDP, TCP and TLS, drop folders, FTP, console and API.

  --config   YAML configuration (default GNOMON_CONFIG, then /etc/gnomon/gnomon.yaml; none = working defaults)
  --data     data folder (default GNOMON_DATA, then /var/lib/gnomon)

SIGHUP reads the configuration again, SIGTERM stops; what was taken and not yet stored waits in the spool.

  gnomon serve --data ./data
`

async function run(args: string[], io: CommandIo): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      config: { type: 'string' },
      data: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help === true) return (await write(io.stdout, help), 0)
  const readConfig = () => loadConfig({ path: values.config, env: io.env })
  const loaded = await readConfig()
  const log = createLog(loaded.config.log.level)
  const over = Promise.withResolvers<number>()
  const daemon = await startDaemon({
    dataDir: values.data ?? io.env['GNOMON_DATA'] ?? defaultData,
    loaded,
    readConfig,
    env: io.env,
    log,
    now: Date.now,
    onFatal: (error) => {
      log.fatal(
        { error: causeOf(error) },
        'the intake thread died; the appliance ends, so that it is started again',
      )
      over.resolve(1)
    },
  })
  const hangup = (): void => {
    daemon
      .reload()
      .catch((error: unknown) =>
        log.error({ error: causeOf(error) }, 'the configuration stays as it was'),
      )
  }
  process.on('SIGHUP', hangup)
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => {
      log.info({ signal }, 'stopping')
      over.resolve(0)
    })
  const { api, udp, tcp, tls } = daemon.ports()
  const syslog = [
    udp === null ? null : `UDP ${udp}`,
    tcp === null ? null : `TCP ${tcp}`,
    tls === null ? null : `TLS ${tls}`,
  ]
  await write(
    io.stdout,
    `Gnomon serves: console ${loaded.config.api.tls === undefined ? 'http' : 'https'}://localhost:${api}/, syslog ${syslog.filter((door) => door !== null).join(', ')}\n`,
  )
  const code = await over.promise
  await daemon.stop()
  process.off('SIGHUP', hangup)
  return code
}

export const serve: Command = {
  summary: 'the appliance: takes logs, keeps the continuous report',
  help,
  run,
}
