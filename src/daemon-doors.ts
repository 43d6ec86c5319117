/** The doors of `gnomon serve`: what takes lines, files and agents' rows, all on one pipeline. */
import type { Logger } from 'pino'
import { createFeeds } from './defender/feeds.ts'
import { createFolderIntake } from './intake/folder.ts'
import { createFtpServer } from './intake/ftp.ts'
import { createSyslogThread } from './intake/syslog-thread.ts'
import type { Config } from './config/schema.ts'
import type { InForce } from './in-force.ts'
import type { Pipeline } from './pipeline.ts'

export interface DoorsOptions {
  dataDir: string
  inForce: InForce
  pipeline: Pipeline
  /** The configuration as it stands now, with secrets read again. */
  readConfig: () => Promise<Config>
  log: Logger
  now: () => number
  onFatal: (error: unknown) => void
}

export type Doors = ReturnType<typeof createDoors>

export function createDoors(options: DoorsOptions) {
  const { dataDir, inForce, pipeline, log, now } = options
  const { config } = inForce
  const syslog = createSyslogThread(
    {
      config: { syslog: config.syslog, sources: config.sources },
      folder: pipeline.spool.folder,
      lanes: pipeline.spool.lanes,
      maxBytes: config.spool.maxBytes,
      fsync: config.spool.fsync,
      usage: pipeline.spool.usage,
      logLevel: config.log.level,
    },
    (segment) => pipeline.ingest.submit(segment),
    options.onFatal,
  )
  const folders = createFolderIntake(
    { dataDir, folders: config.folders, resolve: inForce.resolve },
    pipeline.files,
    log,
    now,
  )
  const feeds = createFeeds({
    config: config.defender,
    dataDir,
    sink: pipeline.files,
    log,
    now,
    readAgain: async () => (await options.readConfig()).defender,
    lastSeen: (key) =>
      pipeline.ingest.streams().find((stream) => stream.key === key)?.lastSeenMs ?? null,
  })
  const ftp = createFtpServer({ dataDir, ftp: config.ftp }, log, now)
  return { syslog, folders, feeds, ftp }
}

/** Bound ports; null = that door is closed. */
export interface DoorPorts {
  udp: number | null
  tcp: number | null
  tls: number | null
  ftp: number | null
  sftp: number | null
}

export function portsOf({ syslog, ftp }: Doors): DoorPorts {
  const of = (name: string): number | null =>
    syslog.status()?.listeners.find(({ listener }) => listener === name)?.port ?? null
  const { port, sftpPort } = ftp.status()
  return {
    udp: of('syslog-udp'),
    tcp: of('syslog-tcp'),
    tls: of('syslog-tls'),
    ftp: port,
    sftp: sftpPort,
  }
}
