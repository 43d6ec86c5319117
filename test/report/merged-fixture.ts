/** The joined view's part of the report that tests render. */
import type { Freshness } from '../../src/report/freshness.ts'
import type { Overlap } from '../../src/report/overlap.ts'

interface HostileNames {
  script: string
  attribute: string
  bidi: string
}

export function makeOverlap({
  transactions,
  told,
  hostile,
}: {
  transactions: number
  told: boolean
  hostile: HostileNames
}): Overlap {
  const bytes = told ? 4.2e9 : null
  return {
    sources: [
      {
        source: 'hq-firewall', transactions, bytesUp: bytes, bytesDown: bytes, bytesTotal: bytes,
        withDevice: 0.91, withUser: 0.96, ownDevice: 0, ownUser: 0.82, withAgent: 0.74,
      },
    ], // prettier-ignore
    unknownAddresses: [
      {
        address: '10.0.0.8', transactions: 812, bytesTotal: bytes, guess: 'phone or tablet',
        otherwise: 0,
        lastSeen: '2026-09-25T13:40:00Z',
      },
      {
        address: '10.0.0.9', transactions: 3, bytesTotal: null, guess: 'unknown',
        otherwise: 2,
        lastSeen: '2026-09-24T09:00:00Z',
      },
    ], // prettier-ignore
    unknownAddressCount: 2,
    unseenDevices: [
      { deviceId: 'd9', device: hostile.script, transactions: 4, lastSeen: '2026-09-23T18:00:00Z' },
    ],
    unseenDeviceCount: 1,
    prerequisites: { met: 40, notMet: 1, unknown: 2 },
    unfitDevices: [
      {
        deviceId: 'd7',
        device: `pc-7${hostile.attribute}`,
        reason:
          'Windows 10 version 1809 has build 17763.100 and needs 17763.379 (KB4489899) or later',
        lastSeen: '2026-09-25T12:00:00Z',
      },
    ],
  }
}

/** Four days; a feed was silent for three hours of the second, and the last hour runs. */
export function makeFreshness(hostile: HostileNames): Freshness {
  const start = Date.parse('2026-09-21T14:00:00Z')
  const hours = Array.from({ length: 96 }, (_, i): Freshness['hours'][number] => {
    const at = start + i * 3_600_000
    const silent = i >= 30 && i < 33
    const done = new Date(at + 3_900_000).toISOString()
    return {
      hour: new Date(at).toISOString(),
      state: silent ? 'incomplete' : i === 95 ? 'waiting' : 'complete',
      changed: done,
      merged: done,
      missing: silent ? [`agents ${hostile.bidi}`] : [],
    }
  })
  return {
    complete: 92,
    waiting: 1,
    incomplete: 3,
    hours,
    agents: [
      {
        source: `agents ${hostile.bidi}`,
        newest: '2026-09-25T13:44:00.000Z',
        arrived: '2026-09-25T14:01:00.000Z',
        gaps: [{ from: '2026-09-22T20:02:00.000Z', to: '2026-09-22T22:55:00.000Z' }],
      },
    ],
  }
}
