/** Answers of the joined view: partners, overlap, what stands behind a number. */
import { z } from 'zod'
import type { Picture, SeenBy } from '../report/merged.ts'
import type { Freshness } from '../report/freshness.ts'
import type { DeviceHistory } from '../report/device-history.ts'
import type { DeviceFacts, Overlap } from '../report/overlap.ts'
import type { Trace } from '../report/trace.ts'
import { count, share, time } from './shared-schemas.ts'

const bytes = z.number().min(0).nullable()

const partnerSchema = z
  .object({
    name: z.string(),
    transactions: count,
    bytesTotal: bytes,
    firstSeen: time,
    lastSeen: time,
    network: count.describe('Transactions only the network saw'),
    agent: count.describe("Transactions only the device's agent saw: off the network"),
    both: count,
  })
  .meta({ id: 'Partner' })

export const seenBySchema = z
  .object({
    network: count.describe('Transactions only the network saw'),
    agent: count.describe('Transactions only agents saw: off the network'),
    both: count,
  })
  .meta({ id: 'SeenBy' }) satisfies z.ZodType<SeenBy>

export const pictureSchema = z
  .object({
    firstSeen: time,
    lastSeen: time,
    network: count.describe('Transactions only the network saw'),
    agent: count.describe('Transactions only agents saw: off the network'),
    both: count,
    sources: z.array(z.string()).describe('Data sources and feeds that saw it'),
    users: z.array(partnerSchema),
    devices: z.array(partnerSchema),
    addresses: z.array(partnerSchema),
  })
  .meta({ id: 'Picture' }) satisfies z.ZodType<Picture>

export const overlapSchema = z
  .object({
    sources: z.array(
      z.object({
        source: z.string(),
        transactions: count,
        bytesUp: bytes,
        bytesDown: bytes,
        bytesTotal: bytes,
        bytesKnown: count.exactOptional(),
        withDevice: share.describe('Share of transactions with a device after the merge'),
        withUser: share,
        ownDevice: share.describe('The same as its own lines tell, before the merge'),
        ownUser: share,
        withAgent: share.describe('Share that an agent saw too'),
      }),
    ),
    unknownAddresses: z
      .array(
        z.object({
          address: z.string(),
          transactions: count,
          bytesTotal: bytes,
          guess: z.enum([
            'server or shared address',
            'phone or tablet',
            'printer or device',
            'computer',
            'unknown',
          ]),
          otherwise: count.describe('Devices of agents that had it at other times'),
          lastSeen: time,
        }),
      )
      .describe('On the wire while it was no device of an agent'),
    unknownAddressCount: count,
    unseenDevices: z
      .array(
        z.object({
          deviceId: z.string(),
          device: z.string(),
          transactions: count,
          lastSeen: time,
        }),
      )
      .describe('Known to an agent, and no log of the network has them'),
    unseenDeviceCount: count,
    prerequisites: z
      .object({ met: count, notMet: count, unknown: count })
      .describe('Devices that agents told of, by what discovery needs of them'),
    unfitDevices: z
      .array(
        z.object({ deviceId: z.string(), device: z.string(), reason: z.string(), lastSeen: time }),
      )
      .describe('Devices that do not meet the prerequisites, and why'),
  })
  .meta({ id: 'Overlap' }) satisfies z.ZodType<Overlap>

export const freshnessSchema = z
  .object({
    complete: count,
    waiting: count,
    incomplete: count,
    hours: z.array(
      z.object({
        hour: time,
        state: z
          .enum(['complete', 'waiting', 'incomplete'])
          .describe('waiting: may still change; incomplete: a feed was silent'),
        changed: time
          .nullable()
          .describe('When its newest rows came in; null = nothing of it came'),
        merged: time.nullable().describe('When it was merged'),
        missing: z.array(z.string()).describe('Sources of agents that tell nothing of it'),
      }),
    ),
    agents: z
      .array(
        z.object({
          source: z.string(),
          newest: time.describe('Its newest row'),
          arrived: time.describe('When rows came in last'),
          gaps: z
            .array(z.object({ from: time, to: time }))
            .describe('Times of which it tells nothing, longer than its silentMinutes'),
        }),
      )
      .describe('Sources of agents with rows in these hours'),
  })
  .meta({ id: 'Freshness' }) satisfies z.ZodType<Freshness>

export const deviceFactsSchema = z
  .object({
    deviceId: z.string(),
    lastSeen: time,
    platform: z.string().describe('Empty text = not told, also below'),
    version: z.string(),
    build: z.string(),
    onboarding: z.string(),
    sensorHealth: z.string(),
    networkProtection: z.string(),
    prerequisites: z.enum(['met', 'not-met', 'unknown']),
    reason: z.string().describe('Why, in words'),
  })
  .meta({ id: 'DeviceFacts' }) satisfies z.ZodType<DeviceFacts>

const text = z.string()
const span = { first: time, last: time, times: count.describe('How often it was told') }

export const deviceHistorySchema = z
  .object({
    addresses: z.array(
      z.object({
        ip: text,
        network: text.describe('Or kind of adapter; empty = not told'),
        ...span,
      }),
    ),
    logons: z.array(
      z.object({
        user: text,
        how: text.describe('As Defender names it; empty = not told'),
        ...span,
      }),
    ),
  })
  .meta({ id: 'DeviceHistory' }) satisfies z.ZodType<DeviceHistory>

export const traceSchema = z
  .object({
    transactions: count,
    bytesTotal: bytes,
    rules: z.array(
      z.object({
        device: text.describe(
          'log, port, connection, lease, hostname, nat, agent; empty = not found',
        ),
        user: text.describe('log, port, connection, session, agent; empty = not found'),
        host: text.describe('log, port, connection, answer, agent; empty = an address'),
        seenBy: z.array(text),
        transactions: count,
        bytesTotal: bytes,
      }),
    ),
    flows: z.array(
      z.object({
        minute: time,
        source: text,
        format: text,
        record: text,
        srcIp: text,
        srcPort: count,
        user: text,
        dstHost: text,
        dstIp: text,
        dstPort: count,
        action: text,
        transactions: count,
        bytesTotal: bytes,
      }),
    ),
    agentRows: z.array(
      z.object({
        at: time,
        source: text,
        device: text,
        user: text,
        process: text,
        localIp: text,
        localPort: count,
        remoteIp: text,
        remotePort: count,
        host: text,
        kind: text,
      }),
    ),
    leases: z.array(
      z.object({
        address: text,
        device: text,
        deviceId: text,
        from: time,
        until: time,
        seen: count,
      }),
    ),
    clocks: z.array(z.object({ hour: time, source: text, seconds: z.int(), connections: count })),
  })
  .meta({ id: 'Trace' }) satisfies z.ZodType<Trace>
