/** Azurite's blob service on a free port, in memory or over a folder, as a process of its own. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { BlobServiceClient } from '@azure/storage-blob'
import { freePort, until } from './appliance.ts'

const program = join(import.meta.dirname, 'azurite/node_modules/.bin/azurite-blob')

/** The emulator's account; its key is public. */
const account = 'devstoreaccount1'
const key =
  'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='

export interface Azurite {
  url: string
  connectionString: string
  /** Signs in with the account's key. */
  client: BlobServiceClient
  stop: () => Promise<void>
}

export async function startAzurite(): Promise<Azurite> {
  const port = await freePort()
  const args = ['--inMemoryPersistence', '--skipApiVersionCheck', '--disableTelemetry', '--silent']
  const child = spawn(process.execPath, [
    program,
    ...args,
    '--blobHost',
    '127.0.0.1',
    '--blobPort',
    String(port),
  ])
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
  })
  const url = `http://127.0.0.1:${port}/${account}`
  const connectionString = `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${key};BlobEndpoint=${url};`
  const client = BlobServiceClient.fromConnectionString(connectionString)
  await until('Azurite answers', async () => {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`)
    return await client.getProperties().then(
      () => true,
      () => false,
    )
  })
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await gone
  }
  return { url, connectionString, client, stop }
}
