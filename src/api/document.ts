/** The OpenAPI document (https://spec.openapis.org/oas/v3.1.1.html), made from the routes' own schemas. */
import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'

/** To be registered before the routes. */
export async function describeApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.1',
      info: {
        title: 'Gnomon',
        description:
          'Cloud Discovery appliance: logs in, reports out. Errors are problem details (RFC 9457). ' +
          'Requests of browsers that change something must come from the same origin or carry the header X-Gnomon.',
        version,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/' }],
      tags: [
        { name: 'intake', description: 'What comes in: sources, ledger, unread lines, uploads' },
        { name: 'reports', description: 'Reports and their files' },
        { name: 'usage', description: 'Apps and who uses them' },
        { name: 'governance', description: 'Tags, blocks, policies, alerts, exclusions, deletion' },
        { name: 'compatible', description: "Paths and shapes of Defender for Cloud Apps' own API" },
        { name: 'catalog', description: 'Names of apps and formats' },
        { name: 'system', description: 'Configuration, health, metrics' },
      ],
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  })
}
