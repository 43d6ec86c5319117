/** The console's files as Vite built them, and its one page under every address that is no API's. */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import statics from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

const folder = join(import.meta.dirname, '../../dist/console')

const missing = `<!doctype html><html lang="en"><title>Gnomon</title>
<p>The console is not built: run <code>npm run build</code>, then load this page again. The API answers at
<a href="/api/v1/openapi.json">/api/v1/openapi.json</a>.`

type Policy = Record<string, string[]>

/** Files under /console/ with their hash in the name, kept for ever by browsers; the page at /. */
export async function serveConsole(app: FastifyInstance, policy: Policy): Promise<void> {
  await app.register(statics, {
    root: folder,
    prefix: '/console/',
    index: false,
    immutable: true,
    maxAge: '365d',
    preCompressed: true,
    schemaHide: true,
  })
  app.get('/console/', { schema: { hide: true } }, async (_request, reply) => reply.redirect('/'))
  app.get('/', { schema: { hide: true } }, async (_request, reply) => sendPage(reply, policy))
}

/** Whether a browser asks for an address of the console: its router knows what stands there. */
export function isPage(request: FastifyRequest): boolean {
  const { method, url, headers } = request
  if (method !== 'GET' || headers.accept?.includes('text/html') !== true) return false
  return !/^\/(?:api|console)(?:\/|$)/.test(url)
}

/**
 * The page. Fluent's styles are made in the browser (Griffel), so style elements are allowed, but only those that carry this answer's own
 * number; style attributes in markup, and scripts other than our files, stay forbidden.
 */
export async function sendPage(reply: FastifyReply, policy: Policy): Promise<FastifyReply> {
  const nonce = randomBytes(16).toString('base64')
  const page = await readFile(join(folder, 'index.html'), 'utf8').catch(() => missing)
  const directives: Policy = { ...policy, 'style-src': ["'self'", `'nonce-${nonce}'`] }
  delete directives.styleSrc
  return reply
    .type('text/html; charset=utf-8')
    .header('cache-control', 'no-store')
    .header('content-security-policy', policyText(directives))
    .send(page.replace('{nonce}', nonce))
}

function policyText(policy: Policy): string {
  return Object.entries(policy)
    .map(
      ([name, values]) =>
        `${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${values.join(' ')}`,
    )
    .join('; ')
}
