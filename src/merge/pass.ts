/**
 * One pass of statements over hours that follow each other: flows → visits → attributed visits → usage.
 *
 * Flows are taken in slices (slices.ts), so that memory is bounded by the slice and not by the hour. What agents tell is held whole: it is
 * less, and every slice asks it. So with agents the slices are gone through three times: to pair them and see which connections of agents
 * they met; to match them; and, when it is known who is behind a NAT, to attribute them.
 */
import type { Store } from '../store/store.ts'
import * as agent from './agent-sql.ts'
import * as attribute from './attribute-sql.ts'
import { holdersSql, observationsSql } from './holders-sql.ts'
import * as nat from './nat-sql.ts'
import { Scratch } from './scratch.ts'
import type { ScratchOptions } from './scratch.ts'
import { slicesOf } from './slices.ts'
import type { Slice } from './slices.ts'
import { hostsSql, plainSql, usageInsert } from './usage-sql.ts'
import * as visits from './visits-sql.ts'

export interface PassParams extends Record<string, unknown> {
  report: string
  /** Epoch seconds of whole hours, [from, to). */
  from: number
  to: number
  catalog: string
  generation: number
}

export interface PassSteps {
  /** Names of people. */
  learn: () => Promise<void>
  /** Destinations: a slice's attributed visits are in `merge_attributed`. Called for each slice. */
  classify: () => Promise<void>
}

export interface PassOptions extends ScratchOptions {
  /** Flows of a slice. */
  sliceRows: number
}

/** Writes the hours' usage under the generation; the caller switches to it. Gives the number of slices. */
export async function runPass(
  store: Store,
  params: PassParams,
  steps: PassSteps,
  options: PassOptions,
): Promise<number> {
  const scratch = new Scratch(store, params, options)
  const finish = async (): Promise<void> => {
    await steps.classify()
    await scratch.make('merge_hosts', hostsSql)
    await scratch.run(usageInsert)
    await scratch.drop('merge_attributed', 'merge_hosts')
  }
  try {
    const slices = await slicesOf(store, params, options.sliceRows)
    await steps.learn()
    const [agents] = await store.query<{ rows: number }>(agent.agentsSql, params)
    if (agents.rows > 0) {
      await attributeVisits(scratch, slices, finish)
      return slices.length
    }
    for (const slice of slices) {
      scratch.use(slice)
      await scratch.make('merge_flows', visits.flowsSql)
      await makeVisits(scratch, 'Memory')
      await scratch.drop('merge_flows')
      await scratch.make('merge_attributed', plainSql)
      await scratch.drop('merge_visits')
      await finish()
    }
    return slices.length
  } finally {
    await scratch.dropAll()
  }
}

type Engine = 'Memory' | 'Log'

async function makeVisits(scratch: Scratch, engine: Engine): Promise<void> {
  await scratch.make('merge_parties', visits.partiesSql)
  const paired = (await scratch.count('merge_parties')) > 0
  if (paired) {
    await scratch.make('merge_sessions', visits.sessionsSql)
    await scratch.make('merge_webs', visits.websSql)
    await scratch.make('merge_connections', visits.connectionsSql)
    await scratch.make('merge_covered', visits.coveredSql)
  }
  await scratch.make('merge_visits', visits.visitsSql(paired), engine)
  await scratch.drop('merge_sessions', 'merge_webs', 'merge_connections', 'merge_covered')
}

async function attributeVisits(
  scratch: Scratch,
  slices: readonly Slice[],
  finish: () => Promise<void>,
): Promise<void> {
  // a single slice stays in memory from step to step
  const several = slices.length > 1
  const engine = several ? 'Log' : 'Memory'
  const eachSlice = async (
    work: () => Promise<void>,
    takes: string | null,
    puts: string | null,
  ) => {
    for (const slice of slices) {
      scratch.use(slice)
      if (several && takes !== null) await scratch.takeBack(takes, slice.slice)
      await work()
      if (several && puts !== null) await scratch.putAside(puts, slice.slice)
    }
  }
  await readAgents(scratch)
  await eachSlice(() => meetSlice(scratch, engine), null, 'merge_visits')
  await scratch.together(
    () => placeAgents(scratch),
    () => placeBehind(scratch),
  )
  await eachSlice(() => matchSlice(scratch, engine), 'merge_visits', 'merge_matched')
  await scratch.drop('merge_key_facts', 'merge_keyed', 'merge_lease_seen')
  await eachSlice(
    () => scratch.add('merge_nat_flows', nat.natFlowsSql),
    'merge_matched',
    'merge_matched',
  )
  await placeNat(scratch)
  await eachSlice(() => attributeSlice(scratch, finish), 'merge_matched', null)
  await attributeAlone(scratch, finish)
  await scratch.run(attribute.skewsInsert)
}

/** What agents tell of the hours, and how far the sources' clocks are off. */
async function readAgents(scratch: Scratch): Promise<void> {
  await scratch.make('merge_agent', agent.agentSql)
  await scratch.together(
    async () => {
      await scratch.make('merge_ports', agent.portsSql)
      await scratch.make('merge_skews', agent.skewsSql)
    },
    async () => {
      await scratch.make('merge_agent_keys', agent.agentKeysSql)
      await scratch.make('merge_nat_keys', nat.natKeysSql)
      await scratch.make('merge_keyed', attribute.keyedSql)
      await scratch.make('merge_names', attribute.namesSql)
    },
  )
}

/** Visits of a slice, and the connections of agents that its flows are. */
async function meetSlice(scratch: Scratch, engine: Engine): Promise<void> {
  await scratch.make('merge_flows', visits.flowsSql)
  await scratch.together(
    async () => {
      await makeVisits(scratch, engine)
      await scratch.add('merge_clients', agent.clientsSql)
    },
    async () => {
      await scratch.make('merge_flow_keys', agent.flowKeysSql)
      await scratch.add('merge_met', agent.metSql)
      await scratch.add('merge_nat_traffic', nat.natTrafficSql)
      await scratch.add('merge_nat_evidence', nat.natEvidenceSql, engine)
    },
  )
  await scratch.drop('merge_flow_keys', 'merge_flows')
}

/** Who had which address, who was where. */
async function placeAgents(scratch: Scratch): Promise<void> {
  await scratch.make('merge_claims', agent.claimsSql)
  await scratch.make('merge_lease_seen', observationsSql(agent.leaseSeenSql))
  await scratch.make('merge_key_facts', attribute.keyFactsSql)
  await scratch.make('merge_device_addresses', agent.deviceAddressesSql)
}

async function matchSlice(scratch: Scratch, engine: Engine): Promise<void> {
  await scratch.make(
    'merge_leases',
    agent.leasesSql(holdersSql(agent.leaseAskedSql, 'merge_lease_seen', 'near')),
  )
  await scratch.make('merge_matched', attribute.matchedSql, engine)
  await scratch.drop('merge_visits', 'merge_leases')
}

/** Who is behind which address; and people and devices, which nothing else waits for. */
async function placeBehind(scratch: Scratch): Promise<void> {
  await scratch.make('merge_nat_addresses', nat.natAddressesSql)
  await scratch.make('merge_nat_agents', nat.natAgentsSql)
  await scratch.make('merge_nat_behind', nat.natBehindSql)
  await scratch.make('merge_person_seen', observationsSql(agent.personSeenSql))
  await scratch.make('merge_device_names', attribute.deviceNamesSql)
  await scratch.make('merge_device_list', attribute.deviceListSql)
}

/** … and what of it is whose. */
async function placeNat(scratch: Scratch): Promise<void> {
  await scratch.together(
    () => scratch.make('merge_nat', nat.natSql),
    async () => {
      await scratch.make('merge_nat_seen', nat.natSeenSql)
      await scratch.make('merge_seen', attribute.seenSql)
    },
  )
  await scratch.drop('merge_nat_agents', 'merge_nat_flows', 'merge_nat_evidence')
}

async function attributeSlice(scratch: Scratch, finish: () => Promise<void>): Promise<void> {
  await scratch.make('merge_placed', nat.placedSql)
  await scratch.drop('merge_matched')
  await scratch.make(
    'merge_persons',
    holdersSql(attribute.personAskedSql, 'merge_person_seen', 'until-next'),
  )
  await scratch.make('merge_attributed', attribute.attributedSql)
  await scratch.drop('merge_placed')
  await finish()
}

/** Connections that no source saw. */
async function attributeAlone(scratch: Scratch, finish: () => Promise<void>): Promise<void> {
  await scratch.make(
    'merge_alone_persons',
    holdersSql(attribute.aloneAskedSql, 'merge_person_seen', 'until-next'),
  )
  await scratch.make('merge_attributed', attribute.aloneSql)
  await finish()
}
