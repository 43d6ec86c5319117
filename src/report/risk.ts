/** Risk bands of the reference product by catalog score (0-10, 10 safest), with their words. */

export const riskBands = ['high', 'medium', 'low', 'unrated'] as const

export type RiskBand = (typeof riskBands)[number]

export const riskWords: Record<RiskBand, { name: string; scores: string }> = {
  high: { name: 'High risk', scores: 'score 0–3' },
  medium: { name: 'Medium risk', scores: 'score 4–6' },
  low: { name: 'Low risk', scores: 'score 7–10' },
  unrated: { name: 'Not rated', scores: 'no score in the catalog' },
}

/** High 0-3, medium 4-6, low 7-10; null is not rated. */
export function bandOf(score: number | null): RiskBand {
  if (score === null) return 'unrated'
  if (score < 4) return 'high'
  return score < 7 ? 'medium' : 'low'
}
