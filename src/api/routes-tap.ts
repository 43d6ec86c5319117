/** `GET sources/{name}/tap`: lines as they come, as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
import { PassThrough } from 'node:stream'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { View } from '../access/viewer-store.ts'
import { tapLimits } from '../limits.ts'
import type { Tap } from '../parse/tap.ts'
import type { TapLine } from '../parse/tap-messages.ts'
import { currentViewer } from './current-viewer.ts'
import { ApiProblem, notFound } from './problem.ts'
import { nameParams, noQuerySchema } from './queries.ts'
import { problems } from './route-context.ts'

export interface TapContext {
  tap: Tap
  /** What the one who asks may see. */
  view: () => View
}

/** What one event says. */
export const tapEventSchema = z.object({
  receivedAt: z.string(),
  peer: z.string(),
  listener: z.string(),
  text: z.string().describe('As received, cut'),
  rows: z.array(z.looseObject({ outcome: z.string() })),
})

function eventOf({ receivedAtMs, peer, listener, text, rows }: TapLine): string {
  const receivedAt = new Date(receivedAtMs).toISOString()
  return `event: line\ndata: ${JSON.stringify({ receivedAt, peer, listener, text, rows })}\n\n`
}

export function tapRoutes({ tap, view }: TapContext): FastifyPluginAsyncZod {
  return async (app) => {
    app.route({
      method: 'GET',
      url: '/sources/:name/tap',
      schema: {
        operationId: 'tapSource',
        summary: 'Lines of a source as they come: as received, and as understood (event stream)',
        description:
          'Events: `line` (a line and what it says), `left-out` (how many more came), `end` (why it ended).',
        tags: ['intake'],
        params: nameParams,
        querystring: noQuerySchema,
        response: {
          200: {
            description: 'The events',
            content: { 'text/event-stream': { schema: z.string() } },
          },
          ...problems,
        },
      },
      handler: async (request, reply) => {
        const { name } = request.params
        const { sources, masked } = view()
        if (sources !== null && !sources.includes(name)) throw notFound(`source ${name}`)
        // a line as received holds the names that this source does not show
        if (masked === 'all' || masked.includes(name))
          throw new ApiProblem(
            403,
            'FORBIDDEN',
            `cannot tap ${name}: it shows pseudonyms, and lines hold names; ask for a name with its reason`,
          )
        currentViewer()
        const out = new PassThrough()
        const put = (text: string): void => {
          // who reads slower than lines come misses some
          if (out.writableLength < tapLimits.readerBytes) out.write(text)
        }
        const done = tap.look({
          source: name,
          give: ({ lines, leftOut }) => {
            for (const line of lines) put(eventOf(line))
            if (leftOut > 0) put(`event: left-out\ndata: ${leftOut}\n\n`)
          },
          end: (why) => out.end(`event: end\ndata: ${JSON.stringify(why)}\n\n`),
        })
        if (done === null)
          throw new ApiProblem(503, 'UNAVAILABLE', 'cannot tap: too many look on; try later')
        const timer = setInterval(() => put(': still here\n\n'), tapLimits.pingMs)
        const over = setTimeout(
          () => out.end('event: end\ndata: "an hour is over; begin again"\n\n'),
          tapLimits.lastsMs,
        )
        out.once('close', () => {
          clearInterval(timer)
          clearTimeout(over)
          done()
        })
        request.raw.once('close', () => out.destroy())
        out.write(': lines come some seconds after they were received\n\n')
        return reply
          .type('text/event-stream; charset=utf-8')
          .header('cache-control', 'no-store')
          .send(out as never)
      },
    })
  }
}
