/**
 * One pass of statements over hours that follow each other: flows → visits → attributed visits → usage.
 *
 * Flows and agents' rows are taken in slices (slices.ts), so that memory is bounded by the slice and not by the hour. With agents the slices
 * are gone through twice, because who is behind a NAT is known only after all of them: first they are paired, matched with the agents'
 * rows of their addresses, and laid aside; then attributed.
 */
import type { Store } from '../store/store.ts'
import * as agent from './agent-sql.ts'
import * as attribute from './attribute-sql.ts'
import * as nat from './nat-sql.ts'
import { Scratch } from './scratch.ts'
import type { ScratchOptions } from './scratch.ts'
import * as skew from './skew-sql.ts'
import { groupsOf, slicesOf } from './slices.ts'
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
  /** Flows and agents' rows of a slice. */
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
      await makeVisits(scratch)
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

async function makeVisits(scratch: Scratch): Promise<void> {
  await scratch.make('merge_parties', visits.partiesSql)
  const paired = (await scratch.count('merge_parties')) > 0
  if (paired) {
    await scratch.make('merge_sessions', visits.sessionsSql)
    await scratch.make('merge_webs', visits.websSql)
    await scratch.make('merge_connections', visits.connectionsSql)
    await scratch.make('merge_covered', visits.coveredSql)
  }
  await scratch.make('merge_visits', visits.visitsSql(paired))
  await scratch.drop(
    'merge_parties',
    'merge_sessions',
    'merge_webs',
    'merge_connections',
    'merge_covered',
  )
}

async function attributeVisits(
  scratch: Scratch,
  slices: readonly Slice[],
  finish: () => Promise<void>,
): Promise<void> {
  // a single slice stays in memory from step to step
  const engine: Engine = slices.length > 1 ? 'Log' : 'Memory'
  await readAgents(scratch)
  for (const group of groupsOf(slices)) await matchGroup(scratch, group, engine)
  await placeNat(scratch)
  for (const slice of slices) {
    scratch.use(slice)
    await scratch.takeBack('merge_matched', slice.slice)
    await attributeSlice(scratch)
    // a group's agents' rows lie with its last part
    if (await scratch.takeBack('merge_rest', slice.slice)) {
      await scratch.add('merge_attributed', attribute.aloneSql)
      await scratch.drop('merge_rest')
    }
    await finish()
  }
  await scratch.run(skew.skewsInsert)
}

/** Names, people and places of the hours, and how far the sources' clocks are off. */
async function readAgents(scratch: Scratch): Promise<void> {
  await scratch.make('merge_forms', agent.formsSql)
  await scratch.together(
    async () => {
      await scratch.make('merge_skew_flows', skew.skewFlowsSql)
      await scratch.make('merge_skews', skew.skewsSql)
      await scratch.drop('merge_skew_flows')
      await scratch.make('merge_sightings', agent.sightingsSql)
      await scratch.make('merge_moved', agent.movedSql)
      await scratch.make('merge_device_list', agent.deviceListSql)
      await scratch.make('merge_device_names', agent.deviceNamesSql)
      await scratch.make('merge_public', agent.publicSql)
      await scratch.make('merge_roaming', agent.roamingSql)
      await scratch.make('merge_elsewhere', agent.elsewhereSql)
      await scratch.drop('merge_roaming')
    },
    async () => {
      await scratch.make('merge_people', agent.peopleSql)
      await scratch.make('merge_names', attribute.namesSql)
      await scratch.make('merge_named', attribute.namedSql)
      await scratch.make('merge_person_held', agent.personHeldSql)
    },
  )
}

/** A slice (or the parts of one address) with the agents' rows of its addresses. */
async function matchGroup(
  scratch: Scratch,
  group: readonly Slice[],
  engine: Engine,
): Promise<void> {
  const divided = group.length > 1
  scratch.use(group[0])
  await scratch.make('merge_twice', agent.twiceSql)
  await scratch.make('merge_agent', agent.agentSql)
  await scratch.make('merge_agent_keys', agent.agentKeysSql)
  for (const slice of group) {
    scratch.use(slice)
    await scratch.make('merge_flows', visits.flowsSql)
    await scratch.make('merge_flow_keys', agent.flowKeysSql)
    await scratch.add('merge_met', agent.metSql)
    await scratch.drop('merge_flow_keys')
  }
  await scratch.make('merge_claims', agent.claimsSql)
  await scratch.together(
    async () => {
      await scratch.make('merge_keyed', agent.keyedSql)
      await scratch.make('merge_key_facts', agent.keyFactsSql)
      await scratch.make('merge_proxied', agent.proxiedSql)
    },
    async () => {
      await scratch.make('merge_lease_held', agent.leaseHeldSql)
      await scratch.make('merge_ports', agent.portsSql)
      await scratch.make('merge_rest', agent.restSql, engine)
      await scratch.add('merge_nat_made', nat.natMadeSql)
      if (!divided) await makeVisits(scratch)
    },
  )
  for (const slice of group) {
    scratch.use(slice)
    if (divided) {
      await scratch.make('merge_flows', visits.flowsSql)
      await makeVisits(scratch)
    }
    await matchSlice(scratch, slice.slice, engine)
  }
  await scratch.putAside('merge_rest', group[group.length - 1].slice)
  await scratch.drop(
    'merge_twice',
    'merge_agent',
    'merge_agent_keys',
    'merge_met',
    'merge_claims',
    'merge_keyed',
    'merge_key_facts',
    'merge_proxied',
    'merge_lease_held',
    'merge_ports',
  )
}

async function matchSlice(scratch: Scratch, slice: number, engine: Engine): Promise<void> {
  await scratch.together(
    async () => {
      await scratch.make('merge_found', attribute.foundSql)
      await scratch.drop('merge_visits')
      await scratch.make('merge_matched', attribute.matchedSql, engine)
      await scratch.drop('merge_found')
    },
    async () => {
      await scratch.add('merge_nat_traffic', nat.natTrafficSql)
      await scratch.add('merge_nat_evidence', nat.natEvidenceSql)
    },
  )
  await scratch.add('merge_nat_flows', nat.natFlowsSql, engine)
  await scratch.drop('merge_flows')
  await scratch.putAside('merge_matched', slice)
}

/** Who is behind which address, and what of it is whose. */
async function placeNat(scratch: Scratch): Promise<void> {
  await scratch.make('merge_nat_addresses', nat.natAddressesSql)
  await scratch.eachAside('merge_rest', () => scratch.add('merge_nat_agents', nat.natAgentsSql))
  await scratch.make('merge_nat_odds', nat.natOddsSql)
  await scratch.make('merge_nat_priors', nat.natPriorsSql)
  await scratch.make('merge_nat_behind', nat.natBehindSql)
  await scratch.drop('merge_nat_odds', 'merge_nat_priors')
  await scratch.together(
    () => scratch.make('merge_nat', nat.natSql),
    () => scratch.make('merge_nat_seen', nat.natSeenSql),
  )
  await scratch.drop('merge_nat_agents', 'merge_nat_flows', 'merge_nat_evidence')
}

async function attributeSlice(scratch: Scratch): Promise<void> {
  await scratch.make('merge_placed', nat.placedSql)
  await scratch.drop('merge_matched')
  await scratch.make('merge_attributed', attribute.attributedSql)
  await scratch.drop('merge_placed')
}
