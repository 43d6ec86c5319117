/** Which side of a connection opened it, when the line does not say (docs/parsers.md, `orient`). */
import type { Definition } from '../../../src/parse/definition.ts'
import { fold, none, wordOf } from './text.ts'
import type { Field } from './text.ts'
import { isPrivate, numberOf } from './words.ts'

type Orient = NonNullable<Definition['orient']>
const facts = ['ip', 'port', 'user', 'interface'] as const

/** `client.ip`, `server.port`, …; empty when one of the sides has no address. */
export function oriented(
  { a, b, outside }: Orient,
  field: (name: string) => Field,
): Map<string, Field> {
  const side = (names: Orient['a']): Record<(typeof facts)[number], Field> => {
    const of = (name: string | undefined): Field => (name === undefined ? none : field(name))
    return {
      ip: of(names.ip),
      port: of(names.port),
      user: of(names.user),
      interface: of(names.interface),
    }
  }
  const [one, other] = [side(a), side(b)]
  if (one.ip.text === '' || other.ip.text === '') return new Map()
  const signs = [
    // the well-known port is the server's
    (s: typeof one, t: typeof one) => isPort(s) && isPort(t) && numberOf(t.port.text) < 1024 && numberOf(s.port.text) >= 1024,
    (s: typeof one, t: typeof one) => s.user.text !== '' && t.user.text === '',
    (s: typeof one, t: typeof one) => isPrivate(s.ip.text) && !isPrivate(t.ip.text),
    (s: typeof one, t: typeof one) => !isOutside(s) && isOutside(t),
    (s: typeof one, t: typeof one) => isPort(s) && isPort(t) && numberOf(t.port.text) < 32768 && numberOf(s.port.text) >= 32768,
  ] // prettier-ignore
  const isPort = (s: typeof one): boolean => numberOf(s.port.text) > 0
  const isOutside = (s: typeof one): boolean =>
    outside.some((word) => fold(s.interface.text).includes(wordOf(word)))
  const deciding = signs.find((opened) => opened(one, other) || opened(other, one))
  const firstIsClient = deciding?.(one, other) ?? false
  const [client, server] = firstIsClient ? [one, other] : [other, one]
  return new Map(
    facts.flatMap((fact) => [
      [`client.${fact}`, client[fact]] as const,
      [`server.${fact}`, server[fact]] as const,
    ]),
  )
}
