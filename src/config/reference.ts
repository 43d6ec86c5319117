/**
 * docs/configuration.md and the JSON schema for editors, both out of the one schema. A test holds the files to it; run this file to
 * write them anew.
 *
 *     node src/config/reference.ts
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { wantedWords } from './faults.ts'
import { configSchema } from './schema.ts'
import { configShape, fieldsOf } from './shape.ts'
import type { Field, Shape } from './shape.ts'

const root = join(import.meta.dirname, '../..')

/** The generated files: path in the package → text. */
export function referenceFiles(): Map<string, string> {
  const schema = z.toJSONSchema(configSchema, { io: 'input' })
  return new Map([
    ['docs/configuration.md', configReference()],
    [
      'config/gnomon.schema.json',
      `${JSON.stringify({ ...schema, title: 'gnomon.yaml' }, null, 2)}\n`,
    ],
  ])
}

const introduction = `# Configuration

<!-- Written by src/config/reference.ts from src/config/schema.ts: change it there. -->

One YAML file: \`--config\`, else \`GNOMON_CONFIG\`, else \`/etc/gnomon/gnomon.yaml\`. No file, an empty file and an empty section mean
defaults, and all defaults work. [config/gnomon.yaml](../config/gnomon.yaml) has all keys with their defaults,
[config/examples](../config/examples) has whole files. Data lie in \`--data\`, else \`GNOMON_DATA\`, else \`/var/lib/gnomon\`.

    gnomon check ./gnomon.yaml

tells every fault at once, as \`file:line:column: key: what; what to do\`: unknown keys with the name that was probably meant, wrong values,
ports that collide, certificates that do not fit or have ended, folders that are not there, formats that do not exist.

## Variables and secrets

| in a value | stands for |
| --- | --- |
| \`\${NAME}\` | the environment variable; it must be set |
| \`\${file:/run/secrets/x}\` | what the file holds, without the line end at its end; a relative path begins at the configuration's folder |
| \`$\${\` | the characters \`\${\` |

They may stand anywhere in a value, several times, but not in keys. What they hold is text; where a number, or true or false, is
wanted, it is read as such. Within \`[ ]\` and \`{ }\` put the value into quotes. Secrets are shown nowhere: not in messages, not in the log, not by
\`GET /api/v1/config\`.

## Reload

SIGHUP and \`POST /api/v1/config/reload\` read the file again, all or nothing: a file with a fault changes nothing. Sockets stay open. The
answer names changed keys that only a restart takes up.

To check while you write, let your editor know the schema: \`# yaml-language-server: $schema=…/config/gnomon.schema.json\` in the first line.
`

/** The whole page. */
export function configReference(): string {
  const sections = Object.entries(configShape.properties ?? {}).map(([name, shape]) => {
    const rows = fieldsOf()
      .filter(({ path }) => path.length > 1 && path[0].replace('[]', '') === name)
      .filter(
        ({ shape: field }) => field.properties === undefined || field.description !== undefined,
      )
      .map(fieldRow)
    const words = shape.description === undefined ? [] : [`${shape.description}.`, '']
    return [
      `## ${name}`,
      '',
      ...words,
      '| key | value | default | |',
      '| --- | --- | --- | --- |',
      ...rows,
    ].join('\n')
  })
  return `${[introduction, ...sections].join('\n')}\n`
    .replaceAll('\n## ', '\n\n## ')
    .replaceAll('\n\n\n', '\n\n')
}

function fieldRow({ path, shape, required }: Field): string {
  const cells = [
    `\`${path.join('.')}\``,
    valueWords(shape),
    required ? 'must be given' : defaultWords(shape),
    [shape.description ?? '', ...(shape.secret === true ? ['Secret'] : [])]
      .filter((text) => text !== '')
      .join('. '),
  ]
  return `| ${cells.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`
}

function valueWords(shape: Shape): string {
  if (shape.enum !== undefined) return shape.enum.map((value) => `\`${value}\``).join(', ')
  if (shape.type === 'object') return 'section'
  if (shape.type === 'array') {
    if (shape.prefixItems !== undefined) return 'two whole numbers'
    if (!shape.items || shape.items.type === 'object') return 'list of sections'
    return shape.items.anyOf === undefined ? 'list of texts' : 'list of networks'
  }
  if (
    shape.type === 'string' &&
    shape.pattern === undefined &&
    shape.format === undefined &&
    shape.minLength === undefined
  )
    return 'text'
  return shape.pattern === undefined
    ? wantedWords(shape).replace(/, e\.g\..*/, '')
    : `text, \`${shape.pattern}\``
}

function defaultWords({ default: value, type }: Shape): string {
  if (value === undefined || (type === 'object' && JSON.stringify(value) === '{}')) return ''
  return `\`${typeof value === 'string' && value !== '' ? value : JSON.stringify(value)}\``
}

if (import.meta.main)
  for (const [path, text] of referenceFiles()) await writeFile(join(root, path), text)
