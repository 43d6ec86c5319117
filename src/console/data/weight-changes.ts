/** What somebody changes of the weights of the risk score, on the way to the appliance: it keeps what differs from the shipped ones. */
import type { z } from 'zod'
import type { weightsBodySchema, weightsSchema } from '../../api/catalog-schemas.ts'

export type Weights = z.infer<typeof weightsSchema>
export type Weight = Weights['factors'][number]['weight']
export type OwnWeights = z.infer<typeof weightsBodySchema>

export const weightWords: Record<Weight, string> = {
  ignored: 'Ignored',
  low: 'Low',
  medium: 'Medium',
  high: 'High',
  'very-high': 'Very high',
}

/** A group of factors, or one factor. */
export interface Weighed {
  kind: 'groups' | 'factors'
  id: string
}

/** By `keyOf`; null = as shipped. */
export type WeightChanges = ReadonlyMap<string, Weight | null>

export const keyOf = ({ kind, id }: Weighed): string => `${kind} ${id}`

/** The own weight, when the shipped one was changed before. */
export function ownOf({ own }: Weights, { kind, id }: Weighed): Weight | null {
  const kept = (own as OwnWeights)[kind] as Record<string, Weight> | undefined
  return kept !== undefined && Object.hasOwn(kept, id) ? (kept[id] ?? null) : null
}

/** With a change more; one that says what holds already is none. */
export function withChange(
  changes: WeightChanges,
  known: Weights,
  of: Weighed,
  weight: Weight | null,
): WeightChanges {
  const next = new Map(changes)
  const own = ownOf(known, of)
  const holds = weight === null ? own === null : weight === (own ?? weightIn(known, of))
  if (holds) next.delete(keyOf(of))
  else next.set(keyOf(of), weight)
  return next
}

export function weightIn({ groups, factors }: Weights, { kind, id }: Weighed): Weight {
  if (kind === 'groups') return groups[id as keyof typeof groups]
  return factors.find((factor) => factor.id === id)?.weight ?? 'medium'
}

/** All that differs from the shipped weights, as the appliance takes it: in place of what differed before. */
export function bodyOf({ own }: Weights, changes: WeightChanges): OwnWeights {
  const { groups, factors, ...rest } = own as OwnWeights
  const next = {
    groups: { ...groups } as Record<string, Weight>,
    factors: { ...factors } as Record<string, Weight>,
  }
  for (const [key, weight] of changes) {
    const [kind, id] = key.split(' ', 2) as [Weighed['kind'], string]
    if (weight === null) delete next[kind][id]
    else next[kind][id] = weight
  }
  return {
    ...rest,
    ...(Object.keys(next.groups).length > 0 ? { groups: next.groups } : {}),
    ...(Object.keys(next.factors).length > 0 ? { factors: next.factors } : {}),
  }
}
